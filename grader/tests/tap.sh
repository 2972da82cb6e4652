# shellcheck shell=sh
# tap.sh - sourced by the CLI tests: TAP (version 13) with a few words of our own.
#
#   is NAME GOT WANT     same NAME TEXT PATTERN (grep -E)     never NAME TEXT PATTERN
#   run STATUS COMMAND...   runs it; output in $out and $err; exactly that status, no signal
#
# $LOCKSTEP is the program under test, $top the source tree, $tmp this test's own folder.

set -u
top=${TOP:-$(cd "$(dirname "$0")/../../.." && pwd)}
LOCKSTEP=${LOCKSTEP:-$top/build/lockstep}
tmp=$(mktemp -d /tmp/lockstep-test-XXXXXX)
chmod 711 "$tmp" # as root, runs have users of their own, who must get to their work folders
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM HUP
export XDG_STATE_HOME="$tmp/state" # nobody's real scores
count=0 out='' err=''

_result() { # ok NAME [details]
    count=$((count + 1))
    if [ "$1" = 0 ]; then
        echo "ok $count - $2"
    else
        echo "not ok $count - $2"
        printf '%s\n' "${3:-}" | sed 's/^/#   /'
    fi
}

is() { if [ "$2" = "$3" ]; then _result 0 "$1"; else _result 1 "$1" "got: $2
want: $3"; fi; }

same() { if printf '%s\n' "$2" | grep -qE -- "$3"; then _result 0 "$1"; else _result 1 "$1" "no match for: $3
in: $2"; fi; }

never() { if printf '%s\n' "$2" | grep -qE -- "$3"; then _result 1 "$1" "must not match: $3
in: $2"; else _result 0 "$1"; fi; }

run() {
    _want=$1
    shift
    "$@" >"$tmp/.out" 2>"$tmp/.err" </dev/null
    _got=$?
    # shellcheck disable=SC2034
    out=$(cat "$tmp/.out") err=$(cat "$tmp/.err")
    is "exit $_want: $(printf '%s ' "$@" | sed "s|$top/||g;s|$tmp|TMP|g" | cut -c1-90)" "$_got" "$_want"
}

done_testing() { echo "1..$count"; }

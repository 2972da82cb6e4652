#!/bin/sh
# check.sh - every test of the project; the last line counts them: "N passed, M failed".
#
# Each step writes TAP or a list of named checks; nothing is skipped. Called by `make check`.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit 3
log=$(mktemp -d /tmp/lockstep-check-XXXXXX)
trap 'rm -rf "$log"' EXIT
trap 'exit 130' INT TERM HUP
mkdir "$log/unit-tmp"
passed=0 failed=0
began=$(date +%s)

# since: minutes and seconds of this check so far; says where its time goes.
since() {
    now=$(($(date +%s) - began))
    printf '%d:%02d' $((now / 60)) $((now % 60))
}

# step NAME COMMAND...: one test by its exit status.
step() {
    name=$1
    shift
    if "$@" >"$log/step" 2>&1; then
        passed=$((passed + 1))
        echo "ok   $name ($(since))"
    else
        failed=$((failed + 1))
        echo "FAIL $name ($(since))"
        sed 's/^/     /' "$log/step" | tail -60
    fi
}

# tap NAME FILE STATUS: counts the points of a TAP file; a run that died is a failure of its own.
tap() {
    good=$(grep -c '^ok ' "$2")
    bad=$(grep -c '^not ok ' "$2")
    planned=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$2")
    if [ "$((good + bad))" != "${planned:-none}" ] || { [ "$3" != 0 ] && [ "$bad" = 0 ]; }; then
        bad=$((bad + 1))
        echo "FAIL $1: ended early"
    fi
    passed=$((passed + good))
    failed=$((failed + bad))
    echo "$([ "$bad" = 0 ] && echo 'ok  ' || echo FAIL) $1: $good ok, $bad not ok ($(since))"
    grep -A8 '^not ok ' "$2" | sed 's/^/     /'
}

unit() {
    TMPDIR=$log/unit-tmp UNIT_TAP=$log/unit.tap "build/$1/unit" >"$log/unit.out" 2>&1
    status=$?
    tap "unit tests, $1" "$log/unit.tap" $status
    [ $status = 0 ] || tail -20 "$log/unit.out"
}

# Two at once, since each waits for half of its time; told in the order of the files.
cli() { # PROGRAM LABEL FILES...
    LOCKSTEP=$1
    export LOCKSTEP log
    label=$2
    shift 2
    # shellcheck disable=SC2016
    printf '%s\n' "$@" | xargs -P "${at_once:-2}" -I {} sh -c \
        'n=$(basename "$1"); b=$(date +%s); sh "$1" >"$log/$n.tap" 2>"$log/$n.err"; echo $? >"$log/$n.rc"
        echo $(($(date +%s) - b)) >"$log/$n.took"' - {}
    for t in "$@"; do
        n=$(basename "$t")
        tap "$n, $label, $(cat "$log/$n.took") s" "$log/$n.tap" "$(cat "$log/$n.rc")"
        cat "$log/$n.err"
    done
}

every_file() {
    missed=0
    for t in grader/tests/cli/*.t; do
        [ -e "$log/$(basename "$t").rc" ] || { echo "$t is in no list"; missed=1; }
    done
    return $missed
}

# lint PROGRAM LABEL ARGS...: each known submission is one test.
lint() {
    program=$1 label=$2
    shift 2
    "$program" lint "$@" >"$log/lint" 2>&1
    status=$?
    right=$(awk '/ of [0-9]+ /{n += $2} END {print n + 0}' "$log/lint")
    all=$(awk '/ of [0-9]+ /{n += $4} END {print n + 0}' "$log/lint")
    bad=$((all - right))
    if [ $status != 0 ] && [ "$bad" = 0 ]; then bad=1; fi
    [ "$all" = 0 ] && bad=1
    passed=$((passed + right))
    failed=$((failed + bad))
    echo "$([ "$bad" = 0 ] && echo 'ok  ' || echo FAIL) lint, $label: $right of $all as stated ($(since))"
    [ "$bad" = 0 ] && sed 's/^/     /' "$log/lint" | tail -5
    [ "$bad" = 0 ] || sed 's/^/     /' "$log/lint"
}

san=$top/build/address-undefined/lockstep
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:exitcode=99
export UBSAN_OPTIONS=halt_on_error=1:exitcode=98

step "format" make -s format-check
step "the rooms' arrows point down" sh grader/tests/arrows.sh
step "every header compiles alone" sh grader/tests/headers.sh
step "the page of limits is the table" python3 grader/tests/limits.py --check
step "no thread handle reaches libc" sh grader/tests/handles.sh
man_page() {
    man --warnings -l grader/man/lockstep.1 2>&1 >/dev/null | tee "$log/man"
    [ ! -s "$log/man" ]
}

step "shell scripts" shellcheck -x grader/tests/*.sh grader/tests/cli/*.t grader/bench/*.sh .ci/run
step "man page" man_page
every_sentence() {
    python3 grader/po/extract.py >"$log/all.pot" && msgcmp grader/po/zh_CN.po "$log/all.pot"
}
step "every sentence has its Chinese" every_sentence
step "spelling" codespell -q 3 -L fo,ue,ser,ist README.md grader
step "words" python3 grader/tests/words.py
step "static analysis" make -s analyze
unit plain
unit address-undefined
step "fuzz" build/address-undefined/fuzz 20
cd grader/tests/cli || exit 3
cli "$top/build/lockstep" plain 37-slurm.t 38-engines.t 33-crash.t 70-kernels.t 20-grade.t 30-batch.t 40-trouble.t 80-hostile.t 1*.t 31-*.t 32-*.t 34-*.t 35-*.t 29-*.t 39-*.t \
    24-*.t 26-*.t 27-*.t 36-*.t 25-*.t 5*.t
# Alone: programs of one's own share names and System V objects with the machine.
at_once=1
cli "$top/build/lockstep" plain 6*.t
at_once=2
cli "$san" sanitized 20-grade.t 31-intake.t 32-lms.t 10-usage.t
cd "$top" || exit 3
step "every file of tests was run" every_file
lint "$top/build/lockstep" plain
lint "$san" sanitized --only '08-event/[n-p]*'

python3 grader/tests/transcripts.py >"$log/transcripts.tap" 2>&1
tap "what README and the guides show is what is printed" "$log/transcripts.tap" $?

python3 grader/tests/differ.py 200 >"$log/differ.tap" 2>&1
tap "dpor, dfs and native runs show the same" "$log/differ.tap" $?
grep "^# .* compared" "$log/differ.tap"

# hostile LABEL ARGS...: each attack is one test, the state of the host one more.
hostile() {
    label=$1
    shift
    python3 grader/tests/hostile.py "$@" >"$log/hostile" 2>&1
    status=$?
    bad=$(grep -c 'FAILED' "$log/hostile")
    good=$(sed -n 's/^\([0-9]*\) of [0-9]* stopped.*/\1/p' "$log/hostile")
    [ $status = 0 ] || [ "$bad" != 0 ] || bad=1
    passed=$((passed + ${good:-0}))
    failed=$((failed + bad))
    echo "$([ "$bad" = 0 ] && echo 'ok  ' || echo FAIL) hostile, $label: $(tail -1 "$log/hostile") ($(since))"
    [ "$bad" = 0 ] || sed 's/^/     /' "$log/hostile" | grep -v ' of .* stopped' | tail -40
}

hostile "full tier"
# what the tiers differ in; make hostile tries all
hostile "fallback tier" --tier fallback '^a1[18]' '^a20' '^b' '^c02' '^d0[3-7]' '^e' '^t'
sigterm() {
    python3 grader/tests/sigterm.py 20 >"$log/sigterm.tap" 2>&1
    tap "SIGTERM at any moment" "$log/sigterm.tap" $?
}
sigterm
step "each protection taken away is noticed" make -s mutants
echo
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]

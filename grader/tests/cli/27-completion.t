#!/bin/sh
# 27-completion.t - TAB in real shells; help, completion and man page say the same.
# shellcheck disable=SC2013
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

mkdir "$tmp/home"
run 0 /usr/bin/python3 "$top/grader/tests/complete.py" "$LOCKSTEP" "$tmp/home"
is "all that was typed" "$(printf '%s\n' "$out" | grep -c "^ok")" 21
never "nothing amiss" "$out" '^FAIL'
run 2 "$LOCKSTEP" completion tcsh
is "another shell" "$err" "lockstep completion: expected bash, zsh or fish"

# One table: every command and every option of every help is in the man page.
man -l "$top/grader/man/lockstep.1" 2>/dev/null | col -b >"$tmp/man"
"$LOCKSTEP" help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p' >"$tmp/commands"
is "seventeen commands" "$(wc -l <"$tmp/commands")" 17
while read -r c; do
    same "man: $c" "$(cat "$tmp/man")" "^   $c$"
    "$LOCKSTEP" "$c" --help >"$tmp/help"
    for o in $(sed -n 's/^  .* --\([a-z-]*\).*/\1/p' "$tmp/help" | grep -vE '^(help|course)$'); do
        sed -n "/^   $c\$/,/^   [a-z]/p" "$tmp/man" >"$tmp/section"
        grep -qe "--$o" "$tmp/section" || same "man: $c --$o" "$(cat "$tmp/section")" "--$o"
    done
done <"$tmp/commands"
same "man: --course, which all take" "$(cat "$tmp/man")" '^ +--course DIR$'
done_testing

#!/bin/sh
# 26-loop.t - watch, hint, list and reset: in a real terminal (loop.py), and what they say without.
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

drive() { # HOW CHECKS
    mkdir -p "$tmp/$1"
    cp -R "$top/exercises" "$tmp/$1/"
    run 0 /usr/bin/python3 "$top/grader/tests/loop.py" "$LOCKSTEP" "$top" "$tmp/$1" "$1"
    is "all that was looked for, $1" "$(printf '%s\n' "$out" | grep -c '^ok')" "$2"
    never "nothing amiss, $1" "$out" '^FAIL'
}
drive poll 7
drive chinese 9
drive steps 28
mkdir "$tmp/plain"
cp -R "$top/exercises" "$tmp/plain/"
run 0 /usr/bin/python3 "$top/grader/tests/loop.py" "$LOCKSTEP" "$top" "$tmp/plain"
is "all that was looked for" "$(printf '%s\n' "$out" | grep -c '^ok')" 27
never "nothing amiss" "$out" '^FAIL'

# Before anything was graded.
cd "$tmp/plain" || exit 3
run 0 "$LOCKSTEP" list
same "list says how to begin" "$out" "Nothing is graded yet. 'lockstep watch 01' opens the first one"
same "bars of ASCII where the terminal has no more" "$(LC_ALL=C "$LOCKSTEP" list)" '01-shared-value +- +\.{10} '
run 2 "$LOCKSTEP" hint
is "hint says what to do" "$err" "lockstep hint: nothing has been graded yet; 'lockstep grade 01' does, or name an exercise"
run 0 "$LOCKSTEP" hint 8 wait-blocks
same "a named test" "$out" '^08-event wait-blocks, hint 1 of 3'
run 0 "$LOCKSTEP" hint 8 wait-blocks --again
same "the same again" "$out" 'hint 1 of 3'
"$LOCKSTEP" hint 8 wait-blocks >/dev/null
run 0 "$LOCKSTEP" hint 8 wait-blocks
same "the third" "$out" 'hint 3 of 3'
run 0 "$LOCKSTEP" hint 8 wait-blocks
same "no fourth" "$out" 'hint 3 of 3.*|that was the last one'
run 2 "$LOCKSTEP" hint 8 no-such
is "an unknown test" "$err" "lockstep hint: 08-event has no test 'no-such'; 'lockstep list 08' names them"

# reset: an installed course has the stub, a source tree has its history.
echo mine >exercises/08-event/event.c
run 2 "$LOCKSTEP" reset 8
is "it asks, and nobody answers" "$err" "lockstep reset: nothing was changed; say --yes to put the stub back"
is "nothing is lost" "$(cat exercises/08-event/event.c)" mine
run 0 "$LOCKSTEP" reset 8 --yes
kept=$(printf '%s\n' "$out" | sed -n 's/^Your previous version is in //p')
is "what was written is kept" "$(cat "$kept")" mine
run 1 "$LOCKSTEP" grade 8
same "the stub is back" "$out" 'Nothing is written yet'
run 0 "$LOCKSTEP" reset 8 --yes
same "once is enough" "$out" 'is the stub already'
run 0 "$LOCKSTEP" hint 8 wait-blocks
same "hints begin anew" "$out" 'hint 1 of 3'
mkdir -p "$tmp/tree/grader" && cp -R "$top/exercises" "$tmp/tree/"
cd "$tmp/tree" || exit 3
run 2 env LOCKSTEP_HOME="$tmp/tree" LOCKSTEP_RUNTIME="$top/build/plain/runtime" "$LOCKSTEP" reset 8 --yes
is "without either: one clear sentence" "$err" \
    "lockstep reset: no stub of 08-event to go back to: this course is neither an installed one, nor made by 'lockstep init', nor kept in git"
git init -q . && git -c user.name=x -c user.email=x@y add -A && git -c user.name=x -c user.email=x@y commit -q -m all
echo mine >exercises/08-event/event.c
git -c user.name=x -c user.email=x@y commit -q -a -m 'my work'
run 0 env LOCKSTEP_HOME="$tmp/tree" LOCKSTEP_RUNTIME="$top/build/plain/runtime" "$LOCKSTEP" reset 8 --yes
is "from the history, though the work was committed" "$(cmp exercises/08-event/event.c "$top/exercises/08-event/event.c" && echo same)" same

# Two at once: what both have written is kept.
cd "$tmp/plain" || exit 3
mkdir -p "$tmp/r1" "$tmp/r2" && echo one >"$tmp/r1/event.c" && echo two >"$tmp/r2/event.c"
"$LOCKSTEP" reset 8 --yes --submission "$tmp/r1" >/dev/null & pid=$!
"$LOCKSTEP" reset 8 --yes --submission "$tmp/r2" >/dev/null
wait $pid
is "both are kept" "$(cat "$tmp"/state/lockstep/kept/08-event/* | grep -cx 'one\|two')" 2

# A state that cannot be read is told, and nothing is made up.
mkdir -p "$tmp/state/lockstep" && echo '[' >"$tmp/state/lockstep/scores.json"
run 3 "$LOCKSTEP" hint 8
same "one sentence" "$err" "is not a file of scores; move it away$"
echo mine >exercises/08-event/event.c
run 3 "$LOCKSTEP" reset 8 --yes
same "where the work went is said first" "$out" "^Your previous version is in "
printf '{"format": "lockstep/scores/1", "best": {}, "failed": {"08-event": [7]}, "last": "08-event"}' >"$tmp/state/lockstep/scores.json"
run 0 "$LOCKSTEP" hint 8
echo '[' >"$tmp/state/lockstep/scores.json"
run 2 "$LOCKSTEP" watch 8
is "no terminal, no keys" "$err" "lockstep watch: it reads keys from a terminal, and there is none; 'lockstep grade' grades once"
run 3 "$LOCKSTEP" hint 8
same "one sentence" "$err" "is not a file of scores; move it away$"
done_testing

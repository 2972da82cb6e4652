#!/bin/sh
# 50-authoring.t - a new exercise: the skeleton, and the worked example of AUTHORING.md.
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

course=$tmp/course
mkdir "$course"
cp -R "$top/exercises" "$top/solutions" "$course/"
mkdir "$course/fixtures"
export LOCKSTEP_HOME="$course" LOCKSTEP_RUNTIME="$top/build/plain/runtime" HOME="$tmp"

run 2 "$LOCKSTEP" new
run 2 "$LOCKSTEP" new Not-A-Slug
same "what a name looks like" "$err" "'Not-A-Slug': expected a name such as bounded-buffer"
run 2 "$LOCKSTEP" new event
is "a name is given once" "$err" "lockstep new: there is 08-event already"
run 0 "$LOCKSTEP" new run-once
same "the next number" "$out" 'exercises/14-run-once/run_once.h'
run 0 "$LOCKSTEP" list
same "a draft is listed as one" "$out" '^14-run-once .*\(draft\)$'
run 0 "$LOCKSTEP" lint 14
same "incomplete" "$out" '^14-run-once is a draft; still missing:$'
same "what is missing: words" "$out" "README.md has a 'TODO:' left"
same "what is missing: wrong ones" "$out" 'only 1 wrong fixtures, 8 are needed'
never "but what is there is right" "$out" ' (got|never) |stray|not in'
run 1 "$LOCKSTEP" grade 14
same "the stub scores nothing" "$out" ' 0/100  '
run 0 "$LOCKSTEP" grade 14 --submission "$course/solutions"
mkdir "$tmp/class" "$tmp/class/somebody"
run 0 "$LOCKSTEP" batch "$tmp/class" -o "$tmp/out" --secret "$tmp/secret"
never "no student is graded on a draft" "$(cat "$tmp/out/gradebook.csv")" '14-run-once'

# A full disk leaves nothing half-made.
mkdir "$tmp/small"
cp -R "$top/exercises" "$top/solutions" "$tmp/small/"
: >"$tmp/small/fixtures"
run 3 env LOCKSTEP_HOME="$tmp/small" "$LOCKSTEP" new half-made
is "all files or none" "$(find "$tmp/small" -name '*half*' | wc -l)" 0

rm "$course/fixtures/14-run-once/pass-sum.c" "$course/fixtures/14-run-once/square.c"
# The worked example: every listing of the guide that names its file, written over the skeleton.
awk -v to="$course" '
    /^<!-- file: / {name = to "/" $3; next}
    /^```/ {if (open) {close(name); open = 0; name = ""} else if (name) open = 1; next}
    open {print > name}' "$top/grader/AUTHORING.md"
run 0 "$LOCKSTEP" lint 14
same "the example: all of it is there" "$out" '^correct +3 of 3 '
same "the example: eight wrong ones" "$out" '^wrong +8 of 8 '
never "the example: no draft any more" "$out" 'draft|missing|got'
done_testing

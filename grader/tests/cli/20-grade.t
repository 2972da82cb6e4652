#!/bin/sh
# 20-grade.t - lockstep grade as a student, an instructor and a CI job use it.
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

mkdir "$tmp/work"
export TMPDIR="$tmp/work"
run 0 "$LOCKSTEP" grade 08-event --submission "$top/solutions"
same "the reference has full marks" "$out" '^08-event  .*  100/100  .*/solutions/08-event/event.c$'
never "and no failure" "$out" 'FAIL'
is "nothing of the progress line in a pipe" "$err" ""

run 1 "$LOCKSTEP" grade
same "stubs have nothing" "$out" "^total 0/$(find "$top/exercises" -name exercise.yml | wc -l)00 "
same "friendly words for a stub" "$out" 'Nothing is written yet'
never "no stub is called wrong" "$out" 'wrong-result|crash|leak'

mkdir "$tmp/bare"
cp "$top/fixtures/08-event/signal-for-broadcast.c" "$tmp/bare/event.c"
run 1 "$LOCKSTEP" grade 8 --submission "$tmp/bare"
same "a bare slug.c is found; the verdict" "$out" 'FAIL  set-wakes-all  .*lost-wakeup: '
same "the line that sleeps" "$out" 'event\.c:[0-9]+: .*  in event_wait'
same "the student's own words" "$out" ': rc = pthread_cond_wait'
same "a rule of its verdict" "$out" 'think about: pthread_cond_signal\(\) wakes one of those who wait'
never "and not the test's own question, which may be about another mistake" "$out" 'about this test: '
same "what passed, in a line" "$out" '^  pass  9 tests, 75 points: flag-is-a-flag, '
never "not called a timeout" "$out" 'timeout:'

run 1 "$LOCKSTEP" grade 8 --submission "$tmp"
same "nothing submitted is said" "$out" 'holds neither 08-event/event.c nor event.c'

mkdir "$tmp/broken"
printf '#include "event.h"\nint event_set(struct event *e) { return 0 }\n' >"$tmp/broken/event.c"
run 1 "$LOCKSTEP" grade 8 --submission "$tmp/broken"
same "gcc's own words" "$out" "\./event\.c:2:[0-9]+: error: expected .;. before .\}. token"
same "the verdict" "$out" 'compile-error'

# A link instead of a file: the target must not be read.
mkdir "$tmp/link"
ln -s /etc/passwd "$tmp/link/event.c"
run 1 "$LOCKSTEP" grade 8 --submission "$tmp/link"
same "a link is refused" "$out" 'forbidden'
never "and not followed" "$out" 'root:'

mkdir "$tmp/copycat"
ln -s "$top/solutions/08-event" "$tmp/copycat/08-event"
run 1 "$LOCKSTEP" grade 8 --submission "$tmp/copycat"
same "a linked folder is refused, too" "$out" 'forbidden'

# Machine-readable.
f=$tmp/result.json
run 1 "$LOCKSTEP" grade 1 8 13 --submission "$top/fixtures/class/student-3" --format json:"$f" --format junit:"$tmp/j.xml" --format text
same "text beside the files" "$out" '^total 235/300'
run 0 /usr/bin/python3 -m jsonschema -i "$f" "$top/grader/report/result.schema.json"
run 0 xmllint --noout "$tmp/j.xml"
is "JUnit counts the tests" "$(xmllint --xpath 'count(//testcase)' "$tmp/j.xml")" 27
is "JUnit counts what is wrong" "$(xmllint --xpath 'number(/testsuites/@failures)+number(/testsuites/@errors)' "$tmp/j.xml")" 5
is "the race's title is sorted" "$(jq -r '[.exercises[1].tests[].evidence[]|select(.verdict=="data-race").title][0]' "$f")" \
    "data-race: event_clear / event_is_set"
for s in "$top/solutions" "$top/exercises" "$top/fixtures/class/student-3" "$top/fixtures/class/student-4"; do
    "$LOCKSTEP" grade 1 8 13 --submission "$s" --format json >"$tmp/1" & # two at once
    "$LOCKSTEP" grade 1 8 13 --submission "$s" --format json >"$tmp/2"
    wait
    run 0 cmp "$tmp/1" "$tmp/2"
done

# The grader's own troubles are never a zero.
cp -R "$top/exercises" "$tmp/exercises"
sed -i 's/points: 15/points: lots/' "$tmp/exercises/08-event/exercise.yml"
run 3 env LOCKSTEP_HOME="$tmp" LOCKSTEP_RUNTIME="$top/build/plain/runtime" "$LOCKSTEP" grade 08-event --submission "$top/solutions"
same "file, line and column" "$err" "exercises/08-event/exercise\.yml:[0-9]+:13: 'points' must be a whole number from 1 to 100"
same "not graded, in words" "$out" 'NOT GRADED'
never "and no verdict" "$out" 'FAIL'
# shellcheck disable=SC2016
run 3 sh -c '"$0" grade 08-event --submission "$1" >/dev/full' "$LOCKSTEP" "$top/solutions"
same "a full disk is told" "$err" 'cannot write standard output: No space left'
run 3 "$LOCKSTEP" grade 08-event --submission "$top/solutions" --format json:/dev/full/x
run 3 env TMPDIR=/nonexistent "$LOCKSTEP" grade 08-event --submission "$top/solutions"
same "what to do about it" "$err" 'is TMPDIR writable'

# The oracle notices an answer that satisfies the suite's own assertions no more than it must.
run 0 "$LOCKSTEP" grade 08-event --oracle --submission "$top/solutions"
printf 'a course secret of some length\n' >"$tmp/secret"
run 0 "$LOCKSTEP" grade 01-shared-value --oracle --secret "$tmp/secret" --submission "$top/solutions"
printf 'short\n' >"$tmp/secret"
run 2 "$LOCKSTEP" grade 01-shared-value --secret "$tmp/secret" --submission "$top/solutions"

is "no work folder is left" "$(find "$tmp/work" -mindepth 1 | wc -l)" 0
# One cause is told once: a mutex that event_set() keeps hangs every test.
mkdir "$tmp/keeps" "$tmp/nosignal"
sed '/^int event_set/,/^}/{/pthread_mutex_unlock/d}' "$top/solutions/08-event/event.c" >"$tmp/keeps/event.c"
run 1 "$LOCKSTEP" grade 8 --submission "$tmp/keeps"
same "the whole of it once" "$out" '^  .1. deadlock: event_set / event_wait  .explore.$'
same "of all tests" "$out" '^      11 tests fail for this reason: flag-is-a-flag, set-before-wait, '
same "each says of which cause" "$out" '^  FAIL  gives-back .*  .1.$'
is "in few lines" "$([ "$(printf '%s\n' "$out" | wc -l)" -le 45 ] && echo yes)" yes
is "one interleaving" "$(printf '%s\n' "$out" | grep -c 'the interleaving')" 1
never "no second word for one thing" "$out" '.native.|^  .2.'
same "the lock that is kept" "$out" 'event\.c:[0-9]+: pthread_mutex_lock\(&e->lock\);  in event_set'
same "and the return of the function that keeps it" "$out" 'event\.c:[0-9]+: return 0;  in event_set'
same "that there is more is said" "$out" 'Shortened: -v shows every finding of every mode'
cp "$top/fixtures/04-counting-semaphore/no-signal.c" "$tmp/nosignal/counting_semaphore.c"
run 1 "$LOCKSTEP" grade 4 --submission "$tmp/nosignal"
same "stacks that differ by a number alone are one" "$out" '^ *.and 1 more like this one.$'
run 1 "$LOCKSTEP" grade 8 --submission "$tmp/keeps" -v
same "-v: all of it" "$out" 'lost-wakeup: event_wait  .native.'
never "-v: nothing is left out" "$out" 'for this reason|Shortened|more like this'

done_testing

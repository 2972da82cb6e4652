#!/bin/sh
# 10-usage.t - exit statuses and messages of wrong and right command lines.
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

run 2 "$LOCKSTEP"
same "usage names the commands" "$err" '^  grade '
run 2 "$LOCKSTEP" frobnicate
is "one line on an unknown command" "$err" "lockstep: unknown command 'frobnicate'; see 'lockstep help'"
run 0 "$LOCKSTEP" --version
same "a version" "$out" '^lockstep [0-9]+\.[0-9]+\.[0-9]+$'
run 0 "$LOCKSTEP" help
help=$out
for c in grade batch list lint new doctor; do
    same "help names $c" "$help" "^  $c "
    run 0 "$LOCKSTEP" "$c" --help
    same "help of $c is made from its table" "$out" "^usage: lockstep $c "
    run 2 "$LOCKSTEP" "$c" --nonsense
    same "an unknown option of $c is named" "$err" "^lockstep $c: unknown option '--nonsense'"
done
run 2 "$LOCKSTEP" grade 99-nothing
is "unknown exercise" "$err" "lockstep grade: unknown exercise '99-nothing'; 'lockstep list' names them"
run 2 "$LOCKSTEP" grade 08-event --submission /nonexistent
run 2 "$LOCKSTEP" grade 08-event --format pdf
same "unknown format" "$err" "unknown format 'pdf', expected text, json, junit, tap, github, markdown, html, sarif, gradescope, classroom50, classroom, autolab or prairielearn"
run 2 "$LOCKSTEP" grade --color sometimes
run 2 "$LOCKSTEP" batch "$tmp"
same "batch without -o" "$err" "'-o OUT'"
run 2 "$LOCKSTEP" batch /nonexistent -o "$tmp/out"
run 2 "$LOCKSTEP" batch "$tmp" -o "$tmp/out" -j 0
run 2 env LOCKSTEP_HOME="$top" "$LOCKSTEP" lint --only 'no/such'
run 3 env LOCKSTEP_HOME=/nonexistent "$LOCKSTEP" list
same "what to do without exercises" "$err" "set LOCKSTEP_COURSE, or say --course, to a folder that holds exercises/"
run 0 "$LOCKSTEP" list
is "every exercise has a line" "$(printf '%s\n' "$out" | grep -c '^[0-9][0-9]-')" "$(find "$top/exercises" -name exercise.yml | wc -l)"
same "never graded" "$out" '^08-event +- +\S+ +11  Event'
mkdir -p "$tmp/mine/exercises"
cp "$top/fixtures/08-event/signal-for-broadcast.c" "$tmp/mine/event.c"
(cd "$tmp/mine" && mkdir exercises/08-event && mv event.c exercises/08-event && "$LOCKSTEP" grade 8 >/dev/null)
is "one's own score is kept" "$(jq -c .best "$XDG_STATE_HOME/lockstep/scores.json")" '{"08-event":75}'
(cd "$tmp/mine" && cp "$top/exercises/08-event/event.c" exercises/08-event && "$LOCKSTEP" grade 8 >/dev/null)
run 0 "$LOCKSTEP" list
same "the best stays" "$out" '^08-event +75 +\S+ +11 '
same "and the sum" "$out" '^ +75  of 1[0-9]00 points$'
"$LOCKSTEP" grade 8 --submission "$top/solutions" >/dev/null
run 0 "$LOCKSTEP" list
same "somebody else's score is not one's own" "$out" '^08-event +75 '
echo broken >"$XDG_STATE_HOME/lockstep/scores.json"
run 0 "$LOCKSTEP" list
same "a broken file is named" "$err" 'not a file of scores; move it away'
run 0 env LC_ALL=zh_CN.UTF-8 "$LOCKSTEP" list
same "Chinese titles" "$out" '事件：等到它发生'
run 0 "$LOCKSTEP" doctor
never "nothing fails here" "$out" '^FAIL'
done_testing

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
for c in grade batch list lint doctor; do
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
same "unknown format" "$err" "unknown format 'pdf', expected text, json or junit"
run 2 "$LOCKSTEP" grade --color sometimes
run 2 "$LOCKSTEP" batch "$tmp"
same "batch without -o" "$err" "'-o OUT'"
run 2 "$LOCKSTEP" batch /nonexistent -o "$tmp/out"
run 2 "$LOCKSTEP" batch "$tmp" -o "$tmp/out" -j 0
run 2 env LOCKSTEP_HOME="$top" "$LOCKSTEP" lint --only 'no/such'
run 3 env LOCKSTEP_HOME=/nonexistent "$LOCKSTEP" list
same "what to do without exercises" "$err" "set LOCKSTEP_HOME"
run 0 "$LOCKSTEP" list
is "every exercise has a line" "$(printf '%s\n' "$out" | grep -c points)" "$(find "$top/exercises" -name exercise.yml | wc -l)"
run 0 env LC_ALL=zh_CN.UTF-8 "$LOCKSTEP" list
same "Chinese titles" "$out" '事件：等到它发生'
run 0 "$LOCKSTEP" doctor
never "nothing fails here" "$out" '^FAIL'
done_testing

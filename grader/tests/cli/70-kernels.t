#!/bin/sh
# 70-kernels.t - the well-known small programs: each gets exactly its verdict, its twin none.
#
# grader/bench/kernels/NAME.c (threads) and grader/bench/processes/NAME.c (processes, signals,
# channels) say in their head what is expected; -DCORRECT makes the twin.
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

verdicts() { # of a report
    python3 -c '
import json, sys
j = json.load(open(sys.argv[1]))
print(" ".join(sorted({f["verdict"] for f in j["findings"] if not f["advice"]})) or "none")' "$1"
}

for file in "$top"/grader/bench/kernels/*.c "$top"/grader/bench/processes/*.c; do
    name=$(basename "$file" .c)
    want=$(sed -n 's|^// expect: ||p' "$file" | tr ' ' '\n' | sort | paste -sd' ' -)
    unwanted=$(sed -n 's|^// never: ||p' "$file" | tr ' ' '|')
    run 1 "$LOCKSTEP" explore --json "$file"
    cp "$tmp/.out" "$tmp/report.json"
    got=$(verdicts "$tmp/report.json")
    is "$name: exactly its verdict" "$got" "$want"
    never "$name: never" "$got" "^($unwanted)$|^($unwanted) | ($unwanted)$"
    run 0 "$LOCKSTEP" explore --cflags -DCORRECT "$file"
    same "$name: its twin is cleared" "$out" 'schedules? (of the model )?explored.*: no bug found'
done
done_testing

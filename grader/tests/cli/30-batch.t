#!/bin/sh
# 30-batch.t - a class in one command.
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

cp -R "$top/fixtures/class" "$tmp/class"
mkdir "$tmp/class/=HYPERLINK(1)" "$tmp/class/a,b \"c\""
: >"$tmp/class/not-a-student.txt"
run 0 "$LOCKSTEP" batch --exercises 1,8,13 "$tmp/class" -o "$tmp/out" -j 2 --secret "$tmp/secret"
is "the gradebook, to the byte" "$(tr -d '\r' <"$tmp/out/gradebook.csv")" "student,number,01-shared-value,08-event,13-driver-conductor,total,max,notes
\"'=HYPERLINK(1)\",,0,0,0,0,300,01-shared-value nothing submitted; 08-event nothing submitted; 13-driver-conductor nothing submitted
\"a,b \"\"c\"\"\",,0,0,0,0,300,01-shared-value nothing submitted; 08-event nothing submitted; 13-driver-conductor nothing submitted
student-1,,100,100,100,300,300,
student-2,,100,75,100,275,300,
student-3,,60,90,85,235,300,
student-4,,75,80,0,155,300,13-driver-conductor nothing submitted
student-5,,30,0,25,55,300,
student-6,,90,0,85,175,300,"
same "the table on the terminal" "$out" '^student-2 +100 +75 +100 +275/300'
same "a report a student" "$(cat "$tmp/out/students/student-2/report.txt")" 'FAIL  set-wakes-all'
for s in "$tmp"/out/students/student-*; do
    run 0 /usr/bin/python3 -m jsonschema -i "$s/result.json" "$top/grader/report/result.schema.json"
done
same "who has no course secret is told what to run instead" "$(cat "$tmp"/out/students/*/report.txt)" \
    'without the course secret: lockstep replay 08-event [a-z-]+ looks for a schedule of its own'
is "the secret is the owner's alone" "$(stat -c %a "$tmp/secret")" 600
is "nothing else is left in OUT" "$(find "$tmp/out" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | tr '\n' ' ')" "batch.db gradebook.csv report.html students "

# The picture of the class: a cell for each test that somebody lost points in, and one in the key.
cells() { grep -o "class=\"$1\" d=\"[^\"]*\"" "$tmp/out/report.html" | tr -cd M | wc -c; }
lost() { sqlite3 "$tmp/out/batch.db" "SELECT count(*) FROM unit u JOIN verdict v ON v.key = u.key
    WHERE u.source IS NOT NULL AND v.points < v.max AND v.verdict $1 IN ('not-implemented', 'compile-error')"; }
is "a red cell for each failed test" "$(cells fail)" "$(($(lost NOT) + 1))"
is "a grey one for what is not written" "$(cells stub)" "$(($(lost '') + ($(lost '') > 0)))"
is "a green row for each graded exercise" "$(cells pass)" 18
same "names under the mouse" "$(cat "$tmp/out/report.html")" '<title>student-2: 275/300</title>'

# In Chinese: the reports alone are written anew, and nothing is left in English.
run 0 "$LOCKSTEP" batch -o "$tmp/out" --resume --lang zh
same "all from the store" "$out" ', 0 of them graded now'
same "a report in Chinese" "$(cat "$tmp/out/students/student-2/report.txt")" '失败  set-wakes-all'
run 0 /usr/bin/python3 "$top/grader/tests/said.py" "$tmp/out"
run 0 "$LOCKSTEP" batch -o "$tmp/out" --resume
same "the language is remembered" "$(cat "$tmp/out/students/student-2/report.txt")" '失败  set-wakes-all'
run 0 "$LOCKSTEP" batch -o "$tmp/out" --resume --lang en
run 1 /usr/bin/python3 "$top/grader/tests/said.py" "$tmp/out"
same "English would be found" "$out" 'a task sleeps and nothing will ever wake it'

# The same class, another run, one at a time: the same bytes.
run 0 "$LOCKSTEP" batch --exercises 8 "$tmp/class" -o "$tmp/again" -j 1 --secret "$tmp/secret"
unit() { # FOLDER: what the result says of 08-event
    /usr/bin/python3 -c 'import json, sys; print([x for x in json.load(open(sys.argv[1]))["exercises"]
if x["id"] == "08-event"])' "$1"
}
is "the same result, to the byte" "$(unit "$tmp/again/students/student-3/result.json")" \
    "$(unit "$tmp/out/students/student-3/result.json")"
is "the same grades" "$(cut -d, -f1,3 "$tmp/again/gradebook.csv" | grep ^student-)" "$(cut -d, -f1,4 "$tmp/out/gradebook.csv" | grep ^student-)"

# A submission whose file cannot be read is not graded, and that is no zero.
if [ "$(id -u)" != 0 ]; then chmod 0 "$tmp/class/student-1/08-event/event.c"; fi
cp -R "$top/exercises" "$tmp/exercises"
sed -i 's/ck_assert_int_eq(event_set(e), 0);/not C at all/' "$tmp/exercises/08-event/check_event.c"
run 3 env LOCKSTEP_HOME="$tmp" LOCKSTEP_RUNTIME="$top/build/plain/runtime" "$LOCKSTEP" batch --exercises 1,8,13 "$tmp/class" -o "$tmp/bad" --exercises 08-event --secret "$tmp/secret" --without-oracle
same "empty cells for what was not graded" "$(cat "$tmp/bad/gradebook.csv")" '^student-1,,,,100,.*08-event not graded: '
same "and it is told" "$err" 'not graded, see the notes'
done_testing

#!/bin/sh
# 32-lms.t - grades go into the platforms' own files: the right cells, and not one byte more.
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

cat >"$tmp/cells.py" <<'END'
# cells.py BEFORE AFTER COLUMN...: which cells differ, apart from these columns? And the grades.
import csv, sys
before, after = (open(p, newline="", encoding="utf-8-sig").read() for p in sys.argv[1:3])
a, b = (list(csv.reader(t.splitlines(True), delimiter=sys.argv[3])) for t in (before, after))
columns = sys.argv[4:]
head = a[0]
bad = [(i, head[k]) for i, (x, y) in enumerate(zip(a, b)) for k in range(len(x))
       if x[k] != y[k] and head[k] not in columns]
print("same shape" if [len(r) for r in a] == [len(r) for r in b] and not bad else f"changed: {bad}")
for row in b[1:]:
    print("|".join(row[head.index(c)] for c in columns[:1]))
END

# One exercise, three students: full marks, none, and one that is not graded (ambiguous).
m=$tmp/moodle
mkdir -p "$m/Ada, \"A\" Lovelace_17_assignsubmission_file_" "$m/王 伟_18_assignsubmission_file_" \
    "$m/=SUM(A1)_19_assignsubmission_file_/a" "$m/=SUM(A1)_19_assignsubmission_file_/b"
cp "$top/solutions/07-custom-thread/custom_thread.c" "$m/Ada, \"A\" Lovelace_17_assignsubmission_file_/"
cp "$top/exercises/07-custom-thread/custom_thread.c" "$m/王 伟_18_assignsubmission_file_/"
echo 1 >"$m/=SUM(A1)_19_assignsubmission_file_/a/custom_thread.c"
echo 2 >"$m/=SUM(A1)_19_assignsubmission_file_/b/custom_thread.c"

printf '\357\273\277Identifier,"Full name","ID number","Email address",Status,Grade,"Maximum Grade","Grade can be changed","Last modified (submission)","Last modified (grade)","Feedback comments"\r\n' >"$tmp/moodle.csv"
{
    printf 'Participant 17,"Ada, ""A"" Lovelace",,ada@example.org,"Submitted for grading",,"12.50",Yes,"Monday, 2 March 2026, 9:00 AM",-,"old, and ""quoted"""\r\n'
    printf 'Participant 18,王 伟,,wei@example.org,"Submitted for grading",3,12.50,Yes,-,-,\r\n'
    printf 'Participant 19,=SUM(A1),,x@example.org,"No submission",,12.50,Yes,-,-,\r\n'
    printf 'Participant 99,"Somebody\nElse",,y@example.org,"No submission",,12.50,Yes,-,-,keep\r\n'
} >>"$tmp/moodle.csv"
printf 'Student,ID,SIS User ID,SIS Login ID,Section,"HW, one (11)",HW2 (12),Current Score (read only)\n    Points Possible,,,,,20,10,\n"Lovelace, Ada",17,,ada,S1,,7,99\n"伟, 王",18,,wei,S1,,8,1\n' >"$tmp/canvas.csv"
printf 'First Name;Last Name;SID;Email;Total Score;Max Points;Status;Submission ID\nAda;Lovelace;17;a@example.org;;"10,0";Ungraded;1\nWei;Wang;18;w@example.org;5,0;"10,0";Ungraded;2' >"$tmp/gradescope.csv"

run 3 "$LOCKSTEP" batch "$m" --exercises 7 -o "$tmp/out" --secret "$tmp/secret" --fill "$tmp/moodle.csv"
same "moodle is told" "$out" "moodle.csv: 2 grades filled in \(moodle\), 1 left as they were.*, 1 rows are of nobody"
is "moodle: grade and feedback only; scaled to its maximum" \
    "$(python3 "$tmp/cells.py" "$tmp/moodle.csv" "$tmp/out/moodle.csv" , Grade 'Feedback comments' | tr '\n' ' ')" \
    "same shape 12.5 0   "
same "moodle's feedback says what for" "$(cat "$tmp/out/moodle.csv")" '^Participant 17,.*07-custom-thread: 100/100'
is "every byte of the other rows stays" "$(grep -c '^Participant 19,=SUM(A1),,x@example.org,"No submission",,12.50,Yes,-,-,.$' "$tmp/out/moodle.csv")" 1
is "the mark and the line ends stay" "$(head -c 3 "$tmp/out/moodle.csv" | od -An -tx1 | tr -d ' ')$(grep -c "$(printf '\r')\$" "$tmp/out/moodle.csv")" "efbbbf5"
is "the original is as it was" "$(grep -c '^Participant 18,王 伟,,wei@example.org,"Submitted for grading",3,' "$tmp/moodle.csv")" 1

# Canvas: the same work from its own export, in the same OUT, so that nothing is graded again.
mkdir "$tmp/canvas" "$tmp/assignment_3_export"
cp "$top/solutions/07-custom-thread/custom_thread.c" "$tmp/canvas/lovelaceada_17_501_custom_thread.c"
cp "$top/exercises/07-custom-thread/custom_thread.c" "$tmp/canvas/wei_18_502_custom_thread.c"
cp "$top/solutions/07-custom-thread/custom_thread.c" "$tmp/canvas/excusedeve_20_503_custom_thread.c"
cp "$top/solutions/07-custom-thread/custom_thread.c" "$tmp/canvas/twicetom_21_504_custom_thread.c"
printf 'Student,ID,SIS User ID,SIS Login ID,Section,"HW, one (11)",HW2 (12),Current Score (read only)\n    Points Possible,,,,,20,10,\n"Lovelace, Ada",17,,ada,S1,,7,99\n"伟, 王",18,,wei,S1,,8,1\n"Eve",20,,eve,S1,EX,8,1\n"Tom",21,,tom,S1,,8,1\n"Tom, again",21,,tom2,S1,,8,1\n' >"$tmp/canvas.csv"
run 0 "$LOCKSTEP" batch "$tmp/canvas" --exercises 7 -o "$tmp/out" --secret "$tmp/secret" --fill "$tmp/canvas.csv:HW, one (11)"
same "canvas is told" "$out" "HW, one \(11\): 2 grades filled in \(canvas\), 3 left as they were"
is "canvas: one column; excused, and who is there twice, stay" \
    "$(python3 "$tmp/cells.py" "$tmp/canvas.csv" "$tmp/out/canvas.csv" , 'HW, one (11)' | tr '\n' ' ')" \
    "same shape 20 20 0 EX   "
run 0 "$LOCKSTEP" batch "$tmp/canvas" --exercises 7 -o "$tmp/out" --secret "$tmp/secret" --fill "$tmp/moodle.csv"
same "another platform's numbers mean nothing" "$out" "moodle.csv: 0 grades filled in"

# Gradescope, with semicolons and decimal commas.
g=$tmp/assignment_3_export
mkdir "$g/submission_1" "$g/submission_2"
cp "$top/solutions/07-custom-thread/custom_thread.c" "$g/submission_1/"
cp "$top/exercises/07-custom-thread/custom_thread.c" "$g/submission_2/"
cat >"$g/submission_metadata.yml" <<'END'
submission_1: {":submitters": [{":name": Ada, ":sid": '17'}]}
submission_2: {":submitters": [{":name": Wei, ":sid": '18'}]}
END
run 0 "$LOCKSTEP" batch "$g" --exercises 7 -o "$tmp/out" --secret "$tmp/secret" --fill "$tmp/gradescope.csv"
is "gradescope: semicolons and decimal commas" \
    "$(python3 "$tmp/cells.py" "$tmp/gradescope.csv" "$tmp/out/gradescope.csv" ';' 'Total Score' | tr '\n' ' ')" "same shape 10 0 "
is "an earlier platform's import is gone" "$([ -e "$tmp/out/canvas.csv" ] && echo there)" ""

# What cannot be filled is said, with nothing graded anew.
bad() { # NAME PATTERN
    run 2 "$LOCKSTEP" batch --resume -o "$tmp/out" --fill "$1"
    same "$2" "$err" "$3"
}
bad "$tmp/canvas.csv" "which assignment?" "'HW, one \(11\)', 'HW2 \(12\)'; say which with --fill FILE:COLUMN"
bad "$tmp/canvas.csv:HW3" "no such column" "has no column 'HW3'"
printf 'a,b\n1,2\n' >"$tmp/other.csv"
bad "$tmp/other.csv" "no file of a platform" "is no grade file that Lockstep knows"
printf 'Identifier,Grade\n"Participant 17,\n' >"$tmp/open.csv"
bad "$tmp/open.csv" "an open quote" "line 2: a quote is opened and never closed"
bad "$tmp/gradebook.csv" "a name of our own" "OUT has a 'gradebook.csv' of its own"
run 2 "$LOCKSTEP" batch --resume -o "$tmp/out" --fill "$tmp/none.csv"
same "a file that is not there" "$err" "cannot open '.*none.csv'"
done_testing

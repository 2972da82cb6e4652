#!/bin/sh
# 33-crash.t - killed, interrupted, resumed, regraded; a full disk, a damaged store, an unfit
# machine. Nothing is lost and nobody gets a zero.
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

/usr/bin/python3 "$top/grader/tests/make_class.py" "$tmp/made" --students 8 --exercises 07-custom-thread \
    --distinct --seed 3 >/dev/null
run 0 python3 "$top/grader/tests/crash.py" "$tmp/made/class" --kills 3 --exercises 07-custom-thread --lockstep "$LOCKSTEP"
never "no check of it failed" "$out" "^FAIL"

# Ctrl-C: 130, what to type, and a second run goes on.
cat >"$tmp/ctrl-c.py" <<'END'
# ctrl-c.py COMMAND...: runs it on a terminal of its own, types Ctrl-C at the first that is graded.
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
seen, typed = b"", False
while True:
    try:
        seen += os.read(fd, 4096)
    except OSError:
        break
    if not typed and b"1 of " in seen:
        os.write(fd, b"\x03")
        typed = True
print(seen.decode(errors="replace").replace("\r", "\n"))
print("exit", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
run 0 /usr/bin/python3 "$tmp/ctrl-c.py" "$LOCKSTEP" batch "$tmp/made/class" --exercises 07-custom-thread -o "$tmp/out" --secret "$tmp/secret"
same "a live line on a terminal" "$out" "0 of [1-8] graded, 0 of them without full marks(, [0-9]+:[0-9]+ left)?, at .*07-custom-thread"
same "Ctrl-C: exit 130" "$out" "^exit 130$"
same "and how to go on" "$out" "Go on with: lockstep batch --resume -o $tmp/out"
is "no gradebook of half a class" "$([ -e "$tmp/out/gradebook.csv" ] && echo there)" ""
run 0 "$LOCKSTEP" batch --resume -o "$tmp/out"
run 0 python3 "$top/grader/tests/same_grades.py" "$tmp/made/expected.csv" "$tmp/out/gradebook.csv"

# A second run: all from the cache, and reports are left alone.
touch -d '2020-01-01' "$tmp"/out/students/*/report.html
run 0 "$LOCKSTEP" batch "$tmp/made/class" --exercises 07-custom-thread -o "$tmp/out" --secret "$tmp/secret"
same "nothing is graded again" "$out" "8 units .*: [1-8] distinct, 0 of them graded now"
is "no report is written again" "$(find "$tmp/out/students" -name report.html -newermt 2021-01-01 | wc -l)" 0

# A student who leaves takes the reports along; one who comes is graded alone.
mv "$tmp/made/class/u0000" "$tmp/gone"
run 0 "$LOCKSTEP" batch "$tmp/made/class" --exercises 07-custom-thread -o "$tmp/out" --secret "$tmp/secret"
is "reports of who is gone" "$([ -e "$tmp/out/students/u0000" ] && echo there)" ""
mv "$tmp/gone" "$tmp/made/class/u0000"

# The same secret is needed for the same grades; another one means another grading.
run 2 "$LOCKSTEP" batch --resume "$tmp/made/class" -o "$tmp/out"
same "resume takes no class" "$err" "goes on with the class in OUT"
run 2 "$LOCKSTEP" batch --resume -o "$tmp/nothing"
same "nothing to resume" "$err" "holds no class to go on with"
is "and nothing made there" "$([ -e "$tmp/nothing" ] && echo made)" ""

# Regrade after the rubric was mended: shown first, applied when asked.
mkdir "$tmp/home"
cp -R "$top/exercises" "$top/solutions" "$tmp/home/"
home() { env LOCKSTEP_HOME="$tmp/home" LOCKSTEP_RUNTIME="$top/build/plain/runtime" "$LOCKSTEP" "$@"; }
cp -R "$tmp/out" "$tmp/re"
sed -i '0,/points: [0-9]*/s//points: 11/; 0,/points: 10$/s//points: 9/' "$tmp/home/exercises/07-custom-thread/exercise.yml"
cp "$tmp/re/gradebook.csv" "$tmp/before.csv"
run 0 home batch "$tmp/made/class" --exercises 07-custom-thread -o "$tmp/re" --secret "$tmp/secret"
cp "$tmp/re/gradebook.csv" "$tmp/first.csv"
sed -i 's/points: 11$/points: 12/; 0,/points: 9$/s//points: 8/' "$tmp/home/exercises/07-custom-thread/exercise.yml"
run 0 home batch --regrade 7 -o "$tmp/re"
same "before and after a student" "$out" "^u000[0-9] +[0-9]+ -> +[0-9]+|0 of the class would change"
same "nothing applied yet" "$out" "Nothing was changed. To make it count: lockstep batch --regrade 07-custom-thread --apply"
run 0 cmp "$tmp/first.csv" "$tmp/re/gradebook.csv"
run 0 home batch --regrade 7 --apply -o "$tmp/re"
run 2 home batch --regrade 8 -o "$tmp/re"
same "an exercise the class does not have" "$err" "'--regrade 8' is no exercise of the class"

# A store that is none, one of another batch, one on a full disk.
mkdir "$tmp/broken"
head -c 5000 /dev/urandom >"$tmp/broken/batch.db"
run 3 "$LOCKSTEP" batch "$tmp/made/class" -o "$tmp/broken" --secret "$tmp/secret"
same "a damaged store" "$err" "batch.db' is damaged or no store of Lockstep; move it away"
if [ "$(id -u)" = 0 ]; then
    mkdir "$tmp/small"
    mount -t tmpfs -o size=256k tmpfs "$tmp/small"
    run 3 "$LOCKSTEP" batch "$tmp/made/class" --exercises 07-custom-thread -o "$tmp/small/out" --secret "$tmp/secret"
    same "a full disk" "$err" "disk with '.*' is full; make room|No space left"
    umount "$tmp/small"
fi

# An unfit machine grades nobody: the reference itself fails here.
sed -i '/TODO-never/d; s/return 0;/return 1;/' "$tmp/home/solutions/07-custom-thread/custom_thread.c"
run 3 home batch "$tmp/made/class" --exercises 07-custom-thread -o "$tmp/unfit" --secret "$tmp/secret"
same "it says so" "$err" "this machine is not fit to grade: 07-custom-thread/reference got .*; nothing was graded"
is "and draws no grade" "$([ -e "$tmp/unfit/gradebook.csv" ] && echo there)" ""
done_testing

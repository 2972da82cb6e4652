#!/bin/sh
# 51-course.t - a course of one's own, in English only, with a hidden test: from `course new` to a
# graded class, a regrade that runs nothing, and a package built where Lockstep is not.
# shellcheck disable=SC2016
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

unset MAKEFLAGS MAKELEVEL MFLAGS
cd "$tmp" || exit 3
run 2 "$LOCKSTEP" new doubler
is "new needs a course" "$err" "lockstep new: there is no course here to add 'doubler' to: 'lockstep course new DIR' makes one"
run 2 "$LOCKSTEP" course new
run 2 "$LOCKSTEP" course new x --languages fr
is "languages" "$err" "lockstep course: '--languages fr': expected en, zh or en,zh"
run 0 "$LOCKSTEP" course new "OS 1" --title 'Operating "systems"'
run 2 "$LOCKSTEP" course new "OS 1"
is "not twice" "$err" "lockstep course: 'OS 1' is a course already"
course="$tmp/OS 1"
cd "$course" || exit 3
run 2 "$LOCKSTEP" course check
same "an empty one" "$err" "the course 'os-1' in '.*/OS 1' has no exercise yet"
run 0 "$LOCKSTEP" new doubler
same "here, not in the installation" "$out" "^A new exercise, 01-doubler, below $course:"
is "one language, no other file" "$(find . -name '*zh*'; grep -rl 'zh:' exercises/01-doubler)" ""
run 0 "$LOCKSTEP" course check
same "a draft" "$out" '^01-doubler is a draft; still missing:$'

# Written to the end: no TODO, 80 points visible, 20 hidden, two right ones, eight wrong ones.
x=exercises/01-doubler
find . -type f -exec sed -i 's/TODO: //; s/^draft: yes$//; s/TODO:/Done./' {} +
sed -i 's/points: 100/points: 80/' $x/exercise.yml
sed -i 's/| 100 |/| 80 |/' $x/README.md
cat >solutions/01-doubler/hidden.yml <<'END'
format: lockstep/hidden/1
tests:
  - id: negative-numbers
    title: {en: "negative numbers, too"}
    points: 20
    modes: [native, memcheck]
    hints:
      en: ["Which numbers did you try?", "Not all of them are positive.", "Try -1."]
END
cat >solutions/01-doubler/hidden_doubler.c <<'END'
/* hidden_doubler.c - what the visible suite does not ask. */
START_TEST(negative_numbers)
{
    ck_assert_int_eq(doubler_twice(-1), -2);
}
END_TEST

void lockstep_hidden(Suite *suite)
{
    ls_test(suite, "negative-numbers", negative_numbers);
}
END
body() { printf '// %s\n%s#include "doubler.h"\n\nint doubler_twice(int n)\n{\n    %s\n}\n' "$1" "$3" "$2"; }
body "A shift." 'return (int)((unsigned)n << 1);' '' >fixtures/01-doubler/pass-shift.c
body "Right for positive numbers." 'return n < 0 ? 0 : 2 * n;' '// expect: negative-numbers wrong-result
// never: crash
' >fixtures/01-doubler/positive.c
for k in 1 2 3 4 5 6; do
    body "Off by $k." "return 2 * n + $k;" '// expect: first-test wrong-result
// expect: negative-numbers wrong-result
// never: crash
' >fixtures/01-doubler/off-$k.c
done
sed -i 's|^// expect: first-test wrong-result|&\n// expect: negative-numbers wrong-result|' fixtures/01-doubler/square.c
run 0 "$LOCKSTEP" course check
same "proven" "$out" '^wrong +8 of 8 +exactly as stated$'
same "all of it" "$out" '^all as stated$'

# A class, with the course's own deadline; what the student sees of the hidden test.
printf 'deadlines:\n  01-doubler: 2026-03-01 23:59\nlate: 50%%\n' >>exercises/course.yml
mkdir -p class/ada class/bo
grep -v "^//" fixtures/01-doubler/positive.c >class/ada/doubler.c
cp fixtures/01-doubler/pass-sum.c class/bo/doubler.c
touch -d '2026-03-02 12:00' class/bo/doubler.c && touch -d '2026-03-01 12:00' class/ada/doubler.c
mv class "$tmp/class"
run 0 "$LOCKSTEP" batch "$tmp/class" -o "$tmp/out" --secret "$tmp/secret"
is "late by the course's rule" "$(cut -d, -f1,3 "$tmp/out/gradebook.csv" | sed 1d | tr '\n' ' ')" "ada,80 bo,50 "
page=$(cat "$tmp/out/students/ada/report.txt")
same "the student's share" "$page" '80/100  \(visible 80/80, hidden 0/20\)'
never "not what is hidden" "$page$(cat "$tmp/out/students/ada/result.json" "$tmp/out/students/ada/report.html")" 'negative'
same "the class report has it" "$(cat "$tmp/out/report.html")" 'negative-numbers'
run 1 "$LOCKSTEP" grade 1 --submission "$tmp/class/ada"
same "the instructor sees it" "$out" 'FAIL  negative-numbers'

# A program reads its own memory: there hidden tests stand only while they are the ones that run.
mkdir "$tmp/reader"
cat >"$tmp/reader/doubler.c" <<'END'
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include "doubler.h"

/* What the hidden test's assertion is called with. */
static int seen(void)
{
    char word[] = "epvcmfs`uxjdf)-2*", line[512];
    FILE *f = fopen("/proc/self/maps", "r");
    unsigned long from, to;
    int found = 0;

    for (int i = 0; word[i]; i++)
        word[i] = word[i] == '-' ? '-' : word[i] - 1;
    while (f && fgets(line, sizeof line, f))
        if (strstr(line, "/program") && sscanf(line, "%lx-%lx r", &from, &to) == 2)
            found |= memmem((void *)from, to - from, word, strlen(word)) != NULL;
    if (f)
        fclose(f);
    return found;
}

int doubler_twice(int n)
{
    return seen() == (n < 0) ? 2 * n : 77;
}
END
run 0 "$LOCKSTEP" grade 1 --submission "$tmp/reader"
same "hidden tests are not in the memory of the others" "$out" '^total 100/100'

# While the hidden tests run, nothing can be said of the others: a process that claims to be one
# of them and makes an error under memcheck, whose place would tell of the hidden test.
mkdir "$tmp/claims"
cat >"$tmp/claims/doubler.c" <<'END'
#define _GNU_SOURCE
#include "doubler.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct packet {
    unsigned short magic, type;
    int tid, line;
    unsigned text_len;
    long number;
    char text[1500];
};

static int leak(int n)
{
    volatile int *p = malloc(4);

    return p[1 + (n & 1)];
}

int doubler_twice(int n)
{
    int here;

    if (n < 0 && (size_t)&here >> 36 == 1) {
        pid_t c = fork();

        if (c == 0) {
            struct packet p = {0x4c53, 1, (int)getpid(), 0, 10, getpid(), "first-test"};
            char go;

            send(198, &p, sizeof p, 0);
            recv(198, &go, 1, 0);
            _exit(leak(n) & 0);
        }
        waitpid(c, NULL, 0);
    }
    return 2 * n;
}
END
run 1 "$LOCKSTEP" grade 1 --submission "$tmp/claims" --for-student
same "the visible test has its points" "$out" '^  pass  first-test +80/80'
never "and no word of the hidden one" "$out" 'negative|hidden_|memcheck'

# Points are arithmetic: nothing is run again, whatever a program would do now.
sed -i 's/points: 80/points: 60/' $x/exercise.yml
sed -i 's/points: 20/points: 40/' solutions/01-doubler/hidden.yml
run 0 "$LOCKSTEP" batch --regrade 1 -o "$tmp/out"
same "who would change" "$out" '^ada +80 -> +60 '
run 0 "$LOCKSTEP" batch --regrade 1 --apply -o "$tmp/out"
same "nothing was graded" "$out" ' 0 of them graded now'
is "and it counts" "$(cut -d, -f1,3 "$tmp/out/gradebook.csv" | sed 1d | tr '\n' ' ')" "ada,60 bo,50 "
same "in the pages, too" "$(cat "$tmp/out/students/ada/report.txt")" '60/100  \(visible 60/60, hidden 0/40\)'

# The class remembers its course; a changed header runs again; words that quote hidden tests stay here.
cd "$tmp" || exit 3
run 0 "$LOCKSTEP" batch --resume -o "$tmp/out"
is "the same course from elsewhere" "$(cut -d, -f1,3 "$tmp/out/gradebook.csv" | sed 1d | tr '\n' ' ')" "ada,60 bo,50 "
cd "$course" || exit 3
echo '/* another */' >>$x/doubler.h
run 0 "$LOCKSTEP" batch --resume -o "$tmp/out"
same "a header is no matter of points" "$out" ' 2 of them graded now'
mkdir -p "$tmp/class2/huge"
{ cat fixtures/01-doubler/pass-sum.c && echo 'char big[3UL << 30];'; } >"$tmp/class2/huge/doubler.c"
run 0 "$LOCKSTEP" batch "$tmp/class2" -o "$tmp/out2" --secret "$tmp/secret"
never "nothing of the hidden suite" "$(cat "$tmp"/out2/students/huge/*)" 'hidden_doubler|negative'

# A student's copy decides nothing, whatever is put beside it.
run 0 "$LOCKSTEP" init "$tmp/copy"
sed -i 's/^START_TEST(.*)$/&\n{ return; }\nvoid unused(void)/' "$tmp/copy/exercises/08-event/check_event.c"
mkdir "$tmp/copy/solutions" && cd "$tmp/copy" || exit 3
run 1 "$LOCKSTEP" grade 8
same "the installed suite" "$out" '^08-event .* 0/100 '
same "said" "$err" 'is not the installed one, which is used'
if [ "$(id -u)" = 0 ]; then # somebody else's copy decides nothing; somebody else's course is asked about
    chown -R 1234 "$tmp/copy" && cp -R "$course" "$tmp/theirs" && chown -R 1234 "$tmp/theirs"
    run 0 "$LOCKSTEP" grade 8 --submission "$top/solutions"
    cd "$tmp/theirs" || exit 3
    run 2 "$LOCKSTEP" grade 1 --submission "$tmp/class/bo"
    same "whose suites" "$err" "belongs to another user; if you trust its suites, say --course"
    chown -R 0 "$tmp/copy" && cd "$tmp/copy" || exit 3
fi
ln -s "$tmp" "$tmp/copy/exercises/09-lock/elsewhere" && rm -r "$tmp/copy/exercises/10-efficiency" && ln -s "$tmp/home" "$tmp/copy/exercises/10-efficiency"
run 2 "$LOCKSTEP" init "$tmp/copy"
same "init writes through no link" "$err" "is a link, or lies below one"
cd "$course" || exit 3

# What students get, and what they grade by themselves.
mkdir "$tmp/home" && cd "$tmp/home" || exit 3
run 0 "$LOCKSTEP" init --course "$course" mine
is "no hidden test, no solution" "$(find mine -name '*hidden*' -o -name '*solution*')" ""
cd mine || exit 3
cp "$course/fixtures/01-doubler/positive.c" $x/doubler.c
run 0 "$LOCKSTEP" grade
same "full marks of what is visible" "$out" '^01-doubler .* 60/60  exercises/01-doubler/doubler.c$'

# Packages: each from this course, built from nothing.
cd "$course" || exit 3
run 0 "$LOCKSTEP" export gradescope -o "$tmp/g.zip" --secret "$tmp/secret"
mkdir -p "$tmp/a/source" "$tmp/a/submission" "$tmp/a/results" && unzip -q "$tmp/g.zip" -d "$tmp/a/source"
cp "$tmp/a/source/run_autograder" "$tmp/a/" && cp "$tmp/class/ada/doubler.c" "$tmp/a/submission/"
chmod -R a+rX "$tmp/a"
room="sh $top/grader/tests/room.sh"
# shellcheck disable=SC2086
run 0 $room "$tmp/a=/autograder" --cwd /autograder -- sh /autograder/source/setup.sh
# shellcheck disable=SC2086
run 0 $room "$tmp/a=/autograder" --cwd /autograder -- env HOME=/root /autograder/run_autograder
is "graded there" "$(jq -c '[.score, [.tests[] | [(.name | sub(".*/"; "")), .score, .visibility]]]' "$tmp/a/results/results.json")" \
    '[60,[["first-test",60,"visible"],["negative-numbers",0,"hidden"]]]'
run 0 "$LOCKSTEP" export github -o "$tmp/h.zip"
is "students get neither" "$(unzip -Z1 "$tmp/h.zip" | grep -E 'hidden_|solutions|secret')" ""
done_testing

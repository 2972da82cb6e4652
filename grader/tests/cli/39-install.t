#!/bin/sh
# 39-install.t - a staging install, moved elsewhere, used by an ordinary user with an empty HOME who
# can read nothing of the source tree: every command works there as it does here.
# shellcheck disable=SC2016
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

unset MAKEFLAGS MAKELEVEL MFLAGS
run 0 make -s -C "$top" install DESTDIR="$tmp/stage" PREFIX=/opt/x
mkdir -p "$tmp/nothing" "$tmp/ada/tmp" && mv "$tmp/stage/opt/x" "$tmp/moved" && rmdir "$tmp/stage/opt" "$tmp/stage"
chmod 1777 "$tmp/ada/tmp"
cp -R "$top/solutions/08-event/event.c" "$tmp/ada/right.c"
cp "$top/fixtures/08-event/set-unlocked.c" "$tmp/ada/racy.c"
cp "$top/fixtures/hostile/a34-jump-buffer.c" "$tmp/ada/attack.c" # only the oracle sees it
chown -R 1001:1001 "$tmp/ada"
chmod -R a+rX "$tmp/moved"
never "nothing of where it was built" "$(grep -c "$top" "$tmp/moved/bin/lockstep" "$tmp"/moved/share/lockstep/runtime/* | grep -v ':0$')" .

# ada DIR SCRIPT: in the room, lockstep on her PATH.
ada() {
    sh "$top/grader/tests/room.sh" --uid 1001 "$tmp/nothing=$top" "$tmp/moved=/srv/lockstep" "$tmp/ada=/home/ada" --cwd "$1" -- \
        env -i HOME=/home/ada TMPDIR=/home/ada/tmp PATH=/srv/lockstep/bin:/usr/bin:/bin LANG="${lang:-C.UTF-8}" sh -c "$2"
}

run 2 ada /home/ada 'cat Makefile 2>/dev/null; ls /work/main/grader 2>/dev/null; lockstep grade 8'
same "an empty machine says what comes first" "$err" "no exercises here: 'lockstep init' makes a folder of them"
run 2 ada /home/ada 'lockstep submit 8'
same "submit too" "$err" "no exercises here: 'lockstep init'"
run 0 ada /home/ada 'lockstep init os'
same "what it made" "$out" '^New in os: [0-9]+ files\.$'
same "and what comes next" "$out" '^Next: cd os, then: lockstep watch 01$'
run 0 ada /home/ada/os 'find . -name "*.yml" | wc -l; ls .lockstep; find . -name "*solution*" -o -name "hidden*"'
is "course.yml, thirteen rubrics, the marker, no solution" "$out" "14
course.json
stubs"

cp "$tmp/ada/right.c" "$tmp/ada/os/exercises/08-event/event.c"
for from in /home/ada/os:exercises/08-event/event.c /home/ada/os/exercises:../exercises/08-event/event.c \
    /home/ada/os/exercises/08-event:event.c /home/ada/os/exercises/01-shared-value:../../exercises/08-event/event.c; do
    run 0 ada "${from%%:*}" 'lockstep grade 8'
    same "her own file, by its name, from ${from%%:*}" "$out" "^08-event  .*  100/100  ${from#*:}$"
done
run 0 ada /home/ada/os/exercises/08-event 'lockstep grade'
never "in an exercise's folder it is that one" "$out" '^01-shared-value'
run 1 ada /home/ada/os/exercises/01-shared-value 'lockstep grade'
same "in another's, the other" "$out" '^01-shared-value .* 0/100'
run 2 ada /home/ada/os/exercises/01-shared-value 'lockstep submit'
same "a stub is not packed" "$err" "'./shared_value.c' is still the stub; nothing was packed"
run 0 ada /home/ada/os/exercises/01-shared-value 'ls lockstep-submission.zip 2>/dev/null; lockstep submit --anyway >&2 && ls lockstep-submission.zip'
is "unless asked for twice" "$out" lockstep-submission.zip
run 0 ada /home/ada/os/exercises/08-event 'lockstep submit -o mine.zip && unzip -p mine.zip 08-event/event.c | cmp - event.c'
same "the file that was packed is named" "$out" '^08-event +100/100 +\./event\.c$'

cp "$tmp/ada/racy.c" "$tmp/ada/os/exercises/08-event/event.c"
run 1 ada /home/ada/os/exercises/08-event 'lockstep grade --format json:r.json'
token=$(jq -r '[.exercises[0].tests[] | select(.verdict == "data-race") | .id as $t | .evidence[] | select(.schedule.token) | $t + " --token " + .schedule.token][0]' "$tmp/ada/os/exercises/08-event/r.json")
run 1 ada /home/ada/os/exercises "lockstep replay 8 $token"
same "the race again" "$out" '^data-race: event_set / event_wait'
run 0 ada /home/ada/os/exercises/08-event 'lockstep hint'
watch() { # in a real terminal: the first grading is waited for, then q
    cp "$top/grader/tests/terminal.py" "$tmp/ada/"
    ada /home/ada/os/exercises/08-event '/usr/bin/python3 - <<"END"
import sys
sys.path.insert(0, "/home/ada")
from terminal import Terminal
t = Terminal(["lockstep", "watch"])
if not t.wait(r"08-event .*35/100.*\[q\]uit"):
    sys.exit(t.text)
t.key("q")
END'
}
run 0 watch
run 0 ada /home/ada/os 'lockstep list'
same "the list knows the best score" "$out" '^08-event +100 '
lang=zh_CN.UTF-8
run 1 ada /home/ada/os 'lockstep grade 8'
same "Chinese" "$out" '事件：等到它发生'
same "also in what is ours" "$out" '总分'
lang=
run 0 ada /home/ada/os/exercises/08-event 'lockstep reset 8 --yes && cmp event.c ../../.lockstep/stubs/08-event/event.c'

# A file that she changed is kept, one that only we changed is brought.
echo '/* mine */' >>"$tmp/ada/os/exercises/08-event/event.h"
sed -i 's/^#/#!/;q' "$tmp/moved/share/lockstep/exercises/08-event/README.md"
echo '/* new */' >>"$tmp/moved/share/lockstep/exercises/08-event/event.h"
run 0 ada /home/ada/os 'lockstep init; tail -n1 exercises/08-event/event.h .lockstep/new/exercises/08-event/event.h; head -c2 exercises/08-event/README.md'
same "kept" "$out" '^  kept     exercises/08-event/event.h: you have changed it'
same "updated" "$out" '^  updated  exercises/08-event/README.md$'
same "hers" "$out" '^/\* mine \*/$'
same "ours beside it" "$out" '^/\* new \*/$'
run 1 ada /home/ada/os 'lockstep grade 8'
same "a difference is not silent" "$err" 'note: contract, suite or rubric of 08-event .* is not the installed one, which is used'
git -C "$top" show HEAD:exercises/08-event/event.h >"$tmp/moved/share/lockstep/exercises/08-event/event.h"

# The instructor's side: oracle, self-test, packages.
mkdir -p "$tmp/ada/class/forger/08-event" "$tmp/ada/class/ada/08-event"
cp "$tmp/ada/attack.c" "$tmp/ada/class/forger/08-event/event.c"
cp "$tmp/ada/right.c" "$tmp/ada/class/ada/08-event/event.c"
run 0 ada /home/ada 'lockstep batch class --exercises 8 -o out && cat out/gradebook.csv'
same "the right one" "$out" '^ada,,100,100,100,'
same "the attack" "$out" '^forger,,0,0,100,'
never "nothing about a missing oracle" "$(cat "$tmp/ada/out/report.html" "$tmp/ada/out/students/ada/report.html")" 'without comparing'
for platform in gradescope github; do
    run 0 ada /home/ada "lockstep export $platform 8 -o $platform.zip && unzip -Z1 $platform.zip | grep -c 'exercises/08-event/event.c'"
done
mv "$tmp/moved/share/lockstep/solutions" "$tmp/away"
run 3 ada /home/ada 'lockstep batch class --exercises 8 -o out2'
same "without references nothing is graded" "$err" 'no reference solution of 08-event in .*--without-oracle$'
run 0 ada /home/ada 'lockstep batch class --exercises 8 -o out2 --without-oracle'
for page in report.html students/ada/report.html students/ada/report.txt; do
    same "$page says so" "$(cat "$tmp/ada/out2/$page")" 'Graded without comparing with the reference solutions'
done
mv "$tmp/away" "$tmp/moved/share/lockstep/solutions" && mv "$tmp/moved/share/lockstep/fixtures" "$tmp/away"
run 3 ada /home/ada 'lockstep batch class --exercises 8 -o out3'
same "nor without known bugs" "$err" 'the known bug 08-event/is-set-unlocked is missing'
run 2 ada /home/ada 'lockstep export github 8 -o g.zip --secret x'

# Below /usr, which programs may read: what is installed there they may not. Found, it would crash.
mkdir "$tmp/ada/peeks"
sed 's|^#include <stddef.h>|&\
#include <fcntl.h>\
#include <stdlib.h>\
static int peek(const char *path) { if (open(path, O_RDONLY) >= 0) abort(); return 38; }\
#undef ENOSYS\
#define ENOSYS peek("/usr/local/share/lockstep/solutions/08-event/event.c")|' "$top/exercises/08-event/event.c" >"$tmp/ada/peeks/event.c"
room=$(mktemp -d /var/tmp/lockstep-test-XXXXXX) && chmod 711 "$room" # the fallback tier shares /tmp
mounts=-m
[ "$(id -u)" = 0 ] || mounts=-rm
for tier in full fallback; do
    run 1 unshare $mounts sh -c "mount --bind '$tmp/moved' /usr/local && cd / && head -c1 /usr/local/share/lockstep/solutions/08-event/event.c >/dev/null &&
        TMPDIR='$room' LOCKSTEP_TIER=$tier XDG_STATE_HOME='$tmp/state' /usr/local/bin/lockstep grade 8 --submission '$tmp/ada/peeks'"
    same "it cannot be opened, tier $tier" "$out" 'Nothing is written yet'
    same "in that tier, $tier" "$out" "tier $tier"
    never "nor is it found, tier $tier" "$out" 'crash|abort'
done
rmdir "$room"

# Where students log in, and gone again.
run 0 make -s -C "$top" install-student DESTDIR="$tmp/lab" PREFIX=/usr
is "no solution, no fixture, no source" "$(find "$tmp/lab/usr/share/lockstep" -maxdepth 1 -mindepth 1 -printf '%f\n' | sort | tr '\n' ' ')" "exercises locale runtime "
run 0 make -s -C "$top" uninstall DESTDIR="$tmp/lab" PREFIX=/usr
is "nothing is left" "$(find "$tmp/lab" ! -type d)" ""
done_testing

#!/bin/sh
# 40-trouble.t - interrupted, killed, without namespaces, as an ordinary user, installed elsewhere.
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

ours() { pgrep -f "$tmp/work/lockstep-[0-9]" | wc -l; }

mkdir "$tmp/hang" "$tmp/work"
{
    cat <<'C'
#include <time.h>
static void hold(void)
{
    for (;;)
        nanosleep(&(struct timespec){1, 0}, NULL);
}
C
    sed '/^\/\/ /d; /^struct event \*event_create(void)$/{n;s/{/{ hold();/}' "$top/fixtures/08-event/polling.c"
} >"$tmp/hang/event.c"

# Waits until the program of a unit runs below our folder.
until_running() {
    while ! ls "$tmp"/work/lockstep-*/program >/dev/null 2>&1 || [ "$(pgrep -fc -- '--test flag-is-a-flag')" = 0 ]; do
        kill -0 "$1" 2>/dev/null || return
        sleep 0.05 # between looks; the loop ends with the event
    done
}

TMPDIR=$tmp/work "$LOCKSTEP" grade 8 --submission "$tmp/hang" >"$tmp/o" 2>"$tmp/e" &
pid=$!
until_running $pid
kill -TERM $pid
wait $pid
is "interrupted: exit 130" $? 130
is "and says so" "$(cat "$tmp/e")" "lockstep grade: interrupted"
is "no work folder is left" "$(find "$tmp/work" -mindepth 1 | wc -l)" 0
is "no process is left" "$(pgrep -fc -- '--test flag-is-a-flag')" 0

TMPDIR=$tmp/work "$LOCKSTEP" grade 8 --submission "$tmp/hang" >/dev/null 2>&1 &
pid=$!
until_running $pid
kill -KILL $pid
wait $pid 2>/dev/null
while [ "$(pgrep -fc -- '--test flag-is-a-flag')" != 0 ]; do sleep 0.05; done
_result 0 "killed: the program goes with the grader"
run 0 env TMPDIR="$tmp/work" "$LOCKSTEP" grade 8 --submission "$top/solutions"
is "the next run sweeps what the killed one left" "$(find "$tmp/work" -mindepth 1 | wc -l)" 0

# A compiler that somebody kills is nobody's compile error; only its words are one.
mkdir "$tmp/slow"
{ cat "$top/solutions/08-event/event.c" && echo '#define F(n) static int f##n(int a) { return a * n + n; } int g##n(void) { return f##n(n); }' &&
    seq 20000 | sed 's/.*/F(&)/'; } >"$tmp/slow/event.c"
run 3 /usr/bin/python3 "$top/grader/tests/killcc1.py" "$LOCKSTEP" grade 8 --submission "$tmp/slow"
same "not graded" "$out" 'NOT GRADED'
same "and why" "$err" 'the compiler was killed from outside'
never "no points lost" "$out" 'compile-error|0/100'

# Where the kernel gives no namespaces, right answers still have full marks, wrong ones do not.
for s in solutions fixtures/class/student-1; do
    run 0 env LOCKSTEP_TIER=none "$LOCKSTEP" grade 1 8 13 --submission "$top/$s"
done
run 1 env LOCKSTEP_TIER=none "$LOCKSTEP" grade 1 8 13 --submission "$top/fixtures/class/student-3"
same "the same score without namespaces" "$out" '^total 235/300'
mkdir "$tmp/shm"
cp "$top/fixtures/01-shared-value/left-in-dev-shm.c" "$tmp/shm/shared_value.c"
rm -f /dev/shm/purse-* # a killed grader leaves them
run 1 env LOCKSTEP_TIER=none "$LOCKSTEP" grade 1 --submission "$tmp/shm" -v
same "what is left in /dev/shm is seen there too" "$out" 'Left behind when the test had ended: shared memory object purse-0'
: >/dev/shm/purse-0
# Another sandbox on this machine has a file of that name mapped, in a /dev/shm of its own.
cat >"$tmp/map.py" <<'EOF'
import mmap, sys, time
with open("/dev/shm/purse-0", "w+b") as f:
    f.write(b"x" * 4096)
    f.flush()
    kept = mmap.mmap(f.fileno(), 4096)
    open(sys.argv[1], "w").close()
    time.sleep(600)
EOF
unshare -m sh -c "mount -t tmpfs none /dev/shm && exec python3 '$tmp/map.py' '$tmp/mapped'" &
mapper=$!
while [ ! -e "$tmp/mapped" ] && kill -0 "$mapper" 2>/dev/null; do sleep 0.05; done
is "a file of that name is mapped in another mount namespace" "$(basename "$tmp"/mapped*)" mapped
run 3 env LOCKSTEP_TIER=none "$LOCKSTEP" grade 1 --submission "$tmp/shm"
same "what lay there before and is opened is no verdict" "$err" "opened '/dev/shm/purse-0', which was there before it"
same "not graded" "$out" 'NOT GRADED'
never "nobody loses points for it" "$out" 'FAIL|leak:'
is "somebody else's is not removed" "$(find /dev/shm -name 'purse-*' -printf '%f\n')" purse-0
kill "$mapper"
rm -f /dev/shm/purse-*

# Installed somewhere else, run by somebody who owns nothing of it.
run 0 make -s -C "$top" install PREFIX=/opt/lockstep DESTDIR="$tmp/root"
chmod 755 "$tmp"
cp -R "$top/solutions" "$tmp/solutions"
chmod -R a+rX "$tmp/root" "$tmp/solutions"
as=''
[ "$(id -u)" = 0 ] && as='setpriv --reuid=65534 --regid=65534 --clear-groups'
# shellcheck disable=SC2086
run 0 env -u TMPDIR $as "$tmp/root/opt/lockstep/bin/lockstep" grade 1 8 13 --submission "$tmp/solutions"
same "an ordinary user, full marks" "$out" '^total 300/300'
run 0 man -l "$tmp/root/opt/lockstep/share/man/man1/lockstep.1"
same "the man page" "$out" 'LOCKSTEP\(1\)'

# What a caller left behind must not become a student's zero.
run 0 env --ignore-signal=CHLD "$LOCKSTEP" grade 13 --submission "$top/solutions"
run 0 env --block-signal=CHLD "$LOCKSTEP" grade 13 --submission "$top/solutions"

# Limits of the shell: raised where one may, else refused by name; never a student's zero.
chmod 755 "$tmp/solutions"
for l in 'f 8' 's 64' 'v 4000000' 'n 16' 't 1'; do
    # shellcheck disable=SC2086
    run 3 env -u TMPDIR $as sh -c "ulimit -$l; exec \"\$@\"" sh \
        "$tmp/root/opt/lockstep/bin/lockstep" grade 8 --submission "$tmp/solutions"
    same "ulimit -$l" "$out" "this shell limits .* .ulimit -${l% *}., and grading needs"
    never "and no verdict" "$out" 'FAIL|0/100'
done
run 0 sh -c 'ulimit -S -f 8; ulimit -S -s 64; ulimit -S -n 16; exec "$@"' sh \
    "$LOCKSTEP" grade 8 --submission "$top/solutions"
same "where one may, they are raised" "$out" '^total 100/100'

# All tests together have a limit as well.
mkdir -p "$tmp/course/exercises"
cp -R "$top/exercises/course.yml" "$tmp/course/exercises/" 2>/dev/null
cp -R "$top/exercises/08-event" "$tmp/course/exercises/"
sed -i 's/^limits: {/limits: {all: 1, /' "$tmp/course/exercises/08-event/exercise.yml"
run 1 "$LOCKSTEP" grade 8 --course "$tmp/course" --submission "$top/solutions"
same "used up: by name" "$out" 'resource-limit: all together'
same "and how much it was" "$out" 'used up the 1 s of processor time'
never "that is no grader's trouble" "$out" 'NOT GRADED'

# A grader that was stopped for a while: the time is nobody's.
TMPDIR=$tmp/work "$LOCKSTEP" grade 8 --submission "$top/solutions" >"$tmp/o" 2>&1 &
pid=$!
until ls "$tmp"/work/lockstep-*/program >/dev/null 2>&1; do kill -0 $pid || break; done
kill -STOP $pid
while [ "$(ps -o stat= -p $pid | cut -c1)" != T ]; do :; done
kill -CONT $pid
wait $pid
is "stopped and continued: full marks" $? 0

# What only looks like ours is not swept; a device is written to, not replaced.
mkdir "$tmp/work/lockstep-99999-src"
mkfifo "$tmp/fifo"
cat "$tmp/fifo" >"$tmp/through" &
run 0 env TMPDIR="$tmp/work" "$LOCKSTEP" grade 13 --submission "$top/solutions" --format json:"$tmp/fifo"
wait $!
is "a foreign folder stays" "$(ls "$tmp/work")" "lockstep-99999-src"
same "a pipe gets the report" "$(cat "$tmp/through")" 'lockstep/result/1'
run 3 env TMPDIR="$tmp/work/%q" "$LOCKSTEP" grade 13 --submission "$top/solutions"
mkdir -p "$tmp/class/s"
run 2 "$LOCKSTEP" batch "$tmp/class" -o "$tmp/class/out" --secret "$tmp/secret"
same "OUT inside the class is refused" "$err" "lies inside the class"

# A folder that cannot be looked at is not graded, which is not zero.
if [ "$(id -u)" = 0 ]; then
    mkdir -p "$tmp/closed/08-event" "$tmp/sec"
    chmod 777 "$tmp/sec"
    cp "$top/solutions/08-event/event.c" "$tmp/closed/08-event/"
    chmod 0 "$tmp/closed/08-event"
    # shellcheck disable=SC2086
    run 3 env -u TMPDIR $as "$tmp/root/opt/lockstep/bin/lockstep" grade 8 --submission "$tmp/closed"
    same "not graded, in words" "$out" 'NOT GRADED'
    never "and no zero" "$out" 'FAIL|nothing submitted|total 0'
    same "in the sum, too" "$out" '^total [?]/100, 1 not graded'
fi

# A queue's or a container's own memory limit, smaller than what the program may have: whom the kernel ends then
# has not broken a limit of ours.
above=/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)/trouble-$$
if "$LOCKSTEP" doctor | grep -q 'control group, version 1'; then
    set -- "$top"/fixtures/hostile/e21-*.c
    hungry=$(sed -n 's|^// exercise: *||p' "$1")
    mkdir -p "$tmp/hungry"
    cp "$1" "$tmp/hungry/$(sed -n 's/^edit: *//p' "$top/exercises/$hungry/exercise.yml")"
    mkdir "$above"
    echo 300M >"$above/memory.limit_in_bytes"
    # shellcheck disable=SC2016
    run 3 sh -c 'echo 0 >"$1/cgroup.procs" && shift && exec "$@"' - "$above" \
        "$LOCKSTEP" grade "$hungry" --submission "$tmp/hungry"
    rmdir "$above"
    same "not graded" "$out" 'NOT GRADED'
    same "and why" "$out" 'ran out of memory or processes while a program ran; give it more'
    never "and nobody's fault" "$out" 'crash|compile-error|resource-limit|FAIL'
fi

# Nor is a full disk or a process too few: the compiler, the linker and the program may each be the one that meets it.
if [ "$(id -u)" = 0 ]; then
    mkdir -p "$tmp/disk"
    for kb in 60 140 500 900; do
        # shellcheck disable=SC2016
        run 3 unshare -m sh -c 'mount -t tmpfs -o "mode=711,size=$1k" none "$2" && TMPDIR=$2 exec "$3" grade 5 --submission "$4"' \
            - $kb "$tmp/disk" "$LOCKSTEP" "$top/solutions"
        same "$kb KiB of disk: not graded, and why" "$out" 'No space left on device'
        never "and no points lost" "$out" 'FAIL|compile-error| [0-9]+/100'
    done
    few=/sys/fs/cgroup/pids$(sed -n 's/^[0-9]*:pids://p' /proc/self/cgroup)/trouble-$$
    mkdir "$few"
    for n in 4 5 8; do
        echo $n >"$few/pids.max"
        # shellcheck disable=SC2016
        run 3 sh -c 'echo 0 >"$1/cgroup.procs" && shift && exec "$@"' - "$few" "$LOCKSTEP" grade 5 --submission "$top/solutions"
        same "$n processes: not graded" "$out" 'NOT GRADED'
        never "and no points lost" "$out" 'FAIL|compile-error| [0-9]+/100'
    done
    rmdir "$few"
    # what a source says itself is no such trouble
    mkdir -p "$tmp/says"
    echo '#error No space left on device' >"$tmp/says/thread.c"
    run 1 "$LOCKSTEP" grade 5 --submission "$tmp/says"
    same "an #error is the source's" "$out" '^total 0/100'
fi

# A real terminal: the progress line is there, and wiped.
typescript=$(script -qec "'$LOCKSTEP' grade 13 --submission '$top/solutions'" /dev/null </dev/null)
same "a progress line on a terminal" "$typescript" '13-driver-conductor: compiling'
same "colour on a terminal" "$typescript" '\[32m'
done_testing

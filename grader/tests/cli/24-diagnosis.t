#!/bin/sh
# 24-diagnosis.t - what a report says of the standard mistakes: the line to change, and no other.
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

lang=''
report() { # EXERCISE FIXTURE: the first cause alone
    folder=$(basename "$(ls -d "$top/exercises/$1"-*)")
    work=$(mktemp -d "$tmp/work-XXXXXX")
    for file in "$top/exercises/$folder"/[!c]*.c "$top/exercises/$folder"/c[!h]*.c; do
        [ ! -e "$file" ] || break
    done
    file=$(basename "$file")
    cp "$top/fixtures/$folder/$2.c" "$work/$file"
    # shellcheck disable=SC2086 # none, or two words
    run 1 "$LOCKSTEP" grade "$1" --submission "$work" $lang
    first=$(printf '%s\n' "$out" | sed -n '/^  \[1\]/,/lockstep replay/p')
}

# A path without its unlock: the return of that path.
report 08 timeout-keeps-lock
same "the lock is waited for by who holds it" "$first" '^      main waits for a lock that it holds itself$'
same "where it was taken" "$first" '^        main has held it since here, where the wait locked it again$'
same "that it was not unlocked on the way out" "$first" '^        main returned here with the lock still held$'
same "which way out" "$first" '^          event\.c:[0-9]+: return 0;  in event_wait$'
same "what to think about" "$first" 'think about: On every path to a return: is the lock released\?'
report 09 refused-keeps-lock
same "the holder has ended" "$first" 'main waits for a lock whose holder ended without unlocking it'
same "the way out of the caller, not of its wrapper" "$first" 'lock\.c:[0-9]+: return 1;  in account_transfer$'
never "the other way out unlocks" "$first" 'return 0;  in account_transfer'
is "the wrapper of lock() has done nothing wrong" \
    "$(printf '%s\n' "$first" | grep -A1 'returned here without' | grep -c lock_acquire)" 0

# Ways out of all shapes, in plain programs: each is the line that is marked.
left() { # NAME BODY
    {
        echo '#include <pthread.h>'
        echo 'static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;'
        echo 'static int n;'
        printf '%s\n' "$2"
        echo 'int main(void) { get(1); get(0); return 0; }'
    } >"$tmp/left.c"
    marked=$(grep -n 'HERE' "$tmp/left.c" | cut -d: -f1)
    run 1 "$LOCKSTEP" explore "$tmp/left.c"
    is "$1" "$(printf '%s\n' "$out" | grep -A1 'returned here with the lock still held' | sed -n 's/^ *left.c:\([0-9]*\)  in get$/\1/p')" "$marked"
}
left "a return in a block of several statements" 'static int get(int x) {
    pthread_mutex_lock(&m);
    if (x) {
        n = 2;
        return n; /* HERE */
    }
    pthread_mutex_unlock(&m);
    return 0;
}'
left "the only return" 'static int get(int x) {
    pthread_mutex_lock(&m);
    n = x;
    return n; /* HERE */
}'
left "the last of several" 'static int get(int x) {
    pthread_mutex_lock(&m);
    if (!x) {
        pthread_mutex_unlock(&m);
        return 1;
    }
    n++;
    return 0; /* HERE */
}'
left "a return of nothing" 'static void get(int x) {
    pthread_mutex_lock(&m);
    if (x == 1)
        return; /* HERE */
    pthread_mutex_unlock(&m);
}'
left "behind calls of its own" 'static int odd(int x) {
    return x % 2 ? 1 : 0;
}
static int get(int x) {
    pthread_mutex_lock(&m);
    for (int i = 0; i < 3; i++)
        n += odd(i);
    if (odd(x))
        return odd(n); /* HERE */
    pthread_mutex_unlock(&m);
    return odd(2);
}'

left "behind an array of variable length" 'static int get(int x) {
    char a[x + 1];
    pthread_mutex_lock(&m);
    a[x] = 0;
    if (x)
        return 2; /* HERE */
    pthread_mutex_unlock(&m);
    return a[x] ? 1 :
           3;
}'
left "with something to clean up" 'static void forget(int *p) { n -= *p; }
static int get(int x) {
    __attribute__((cleanup(forget))) int kept = x;
    pthread_mutex_lock(&m);
    if (x == 1)
        return 3; /* HERE */
    if (x == 2)
        return 4;
    pthread_mutex_unlock(&m);
    return kept;
}'
left "behind the byte of a return instruction" 'static int get(int x) {
    pthread_mutex_lock(&m);
    if (x) {
        n = 195;
        return 4; /* HERE */
    }
    pthread_mutex_unlock(&m);
    return 0;
}'
left "behind longjmp" '#include <setjmp.h>
static jmp_buf j;
static void deep(int x) {
    pthread_mutex_lock(&m);
    if (x)
        longjmp(j, 1);
    pthread_mutex_unlock(&m);
}
static int get(int x) {
    if (setjmp(j))
        return 1; /* HERE */
    deep(x);
    return 0;
}'
run 1 "$LOCKSTEP" explore --cflags -O2 "$tmp/left.c"
same "in optimised code the lock is named" "$out" 'has held lock m since here'
never "and no line at which it was left: returns are merged" "$out" 'returned here'
cat >"$tmp/levels.c" <<'EOF'
#include <pthread.h>
static pthread_mutex_t m, other = PTHREAD_MUTEX_INITIALIZER;
static void nested(void)
{
    pthread_mutex_lock(&m);
}
static int step(void)
{
    pthread_mutex_lock(&m);
    nested();
    pthread_mutex_unlock(&m);
    return 0;
}
static void *want(void *arg)
{
    pthread_mutex_lock(&m);
    return arg;
}
int main(void)
{
    pthread_mutexattr_t a;
    pthread_t t[2];
    pthread_mutexattr_init(&a);
    pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&m, &a);
    step();
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, want, NULL);
    pthread_join(t[0], NULL);
    return pthread_mutex_lock(&other);
}
EOF
run 1 "$LOCKSTEP" explore "$tmp/levels.c"
never "levels of a recursive mutex are not counted" "$out" 'returned here'
is "one holder, however many wait" "$(printf '%s\n' "$out" | grep -c 'has held lock m since here')" 1

# if where while is needed: the branch, and the wait that ended without a signal.
report 08 no-loop
same "woken without a signal" "$first" 'was woken here without a signal, which POSIX allows \(a spurious wake-up\), and went on'
same "the wait" "$first" 'event\.c:[0-9]+: rc = pthread_cond_wait\('
same "the branch" "$first" 'event\.c:[0-9]+: if \(!e->flag '
same "what to think about" "$first" 'in a loop \(while, not if\)\?'
same "what was wanted" "$first" 'check_event\.c:[0-9]+: event_wait\(e, -1\) returned -1 instead of 1'

cat >"$tmp/again.c" <<'EOF'
#include <assert.h>
#include <pthread.h>
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int ready, seen;
static void nap(void)
{
    pthread_cond_wait(&c, &m);
}
static void *waits(void *arg)
{
    pthread_mutex_lock(&m);
    while (!ready)
        nap();
    seen = 1;
    pthread_mutex_unlock(&m);
    return arg;
}
int main(void)
{
    pthread_t t;
    pthread_create(&t, NULL, waits, NULL);
    pthread_mutex_lock(&m);
    ready = 1;
    pthread_cond_signal(&c);
    pthread_mutex_unlock(&m);
    pthread_join(t, NULL);
    assert(!seen);
}
EOF
run 1 "$LOCKSTEP" explore --strategy random "$tmp/again.c"
same "the assertion fails" "$out" 'assertion failed: !seen'
never "who calls the function that waits tests the condition again" "$out" 'spurious wake-up'

sed 's/while (!ready)/do/; s/nap();/nap(); while (!ready);/' "$tmp/again.c" >"$tmp/do.c"
run 1 "$LOCKSTEP" explore --strategy random "$tmp/do.c"
never "nor who tests it behind the wait" "$out" 'spurious wake-up'
cat >"$tmp/own.c" <<'EOF'
#include <pthread.h>
#include <stdatomic.h>
static atomic_flag lock = ATOMIC_FLAG_INIT;
static int a, b;
static void *work(void *arg)
{
    while (atomic_flag_test_and_set(&lock))
        ;
    a++;
    if (arg)
        b++;
    atomic_flag_clear(&lock);
    if (!arg)
        b++;
    return arg;
}
int main(void)
{
    pthread_t t[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, work, i ? &a : NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}
EOF
run 1 "$LOCKSTEP" explore "$tmp/own.c"
same "a race beside a lock of one's own" "$out" "without synchronisation: 'b'"
never "of which it is not said that nobody holds it" "$out" 'holding no lock'

# A race: which side has no lock.
report 04 value-unlocked
same "who holds the lock" "$first" 'thread [0-9]+ writes here, holding a lock$'
same "who does not" "$first" 'thread [0-9]+ read here, holding no lock$'
same "the first access is among the rows" "$first" '^ +[0-9]+: n = s->permits;  \(reads\)'
never "the other side does hold one" "$first" 'writes here, holding no lock'
report 06 counter-unlocked
is "neither side has one" "$(printf '%s\n' "$first" | grep -c 'here, holding no lock$')" 2
never "of any lock" "$first" 'holding a lock'

# Two locks: who holds which, and who called for it.
report 09 from-first
same "two of the three" "$first" '^      2 threads wait for each other$'
same "who waits for whom" "$first" 'thread 1 --waits for A--> thread 2 --waits for B--> thread 1'
same "the line that takes the second lock" "$first" 'lock\.c:[0-9]+: WITH_LOCK\(second->lock\)'
same "and the one that took the first" "$first" 'lock\.c:[0-9]+: WITH_LOCK\(first->lock\)'
same "where to change it" "$first" 'think about: All of them run the same lines, with the locks exchanged\.'
same "in the rows, too" "$first" '\(locks [AB]\)'
never "main only waits for their end" "$first" '3 (tasks|threads)'
never "nobody left a function too early" "$first" 'without unlocking'

report 08 signal-for-broadcast
is "one last signal, however many wait" "$(printf '%s\n' "$first" | grep -A2 'the last signal, sent here' | grep -c 'more like this one')" 0
same "what it should be" "$first" 'think about: pthread_cond_signal\(\) wakes one of those who wait'
report 08 polling
same "the test's own question, where nothing nearer is known" "$first" 'about this test: What does your thread do while it waits'
same "the loop" "$first" 'event\.c:[0-9]+: nanosleep\('
report 13 printf-in-handler
same "the call in the handler" "$first" 'driver_conductor\.c:[0-9]+: printf\('
report 01 add-unlocked
same "a lost update between processes" "$first" 'two processes access the same 4 bytes without synchronisation'

# Calls that fail say what they returned.
cat >"$tmp/fails.c" <<'EOF'
#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
    int fd = open("/nowhere/at/all", O_RDONLY);
    int shm = shm_open("/not-there", O_RDWR, 0);
    char c;
    ssize_t n = read(fd, &c, 1);
    pid_t p = fork();
    if (p == 0)
        _exit(0);
    waitpid(p, NULL, 0);
    waitpid(p, NULL, 0);
    kill(p, SIGTERM);
    assert(fd >= 0 && shm >= 0 && n == 1);
    return 0;
}
EOF
run 1 "$LOCKSTEP" explore "$tmp/fails.c"
same "a file" "$out" '9: int fd = open.*returns ENOENT'
same "shared memory" "$out" '10: int shm = shm_open.*returns ENOENT'
same "a descriptor" "$out" '12: ssize_t n = read.*returns EBADF'
same "the second wait for one child" "$out" '17: waitpid.*returns ECHILD'
never "the first had one" "$out" '16: waitpid.*returns E'
same "a signal to nobody" "$out" '18: kill.*returns ESRCH'

# Students are told in one line how it was run; what the tiers do not stop is for instructors.
never "no paragraph of trust" "$out" '^trust:'
run 0 "$LOCKSTEP" grade 1 --submission "$top/solutions" -v
same "with -v it is there" "$out" '^trust: '
# The same in Chinese, with no English sentence left in the first cause.
lang='--lang zh'
report 08 timeout-keeps-lock
same "that it was not unlocked, in Chinese" "$first" '在这里返回，锁仍未释放'
report 04 value-unlocked
same "who has no lock, in Chinese" "$first" '在此读，没有持有锁'
never "no English sentence" "$first" '[a-z]{3,} [a-z]{3,} [a-z]{3,} [a-z]{3,}'
done_testing

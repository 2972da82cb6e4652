#!/bin/sh
# 60-explore.t - `lockstep explore`: what it prints, its exit status, its tokens, its counts.
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

cat >"$tmp/racy.c" <<'EOT'
#include <assert.h>
#include <pthread.h>

static int counter;

static void *add(void *arg)
{
    counter++;
    return arg;
}

static void *take(void *arg)
{
    counter--;
    return arg;
}

int main(void)
{
    pthread_t a, b;

    pthread_create(&a, NULL, add, NULL);
    pthread_create(&b, NULL, take, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    assert(counter == 0);
    return 0;
}
EOT
sed 's/counter++;/static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;\n    pthread_mutex_lock(\&m); counter = 0; pthread_mutex_unlock(\&m);/; s/counter--;//' \
    "$tmp/racy.c" >"$tmp/clean.c"
cd "$tmp" || exit 3

run 1 "$LOCKSTEP" explore racy.c
same "the race, functions sorted" "$out" '^data-race: add / take$'
same "the variable" "$out" "'counter'"
same "one line" "$out" 'racy\.c:8  in add'
same "the other line" "$out" 'racy\.c:14  in take'
same "the student's own line" "$out" '\| counter--;'
same "the failed assertion" "$out" 'racy\.c:26: assertion failed: counter == 0'
same "the interleaving has a column a thread" "$out" 'main +thread 1 +thread 2'
same "and the lines in it" "$out" '8: counter\+\+;  \(reads'
same "how to see it again" "$out" 'replay: lockstep explore --replay 1-[0-9._ws]* racy\.c'
same "how much was done" "$out" '^[0-9]+ schedules explored: 2 bugs found$'
never "nothing else is said" "$out" 'deadlock|livelock|crash|misuse|leak'
first=$out
run 1 "$LOCKSTEP" explore racy.c
is "the same report, byte for byte" "$out" "$first"
run 1 "$LOCKSTEP" explore --fork racy.c
is "the same with a process for every schedule" "$out" "$first"
# A call that failed says so in its row, with the number that it did not like.
cat >late.c <<'EOT'
#include <assert.h>
#include <pthread.h>
#include <time.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int ready;

static void *set(void *arg)
{
    pthread_mutex_lock(&m);
    ready = 1;
    pthread_cond_signal(&c);
    pthread_mutex_unlock(&m);
    return arg;
}

int main(void)
{
    struct timespec limit;
    pthread_t t;
    int rc = 0;

    pthread_create(&t, NULL, set, NULL);
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_nsec += 1000000000;
    pthread_mutex_lock(&m);
    while (!ready && rc == 0)
        rc = pthread_cond_timedwait(&c, &m, &limit);
    assert(ready);
    pthread_mutex_unlock(&m);
    return pthread_join(t, NULL);
}
EOT
run 1 "$LOCKSTEP" explore late.c
same "what the call returned, and why" "$out" '29: rc = pthread_cond_timedwait\(&c, &m, &limit\);  \(returns EINVAL \(tv_nsec is 1[0-9]{9}\)\)'
cat >two.c <<'EOT'
#include <pthread.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;

static void *other(void *arg)
{
    pthread_mutex_lock(&b);
    pthread_mutex_lock(&a);
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&b);
    return arg;
}

int main(void)
{
    pthread_t t;

    pthread_create(&t, NULL, other, NULL);
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&b);
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(&a);
    return pthread_join(t, NULL);
}
EOT
run 1 "$LOCKSTEP" explore two.c
same "who waits for whom, in one line" "$out" '^    main --waits for b--> thread 1 --waits for a--> main$'
run 1 "$LOCKSTEP" explore racy.c
token=$(printf '%s\n' "$out" | sed -n 's/.*--replay \(1-[^ ]*\) racy.c/\1/p' | tail -1)
run 1 "$LOCKSTEP" explore --replay "$token" racy.c
same "the replay fails the same way" "$out" 'racy\.c:26: assertion failed: counter == 0'
same "and says that it is one" "$out" '^replayed one schedule: '
first=$out
run 1 "$LOCKSTEP" explore --replay "$token" racy.c
is "a replay is byte-identical" "$out" "$first"
run 1 "$LOCKSTEP" explore --json racy.c
printf '%s\n' "$out" >racy.json
is "the JSON has a format" "$(python3 -c '
import json
j = json.load(open("racy.json"))
print(j["format"], j["bugs"], sorted(f["verdict"] for f in j["findings"]))')" \
    "lockstep/explore/1 2 ['data-race', 'wrong-result']"
run 0 "$LOCKSTEP" explore clean.c
kinds='\(not varied: time limits, wake-ups without a reason, which waiter is woken, how often a loop retries, failing calls, older values of weak atomics\)'
same "a clean one: all, and what was not varied" "$out" "^all [0-9]+ schedules of the model explored $kinds: no bug found\$"
never "all is never said alone" "$out" '^all [0-9]+ schedules? explored: '
never "and nothing else" "$out" 'race|bug found:|advice'
run 0 "$LOCKSTEP" explore --schedules 5 clean.c
same "a small budget promises nothing" "$out" '^5 schedules explored: no bug found$'

# ---- gdb: the same schedule, stopped where it fails.
printf 'bt\ntask 0\ntask 9\ntask\nkill\nquit\n' | "$LOCKSTEP" explore --replay "$token" --gdb racy.c >gdb.out 2>&1
gdb=$(cat gdb.out)
same "gdb stops at the failure" "$gdb" '^(main|thread [12]) is where it fails:$'
same "with the program's own stack" "$gdb" 'racy\.c:(8|14|26)'
never "and none of the explorer's frames" "$gdb" '#[0-9]+ .*(lockstep_failed|grader/runtime)'
same "all tasks by name" "$gdb" '^. task 1  thread 1'
same "another one's frame" "$gdb" '#[0-9]+ .*in main \(\) at .*racy\.c:[0-9]+$'
same "none of that number" "$gdb" "there is no task 9; 'tasks' lists them"
cat >forks.c <<'EOF'
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
    int ends[2];
    char c;
    if (pipe(ends) < 0)
        return 1;
    if (fork() == 0) {
        read(ends[0], &c, 1); /* its own write end is open */
        _exit(0);
    }
    wait(NULL);
    return 0;
}
EOF
printf 'info locals\nkill inferiors 1 2\nquit\n' | "$LOCKSTEP" explore --replay 1- --gdb forks.c >gdb.out 2>&1
gdb=$(cat gdb.out)
same "a child process, too" "$gdb" '^process 1 is where it fails:$'
same "in its own code" "$gdb" 'main \(\) at .*forks\.c:10$'
same "with its variables" "$gdb" 'ends = \{[0-9]+, [0-9]+\}$'
same "the other one is named" "$gdb" "task 0  main  .is in another process: 'inferior 1' looks at it."

# ---- findings that one knows of.
printf '# known\ndata-race:add\n  *:racy.c:*  \nleak:nothing_*\n' >known
run 0 "$LOCKSTEP" explore --suppress known racy.c
same "all of it left out, and counted" "$out" '^1000 schedules explored, findings suppressed: [0-9]+: no other bug found$'
never "nothing is claimed of all schedules" "$out" 'all [0-9]+ schedules|: no bug found|data-race'
same "a line that nothing fits" "$err" "nothing was found that 'leak:nothing_\*' suppresses"
run 0 "$LOCKSTEP" explore --suppress known --strategy dfs --schedules 100000 --json racy.c
same "not in JSON either" "$out" '"extent": "budget"'
never "of a search that has an end" "$out" '"extent": "all"'
run 2 "$LOCKSTEP" explore --suppress known --suppress known racy.c
run 1 "$LOCKSTEP" explore --suppress known --replay "$token" racy.c
same "a schedule that was asked for is shown" "$out" 'data-race: '
printf 'data-race:a*\n*:*\n' >known
run 0 "$LOCKSTEP" explore --suppress known racy.c
never "a line whose findings another one names as well" "$err" 'nothing was found'
printf 'data-race:*\n' >known
run 1 "$LOCKSTEP" explore --suppress known racy.c
same "the rest is told" "$out" '^wrong-result: main$'
same "one of two" "$out" 'findings suppressed: 1: 1 bug found$'
printf 'data-race:add\nrace:add\n' >known
run 2 "$LOCKSTEP" explore --suppress known racy.c
same "a verdict that there is not" "$err" "known:2: there is no verdict 'race'"
printf 'add\n' >known
run 2 "$LOCKSTEP" explore --suppress known racy.c
same "no rule" "$err" 'known:1: expected VERDICT:PATTERN, such as data-race:stats_add'
run 3 "$LOCKSTEP" explore --suppress missing racy.c
same "no file" "$err" "cannot open 'missing'"

# ---- counts that can be made by hand: Mazurkiewicz traces, and schedules of dpor.
traces() { # NAME COUNT BODY...: a program whose threads run these bodies
    name=$1 want=$2
    shift 2
    threads "$@" >"$name.c" # no pipe: what is in one does not count
    set -- "$name" "$want"
    run 0 "$LOCKSTEP" explore --strategy dpor --schedules 100000 "$1.c"
    same "$1: traces" "$out" "^all $2 schedules? of the model explored $kinds: no bug found\$"
}
threads() { # CODE...: a program whose threads run these bodies
    printf '#include <pthread.h>\n#include <semaphore.h>\n#include <stdatomic.h>\natomic_int x, y, z; sem_t s;\n'
    printf 'pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER, n = PTHREAD_MUTEX_INITIALIZER;\n'
    i=0
    for body in "$@"; do
        printf 'static void *f%d(void *a) { %s return a; }\n' $i "$body"
        i=$((i + 1))
    done
    printf 'int main(void) { pthread_t t[%d]; sem_init(&s, 0, 1);\n' $i
    k=0
    while [ $k -lt $i ]; do
        printf 'pthread_create(&t[%d], 0, f%d, 0);\n' $k $k
        k=$((k + 1))
    done
    printf 'for (int i = 0; i < %d; i++) pthread_join(t[i], 0); (void)m; (void)n; return 0; }\n' $i
}
lm='pthread_mutex_lock(&m);' um='pthread_mutex_unlock(&m);'
ln='pthread_mutex_lock(&n);' un='pthread_mutex_unlock(&n);'
traces two-writes 2 'x = 1;' 'x = 2;'
traces three-apart 1 'x = 1;' 'y = 2;' 'z = 3;'
traces writer-and-readers 4 'x = 1;' '(void)+x;' '(void)+x;'
traces two-updates-each 6 'x++; x++;' 'x++; x++;'
traces store-buffering 3 'x = 1; (void)+y;' 'y = 1; (void)+x;'
traces message-passing 3 'x = 1; y = 1;' '(void)+y; (void)+x;'
traces three-at-a-lock 6 "$lm $um" "$lm $um" "$lm $um"
traces two-locks 1 "$lm $um" "$ln $un"
traces guarded-update 2 "$lm x++; $um" "$lm x++; $um"
traces crossing-apart 3 "$lm $um $ln $un" "$ln $un $lm $um"
traces semaphore 2 'sem_wait(&s); sem_post(&s);' 'sem_wait(&s); sem_post(&s);'

# ---- time limits that pass while others could run ---------------------------------------------------

cp "$top/grader/tests/cases/sleep_mutex.c" .
run 1 "$LOCKSTEP" explore sleep_mutex.c
same "a sleep orders nothing, and the delay is said" "$out" 'main waits here; this happens only if others do not run for 1 s'
run 1 "$LOCKSTEP" explore --replay 1-0.4.l0 --patience 0 sleep_mutex.c
same "a replay has the patience that its token needs" "$out" 'assertion failed: finished'
run 0 "$LOCKSTEP" explore --patience 0 sleep_mutex.c
never "without patience nothing is found" "$out" 'assertion failed'
same "and it says that time was not varied" "$out" 'not varied: time limits'
sed 's/sleep(1)/sleep(1); int other = 0; assert(other)/' sleep_mutex.c >unrelated.c
run 1 "$LOCKSTEP" explore unrelated.c
never "a bug that needs no delay names none" "$out" 'only if others do not run'
run 2 "$LOCKSTEP" explore --patience 61 sleep_mutex.c
same "more than a minute is refused" "$err" "'--patience 61'"

# ---- what cannot be done is one sentence.
run 2 "$LOCKSTEP" explore
same "no file" "$err" 'no C file'
run 2 "$LOCKSTEP" explore --strategy luck racy.c
same "unknown strategy" "$err" "unknown strategy 'luck', expected default, random, pct"
run 2 "$LOCKSTEP" explore --schedules many racy.c
same "a number that is none" "$err" "'--schedules many': expected a number"
run 3 "$LOCKSTEP" explore nowhere.c
same "a missing file" "$err" "cannot open 'nowhere\.c'"
run 2 "$LOCKSTEP" explore --gdb racy.c
same "gdb wants a token" "$err" 'needs --replay TOKEN'
run 3 "$LOCKSTEP" explore --replay '1-x' racy.c
same "a bad token" "$err" "'1-x' is not a token of this version"
run 3 "$LOCKSTEP" explore --replay '9-1.2.3' racy.c
same "a token of another version" "$err" "is not a token of this version"
echo 'int main(void) { return oops; }' >broken.c
run 4 "$LOCKSTEP" explore broken.c
same "the compiler's own words" "$err" "broken\.c:1:.*'oops' undeclared|broken\.c:1:.*‘oops’ undeclared"
same "and ours" "$err" 'the program does not compile'
echo 'int not_main(void) { return 0; }' >nomain.c
run 3 "$LOCKSTEP" explore nomain.c
same "no main" "$err" 'there is no main'
echo 'int main(int n, char **v) { return n == 3 && v[1][0] == 97 && v[2][0] == 98 ? 0 : 9; }' >args.c
run 0 "$LOCKSTEP" explore args.c -- a b
run 1 "$LOCKSTEP" explore args.c
same "its exit status" "$out" 'the program exits with status 9'
printf '#ifdef WANTED\nint main(void) { return 0; }\n#endif\n' >flag.c
run 0 "$LOCKSTEP" explore --cflags '-DWANTED -O0' flag.c
printf 'int twice(int n) { return 2 * n; }\n' >two.c
printf 'int twice(int); int main(void) { return twice(2) - 4; }\n' >one.c
run 0 "$LOCKSTEP" explore one.c two.c
is "nothing is left behind" "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name "lockstep-$$-*" | wc -l)" 0
done_testing

#!/bin/sh
# 64-processes.t - processes, shared memory, signals, channels and time under chosen schedules.
#
# Small programs with exact verdicts, and what the reports say of them. The larger set, each with
# a correct twin, is grader/bench/processes (70-kernels.t).
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"
# shellcheck source=grader/tests/prog.sh
. "$(dirname "$0")/../prog.sh"

shared='static void *shared(size_t n) { return mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0); }'

# ---- what a person reads ------------------------------------------------------------------------

cat >"$tmp/lost.c" <<'X'
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
static int *n;
static void add(void)
{
    int v = *n;
    *n = v + 1;
}
int main(void)
{
    n = mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fork() == 0) {
        add();
        _exit(0);
    }
    add();
    wait(NULL);
    return *n != 2;
}
X
run 1 "$LOCKSTEP" explore "$tmp/lost.c"
same "an update lost between processes: the race" "$out" 'data-race: add / add'
same "the memory is named" "$out" 'bytes of shared memory, mapped at lost.c:12'
same "one process" "$out" 'process 1 (reads|writes) here'
same "the other process" "$out" 'main (wrote|read) here, holding no lock'
same "one line" "$out" 'lost.c:7  in add'
same "the other line" "$out" 'lost.c:8  in add'
same "and the loss itself" "$out" 'the program exits with status 1'
same "a column for each process" "$out" '^ *main +process 1$'
never "no thread is spoken of" "$out" 'thread'

cat >"$tmp/pipe.c" <<'X'
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
    int fd[2];
    char c;
    pipe(fd);
    if (fork() == 0) {
        while (read(fd[0], &c, 1) > 0)
            ;
        _exit(0);
    }
    close(fd[1]);
    wait(NULL);
    return 0;
}
X
run 1 "$LOCKSTEP" explore "$tmp/pipe.c"
same "a deadlock through a pipe" "$out" '^deadlock: '
same "who waits for what" "$out" 'process 1 waits to read from descriptor 3'
same "who still holds it" "$out" 'process 1 still has its write end open, descriptor 4'
same "who waits for whom" "$out" 'main waits for process 1 to end'
never "main has closed its own" "$out" 'main still has'

cat >"$tmp/pause.c" <<'X'
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
static volatile sig_atomic_t got;
static void on(int sig) { got = sig; }
int main(void)
{
    pid_t me = getpid();
    signal(SIGUSR1, on);
    if (fork() == 0) {
        kill(me, SIGUSR1);
        _exit(0);
    }
    while (!got)
        pause();
    while (wait(NULL) < 0)
        ;
    return 0;
}
X
run 1 "$LOCKSTEP" explore "$tmp/pause.c"
same "check, then pause" "$out" '^lost-wakeup: main'
same "the step at which the signal comes" "$out" 'pause\(\);  \(SIGUSR1 arrives before this\)'
same "and the wait that nobody ends" "$out" '\(waits forever for a signal\)'
same "how many delivery points there are" "$out" 'signals came at ([0-9]+) of the \1 points'
token=$(printf '%s\n' "$out" | sed -n 's/.*--replay \(1-[^ ]*\) .*/\1/p' | head -1)
run 1 "$LOCKSTEP" explore --replay "$token" "$tmp/pause.c"
first=$out
run 1 "$LOCKSTEP" explore --replay "$token" "$tmp/pause.c"
is "a replay with a fork and a signal is byte-identical" "$out" "$first"
same "and shows the same" "$out" '^lost-wakeup: main'

# ---- five workers, three permits: fifteen seconds of sleep take none ---------------------------

prog five-workers none 1000 <<X
$shared
struct s { sem_t permits; sem_t lock; int inside; };
int main(void) {
    struct s *s = shared(sizeof *s); int v;
    sem_init(&s->permits, 1, 3); sem_init(&s->lock, 1, 1);
    for (int i = 0; i < 5; i++) if (fork() == 0) {
        sem_wait(&s->permits);
        sem_wait(&s->lock); s->inside++; assert(s->inside <= 3); sem_post(&s->lock);
        sleep(3);
        sem_wait(&s->lock); s->inside--; sem_post(&s->lock);
        if (i < 3) sem_post(&s->permits);
        _exit(0);
    }
    while (wait(NULL) > 0) ;
    sem_getvalue(&s->permits, &v); assert(v == 1);
    return 0;
}
X

# ---- processes ----------------------------------------------------------------------------------

prog exit-codes none <<'X'
int main(void) {
    int s; pid_t a = fork(); if (a == 0) _exit(7);
    pid_t b = fork(); if (b == 0) { raise(SIGKILL); _exit(0); }
    assert(waitpid(a, &s, 0) == a && WIFEXITED(s) && WEXITSTATUS(s) == 7);
    assert(waitpid(b, &s, 0) == b && WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL);
    assert(wait(&s) == -1 && errno == ECHILD);
    return 0;
}
X
prog orphans-are-adopted none <<X
$shared
int main(void) {
    volatile pid_t *p = shared(16);
    if (fork() == 0) { if (fork() == 0) { while (getppid() != 1) sched_yield(); p[0] = 1; _exit(0); } _exit(0); }
    wait(NULL);
    return 0;
}
X
prog children-have-copies none <<'X'
static int n;
int main(void) {
    n = 1;
    if (fork() == 0) { n = 2; _exit(n); }
    int s; wait(&s); assert(n == 1 && WEXITSTATUS(s) == 2);
    return 0;
}
X
prog threads-in-a-child 'data-race wrong-result' <<'X'
static int n;
static void *f(void *a) { n++; return a; }
int main(void) {
    if (fork() == 0) { pthread_t s, t; GO(s, f, 0); GO(t, f, 0); END(s); END(t); assert(n == 2); _exit(0); }
    wait(NULL);
    return 0;
}
X
prog at-fork-handlers none <<'X'
static int a, b;
static void before(void) { a++; } static void in_parent(void) { b = 1; } static void in_child(void) { b = 2; }
int main(void) {
    pthread_atfork(before, in_parent, in_child);
    if (fork() == 0) _exit(a * 10 + b);
    int s; wait(&s); assert(a == 1 && b == 1 && WEXITSTATUS(s) == 12);
    return 0;
}
X
prog one-waits-for-ever deadlock <<'X'
int main(void) { sem_t *s = mmap(NULL, 32, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sem_init(s, 1, 1); sem_wait(s);
    if (fork() == 0) { sem_wait(s); _exit(0); }
    wait(NULL); return 0; }
X
prog a-crash-in-a-child crash <<'X'
int main(void) { if (fork() == 0) { *(volatile int *)0 = 1; } wait(NULL); return 0; }
X
prog an-assertion-in-a-child wrong-result <<'X'
int main(void) { if (fork() == 0) { assert(0 > 1); } wait(NULL); return 0; }
X
prog robust-owner-dies none <<X
$shared
int main(void) {
    pthread_mutex_t *k = shared(sizeof *k); pthread_mutexattr_t a; pthread_mutexattr_init(&a);
    pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED); pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(k, &a);
    pid_t p = fork(); if (p == 0) { pthread_mutex_lock(k); for (;;) pause(); }
    kill(p, SIGKILL); waitpid(p, NULL, 0);
    int rc = pthread_mutex_lock(k); assert(rc == 0 || rc == EOWNERDEAD);
    if (rc) pthread_mutex_consistent(k);
    pthread_mutex_unlock(k); assert(pthread_mutex_lock(k) == 0); pthread_mutex_unlock(k);
    return 0;
}
X

# ---- signals ------------------------------------------------------------------------------------

prog masks-hold-back none <<'X'
static volatile sig_atomic_t n; static void on(int s) { (void)s; n++; }
int main(void) {
    sigset_t u; signal(SIGUSR1, on); sigemptyset(&u); sigaddset(&u, SIGUSR1);
    sigprocmask(SIG_BLOCK, &u, NULL); raise(SIGUSR1); raise(SIGUSR1); assert(n == 0);
    sigset_t p; sigpending(&p); assert(sigismember(&p, SIGUSR1));
    sigprocmask(SIG_UNBLOCK, &u, NULL); assert(n == 1);
    return 0;
}
X
prog values-are-queued none <<'X'
static volatile sig_atomic_t sum; static void on(int s, siginfo_t *i, void *c) { (void)s, (void)c; sum += i->si_value.sival_int; }
int main(void) {
    struct sigaction a = {.sa_sigaction = on, .sa_flags = SA_SIGINFO}; sigaction(SIGRTMIN, &a, NULL);
    sigset_t u; sigemptyset(&u); sigaddset(&u, SIGRTMIN); sigprocmask(SIG_BLOCK, &u, NULL);
    sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 3}); sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 4});
    sigprocmask(SIG_UNBLOCK, &u, NULL); assert(sum == 7);
    return 0;
}
X
prog an-alarm-ends-a-sleep none <<'X'
static volatile sig_atomic_t n; static void on(int s) { (void)s; n++; }
int main(void) { signal(SIGALRM, on); alarm(2); assert(sleep(5) == 3 && n == 1); return 0; }
X
prog an-interval-timer none <<'X'
static volatile sig_atomic_t n; static void on(int s) { (void)s; n++; }
int main(void) {
    timer_t t; struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec i = {{1, 0}, {1, 0}}; struct timespec now;
    signal(SIGUSR1, on); timer_create(CLOCK_MONOTONIC, &e, &t); timer_settime(t, 0, &i, NULL);
    while (n < 3) pause();
    clock_gettime(CLOCK_MONOTONIC, &now); timer_delete(t); return 0; }
X
prog killed-by-default crash <<'X'
int main(void) { pid_t me = getpid(); if (fork() == 0) { kill(me, SIGTERM); _exit(0); } wait(NULL); return 0; }
X
prog restarted-calls none <<'X'
static void on(int s) { (void)s; }
int main(void) {
    struct sigaction a = {.sa_handler = on, .sa_flags = SA_RESTART}; sigaction(SIGUSR1, &a, NULL);
    pid_t me = getpid(); int fd[2]; char c; pipe(fd);
    if (fork() == 0) { kill(me, SIGUSR1); write(fd[1], "x", 1); _exit(0); }
    assert(read(fd[0], &c, 1) == 1); assert(wait(NULL) > 0); return 0; }
X
prog interrupted-calls wrong-result <<'X'
static void on(int s) { (void)s; }
int main(void) {
    struct sigaction a = {.sa_handler = on}; sigaction(SIGUSR1, &a, NULL);
    pid_t me = getpid(); int fd[2]; char c; pipe(fd);
    if (fork() == 0) { kill(me, SIGUSR1); write(fd[1], "x", 1); _exit(0); }
    assert(read(fd[0], &c, 1) == 1); while (wait(NULL) < 0) ; return 0; }
X
prog printf-where-it-is-allowed none <<'X'
static volatile sig_atomic_t n; static void on(int s) { (void)s; printf("x\n"); n = 1; }
int main(void) {
    sigset_t u, o; signal(SIGUSR1, on); sigemptyset(&u); sigaddset(&u, SIGUSR1); sigprocmask(SIG_BLOCK, &u, &o);
    pid_t me = getpid(); if (fork() == 0) { kill(me, SIGUSR1); _exit(0); }
    while (!n) sigsuspend(&o);
    wait(NULL); return 0; }
X
prog stopped-and-continued none <<'X'
int main(void) {
    int s; pid_t p = fork(); if (p == 0) { raise(SIGSTOP); _exit(3); }
    assert(waitpid(p, &s, WUNTRACED) == p && WIFSTOPPED(s)); kill(p, SIGCONT);
    assert(waitpid(p, &s, 0) == p && WEXITSTATUS(s) == 3); return 0; }
X

# ---- channels -----------------------------------------------------------------------------------

prog end-of-file-by-a-death none <<'X'
int main(void) { int fd[2]; char c; pipe(fd);
    if (fork() == 0) { write(fd[1], "x", 1); _exit(0); }
    close(fd[1]); assert(read(fd[0], &c, 1) == 1); assert(read(fd[0], &c, 1) == 0); wait(NULL); return 0; }
X
prog fgets-waits none <<'X'
int main(void) { int fd[2]; char line[32]; pipe(fd);
    if (fork() == 0) { write(fd[1], "he", 2); write(fd[1], "llo\n", 4); _exit(0); }
    close(fd[1]); FILE *f = fdopen(fd[0], "r"); assert(fgets(line, sizeof line, f) && !strcmp(line, "hello\n"));
    assert(!fgets(line, sizeof line, f)); fclose(f); wait(NULL); return 0; }
X
prog poll-times-out none <<'X'
#include <poll.h>
int main(void) { int fd[2]; pipe(fd); struct pollfd p = {fd[0], POLLIN, 0}; assert(poll(&p, 1, 60000) == 0); return 0; }
X

prog out-of-a-handler none <<'X'
#include <setjmp.h>
static sigjmp_buf env; static void on(int s) { siglongjmp(env, s); }
int main(void) { sigset_t now; signal(SIGALRM, on);
    for (int i = 0; i < 3; i++) {
        if (sigsetjmp(env, 1) == 0) { alarm(2); pause(); assert(0); }
        sigprocmask(SIG_BLOCK, NULL, &now); assert(!sigismember(&now, SIGALRM));
    }
    return 0; }
X

# ---- what cannot be explored is said, and held against nobody -----------------------------------

for what in 'execlp("true", "true", (char *)0)' 'system("true")' 'syscall(SYS_clone, 0, 0, 0, 0, 0)'; do
    printf '#include <stdlib.h>\n#include <sys/syscall.h>\n#include <unistd.h>\nint main(void) { %s; return 0; }\n' \
        "$what" >"$tmp/exec.c"
    run 3 "$LOCKSTEP" explore "$tmp/exec.c"
    same "$what: cannot be explored" "$err" '^lockstep explore: cannot explore it: .*(no hooks|by number)'
done

# ---- nobody is left -----------------------------------------------------------------------------

cat >"$tmp/left.c" <<'X'
#include <sys/syscall.h>
#include <unistd.h>
int main(void)
{
    for (int i = 0; i < 3; i++)
        if (fork() == 0)
            for (;;)
                pause();
    if (fork() == 0)
        __asm__ volatile("syscall" ::"a"(SYS_exit_group), "D"(3)); /* behind our back */
    return 0;
}
X
mkdir "$tmp/work"
run 3 env TMPDIR="$tmp/work" "$LOCKSTEP" explore --trust-asm "$tmp/left.c"
same "a process that dies behind our back" "$err" 'a process of the program under test was killed'
left=0
for p in /proc/[0-9]*; do
    case $(readlink "$p/cwd" 2>/dev/null) in "$tmp/work"*) left=$((left + 1)) ;; esac
done
is "no process is left" "$left" 0
is "and no folder" "$(ls "$tmp/work")" ""
done_testing

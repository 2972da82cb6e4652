#!/bin/sh
# 65-borders.t - where processes, signals and channels meet: correct programs that lean on what
# POSIX promises at the border of two of them, and wrong ones that lean on what it does not.
#
# The first kind must never be accused: each of these is right for a reason that is easy to
# forget in a model (an end of file orders memory, a killed owner's SEM_UNDO wakes a waiter).
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"
# shellcheck source=grader/tests/prog.sh
. "$(dirname "$0")/../prog.sh"

# ---- masks that a call puts in place only while it waits ------------------------------------------

prog pselect-child none <<'X'
#include <sys/select.h>
static volatile sig_atomic_t gone; static void on(int s) { (void)s; gone = 1; }
int main(void) { sigset_t chld, before; int fd[2], n = 0; bool eof = false; char c[8];
    sigemptyset(&chld); sigaddset(&chld, SIGCHLD); sigprocmask(SIG_BLOCK, &chld, &before);
    struct sigaction sa = {.sa_handler = on}; sigaction(SIGCHLD, &sa, NULL); pipe(fd);
    pid_t child = fork(); if (child == 0) { write(fd[1], "abc", 3); _exit(0); }
    close(fd[1]);
    while (!gone || !eof) { fd_set r; FD_ZERO(&r); if (!eof) FD_SET(fd[0], &r);
        if (pselect(fd[0] + 1, &r, NULL, NULL, NULL, &before) < 0) { assert(errno == EINTR); continue; }
        if (FD_ISSET(fd[0], &r)) { ssize_t got = read(fd[0], c, sizeof c); if (got <= 0) eof = true; else n += got; } }
    assert(n == 3 && waitpid(child, NULL, 0) == child); return 0; }
X
prog select-then-flag deadlock <<'X'
#include <sys/select.h>
static volatile sig_atomic_t gone; static void on(int s) { (void)s; gone = 1; }
int main(void) { struct sigaction sa = {.sa_handler = on}; sigaction(SIGCHLD, &sa, NULL);
    if (fork() == 0) _exit(0);
    while (!gone) select(0, NULL, NULL, NULL, NULL);
    wait(NULL); return 0; }
X

# ---- what orders memory besides locks -------------------------------------------------------------

prog eof-orders none <<'X'
int main(void) { int fd[2]; char c; pipe(fd);
    int *x = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fork() == 0) { close(fd[0]); *x = 7; _exit(0); }
    close(fd[1]); assert(read(fd[0], &c, 1) == 0 && *x == 7); wait(NULL); return 0; }
X
prog eof-too-early data-race <<'X'
int main(void) { int fd[2]; char c; pipe(fd);
    int *x = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fork() == 0) { close(fd[0]); close(fd[1]); *x = 7; _exit(0); }
    close(fd[1]); read(fd[0], &c, 1); *x += 1; wait(NULL); return 0; }
X

# ---- who is left when somebody goes ---------------------------------------------------------------

prog orphan-sees-eof none <<'X'
int main(void) { int fd[2]; char c; pipe(fd);
    if (fork() == 0) { close(fd[1]); _exit(read(fd[0], &c, 1) != 0); }
    return 0; }
X
prog undo-of-the-killed none <<'X'
#include <sys/sem.h>
int main(void) { int s = semget(IPC_PRIVATE, 1, 0600), b[2]; char c; pipe(b); semctl(s, 0, SETVAL, 1);
    struct sembuf take = {0, -1, 0}, held = {0, -1, SEM_UNDO};
    pid_t owner = fork(); if (owner == 0) { semop(s, &held, 1); write(b[1], "x", 1); for (;;) pause(); }
    read(b[0], &c, 1); if (fork() == 0) { kill(owner, SIGKILL); _exit(0); }
    assert(semop(s, &take, 1) == 0); while (wait(NULL) > 0) {} semctl(s, 0, IPC_RMID); return 0; }
X
prog no-undo-of-the-killed deadlock <<'X'
#include <sys/sem.h>
int main(void) { int s = semget(IPC_PRIVATE, 1, 0600), b[2]; char c; pipe(b); semctl(s, 0, SETVAL, 1);
    struct sembuf take = {0, -1, 0};
    pid_t owner = fork(); if (owner == 0) { semop(s, &take, 1); write(b[1], "x", 1); for (;;) pause(); }
    read(b[0], &c, 1); kill(owner, SIGKILL); waitpid(owner, NULL, 0);
    semop(s, &take, 1); semctl(s, 0, IPC_RMID); return 0; }
X

# ---- signals: one each, queued, restarted or not --------------------------------------------------

prog one-each none <<'X'
static sigset_t usr1;
static void *taker(void *a) { int s; sigset_t rest; assert(!sigwait(&usr1, &s) && s == SIGUSR1);
    sigpending(&rest); assert(!sigismember(&rest, SIGUSR1)); return a; }
int main(void) { pthread_t t[2]; sigemptyset(&usr1); sigaddset(&usr1, SIGUSR1); pthread_sigmask(SIG_BLOCK, &usr1, NULL);
    for (int i = 0; i < 2; i++) GO(t[i], taker, NULL);
    for (int i = 0; i < 2; i++) pthread_kill(t[i], SIGUSR1);
    for (int i = 0; i < 2; i++) END(t[i]);
    return 0; }
X
prog who-sent-it none <<'X'
static volatile sig_atomic_t from; static void on(int s, siginfo_t *i, void *u) { (void)s; (void)u; from = i->si_pid; }
int main(void) { struct sigaction sa = {.sa_sigaction = on, .sa_flags = SA_SIGINFO | SA_RESTART}; sigaction(SIGUSR1, &sa, NULL);
    pid_t child = fork(); if (child == 0) { kill(getppid(), SIGUSR1); _exit(0); }
    while (waitpid(child, NULL, 0) < 0) {} assert(from == child); return 0; }
X
prog semop-restarts-never wrong-result <<'X'
#include <sys/sem.h>
static void on(int s) { (void)s; }
int main(void) { struct sigaction sa = {.sa_handler = on, .sa_flags = SA_RESTART}; sigaction(SIGUSR1, &sa, NULL);
    int s = semget(IPC_PRIVATE, 1, 0600); struct sembuf up = {0, 1, 0}, down = {0, -1, 0};
    if (fork() == 0) { kill(getppid(), SIGUSR1); sleep(1); semop(s, &up, 1); _exit(0); }
    int got = semop(s, &down, 1); wait(NULL); semctl(s, 0, IPC_RMID); assert(got == 0); return 0; }
X

# ---- files that several processes change ------------------------------------------------------------

prog lost-in-a-file wrong-result <<'X'
static void add(int fd) { int n = 0; pread(fd, &n, sizeof n, 0); n++; pwrite(fd, &n, sizeof n, 0); }
int main(void) { char path[] = "/tmp/lockstep-XXXXXX"; int fd = mkstemp(path), n = 0; unlink(path); pwrite(fd, &n, sizeof n, 0);
    if (fork() == 0) { add(fd); _exit(0); }
    add(fd); wait(NULL); pread(fd, &n, sizeof n, 0); assert(n == 2); return 0; }
X
prog kept-in-a-file none <<'X'
static void add(int fd) { int n = 0; lockf(fd, F_LOCK, 0); pread(fd, &n, sizeof n, 0); n++; pwrite(fd, &n, sizeof n, 0); lockf(fd, F_ULOCK, 0); }
int main(void) { char path[] = "/tmp/lockstep-XXXXXX"; int fd = mkstemp(path), n = 0; unlink(path); pwrite(fd, &n, sizeof n, 0);
    if (fork() == 0) { add(fd); _exit(0); }
    add(fd); wait(NULL); pread(fd, &n, sizeof n, 0); assert(n == 2); return 0; }
X

# ---- streams over channels, names used again ------------------------------------------------------

prog fscanf-from-a-pipe none <<'X'
int main(void) { int fd[2], v, n = 0, sum = 0; pipe(fd);
    if (fork() == 0) { close(fd[0]); FILE *to = fdopen(fd[1], "w");
        for (int i = 0; i < 5; i++) { fprintf(to, "%d\n", i); fflush(to); }
        fclose(to); _exit(0); }
    close(fd[1]); FILE *from = fdopen(fd[0], "r"); while (fscanf(from, "%d", &v) == 1) { n++; sum += v; }
    assert(n == 5 && sum == 10); fclose(from); wait(NULL); return 0; }
X
prog a-name-again none <<'X'
int main(void) { int v = 9;
    for (int i = 0; i < 2; i++) { sem_t *s = sem_open("/lockstep-again", O_CREAT | O_EXCL, 0600, 0);
        assert(s != SEM_FAILED && sem_getvalue(s, &v) == 0 && v == 0); sem_post(s); sem_close(s); sem_unlink("/lockstep-again"); }
    return 0; }
X
prog timer-ends-the-loop none <<'X'
static volatile sig_atomic_t over; static void on(int s) { (void)s; over = 1; }
int main(void) { signal(SIGALRM, on); alarm(1); while (!over) {} return 0; }
X
done_testing

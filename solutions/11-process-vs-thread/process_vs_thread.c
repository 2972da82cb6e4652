
/* process_vs_thread.c - the reference solution of exercise 11-process-vs-thread.
 *
 * Every probe has three steps: do something there, look here, put it back. What a body finds out
 * comes back through a pipe, because its memory may not be ours.
 */
#define _GNU_SOURCE
#include "process_vs_thread.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- the two ways ------------------------------------------------------------------ */

static int wait_for(pid_t pid, int *status)
{
    pid_t got;

    while ((got = waitpid(pid, status, 0)) < 0 && errno == EINTR)
        ;
    return got < 0 ? -1 : 0;
}

int pvt_in_process(void (*body)(void *arg), void *arg)
{
    pid_t pid = fork();

    if (pid == 0) {
        body(arg);
        _exit(0); /* not exit(): our buffers are the parent's */
    }
    return pid < 0 ? -1 : wait_for(pid, NULL);
}

struct call {
    void (*body)(void *arg);
    void *arg;
};

static void *enter(void *arg)
{
    struct call *c = arg;

    c->body(c->arg);
    return NULL;
}

int pvt_in_thread(void (*body)(void *arg), void *arg)
{
    struct call c = {body, arg};
    pthread_t t;
    int rc = pthread_create(&t, NULL, enter, &c);

    if (rc != 0) {
        errno = rc;
        return -1;
    }
    pthread_join(t, NULL);
    return 0;
}

/* ---- probes that need an answer from there ----------------------------------------- */

struct question {
    int pipe[2];
    void (*answer)(struct question *q);
};

static void say(struct question *q, int number)
{
    if (write(q->pipe[1], &number, sizeof number) < 0)
        _exit(1);
}

static void ask_there(void *arg)
{
    struct question *q = arg;

    q->answer(q);
}

/* The number that the body says; -1 when there is none. */
static int ask(pvt_way *way, void (*answer)(struct question *q), int *number)
{
    struct question q = {.answer = answer};
    int rc;

    if (pipe(q.pipe) < 0)
        return -1;
    rc = way(ask_there, &q);
    close(q.pipe[1]); /* before the read: else nothing said would be waited for */
    if (rc == 0 && read(q.pipe[0], number, sizeof *number) != sizeof *number)
        rc = -1;
    close(q.pipe[0]);
    return rc;
}

static void say_pid(struct question *q)
{
    say(q, getpid());
}

int pvt_same_pid(pvt_way *way)
{
    int there;

    return ask(way, say_pid, &there) < 0 ? -1 : there == getpid();
}

static void open_one(struct question *q)
{
    say(q, open("/dev/null", O_RDONLY));
}

int pvt_same_files(pvt_way *way)
{
    int there;

    if (ask(way, open_one, &there) < 0)
        return -1;
    /* ask() has closed its pipe, but a number from there is a free one here, if it is not
     * shared: the pipe was open when it was chosen. */
    if (fcntl(there, F_GETFD) < 0)
        return 0;
    close(there);
    return 1;
}

/* ---- probes that look at what was done --------------------------------------------- */

static volatile int global; /* volatile: it changes behind the compiler's back */

static void set_int(void *arg)
{
    *(volatile int *)arg = 4711;
}

static void set_global(void *arg)
{
    (void)arg;
    global = 4711;
}

int pvt_same_global(pvt_way *way)
{
    int rc;

    global = 0;
    rc = way(set_global, NULL);
    return rc < 0 ? -1 : global == 4711;
}

int pvt_same_local(pvt_way *way)
{
    volatile int local = 0;
    int rc = way(set_int, (void *)&local);

    return rc < 0 ? -1 : local == 4711;
}

static void read_one(void *arg)
{
    char byte;

    if (read(*(int *)arg, &byte, 1) != 1)
        _exit(1);
}

int pvt_same_offset(pvt_way *way)
{
    int fd = memfd_create("probe", MFD_CLOEXEC), same = -1;

    if (fd < 0)
        return -1;
    /* Opened before, so that it is the same open file there; three bytes, one read there. */
    if (write(fd, "abc", 3) == 3 && lseek(fd, 0, SEEK_SET) == 0 && way(read_one, &fd) == 0)
        same = lseek(fd, 0, SEEK_CUR) == 1;
    close(fd);
    return same;
}

static void probe_handler(int sig)
{
    (void)sig;
}

static void install(void *arg)
{
    struct sigaction sa = {.sa_handler = probe_handler};

    (void)arg;
    sigaction(SIGUSR2, &sa, NULL);
}

int pvt_same_handler(pvt_way *way)
{
    struct sigaction before, after;
    int rc;

    sigaction(SIGUSR2, NULL, &before);
    rc = way(install, NULL);
    sigaction(SIGUSR2, NULL, &after);
    sigaction(SIGUSR2, &before, NULL);
    return rc < 0 ? -1 : after.sa_handler == probe_handler;
}

static void go_to_root(void *arg)
{
    (void)arg;
    if (chdir("/") < 0)
        _exit(1);
}

/* From a directory that is not the root, or nothing would be seen; and back in any case. */
int pvt_same_directory(pvt_way *way)
{
    int home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), same = -1;
    char *here;

    if (home < 0)
        return -1;
    if (chdir("/proc") == 0 && way(go_to_root, NULL) == 0 && (here = getcwd(NULL, 0))) {
        same = strcmp(here, "/") == 0;
        free(here);
    }
    if (fchdir(home) < 0)
        same = -1;
    close(home);
    return same;
}

static void leave(void *arg)
{
    (void)arg;
    _exit(7);
}

/* Tried by a child of ours: if the end is shared, it is the child's. */
int pvt_same_end(pvt_way *way)
{
    pid_t trial = fork();
    int status;

    if (trial == 0)
        _exit(way(leave, NULL) == 0 ? 0 : 1);
    if (trial < 0 || wait_for(trial, &status) < 0 || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status) == 7 ? 1 : WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* ---- cost and table ---------------------------------------------------------------- */

static void nothing(void *arg)
{
    (void)arg;
}

long pvt_cost_ns(pvt_way *way, int times)
{
    struct timespec began, ended;

    clock_gettime(CLOCK_MONOTONIC, &began); /* real time: most of it is spent in the kernel */
    for (int i = 0; i < times; i++)
        if (way(nothing, NULL) < 0)
            return -1;
    clock_gettime(CLOCK_MONOTONIC, &ended);
    return ((ended.tv_sec - began.tv_sec) * 1000000000L + ended.tv_nsec - began.tv_nsec) / times;
}

static const struct {
    const char *label;
    int (*probe)(pvt_way *way);
} rows[] = {
    {"pid", pvt_same_pid},
    {"global variable", pvt_same_global},
    {"local variable", pvt_same_local},
    {"file offset", pvt_same_offset},
    {"open files", pvt_same_files},
    {"signal handler", pvt_same_handler},
    {"working directory", pvt_same_directory},
    {"exit", pvt_same_end},
};

int pvt_table(pvt_way *process, pvt_way *thread, FILE *out)
{
    static const char *const words[] = {"own", "shared"};
    char cost[32];
    long p, t;

    fprintf(out, "%-20s%-16s%s\n", "", "process", "thread");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int a = rows[i].probe(process), b = rows[i].probe(thread);

        if (a < 0 || b < 0)
            return -1;
        fprintf(out, "%-20s%-16s%s\n", rows[i].label, words[a], words[b]);
    }
    p = pvt_cost_ns(process, 20);
    t = pvt_cost_ns(thread, 20);
    if (p < 0 || t < 0)
        return -1;
    snprintf(cost, sizeof cost, "%ld ns", p);
    fprintf(out, "%-20s%-16s%ld ns\n", "cost", cost, t);
    return fflush(out) != 0 || ferror(out) ? -1 : 0; /* the buffer is not yet the disk */
}

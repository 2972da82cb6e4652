/* tasks.c - walks /proc/PID/task/TID/{children,status,schedstat,syscall} of a tree.
 *
 * The verdict "nobody can run" needs no atomic snapshot: if a task's count of context
 * switches is the same in two looks and it was asleep in both, it slept all the time in
 * between, so at any moment between the looks all of them were asleep together.
 */
#include "sandbox/tasks.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/util.h"

static int read_text(const char *path, char *buf, size_t size)
{
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;

    if (fd < 0)
        return -1;
    while (len < size - 1) {
        ssize_t n = read(fd, buf + len, size - 1 - len);

        if (n <= 0)
            break;
        len += (size_t)n;
    }
    buf[len] = '\0';
    return len ? 0 : -1;
}

static uint64_t field(const char *text, const char *name)
{
    const char *p = strstr(text, name);

    return p ? strtoull(p + strlen(name), NULL, 10) : 0;
}

/* Does this call end by itself? `arg` holds its time limit; where a pointer, NULL = never;
 * where a number (int), negative = never. */
static const struct {
    long sysno;
    int arg; /* -1: never ends by itself */
    bool number;
} waits[] = {
    {SYS_read, -1, 0},      {SYS_readv, -1, 0},          {SYS_write, -1, 0},
    {SYS_writev, -1, 0},    {SYS_recvfrom, -1, 0},       {SYS_recvmsg, -1, 0},
    {SYS_sendto, -1, 0},    {SYS_sendmsg, -1, 0},        {SYS_accept, -1, 0},
    {SYS_accept4, -1, 0},   {SYS_connect, -1, 0},        {SYS_wait4, -1, 0},
    {SYS_waitid, -1, 0},    {SYS_pause, -1, 0},          {SYS_rt_sigsuspend, -1, 0},
    {SYS_msgrcv, -1, 0},    {SYS_msgsnd, -1, 0},         {SYS_semop, -1, 0},
    {SYS_flock, -1, 0},     {SYS_open, -1, 0},           {SYS_openat, -1, 0},
    {SYS_fcntl, -1, 0},     {SYS_semtimedop, 3, 0},      {SYS_rt_sigtimedwait, 2, 0},
    {SYS_ppoll, 2, 0},      {SYS_mq_timedreceive, 4, 0}, {SYS_mq_timedsend, 4, 0},
    {SYS_select, 4, 0},     {SYS_pselect6, 4, 0},        {SYS_poll, 2, 1},
    {SYS_epoll_wait, 3, 1}, {SYS_epoll_pwait, 3, 1},
};

static enum task_wait classify(const struct task *t)
{
    if (t->sysno == SYS_futex)
        return t->args[3] ? TASK_TIMED : TASK_FOREVER;
    for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
        if (waits[i].sysno != t->sysno)
            continue;
        if (waits[i].arg < 0)
            return TASK_FOREVER;
        if (waits[i].number)
            return (int32_t)t->args[waits[i].arg] < 0 ? TASK_FOREVER : TASK_TIMED;
        return t->args[waits[i].arg] ? TASK_TIMED : TASK_FOREVER;
    }
    return TASK_TIMED;
}

static void read_syscall(struct task *t)
{
    char path[64], text[256], *p = text;

    t->sysno = -1;
    snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", t->pid, t->tid);
    if (read_text(path, text, sizeof text) < 0 || text[0] == 'r')
        return;
    t->sysno = strtol(p, &p, 10);
    for (int i = 0; i < 6; i++)
        t->args[i] = strtoull(p, &p, 16);
}

int tasks_standing(pid_t pid, long sysno, double patience_s, uint64_t *ret_sp, uint64_t *ret_pc)
{
    const struct timespec between = {.tv_nsec = 100000};
    char path[64], text[256], *p;

    snprintf(path, sizeof path, "/proc/%d/syscall", pid);
    for (double waited = 0; waited < patience_s; waited += 0.0001) {
        if (read_text(path, text, sizeof text) < 0)
            return 0;
        if (text[0] == 'r') { /* "running" */
            nanosleep(&between, NULL);
            continue;
        }
        if (strtol(text, &p, 10) != sysno)
            return 0;
        for (int i = 0; i < 6; i++)
            strtoull(p, &p, 16);
        *ret_sp = strtoull(p, &p, 16);
        *ret_pc = strtoull(p, &p, 16);
        return 1;
    }
    return -1;
}

static pid_t inner_tid(const char *status, pid_t outer)
{
    const char *p = strstr(status, "\nNSpid:"), *end;
    pid_t last = outer;

    if (!p)
        return outer;
    end = strchr(p + 1, '\n');
    for (p += 7; p && (!end || p < end);) {
        char *next;
        long v = strtol(p, &next, 10);

        if (next == p)
            break;
        last = (pid_t)v;
        p = next;
    }
    return last;
}

static void look_task(pid_t pid, pid_t tid, struct task_tree *tree)
{
    char path[64], text[4096], *p;
    struct task *t;

    if (tree->count == TASKS_MAX) {
        tree->overflow = true;
        return;
    }
    snprintf(path, sizeof path, "/proc/%d/task/%d/status", pid, tid);
    if (read_text(path, text, sizeof text) < 0 || !(p = strstr(text, "\nState:")))
        return;
    t = &tree->tasks[tree->count++];
    *t = (struct task){.pid = pid, .tid = tid, .sysno = -1};
    t->inner_tid = inner_tid(text, tid);
    t->switches = field(text, "\nvoluntary_ctxt_switches:") +
                  field(text, "\nnonvoluntary_ctxt_switches:");
    switch (p[8]) {
    case 'Z':
    case 'X':
        t->wait = TASK_DEAD;
        break;
    case 'T':
    case 't':
        t->wait = TASK_STOPPED;
        break;
    case 'S':
        read_syscall(t);
        t->wait = classify(t);
        break;
    default:
        t->wait = TASK_RUNS;
    }
    snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", pid, tid);
    if (read_text(path, text, sizeof text) == 0 && (p = strchr(text, ' ')))
        t->starved_ns = strtoull(p, NULL, 10);
}

/* utime, stime, cutime, cstime: fields 14 to 17; the name before them may hold anything. */
static double cpu_of(pid_t pid)
{
    char path[64], text[1024], *p;
    double ticks = 0;

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (read_text(path, text, sizeof text) < 0 || !(p = strrchr(text, ')')))
        return 0;
    for (int f = 2; *p; f++) {
        if (f >= 14 && f <= 17)
            ticks += strtod(p, NULL);
        p += strcspn(p, " ");
        p += strspn(p, " ");
        if (f > 17)
            break;
    }
    return ticks / (double)sysconf(_SC_CLK_TCK);
}

static void look_process(pid_t pid, struct task_tree *tree, bool is_root)
{
    char path[96], kids[16384];
    DIR *d;

    tree->cpu_s += cpu_of(pid);
    if (!is_root)
        tree->processes++;
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    d = opendir(path);
    if (!d)
        return;
    for (struct dirent *de; (de = readdir(d));) {
        pid_t tid = (pid_t)strtol(de->d_name, NULL, 10);

        if (tid <= 0)
            continue;
        if (!is_root)
            look_task(pid, tid, tree);
        snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, tid);
        if (tree->overflow || read_text(path, kids, sizeof kids) < 0)
            continue;
        for (char *p = kids, *end;; p = end) {
            pid_t kid = (pid_t)strtol(p, &end, 10);

            if (end == p)
                break;
            look_process(kid, tree, false);
        }
    }
    closedir(d);
}

void tasks_look(pid_t root, struct task_tree *ret)
{
    ret->count = ret->processes = 0;
    ret->overflow = false;
    ret->cpu_s = 0;
    look_process(root, ret, true);
}

static bool unchanged(const struct task_tree *was, const struct task_tree *is, bool forever)
{
    int alive = 0;

    if (was->count != is->count || is->overflow)
        return false;
    for (int i = 0; i < is->count; i++) {
        const struct task *a = &was->tasks[i], *b = &is->tasks[i];

        if (a->tid != b->tid || a->switches != b->switches || a->wait != b->wait)
            return false;
        if (b->wait == TASK_DEAD)
            continue;
        if (b->wait == TASK_RUNS || (forever && b->wait == TASK_TIMED))
            return false;
        alive++;
    }
    return alive > 0;
}

bool tasks_stuck(const struct task_tree *was, const struct task_tree *is)
{
    return unchanged(was, is, true);
}

bool tasks_still(const struct task_tree *was, const struct task_tree *is)
{
    return unchanged(was, is, false);
}

int tasks_kill(pid_t root)
{
    struct task_tree *tree = malloc(sizeof *tree);
    int found = 0;
    bool again = true;

    if (!tree)
        return 0;
    for (int round = 0; again && round < 1000; round++) {
        again = false;
        tasks_look(root, tree);
        for (int i = 0; i < tree->count; i++) {
            const struct task *t = &tree->tasks[i];

            if (t->wait == TASK_DEAD || t->wait == TASK_STOPPED)
                continue;
            kill(t->pid, SIGSTOP);
            again = true;
        }
    }
    for (int round = 0; round < 1000; round++) {
        tasks_look(root, tree);
        found = tree->count > found ? tree->count : found;
        again = tree->overflow;
        for (int i = 0; i < tree->count; i++)
            if (tree->tasks[i].wait != TASK_DEAD)
                again |= kill(tree->tasks[i].pid, SIGKILL) == 0;
        if (!again)
            break;
    }
    free(tree);
    return found;
}

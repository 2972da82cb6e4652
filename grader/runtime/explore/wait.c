/* wait.c - waiting for children, and who a process is: pids, groups, sessions.
 *
 * A wait blocks until a child of the kind asked for has ended (or stopped, or continued); it
 * is ordered after everything the child did. Process numbers are the same in every run.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/explore/process.h"
#include "runtime/explore/sync.h"

static bool meant(const struct process *me, const struct process *p, int pid)
{
    if (p->parent != me->id || p->state == PROCESS_REAPED)
        return false;
    if (pid == -1)
        return true;
    if (pid > 0)
        return p->pid == pid;
    return p->group == (pid == 0 ? me->group : -pid);
}

static bool has_news(const struct process *p, int options)
{
    if (p->state == PROCESS_ZOMBIE)
        return options & WEXITED;
    return (options & WUNTRACED && p->stopped && !p->stop_told) ||
           (options & WCONTINUED && p->continued);
}

/* The child that a wait of `t` would tell of now; the one that ended first. */
static struct process *news_for(const struct task *t)
{
    const struct process *me = process_of(t);
    struct process *best = NULL;

    for (int i = 0; i < W->process_count; i++) {
        struct process *p = &W->processes[i];

        if (meant(me, p, t->wait_pid) && has_news(p, t->wait_options) &&
            (!best || p->ended_at < best->ended_at))
            best = p;
    }
    return best;
}

static bool has_children(const struct task *t)
{
    for (int i = 0; i < W->process_count; i++)
        if (meant(process_of(t), &W->processes[i], t->wait_pid))
            return true;
    return false;
}

bool wait_ready(const struct task *t)
{
    return t->wait_options & WNOHANG || news_for(t) || !has_children(t);
}

bool wait_first(const struct process *parent)
{
    for (int i = 0; i < W->process_count; i++)
        if (W->processes[i].parent == parent->id)
            return true;
    return parent->state != PROCESS_RUNS;
}

uint32_t wait_after(const struct task *t)
{
    const struct process *p = news_for(t);

    return p ? p->ended_at : 0;
}

static int told(struct process *p, int options)
{
    int status = p->status;

    clock_acquire(&p->clock);
    vclock_join(&W->me->strong, &W->tasks[p->main].strong);
    if (p->state == PROCESS_ZOMBIE) {
        if (!(options & WNOWAIT)) {
            p->state = PROCESS_REAPED;
            if (p->id != 0)
                waitpid(p->real, NULL, 0);
        }
    } else if (p->stopped && !p->stop_told) {
        status = p->stop_signal << 8 | 0x7f;
        p->stop_told = !(options & WNOWAIT);
    } else {
        status = 0xffff;
        p->continued = options & WNOWAIT;
    }
    changed();
    return status;
}

static int wait_for(int pid, int *status, int options, struct process **who, uintptr_t pc)
{
    struct task *t = W->me;
    struct process *p;
    int s;

    signal_window(pc);
    t->wait_pid = pid;
    t->wait_options = options;
    step(OP_WAIT, (uint64_t)(t->process + 2), pc);
    cancel_point();
    t->wait_pid = pid; /* a handler may have waited, too */
    t->wait_options = options;
    p = news_for(t);
    if (!p) {
        if (has_children(t) && options & WNOHANG) {
            look(pc ^ (uint64_t)pid);
            return 0;
        }
        errno = t->interrupted ? EINTR : ECHILD;
        call_result(-1);
        return -1;
    }
    s = told(p, options);
    if (status) {
        access_range((uintptr_t)status, sizeof *status, true, pc);
        *status = s;
    }
    *who = p;
    return p->pid;
}

REPLACES(pid_t, waitpid, pid_t pid, int *status, int options)
{
    struct process *p;

    if (!RUNNING)
        return waitpid(pid, status, options);
    if (options & ~(WNOHANG | WUNTRACED | WCONTINUED)) {
        return call_fails_errno(EINVAL, CALLER);
    }
    return wait_for(pid, status, options | WEXITED, &p, CALLER);
}

REPLACES(pid_t, wait, int *status)
{
    struct process *p;

    return RUNNING ? wait_for(-1, status, WEXITED, &p, CALLER) : wait(status);
}

REPLACES(pid_t, wait4, pid_t pid, int *status, int options, struct rusage *usage)
{
    struct process *p;

    if (!RUNNING)
        return wait4(pid, status, options, usage);
    if (usage)
        memset(usage, 0, sizeof *usage);
    return wait_for(pid, status, options | WEXITED, &p, CALLER);
}

REPLACES(pid_t, wait3, int *status, int options, struct rusage *usage)
{
    struct process *p;

    if (!RUNNING)
        return wait3(status, options, usage);
    if (usage)
        memset(usage, 0, sizeof *usage);
    return wait_for(-1, status, options | WEXITED, &p, CALLER);
}

static void describe(siginfo_t *info, const struct process *p, int status)
{
    memset(info, 0, sizeof *info);
    info->si_signo = SIGCHLD;
    info->si_pid = p->pid;
    if (WIFEXITED(status)) {
        info->si_code = CLD_EXITED;
        info->si_status = WEXITSTATUS(status);
    } else if (WIFSTOPPED(status)) {
        info->si_code = CLD_STOPPED;
        info->si_status = WSTOPSIG(status);
    } else if (WIFCONTINUED(status)) {
        info->si_code = CLD_CONTINUED;
        info->si_status = SIGCONT;
    } else {
        info->si_code = CLD_KILLED;
        info->si_status = WTERMSIG(status);
    }
}

REPLACES(int, waitid, idtype_t type, id_t id, siginfo_t *info, int options)
{
    struct process *p;
    int status = 0, rc;

    if (!RUNNING)
        return waitid(type, id, info, options);
    if (type != P_ALL && type != P_PID && type != P_PGID)
        too_much("it waits for a descriptor of a process (P_PIDFD)");
    rc = wait_for(type == P_ALL   ? -1
                  : type == P_PID ? (int)id
                                  : -(int)id,
                  &status, options, &p, CALLER);
    if (rc > 0 && info)
        describe(info, p, status);
    if (rc == 0 && info)
        memset(info, 0, sizeof *info);
    return rc > 0 ? 0 : rc;
}

/* ---- who am I ---- */

REPLACES(pid_t, getpid, void)
{
    return RUNNING ? process_me()->pid : getpid();
}

REPLACES(pid_t, getppid, void)
{
    if (!RUNNING)
        return getppid();
    look(CALLER ^ (uint64_t)process_me()->ppid << 20);
    step(OP_YIELD, 0, CALLER); /* who it is may change at any time */
    return process_me()->ppid;
}

REPLACES(pid_t, gettid, void)
{
    return RUNNING ? VIRTUAL_PID + W->me->id : gettid();
}

static struct process *named(pid_t pid)
{
    struct process *p = pid ? process_with(pid) : process_me();

    if (!p)
        errno = ESRCH;
    return p;
}

REPLACES(pid_t, getpgid, pid_t pid)
{
    const struct process *p = RUNNING ? named(pid) : NULL;

    return RUNNING ? (p ? p->group : -1) : getpgid(pid);
}

REPLACES(pid_t, getpgrp, void)
{
    return RUNNING ? process_me()->group : getpgrp();
}

REPLACES(pid_t, getsid, pid_t pid)
{
    const struct process *p = RUNNING ? named(pid) : NULL;

    return RUNNING ? (p ? p->session : -1) : getsid(pid);
}

REPLACES(int, setpgid, pid_t pid, pid_t group)
{
    struct process *p;

    if (!RUNNING)
        return setpgid(pid, group);
    step(OP_YIELD, 0, CALLER);
    p = named(pid);
    if (!p)
        return -1;
    p->group = group ? group : p->pid;
    return 0;
}

REPLACES(pid_t, setsid, void)
{
    struct process *p;

    if (!RUNNING)
        return setsid();
    p = process_me();
    if (p->group == p->pid) {
        errno = EPERM;
        return -1;
    }
    p->group = p->session = p->pid;
    return p->pid;
}

REPLACES(pid_t, tcgetpgrp, int fd)
{
    return RUNNING ? W->foreground : tcgetpgrp(fd);
}

REPLACES(int, tcsetpgrp, int fd, pid_t group)
{
    if (!RUNNING)
        return tcsetpgrp(fd, group);
    W->foreground = group;
    return 0;
}

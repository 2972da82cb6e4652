/* process.c - fork and the ends of processes.
 *
 * A fork is a real one (memory and descriptors are copied by the kernel), made by the bare
 * system call: the C library's own would look after threads that it does not know. The child is
 * a new task that begins where its parent is; it waits for the baton in its own kernel process.
 * An end is modelled: parent, SIGCHLD, zombie, orphans; the kernel's follows.
 * exec is not explored: what runs behind it has no hooks.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "runtime/explore/driver.h"
#include "runtime/explore/process.h"
#include "runtime/explore/sync.h"

struct process *process_of(const struct task *t)
{
    return &W->processes[t->process];
}

struct process *process_me(void)
{
    return process_of(W->me);
}

struct process *process_with(int pid)
{
    for (int i = 0; i < W->process_count; i++)
        if (W->processes[i].pid == pid && W->processes[i].state != PROCESS_REAPED)
            return &W->processes[i];
    return NULL;
}

const char *process_name(int process, char buf[static 32])
{
    if (process == 0)
        snprintf(buf, 32, "the first process");
    else
        snprintf(buf, 32, "process %d", process);
    return buf;
}

static struct process *process_new(struct task *main)
{
    struct process *p;

    if (W->process_count == PROCESS_MAX)
        too_much("it forks more than %d processes in one run", PROCESS_MAX);
    p = &W->processes[W->process_count];
    memset(p, 0, sizeof *p);
    p->id = W->process_count++;
    p->main = main->id;
    p->mailman = p->parent = -1;
    p->live = 1;
    p->pid = VIRTUAL_PID + main->id;
    p->tag = (uint64_t)(main->stable + 1) << 48;
    p->map_low = UINTPTR_MAX;
    for (int i = 0; i < TIMERS_MAX; i++)
        p->timer[i].next = NEVER;
    main->process = p->id;
    return p;
}

void process_begin(struct task *main)
{
    struct process *p;

    W->process_count = 0;
    baton_become(0);
    p = process_new(main);
    p->ppid = VIRTUAL_PARENT;
    p->group = p->session = p->pid;
    p->real = getpid();
    W->foreground = p->group;
}

/* ---- fork ----------------------------------------------------------------------------------
 */

static struct at_fork {
    void (*prepare)(void), (*parent)(void), (*child)(void);
} at_fork[AT_FORK_MAX];
static int at_fork_count;
static uint64_t at_fork_of;

REPLACES(int, pthread_atfork, void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
    if (!RUNNING)
        return pthread_atfork(prepare, parent, child);
    if (at_fork_of != W->generation)
        at_fork_count = 0;
    at_fork_of = W->generation;
    if (at_fork_count == AT_FORK_MAX)
        too_much("it has more than %d pthread_atfork() handlers", AT_FORK_MAX);
    at_fork[at_fork_count++] = (struct at_fork){prepare, parent, child};
    return 0;
}

enum phase { PREPARE, IN_PARENT, IN_CHILD };

static void call_at_fork(enum phase phase)
{
    const int n = at_fork_of == W->generation ? at_fork_count : 0;

    for (int i = 0; i < n; i++) {
        const struct at_fork *a = &at_fork[phase == PREPARE ? n - 1 - i : i];
        void (*f)(void) = phase == PREPARE     ? a->prepare
                          : phase == IN_PARENT ? a->parent
                                               : a->child;

        if (f)
            f();
    }
}

/* What a thread is, its copy in the child is as well (fork(2)). */
static void copy_task(struct task *t, const struct task *me, const struct process *p)
{
    const uint64_t tag = W->processes[me->process].tag;

    t->fiber = me->fiber;
    t->sigmask = me->sigmask;
    t->handlers = me->handlers;
    t->cancel_disabled = me->cancel_disabled;
    t->cancel_async = me->cancel_async;
    t->cleanups = me->cleanups;
    t->as_caller = me->as_caller;
    memcpy(t->keys, me->keys, sizeof t->keys);
    memcpy(t->name, me->name, sizeof t->name);
    memcpy(t->stack, me->stack, sizeof t->stack);
    t->depth = me->depth;
    t->detached = true; /* nobody can join it */
    t->held_max = me->held_count;
    if (me->held_count)
        t->held = scratch_alloc((size_t)me->held_count * sizeof *t->held);
    for (int i = 0; i < me->held_count; i++)
        if (me->held[i].lock >> 48 << 48 == tag) {
            t->held[t->held_count] = me->held[i];
            t->held[t->held_count++].lock = (me->held[i].lock & ~tag) | p->tag;
        }
}

static struct task *task_copy(struct task *me, uintptr_t pc)
{
    struct task *t = task_new(me);
    const struct process *parent = process_of(me);
    struct process *p;

    if (!t)
        too_much("it has more than %d tasks in one run", TASK_MAX);
    p = process_new(t);
    p->parent = parent->id;
    p->ppid = parent->pid;
    p->group = parent->group;
    p->session = parent->session;
    p->forked_pc = t->created_pc = program_pc(pc);
    p->forked_node = t->created_node = task_node(me);
    memcpy(p->map, parent->map, sizeof p->map);
    p->map_count = parent->map_count;
    p->map_low = parent->map_low;
    p->map_high = parent->map_high;
    signal_fork(p, parent);
    copy_task(t, me, p);
    clock_start(t);
    objects_fork(parent, p, me->id, t->id);
    t->enabled_by = (uint32_t)W->points;
    t->op = (struct op){.kind = OP_START, .obj = (uint64_t)t->id, .pc = t->created_pc};
    t->ops = 1;
    return t;
}

/* In the new kernel process: nothing runs here until the task is chosen. */
static void begin_child(struct task *t)
{
    baton_become(t->process);
    fibers_keep(t->fiber);
    trap_open();
    baton_wait();
    task_arrived();
}

static pid_t do_fork(uintptr_t pc)
{
    struct task *me = W->me, *t;
    long real;

    W->forks = true;
    if (process_me()->live > 1)
        W->bounded = true; /* what the other threads hold at this moment is not searched */
    call_at_fork(PREPARE);
    step(OP_FORK, (uint64_t)W->task_count, pc);
    if (W->process_count == 1)
        prctl(PR_SET_CHILD_SUBREAPER, 1);
    t = task_copy(me, pc);
    real = syscall(SYS_fork);
    if (real == 0) {
        begin_child(t);
        call_at_fork(IN_CHILD);
        return 0;
    }
    if (real < 0)
        too_much("the system refuses to fork (%s)", strerror(errno));
    process_of(t)->real = (int)real;
    changed();
    call_at_fork(IN_PARENT);
    return process_of(t)->pid;
}

REPLACES(pid_t, fork, void)
{
    return RUNNING ? do_fork(CALLER) : fork();
}

REPLACES(pid_t, _Fork, void)
{
    return RUNNING ? do_fork(CALLER) : fork();
}

/* The child has a copy instead of its parent's memory: nothing that POSIX allows there (exec,
 * _exit) can tell. */
REPLACES(pid_t, vfork, void)
{
    return RUNNING ? do_fork(CALLER) : fork();
}

/* ---- the end -------------------------------------------------------------------------------
 */

/* Whom init adopts is reaped at once, the dead ones after their parent. */
static void orphan(struct process *child)
{
    child->ppid = VIRTUAL_PARENT;
    child->parent = -1;
    if (child->state == PROCESS_ZOMBIE) {
        child->state = PROCESS_REAPED;
        child->leaving = ++W->leavings;
    }
}

static void tell_parent(struct process *p, int code)
{
    struct process *parent = p->parent >= 0 ? &W->processes[p->parent] : NULL;
    const struct disposition *d;

    if (!parent || parent->state != PROCESS_RUNS) {
        if (p->state == PROCESS_ZOMBIE && p->id != 0)
            p->state = PROCESS_REAPED;
        return;
    }
    d = &parent->act[SIGCHLD];
    if (p->state == PROCESS_ZOMBIE &&
        (d->handler == (uintptr_t)SIG_IGN || d->flags & SA_NOCLDWAIT))
        p->state = PROCESS_REAPED;
    if (code == CLD_EXITED || code == CLD_KILLED || code == CLD_DUMPED ||
        !(d->flags & SA_NOCLDSTOP))
        signal_post(parent, NULL, SIGCHLD, code, (uint64_t)p->pid, 0);
}

void process_stopped(struct process *p, bool stopped)
{
    p->stopped = stopped;
    for (int i = 0; i < W->task_count; i++) {
        struct task *t = &W->tasks[i];

        if (t->process != p->id || t->mailman)
            continue;
        if (stopped) /* whoever is told of it has seen what was done before */
            vclock_join(&p->clock, &t->clock);
        else /* and goes on after what was done before the SIGCONT */
            vclock_join(&t->clock, &W->me->clock);
    }
    if (stopped)
        p->stop_told = false;
    else
        p->continued = true;
    tell_parent(p, stopped ? CLD_STOPPED : CLD_CONTINUED);
    changed();
}

/* The model's part of an end; the kernel's process is still there. */
static void bury(struct process *p, int status)
{
    struct task *main = &W->tasks[p->main];

    for (int i = 0; i < W->task_count; i++) {
        struct task *t = &W->tasks[i];

        if (t->process != p->id || t->state != TASK_READY)
            continue;
        if (!t->mailman) {
            abandon_mutexes(t);
            vclock_join(&main->clock, &t->clock);
            W->live--;
        }
        t->state = TASK_DONE;
        t->ended_at = (uint32_t)W->points;
    }
    p->live = 0;
    p->state = PROCESS_ZOMBIE;
    p->stopped = false;
    p->status = status;
    p->ended_at = (uint32_t)W->points;
    p->leaving = ++W->leavings;
    vclock_copy(&p->clock, &main->clock);
    for (int i = 0; i < W->process_count; i++)
        if (W->processes[i].parent == p->id && W->processes[i].state != PROCESS_REAPED)
            orphan(&W->processes[i]);
    tell_parent(p, WIFEXITED(status) ? CLD_EXITED : CLD_KILLED);
    changed();
    channels_end(&p->clock);
    io_changed_all();
    W->dying = W->undo && p->id ? p->real : 0;
}

void process_over(int status)
{
    struct process *p = process_me();

    bury(p, status);
    if (W->live == 0)
        schedule_end(END_FINISHED);
    baton_hand_on();
}

void process_end(int status)
{
    const struct op op = {.kind = OP_LEAVE,
                          .effect = EFFECT_WRITE,
                          .mask = 0xff,
                          .pc = W->me->last_pc,
                          .obj = (uint64_t)(process_me()->parent + 2)};

    step_op(&op);
    process_over(status);
}

void process_kill(struct process *p, int status)
{
    if (p->state != PROCESS_RUNS)
        return;
    if (p == process_me())
        process_over(status);
    bury(p, status);
    baton_kill(p);
}

void process_left(int *running, int *zombies)
{
    *running = *zombies = 0;
    for (int i = 1; i < W->process_count; i++) {
        *running += W->processes[i].state == PROCESS_RUNS;
        *zombies += W->processes[i].state == PROCESS_ZOMBIE;
    }
}

/* ---- other programs -------------------------------------------------------------------------
 */

#define NO_EXEC(name, ...)                                                                     \
    REPLACES(int, name, __VA_ARGS__)                                                           \
    {                                                                                          \
        too_much("it starts another program (" #name "), and what runs there has no hooks");   \
    }
#define UNUSED __attribute__((unused))

NO_EXEC(execv, const char *path UNUSED, char *const argv[] UNUSED)
NO_EXEC(execve, const char *path UNUSED, char *const argv[] UNUSED, char *const env[] UNUSED)
NO_EXEC(execvp, const char *file UNUSED, char *const argv[] UNUSED)
NO_EXEC(execvpe, const char *file UNUSED, char *const argv[] UNUSED, char *const env[] UNUSED)
NO_EXEC(execl, const char *path UNUSED, const char *arg UNUSED, ...)
NO_EXEC(execlp, const char *file UNUSED, const char *arg UNUSED, ...)
NO_EXEC(execle, const char *path UNUSED, const char *arg UNUSED, ...)
NO_EXEC(fexecve, int fd UNUSED, char *const argv[] UNUSED, char *const env[] UNUSED)
NO_EXEC(posix_spawn, pid_t *pid UNUSED, const char *path UNUSED,
        const posix_spawn_file_actions_t *fa UNUSED, const posix_spawnattr_t *attr UNUSED,
        char *const argv[] UNUSED, char *const env[] UNUSED)
NO_EXEC(posix_spawnp, pid_t *pid UNUSED, const char *file UNUSED,
        const posix_spawn_file_actions_t *fa UNUSED, const posix_spawnattr_t *attr UNUSED,
        char *const argv[] UNUSED, char *const env[] UNUSED)
NO_EXEC(forkpty, int *master UNUSED, char *name UNUSED, const struct termios *t UNUSED,
        const struct winsize *w UNUSED)
NO_EXEC(system, const char *command UNUSED)
NO_EXEC(clone, int (*f)(void *) UNUSED, void *stack UNUSED, int flags UNUSED, void *arg UNUSED,
        ...)

/* A fork or an exec by number would be a process that nobody knows. */
REPLACES(long, syscall, long number, ...)
{
    long a[6];
    va_list ap;

    va_start(ap, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(ap, long);
    va_end(ap);
    if (RUNNING && (number == SYS_clone || number == SYS_fork || number == SYS_vfork ||
                    number == SYS_clone3 || number == SYS_execve || number == SYS_execveat))
        too_much("it makes system calls by number (syscall(2)) that start a process");
    if (RUNNING && (number == SYS_futex || number == SYS_kill || number == SYS_tgkill ||
                    number == SYS_exit_group || number == SYS_exit))
        too_much("it makes system calls by number (syscall(2)) that others wait for");
    if (RUNNING && number == SYS_gettid)
        return VIRTUAL_PID + W->me->id;
    return syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

REPLACES(FILE *, popen, const char *command, const char *type)
{
    if (RUNNING)
        too_much("it starts another program (popen), and what runs there has no hooks");
    return popen(command, type);
}

REPLACES(int, daemon, int keep_directory, int keep_output)
{
    int fd;

    if (!RUNNING)
        return daemon(keep_directory, keep_output);
    if (do_fork(CALLER) > 0)
        process_end(0);
    process_me()->group = process_me()->session = process_me()->pid;
    if (!keep_directory && chdir("/") < 0)
        return -1;
    fd = keep_output ? -1 : open("/dev/null", O_RDWR);
    for (int i = 0; fd >= 0 && i < 3; i++)
        dup2(fd, i);
    if (fd > 2)
        close(fd);
    return 0;
}

/* The kernel's numbers are not those that the program sees. */
int pid_seen(int real)
{
    for (int i = 0; i < W->process_count; i++)
        if (W->processes[i].real == real)
            return W->processes[i].pid;
    return real;
}

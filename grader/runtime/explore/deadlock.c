/* deadlock.c - nobody can run: who waits for what, and who has it.
 *
 * A deadlock when somebody waits for a lock or for a pipe; a lost wake-up when all that is
 * missing is a notice (a signal, a condition, a post) that nobody will give. For a descriptor
 * the picture names it, and every process that still has the other end open: that is read in
 * /proc, where all processes of the schedule stand still.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/explore/driver.h"
#include "runtime/explore/io.h"
#include "runtime/explore/process.h"

/* A semaphore used as a lock: the last one that took it has not posted since, and is blocked
 * itself, elsewhere. */
bool held_semaphore(const struct task *t)
{
    const struct object *o = object_find((void *)t->op.obj);
    const struct task *h = o && o->owner >= 0 ? &W->tasks[o->owner] : NULL;

    return h && h != t && h->state == TASK_READY &&
           !(h->op.kind == OP_SEM_WAIT && h->op.obj == t->op.obj);
}

bool waits_for_lock(const struct task *t)
{
    switch (t->op.kind) {
    case OP_SEM_WAIT:
        return held_semaphore(t);
    case OP_LOCK:
    case OP_RDLOCK:
    case OP_WRLOCK:
    case OP_ONCE:
        return true;
    case OP_COND_WAKE: /* woken, but the mutex is not to be had */
        return t->notified || t->expired || t->spurious;
    default:
        return false;
    }
}

static bool waits_for_notice(const struct task *t)
{
    return (t->op.kind == OP_COND_WAKE && !waits_for_lock(t)) ||
           (t->op.kind == OP_SEM_WAIT && !held_semaphore(t)) || t->op.kind == OP_PAUSE ||
           t->op.kind == OP_SIGWAIT;
}

static void tell_readers(struct found *f, const struct object *o, int waiter)
{
    char name[32];

    for (int i = 0; i < W->task_count; i++) {
        const struct task *t = &W->tasks[i];

        for (int k = 0; k < t->held_count; k++)
            if (t->held[k].lock == o->addr)
                bug_stack(f, i, t->held[k].pc, t->held[k].node,
                          i == waiter ? "%s has held it itself, for reading, since here"
                          : t->state == TASK_DONE
                              ? "%s has held it for reading since here, and has ended"
                              : "%s has held it for reading since here",
                          task_name(i, name));
    }
}

/* Several may wait for one lock, or for one condition, whose last signal has no holder: -1. */
static bool is_told(const struct found *f, int holder, uint64_t lock)
{
    for (int i = 0; i < f->stack_count; i++)
        if (f->stacks[i].holder && f->stacks[i].task == holder && f->stacks[i].object == lock)
            return true;
    return false;
}

static void tell_holder(struct found *f, uint64_t addr, int waiter)
{
    const struct object *o = object_find((void *)addr);
    struct found_stack *s = NULL;
    char name[32];

    if (!o)
        return;
    if (is_told(f, o->owner, addr))
        return;
    if (o->owner == waiter)
        s = bug_stack(f, o->owner, o->owner_pc, o->owner_node,
                      o->by_wait ? "%s has held it since here, where the wait locked it again"
                                 : "%s has held it since here",
                      task_name(waiter, name));
    else if (o->owner >= 0)
        s = bug_stack(f, o->owner, o->owner_pc, o->owner_node, "%s has held it since here%s",
                      task_name(o->owner, name),
                      W->tasks[o->owner].state == TASK_DONE ? ", and has ended" : "");
    else if (o->count)
        tell_readers(f, o, waiter);
    if (!s)
        return;
    s->object = addr;
    s->holder = true;
    if (!waits_in_lock_cycle(f, o->owner) && o->type != PTHREAD_MUTEX_RECURSIVE)
        path_tell_left(f, &W->tasks[o->owner], addr);
}

/* Where the last signal went: to nobody, or to another one. */
static void tell_signal(struct found *f, const struct task *t)
{
    const struct object *o = object_find((void *)t->op.obj);
    struct found_stack *s;
    char name[32];

    if (!o || o->kind != OBJ_COND || !o->signalled || is_told(f, -1, o->addr))
        return;
    if (o->signal_to == -1)
        s = bug_stack(f, -1, o->signal_pc, o->signal_node,
                      "the last signal was sent here, when nobody was waiting");
    else if (o->signal_to == -2)
        s = bug_stack(f, -1, o->signal_pc, o->signal_node,
                      "the last broadcast was sent here, and woke all who waited then");
    else
        s = bug_stack(f, -1, o->signal_pc, o->signal_node,
                      "the last signal, sent here, woke %s", task_name(o->signal_to, name));
    if (s) {
        s->object = o->addr;
        s->holder = true;
    }
}

/* ---- descriptors ---- */

static void tell_stopped(struct found *f);

static bool wants_to_write(const struct task *t)
{
    return t->op.obj2 >> 32;
}

static int flags_of(int pid, const char *fd)
{
    char path[64], text[256], *p;
    ssize_t n;
    int info;

    snprintf(path, sizeof path, "/proc/%d/fdinfo/%.12s", pid, fd);
    info = open(path, O_RDONLY | O_CLOEXEC);
    n = info < 0 ? -1 : read(info, text, sizeof text - 1);
    if (info >= 0)
        close(info);
    if (n <= 0)
        return -1;
    text[n] = '\0';
    p = strstr(text, "flags:");
    return p ? (int)strtol(p + 6, NULL, 8) : -1;
}

/* Who has the pipe open, for writing (or reading). */
static void tell_ends(struct found *f, const struct process *p, uint64_t inode, bool writing)
{
    char path[64], link[64], wanted[64], name[32];
    DIR *d;

    snprintf(path, sizeof path, "/proc/%d/fd", p->real);
    snprintf(wanted, sizeof wanted, "pipe:[%llu]", (unsigned long long)inode);
    d = opendir(path);
    if (!d)
        return;
    for (struct dirent *e; (e = readdir(d));) {
        const int dir = dirfd(d);
        const ssize_t n = readlinkat(dir, e->d_name, link, sizeof link - 1);
        int mode;

        if (n <= 0)
            continue;
        link[n] = '\0';
        mode = flags_of(p->real, e->d_name) & O_ACCMODE;
        if (strcmp(link, wanted) == 0 &&
            (mode == O_RDWR || mode == (writing ? O_WRONLY : O_RDONLY)))
            bug_stack_of(f, &W->tasks[p->main], "%s still has its %s end open, descriptor %s",
                         task_name(p->main, name), writing ? "write" : "read", e->d_name);
    }
    closedir(d);
}

static void tell_channel(struct found *f, struct task *t, const char *who)
{
    const uint64_t kind = t->op.obj >> 48, number = t->op.obj & 0xffffffffffff;
    const bool writes = wants_to_write(t);

    if (kind == CHANNEL_MESSAGES)
        bug_stack_of(f, t, "%s waits for a message queue", who);
    else if (kind == CHANNEL_SEMAPHORES)
        bug_stack_of(f, t, "%s waits for a System V semaphore", who);
    else if (kind == CHANNEL_SOCKETS)
        bug_stack_of(f, t, "%s waits for its peer, socket %d", who, t->io_fd);
    else if (t->io_fd < 0)
        bug_stack_of(f, t, "%s waits for the other side to open a FIFO", who);
    else
        bug_stack_of(f, t, "%s waits to %s descriptor %d", who,
                     writes ? "write to" : "read from", t->io_fd);
    if (kind != CHANNEL_INODE)
        return;
    for (int i = 0; i < W->process_count; i++)
        if (W->processes[i].state == PROCESS_RUNS)
            tell_ends(f, &W->processes[i], file_number((uint32_t)number), !writes);
}

static void tell_child(struct found *f, struct task *t, const char *who)
{
    char name[32];

    for (int i = 0; i < W->process_count; i++) {
        const struct process *p = &W->processes[i];

        if (p->parent == t->process && p->state == PROCESS_RUNS &&
            (t->wait_pid <= 0 || p->pid == t->wait_pid)) {
            bug_stack_of(f, t, "%s waits for %s to end%s", who, task_name(p->main, name),
                         p->stopped ? ", which is stopped" : "");
            return;
        }
    }
    bug_stack_of(f, t, "%s waits for a child", who);
}

static void about(struct found_stack *s, uint64_t object)
{
    if (s)
        s->object = object;
}

static void tell_wait(struct found *f, struct task *t)
{
    char name[32], other[32];
    const char *who = task_name(t->id, name);

    switch (t->op.kind) {
    case OP_JOIN:
        bug_stack_of(f, t, "%s waits for %s to end", who, task_name((int)t->op.obj, other));
        return;
    case OP_COND_WAKE:
        if (waits_for_lock(t)) {
            about(bug_stack_of(f, t, "%s was woken and waits for the mutex", who), t->op.obj2);
            tell_holder(f, t->op.obj2, t->id);
        } else {
            bug_stack_of(f, t,
                         f->bug == BUG_LOST_WAKEUP
                             ? "%s waits for a condition that nobody will signal"
                             : "%s waits for a condition",
                         who);
            tell_signal(f, t);
        }
        return;
    case OP_SEM_WAIT:
        bug_stack_of(f, t,
                     f->bug == BUG_LOST_WAKEUP
                         ? "%s waits for a semaphore that nobody will post"
                         : "%s waits for a semaphore",
                     who);
        if (held_semaphore(t))
            tell_holder(f, t->op.obj, t->id);
        return;
    case OP_BARRIER_WAKE:
        bug_stack_of(f, t, "%s waits at a barrier for others to arrive", who);
        return;
    case OP_GATE:
        bug_stack_of(f, t, "%s waits at a gate of the test", who);
        return;
    case OP_WAIT:
        tell_child(f, t, who);
        return;
    case OP_IO:
        tell_channel(f, t, who);
        return;
    case OP_POLL:
        bug_stack_of(f, t, "%s waits for descriptors", who);
        return;
    case OP_SIGWAIT:
    case OP_PAUSE:
        bug_stack_of(f, t, "%s waits for a signal", who);
        return;
    default:
        about(bug_stack_of(f, t, "%s waits for a lock", who), t->op.obj);
        tell_holder(f, t->op.obj, t->id);
    }
}

/* Where the others are when a test fails: often that is the whole story. */
void tell_others(struct found *f)
{
    waits_collect(f);
    for (int i = 0; i < W->task_count; i++) {
        struct task *t = &W->tasks[i];

        if (t->state == TASK_READY && !t->mailman && t != W->me && t->op.pc &&
            f->stack_count < FOUND_STACKS - 4 && !task_enabled(t))
            tell_wait(f, t);
    }
    tell_stopped(f);
}

static void tell_stopped(struct found *f)
{
    char name[32];

    for (int i = 0; i < W->process_count; i++)
        if (W->processes[i].state == PROCESS_RUNS && W->processes[i].stopped)
            bug_stack(f, -1, 0, 0, "%s is stopped by %s", task_name(W->processes[i].main, name),
                      signal_name(W->processes[i].stop_signal));
}

/* ---- the finding ---- */

static bool is_stuck(const struct task *t)
{
    return t->state == TASK_READY && !t->mailman;
}

static struct found *begin(void)
{
    bool lock = false, notice = false;
    int n = 0;

    for (int i = 0; i < W->task_count; i++) {
        const struct task *t = &W->tasks[i];

        if (!is_stuck(t))
            continue;
        n++;
        lock |= waits_for_lock(t);
        notice |= waits_for_notice(t);
    }
    if (!lock && notice)
        return bug_begin(BUG_LOST_WAKEUP, "nothing will wake the waiting %s",
                         n == 1 ? "task" : "tasks");
    return bug_begin(BUG_DEADLOCK, "%s", "");
}

/* Who waits for somebody's lock is told first, then who waits for anything else, and who only
 * waits for another one's end last. */
static int rank_of(const struct found *f, const struct task *t)
{
    if (waits_in_cycle(f, t->id))
        return 0;
    if (waits_for_lock(t))
        return 1;
    return t->op.kind == OP_JOIN || t->op.kind == OP_WAIT ? 3 : 2;
}

void bug_deadlock(void)
{
    enum { RANKS = 4 };
    struct found *f = begin();

    waits_collect(f);
    if (f->bug == BUG_DEADLOCK)
        waits_message(f);
    for (int rank = 0; rank < RANKS; rank++)
        for (int i = 0; i < W->task_count; i++)
            if (is_stuck(&W->tasks[i]) && rank_of(f, &W->tasks[i]) == rank)
                tell_wait(f, &W->tasks[i]);
    tell_stopped(f);
    for (int i = 0; i < W->task_count; i++)
        if (is_stuck(&W->tasks[i]))
            trace_stuck(&W->tasks[i]);
    bug_done(f);
}

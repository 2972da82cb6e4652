/* waits.c - who waits for whom when nobody can run, and what kind of a standstill that is.
 *
 * The wait-for graph of Coffman, Elphick and Shoshani, "System Deadlocks" (Computing Surveys,
 * 1971): an arrow from who waits to who has what it waits for. Who waits for a notice, a
 * descriptor or a barrier waits for nobody in particular and has no arrow.
 */
#include <stdio.h>

#include "runtime/explore/driver.h"
#include "runtime/explore/process.h"

static void add(struct found *f, int waiter, int holder, uint64_t object)
{
    if (holder >= 0 && f->wait_count < FOUND_WAITS)
        f->waits[f->wait_count++] = (struct wait_edge){waiter, holder, object};
}

static void add_holder(struct found *f, const struct task *t, uint64_t object)
{
    const struct object *o = object_find((void *)object);

    if (o)
        add(f, t->id, o->owner, object);
}

static void add_child(struct found *f, const struct task *t)
{
    for (int i = 0; i < W->process_count; i++) {
        const struct process *p = &W->processes[i];

        if (p->parent == t->process && p->state == PROCESS_RUNS &&
            (t->wait_pid <= 0 || p->pid == t->wait_pid)) {
            add(f, t->id, p->main, 0);
            return;
        }
    }
}

static void collect(struct found *f, const struct task *t)
{
    switch (t->op.kind) {
    case OP_JOIN:
        add(f, t->id, (int)t->op.obj, 0);
        return;
    case OP_WAIT:
        add_child(f, t);
        return;
    case OP_COND_WAKE:
        if (waits_for_lock(t))
            add_holder(f, t, t->op.obj2);
        return;
    case OP_SEM_WAIT:
        if (held_semaphore(t))
            add_holder(f, t, t->op.obj);
        return;
    default:
        if (waits_for_lock(t))
            add_holder(f, t, t->op.obj);
    }
}

void waits_collect(struct found *f)
{
    f->wait_count = 0;
    for (int i = 0; i < W->task_count; i++) {
        struct task *t = &W->tasks[i];

        if (t->state == TASK_READY && !t->mailman && t->op.pc && !task_enabled(t))
            collect(f, t);
    }
}

static const struct wait_edge *edge_of(const struct found *f, int waiter)
{
    for (int i = 0; i < f->wait_count; i++)
        if (f->waits[i].waiter == waiter)
            return &f->waits[i];
    return NULL;
}

/* `locks`: only arrows that are a lock. */
static bool in_cycle(const struct found *f, int task, bool locks)
{
    const struct wait_edge *e = edge_of(f, task);

    if (!e || e->holder == task)
        return false;
    for (int k = 0; e && k < FOUND_WAITS; k++) {
        if (locks && !e->object)
            return false;
        if (e->holder == task)
            return true;
        e = edge_of(f, e->holder);
    }
    return false;
}

bool waits_in_cycle(const struct found *f, int task)
{
    return in_cycle(f, task, false);
}

bool waits_in_lock_cycle(const struct found *f, int task)
{
    return in_cycle(f, task, true);
}

/* "threads", "processes", or "tasks" where both are among them. */
static const char *kind_of_cycle(const struct found *f, int *count)
{
    bool threads = false, processes = false;
    int first = -1;

    *count = 0;
    for (int i = 0; i < W->task_count; i++) {
        if (!waits_in_cycle(f, i))
            continue;
        ++*count;
        if (first >= 0 && W->tasks[i].process == W->tasks[first].process)
            threads = true;
        else if (first >= 0)
            processes = true;
        else
            first = i;
    }
    return threads && processes ? "tasks" : processes ? "processes" : "threads";
}

/* The lock that somebody waits for outside of any cycle; NULL: there is none. */
static const struct wait_edge *held_lock(const struct found *f)
{
    for (int i = 0; i < f->wait_count; i++)
        if (f->waits[i].object)
            return &f->waits[i];
    return NULL;
}

static int stuck_tasks(const struct task **ret)
{
    int n = 0;

    for (int i = W->task_count - 1; i >= 0; i--)
        if (W->tasks[i].state == TASK_READY && !W->tasks[i].mailman) {
            *ret = &W->tasks[i];
            n++;
        }
    return n;
}

/* composed.c of the catalogue lists these sentences for translators. */
void waits_message(struct found *f)
{
    const struct task *one = NULL;
    const struct wait_edge *e;
    char name[32];
    int n;
    const char *kind = kind_of_cycle(f, &n);

    if (n > 0) {
        snprintf(f->message, sizeof f->message, "%d %s wait for each other", n, kind);
    } else if ((e = held_lock(f))) {
        snprintf(f->message, sizeof f->message,
                 e->holder == e->waiter ? "%s waits for a lock that it holds itself"
                 : W->tasks[e->holder].state == TASK_DONE
                     ? "%s waits for a lock whose holder ended without unlocking it"
                     : "%s waits for a lock whose holder waits forever",
                 task_name(e->waiter, name));
    } else {
        n = stuck_tasks(&one);
        if (n == 1)
            snprintf(f->message, sizeof f->message,
                     "%s waits for something that can never happen", task_name(one->id, name));
        else
            snprintf(f->message, sizeof f->message, "%d tasks wait, and nothing can wake them",
                     n);
    }
}

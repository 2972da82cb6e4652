/* sync_cond.c - condition variables, barriers, once.
 *
 * A wait is two operations: it gives the mutex back and joins the waiters in one step, and
 * later, when it was signalled (or its time is over, or for no reason) and the mutex is free,
 * returns with the mutex. A signal without a waiter is spent: that is remembered for the report
 * of a lost wake-up.
 * Which waiter a signal wakes is unspecified: the first in most schedules, any in some.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "runtime/explore/sync.h"

static struct object *cond_at(pthread_cond_t *c, uintptr_t pc)
{
    struct object *o = object_find(c);

    if (o && o->kind == OBJ_COND) {
        same_process(o, "a condition variable", pc);
        return o;
    }
    o = object_at(c, OBJ_COND);
    /* __wrefs: bit 0, process-shared; bit 1, CLOCK_MONOTONIC (nptl/pthread_cond_common.c). */
    o->realtime = !(c->__data.__wrefs & 2);
    o->shared = c->__data.__wrefs & 1;
    return o;
}

static void leave(struct object *c, struct task *t)
{
    for (struct task **p = &c->waiters; *p; p = &(*p)->next_waiter)
        if (*p == t) {
            *p = t->next_waiter;
            return;
        }
}

static int wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until, uintptr_t pc)
{
    struct op op = {.kind = OP_COND_WAIT, .effect = EFFECT_WRITE, .mask = 0xff};
    struct object *c, *m = mutex_at(mutex, pc);
    struct task *t = W->me, **last;
    uint32_t depth;
    bool woken;

    cancel_point();
    op.pc = program_pc(pc);
    op.obj = key_of((uintptr_t)cond);
    op.obj2 = key_of((uintptr_t)mutex);
    step_op(&op);
    m = mutex_at(mutex, pc);
    c = cond_at(cond, pc);
    if (m->owner != t->id) {
        if (m->type == PTHREAD_MUTEX_ERRORCHECK)
            return EPERM;
        misuse(m, pc, "waits for a condition without holding the mutex");
    }
    depth = m->count;
    mutex_given_back(m);
    for (last = &c->waiters; *last; last = &(*last)->next_waiter)
        ;
    *last = t;
    t->next_waiter = NULL;
    step_until(OP_COND_WAKE, (uint64_t)cond, (uint64_t)mutex, until, pc);
    c = cond_at(cond, pc);
    woken = t->notified || t->spurious;
    if (!t->notified)
        leave(c, t);
    m = mutex_at(mutex, pc);
    mutex_taken(m, pc);
    m->count = depth;
    if (woken && t->notified)
        clock_acquire(&c->clock);
    cancel_point(); /* with the mutex, as POSIX says */
    return woken ? 0 : ETIMEDOUT;
}

REPLACES(int, pthread_cond_wait, pthread_cond_t *c, pthread_mutex_t *m)
{
    return RUNNING ? wait_until(c, m, NEVER, CALLER) : pthread_cond_wait(c, m);
}

REPLACES(int, pthread_cond_timedwait, pthread_cond_t *c, pthread_mutex_t *m,
         const struct timespec *t)
{
    if (!RUNNING)
        return pthread_cond_timedwait(c, m, t);
    if (t->tv_nsec < 0 || t->tv_nsec >= 1000000000)
        return EINVAL;
    return wait_until(
        c, m, deadline_of(cond_at(c, CALLER)->realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC, t),
        CALLER);
}

REPLACES(int, pthread_cond_clockwait, pthread_cond_t *c, pthread_mutex_t *m, clockid_t clock,
         const struct timespec *t)
{
    if (!RUNNING)
        return pthread_cond_clockwait(c, m, clock, t);
    if (t->tv_nsec < 0 || t->tv_nsec >= 1000000000 ||
        (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC))
        return EINVAL;
    return wait_until(c, m, deadline_of(clock, t), CALLER);
}

static void wake(struct object *c, struct task *t)
{
    leave(c, t);
    t->notified = true;
    t->enabled_by = (uint32_t)W->points;
    t->expired = false;
    changed();
}

static struct task *nth_waiter(struct object *c, int n)
{
    struct task *t = c->waiters;

    while (n-- > 0 && t)
        t = t->next_waiter;
    return t;
}

static struct task *chosen_waiter(struct object *c)
{
    int n = 0, i = 0;

    for (struct task *t = c->waiters; t; t = t->next_waiter)
        n++;
    if (n < 2)
        return c->waiters;
    if (W->replaying)
        i = planned('s');
    else if (W->shuffle_signals)
        i = (int)strategy_below(&W->dice, (uint32_t)n);
    if (i <= 0 || i >= n)
        return c->waiters;
    take('s', i);
    return nth_waiter(c, i);
}

REPLACES(int, pthread_cond_signal, pthread_cond_t *cond)
{
    struct object *c;

    if (!RUNNING)
        return pthread_cond_signal(cond);
    step(OP_COND_SIGNAL, (uint64_t)cond, CALLER);
    c = cond_at(cond, CALLER);
    clock_release_join(&c->clock);
    if (c->waiters) {
        wake(c, chosen_waiter(c));
    } else {
        c->spent++;
        c->spent_pc = program_pc(CALLER);
        c->spent_node = task_node(W->me);
    }
    return 0;
}

REPLACES(int, pthread_cond_broadcast, pthread_cond_t *cond)
{
    struct object *c;

    if (!RUNNING)
        return pthread_cond_broadcast(cond);
    step(OP_COND_BROADCAST, (uint64_t)cond, CALLER);
    c = cond_at(cond, CALLER);
    clock_release_join(&c->clock);
    if (!c->waiters) {
        c->spent++;
        c->spent_pc = program_pc(CALLER);
        c->spent_node = task_node(W->me);
    }
    while (c->waiters)
        wake(c, c->waiters);
    return 0;
}

REPLACES(int, pthread_cond_init, pthread_cond_t *c, const pthread_condattr_t *a)
{
    int rc;

    if (!RUNNING)
        return pthread_cond_init(c, a);
    step(OP_INIT, (uint64_t)c, CALLER);
    access_range((uintptr_t)c, sizeof *c, true, CALLER);
    object_forget((uintptr_t)c, sizeof *c);
    rc = pthread_cond_init(c, a);
    if (rc == 0)
        cond_at(c, CALLER)->used_by = 0;
    return rc;
}

REPLACES(int, pthread_cond_destroy, pthread_cond_t *cond)
{
    struct object *c;

    if (!RUNNING)
        return pthread_cond_destroy(cond);
    step(OP_DESTROY, (uint64_t)cond, CALLER);
    c = cond_at(cond, CALLER);
    if (c->waiters)
        misuse(c, CALLER, "destroys a condition variable that a task waits for");
    access_range((uintptr_t)cond, sizeof *cond, true, CALLER);
    object_forget((uintptr_t)cond, sizeof *cond);
    return 0; /* the real one would wait for waiters it has never seen */
}

/* ---- barriers -------------------------------------------------------------------------------
 */

REPLACES(int, pthread_barrier_init, pthread_barrier_t *b, const pthread_barrierattr_t *a,
         unsigned count)
{
    if (!RUNNING)
        return pthread_barrier_init(b, a, count);
    if (count == 0)
        return EINVAL;
    step(OP_INIT, (uint64_t)b, CALLER);
    object_forget((uintptr_t)b, sizeof *b);
    object_at(b, OBJ_BARRIER)->limit = count;
    if (a) {
        int shared = PTHREAD_PROCESS_PRIVATE;

        pthread_barrierattr_getpshared(a, &shared);
        object_at(b, OBJ_BARRIER)->shared = shared == PTHREAD_PROCESS_SHARED;
    }
    return pthread_barrier_init(b, a, count);
}

REPLACES(int, pthread_barrier_wait, pthread_barrier_t *barrier)
{
    struct object *b;
    struct task *t = W ? W->me : NULL;

    if (!RUNNING)
        return pthread_barrier_wait(barrier);
    step(OP_BARRIER, (uint64_t)barrier, CALLER);
    b = object_at(barrier, OBJ_BARRIER);
    if (b->limit == 0)
        misuse(b, CALLER, "waits at a barrier that was never initialised");
    same_process(b, "a barrier", CALLER);
    clock_release_join(&b->clock);
    if (++b->count == b->limit) {
        /* What they all have seen is kept for those who leave later than the next round. */
        vclock_copy(&b->readers_clock, &b->clock);
        b->count = 0;
        clock_acquire(&b->readers_clock);
        while (b->waiters) {
            vclock_join(&b->waiters->clock, &b->readers_clock);
            wake(b, b->waiters);
        }
        return PTHREAD_BARRIER_SERIAL_THREAD;
    }
    t->next_waiter = b->waiters;
    b->waiters = t;
    t->notified = false;
    step(OP_BARRIER_WAKE, (uint64_t)barrier, CALLER);
    return 0;
}

REPLACES(int, pthread_barrier_destroy, pthread_barrier_t *barrier)
{
    struct object *b;

    if (!RUNNING)
        return pthread_barrier_destroy(barrier);
    step(OP_DESTROY, (uint64_t)barrier, CALLER);
    b = object_at(barrier, OBJ_BARRIER);
    if (b->waiters)
        misuse(b, CALLER, "destroys a barrier that a task waits at");
    object_forget((uintptr_t)barrier, sizeof *barrier);
    return 0;
}

/* ---- once
 * ------------------------------------------------------------------------------------- */

REPLACES(int, pthread_once, pthread_once_t *once, void (*init)(void))
{
    struct object *o;

    if (!RUNNING)
        return pthread_once(once, init);
    object_at(once, OBJ_ONCE);
    step(OP_ONCE, (uint64_t)once, CALLER);
    o = object_at(once, OBJ_ONCE);
    if (!o->limit) {
        o->owner = W->me->id;
        o->owner_pc = program_pc(CALLER);
        o->owner_node = task_node(W->me);
        init();
        step(OP_ONCE_DONE, (uint64_t)once, CALLER);
        o->owner = -1;
        o->released_at = (uint32_t)W->points;
        o->limit = 1;
        clock_release(&o->clock);
        changed();
    }
    clock_acquire(&o->clock);
    return 0;
}

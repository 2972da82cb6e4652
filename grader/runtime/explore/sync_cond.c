/* sync_cond.c - condition variables, barriers, once.
 *
 * A wait is two operations: it gives the mutex back and joins the waiters in one step, and
 * later, when it was signalled (or its time is over, or for no reason) and the mutex is free,
 * returns with the mutex. A signal without a waiter is spent: that is remembered for the report
 * of a lost wake-up.
 * Which waiter a signal wakes is unspecified: the first in most schedules, any in some.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "runtime/explore/sync.h"

static bool cond_is_static(const void *p)
{
    static const pthread_cond_t zero = PTHREAD_COND_INITIALIZER;

    return memcmp(p, &zero, sizeof zero) == 0;
}

static const struct birth conditions = {.kind = OBJ_COND,
                                        .what = "a condition variable",
                                        .size = sizeof(pthread_cond_t),
                                        .stamp =
                                            offsetof(pthread_cond_t, __data.__g1_orig_size),
                                        .is_static = cond_is_static};
static const struct birth barriers = {
    .kind = OBJ_BARRIER, .what = "a barrier", .size = sizeof(pthread_barrier_t)};
static const struct birth once_birth = {
    .kind = OBJ_ONCE, .what = "a pthread_once_t", .size = sizeof(pthread_once_t)};

/* __wrefs: bit 0, process-shared; bit 1, CLOCK_MONOTONIC (nptl/pthread_cond_common.c). */
static void read_type(struct object *o, const pthread_cond_t *c)
{
    o->realtime = !(c->__data.__wrefs & 2);
    o->shared = c->__data.__wrefs & 1;
    o->typed = true;
}

static struct object *cond_at(pthread_cond_t *c, uintptr_t pc)
{
    struct object *o = object_use(c, &conditions, pc);

    if (!o->typed)
        read_type(o, c);
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

static void wake(struct object *c, struct task *t)
{
    leave(c, t);
    vclock_join(&t->clock, &c->clock); /* what was done before the signal */
    t->notified = true;
    t->notified_behind |= t->handlers > 0; /* it waits there where the handler came: signal.c */
    t->enabled_by = (uint32_t)W->points;
    t->expired = false;
    changed();
}

/* POSIX, pthread_cond_wait: who is unblocked because it is cancelled "shall not consume any
 * condition signal that may be directed concurrently at the condition variable if there are
 * other threads blocked". */
static void hand_on(const struct task *t)
{
    struct object *c = object_find((const void *)t->op.obj);

    if (t->notified && t->cancel_pending && !t->cancel_disabled && !t->exiting && c &&
        c->kind == OBJ_COND && !c->destroyed && c->waiters)
        wake(c, c->waiters);
}

/* It is no waiter any more, even if the mutex is not free yet: a signal that is sent meanwhile
 * wakes another waiter, or none. */
void cond_give_up(struct task *t)
{
    struct object *c = object_find((const void *)t->op.obj);

    if (!c || c->kind != OBJ_COND)
        return;
    leave(c, t);
    t->gave_up = true;
}

static int wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until, uintptr_t pc)
{
    struct op op = {.kind = OP_COND_WAIT, .effect = EFFECT_WRITE, .mask = 0xff};
    struct object *c, *m = mutex_at(mutex, pc);
    struct task *t = W->me, **last;
    bool woken;

    t->stray.pc = 0;
    op.pc = program_pc(pc);
    op.obj = key_of((uintptr_t)cond);
    op.obj2 = key_of((uintptr_t)mutex);
    step_op(&op);
    m = mutex_at(mutex, pc);
    c = cond_at(cond, pc);
    if (m->owner != t->id) {
        if (m->type == PTHREAD_MUTEX_ERRORCHECK || m->type == PTHREAD_MUTEX_RECURSIVE)
            return call_fails(EPERM, pc);
        misuse(m, pc, "waits for a condition without holding the mutex");
    }
    if (c->waiters && c->mutex != m->addr)
        misuse(c, pc, "waits for a condition with another mutex than those who wait already");
    c->mutex = m->addr;
    /* Of a recursive mutex one level is given back, as glibc does it. */
    if (m->count > 1)
        m->count--;
    else
        mutex_given_back(m);
    for (last = &c->waiters; *last; last = &(*last)->next_waiter)
        ;
    *last = t;
    t->next_waiter = NULL;
    t->wait_number = ++W->waits;
    if (W->waits > W->waits_max)
        W->waits_max = W->waits;
    step_until(OP_COND_WAKE, (uint64_t)cond, (uint64_t)mutex, until, pc);
    woken = t->notified || t->spurious;
    /* Who was woken has nothing to do with the condition any more: it may have been destroyed.
     */
    if (!t->notified && !t->gave_up)
        leave(cond_at(cond, pc), t);
    m = mutex_at(mutex, pc);
    if (m->owner == t->id)
        m->count++;
    else
        mutex_taken(m, pc);
    hand_on(t);
    cancel_point(); /* with the mutex, as POSIX says */
    path_woken(t->spurious && !t->notified, program_pc(pc));
    return call_fails(woken ? 0 : ETIMEDOUT, pc);
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
        return call_fails_time(t->tv_nsec, CALLER);
    return wait_until(
        c, m, deadline_of(cond_at(c, CALLER)->realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC, t),
        CALLER);
}

REPLACES(int, pthread_cond_clockwait, pthread_cond_t *c, pthread_mutex_t *m, clockid_t clock,
         const struct timespec *t)
{
    if (!RUNNING)
        return pthread_cond_clockwait(c, m, clock, t);
    if (t->tv_nsec < 0 || t->tv_nsec >= 1000000000)
        return call_fails_time(t->tv_nsec, CALLER);
    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
        return call_fails(EINVAL, CALLER);
    return wait_until(c, m, deadline_of(clock, t), CALLER);
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
    else if (W->odd.newest)
        i = n - 1;
    else if (W->shuffle_signals)
        i = (int)strategy_below(&W->dice, (uint32_t)n);
    if (i <= 0 || i >= n)
        return c->waiters;
    take('s', i);
    return nth_waiter(c, i);
}

/* For the report of a lost wake-up: where the last signal went. */
static void note_signal(struct object *c, int to, uintptr_t pc)
{
    c->signalled = true;
    c->signal_pc = program_pc(pc);
    c->signal_node = task_node(W->me);
    c->signal_by = W->me->id;
    c->signal_to = to;
}

REPLACES(int, pthread_cond_signal, pthread_cond_t *cond)
{
    struct object *c;

    if (!RUNNING)
        return pthread_cond_signal(cond);
    step(OP_COND_SIGNAL, (uint64_t)cond, CALLER);
    c = cond_at(cond, CALLER);
    clock_release_join(&c->clock);
    note_signal(c, -1, CALLER);
    if (c->waiters) {
        struct task *t = chosen_waiter(c);

        c->signal_to = t->id;
        wake(c, t);
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
    note_signal(c, c->waiters ? -2 : -1, CALLER);
    while (c->waiters)
        wake(c, c->waiters);
    return 0;
}

REPLACES(int, pthread_cond_init, pthread_cond_t *c, const pthread_condattr_t *a)
{
    const struct object *o;
    int rc;

    if (!RUNNING) {
        object_born_before(c);
        return pthread_cond_init(c, a);
    }
    step(OP_INIT, (uint64_t)c, CALLER);
    access_range((uintptr_t)c, sizeof *c, true, CALLER);
    o = object_find(c);
    if (o && o->kind == OBJ_COND && o->waiters && object_alive(c, &conditions))
        misuse((struct object *)o, CALLER,
               "initialises a condition variable that a task waits for");
    rc = pthread_cond_init(c, a);
    if (rc == 0)
        read_type(object_born(c, &conditions), c);
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
    object_destroyed(cond, &conditions, c);
    changed();
    return 0; /* the real one would wait for waiters it has never seen */
}

/* ---- barriers -------------------------------------------------------------------------------
 */

REPLACES(int, pthread_barrier_init, pthread_barrier_t *b, const pthread_barrierattr_t *a,
         unsigned count)
{
    const struct object *old;
    struct object *o;

    if (!RUNNING) {
        object_born_before(b);
        return pthread_barrier_init(b, a, count);
    }
    if (count == 0)
        return EINVAL;
    step(OP_INIT, (uint64_t)b, CALLER);
    old = object_find(b);
    if (old && old->kind == OBJ_BARRIER && !old->destroyed && old->waiters)
        misuse((struct object *)old, CALLER, "initialises a barrier that a task waits at");
    o = object_born(b, &barriers);
    o->limit = count;
    if (a) {
        int shared = PTHREAD_PROCESS_PRIVATE;

        pthread_barrierattr_getpshared(a, &shared);
        o->shared = shared == PTHREAD_PROCESS_SHARED;
    }
    return pthread_barrier_init(b, a, count);
}

/* Of one that was made before main() the count is where glibc keeps it (nptl, pthread_barrier):
 * the third word. */
static struct object *barrier_at(pthread_barrier_t *b, uintptr_t pc)
{
    struct object *o = object_use(b, &barriers, pc);

    if (o->limit == 0)
        o->limit = ((const unsigned *)b)[2];
    return o;
}

REPLACES(int, pthread_barrier_wait, pthread_barrier_t *barrier)
{
    struct object *b;
    struct task *t = W ? W->me : NULL;

    if (!RUNNING)
        return pthread_barrier_wait(barrier);
    step(OP_BARRIER, (uint64_t)barrier, CALLER);
    b = barrier_at(barrier, CALLER);
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
    b = barrier_at(barrier, CALLER);
    if (b->waiters)
        misuse(b, CALLER, "destroys a barrier that a task waits at");
    object_destroyed(barrier, &barriers, b);
    changed();
    return 0;
}

/* ---- once
 * ------------------------------------------------------------------------------------- */

static struct object *once_at(pthread_once_t *once, uintptr_t pc)
{
    struct object *o = object_find(once);

    /* The word itself says what it is: 0, as PTHREAD_ONCE_INIT has it, or 2 when it is done. */
    if (!o || o->kind != OBJ_ONCE || (o->limit && *once == PTHREAD_ONCE_INIT))
        o = object_born(once, &once_birth);
    if (*once == 2)
        o->limit = 1;
    return object_use(once, &once_birth, pc);
}

/* The routine was cancelled: as if it had never been called (pthread_once, POSIX.1-2017). */
static void once_never(struct task *t, struct once_call *call)
{
    struct object *o = call->object;

    t->once = call->outer;
    o->owner = -1;
    o->released_at = (uint32_t)W->points;
    clock_release(&o->clock);
    changed();
}

void once_unwind(struct task *t, const void *next)
{
    while (t->once && t->once->cleanups == next)
        once_never(t, t->once);
}

REPLACES(int, pthread_once, pthread_once_t *once, void (*init)(void))
{
    struct object *o;
    struct task *t;

    if (!RUNNING)
        return pthread_once(once, init);
    t = W->me;
    once_at(once, CALLER);
    step(OP_ONCE, (uint64_t)once, CALLER);
    o = once_at(once, CALLER);
    if (!o->limit) {
        struct once_call call = {.object = o, .cleanups = t->cleanups, .outer = t->once};

        o->owner = t->id;
        o->owner_pc = program_pc(CALLER);
        o->owner_node = task_node(t);
        clock_acquire(&o->clock);
        t->once = &call;
        init();
        t->once = call.outer;
        step(OP_ONCE_DONE, (uint64_t)once, CALLER);
        o->owner = -1;
        o->released_at = (uint32_t)W->points;
        o->limit = 1;
        *once = 2;
        clock_release(&o->clock);
        changed();
    }
    clock_acquire(&o->clock);
    return 0;
}

/* sync_sem.c - POSIX semaphores (unnamed, named) and read-write locks.
 *
 * A semaphore is a queue of tokens, each with the clock of the post that made it; a wait takes
 * the oldest. So a wait is ordered after a post only if it needed one: with other tokens left
 * it could have gone before, and to say otherwise would hide races.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <semaphore.h>
#include <stdarg.h>
#include <string.h>

#include "runtime/explore/sync.h"

struct token_clock {
    struct token_clock *next;
    struct vclock clock;
    uint32_t made_at; /* event number of the post; 0: there from the beginning */
};

uint32_t sem_after(const struct object *sem)
{
    return sem->tokens ? sem->tokens->made_at : 0;
}

static void push(struct object *s, bool from_me)
{
    struct token_clock *k = scratch_alloc(sizeof *k);

    if (from_me) {
        clock_release(&k->clock);
        k->made_at = (uint32_t)W->points;
    }
    if (s->tokens)
        s->tokens_end->next = k;
    else
        s->tokens = k;
    s->tokens_end = k;
    s->count++;
}

/* After a fork a semaphore in private memory is two. */
void sem_fork(struct object *copy, const struct object *of)
{
    copy->tokens = copy->tokens_end = NULL;
    for (const struct token_clock *k = of->tokens; k; k = k->next) {
        struct token_clock *mine = scratch_alloc(sizeof *mine);

        vclock_copy(&mine->clock, &k->clock);
        mine->made_at = k->made_at;
        if (copy->tokens)
            copy->tokens_end->next = mine;
        else
            copy->tokens = mine;
        copy->tokens_end = mine;
    }
}

static void pop(struct object *s)
{
    clock_acquire(&s->tokens->clock);
    s->tokens = s->tokens->next;
    s->count--;
}

/* Many initial tokens need no clock each: they are made when first needed. */
static struct object *sem_model(sem_t *sem, uintptr_t pc)
{
    struct object *o = object_find(sem);
    int value = 0;

    if (o && o->kind == OBJ_SEM) {
        if (o->destroyed)
            misuse(o, pc, "uses a semaphore that has been destroyed");
        same_process(o, "a semaphore", pc);
        return o;
    }
    if (sem_getvalue(sem, &value) < 0 || value < 0 || value > 1 << 20)
        misuse(NULL, pc, "uses a semaphore that was never initialised");
    o = object_at(sem, OBJ_SEM);
    o->shared = true; /* a named one; sem_init() knows better */
    for (int i = 0; i < value; i++)
        push(o, false);
    return o;
}

/* A named one that was just made: its first value comes after what its maker did before. */
void sem_made(sem_t *sem)
{
    struct object *o;
    int value = 0;

    sem_getvalue(sem, &value);
    o = object_at(sem, OBJ_SEM);
    o->shared = true;
    o->count = 0;
    o->tokens = o->tokens_end = NULL;
    for (int i = 0; i < value && i < 1 << 16; i++)
        push(o, true);
}

REPLACES(int, sem_init, sem_t *sem, int shared, unsigned value)
{
    if (!RUNNING)
        return sem_init(sem, shared, value);
    if (value > SEM_VALUE_MAX) {
        errno = EINVAL;
        return -1;
    }
    step(OP_INIT, (uint64_t)sem, CALLER);
    object_forget((uintptr_t)sem, sizeof *sem);
    sem_init(sem, shared, value);
    sem_model(sem, CALLER)->shared = shared;
    return 0;
}

REPLACES(int, sem_destroy, sem_t *sem)
{
    struct object *o;

    if (!RUNNING)
        return sem_destroy(sem);
    step(OP_DESTROY, (uint64_t)sem, CALLER);
    o = sem_model(sem, CALLER);
    for (int i = 0; i < W->task_count; i++)
        if (W->tasks[i].state == TASK_READY && W->tasks[i].op.kind == OP_SEM_WAIT &&
            W->tasks[i].op.obj == key_of((uintptr_t)sem))
            misuse(o, CALLER, "destroys a semaphore that a task waits for");
    o->destroyed = true;
    return 0;
}

static int sem_fails(int err)
{
    errno = err;
    return -1;
}

static int wait_until(sem_t *sem, int64_t until, uintptr_t pc)
{
    struct object *o;
    const struct task *t = W->me;

    sem_model(sem, pc);
    cancel_point();
    step_until(OP_SEM_WAIT, (uint64_t)sem, 0, until, pc);
    cancel_point();
    o = sem_model(sem, pc);
    if (o->count == 0)
        return sem_fails(t->expired ? ETIMEDOUT : EINTR);
    pop(o);
    o->owner = t->id;
    o->owner_pc = program_pc(pc);
    o->owner_node = task_node(t);
    changed();
    return 0;
}

REPLACES(int, sem_wait, sem_t *sem)
{
    return RUNNING ? wait_until(sem, NEVER, CALLER) : sem_wait(sem);
}

static bool bad_time(const struct timespec *t)
{
    return t->tv_nsec < 0 || t->tv_nsec >= 1000000000;
}

REPLACES(int, sem_timedwait, sem_t *sem, const struct timespec *t)
{
    if (!RUNNING)
        return sem_timedwait(sem, t);
    if (bad_time(t) && sem_model(sem, CALLER)->count == 0)
        return sem_fails(EINVAL);
    return wait_until(sem, deadline_of(CLOCK_REALTIME, t), CALLER);
}

REPLACES(int, sem_clockwait, sem_t *sem, clockid_t clock, const struct timespec *t)
{
    if (!RUNNING)
        return sem_clockwait(sem, clock, t);
    if (bad_time(t) || (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC))
        return sem_fails(EINVAL);
    return wait_until(sem, deadline_of(clock, t), CALLER);
}

REPLACES(int, sem_trywait, sem_t *sem)
{
    struct object *o;

    if (!RUNNING)
        return sem_trywait(sem);
    step(OP_SEM_TRY, (uint64_t)sem, CALLER);
    o = sem_model(sem, CALLER);
    if (o->count == 0) {
        look(CALLER ^ (uint64_t)sem);
        return sem_fails(EAGAIN);
    }
    pop(o);
    changed();
    return 0;
}

REPLACES(int, sem_post, sem_t *sem)
{
    if (!RUNNING)
        return sem_post(sem);
    sem_model(sem, CALLER);
    step(OP_SEM_POST, (uint64_t)sem, CALLER);
    push(sem_model(sem, CALLER), true);
    sem_model(sem, CALLER)->owner = -1;
    changed();
    return 0;
}

REPLACES(int, sem_getvalue, sem_t *sem, int *value)
{
    if (!RUNNING)
        return sem_getvalue(sem, value);
    step(OP_SEM_VALUE, (uint64_t)sem, CALLER);
    *value = (int)sem_model(sem, CALLER)->count;
    look(CALLER ^ (uint64_t)sem ^ (uint64_t)*value << 32);
    return 0;
}

/* ---- read-write locks
 * --------------------------------------------------------------------------- Readers go first,
 * as glibc's default kind has it. owner: the writer; count: readers. */

static struct object *rw_at(pthread_rwlock_t *l)
{
    return object_at(l, OBJ_RWLOCK);
}

static bool holds(const struct task *t, uint64_t addr)
{
    for (int i = 0; i < t->held_count; i++)
        if (t->held[i] == addr)
            return true;
    return false;
}

static int read_until(pthread_rwlock_t *l, int64_t until, uintptr_t pc)
{
    struct object *o = rw_at(l);

    if (o->owner == W->me->id)
        return EDEADLK;
    step_until(OP_RDLOCK, (uint64_t)l, 0, until, pc);
    o = rw_at(l);
    if (o->owner >= 0)
        return ETIMEDOUT;
    o->count++;
    o->owner_pc = program_pc(pc);
    o->owner_node = task_node(W->me);
    clock_acquire(&o->clock);
    held_push(o->addr, pc);
    changed();
    return 0;
}

static int write_until(pthread_rwlock_t *l, int64_t until, uintptr_t pc)
{
    struct object *o = rw_at(l);

    if (o->owner == W->me->id)
        return EDEADLK;
    step_until(OP_WRLOCK, (uint64_t)l, 0, until, pc);
    o = rw_at(l);
    if (o->owner >= 0 || o->count)
        return ETIMEDOUT;
    mutex_taken(o, pc);
    o->count = 0;
    clock_acquire(&o->readers_clock);
    return 0;
}

REPLACES(int, pthread_rwlock_init, pthread_rwlock_t *l, const pthread_rwlockattr_t *a)
{
    if (!RUNNING)
        return pthread_rwlock_init(l, a);
    step(OP_INIT, (uint64_t)l, CALLER);
    object_forget((uintptr_t)l, sizeof *l);
    return pthread_rwlock_init(l, a);
}

REPLACES(int, pthread_rwlock_destroy, pthread_rwlock_t *l)
{
    struct object *o;

    if (!RUNNING)
        return pthread_rwlock_destroy(l);
    step(OP_DESTROY, (uint64_t)l, CALLER);
    o = rw_at(l);
    if (o->owner >= 0 || o->count)
        misuse(o, CALLER, "destroys a read-write lock that is held");
    object_forget((uintptr_t)l, sizeof *l);
    return 0;
}

REPLACES(int, pthread_rwlock_rdlock, pthread_rwlock_t *l)
{
    return RUNNING ? read_until(l, NEVER, CALLER) : pthread_rwlock_rdlock(l);
}

REPLACES(int, pthread_rwlock_wrlock, pthread_rwlock_t *l)
{
    return RUNNING ? write_until(l, NEVER, CALLER) : pthread_rwlock_wrlock(l);
}

REPLACES(int, pthread_rwlock_timedrdlock, pthread_rwlock_t *l, const struct timespec *t)
{
    if (!RUNNING)
        return pthread_rwlock_timedrdlock(l, t);
    return bad_time(t) ? EINVAL : read_until(l, deadline_of(CLOCK_REALTIME, t), CALLER);
}

REPLACES(int, pthread_rwlock_timedwrlock, pthread_rwlock_t *l, const struct timespec *t)
{
    if (!RUNNING)
        return pthread_rwlock_timedwrlock(l, t);
    return bad_time(t) ? EINVAL : write_until(l, deadline_of(CLOCK_REALTIME, t), CALLER);
}

REPLACES(int, pthread_rwlock_clockrdlock, pthread_rwlock_t *l, clockid_t c,
         const struct timespec *t)
{
    if (!RUNNING)
        return pthread_rwlock_clockrdlock(l, c, t);
    return bad_time(t) ? EINVAL : read_until(l, deadline_of(c, t), CALLER);
}

REPLACES(int, pthread_rwlock_clockwrlock, pthread_rwlock_t *l, clockid_t c,
         const struct timespec *t)
{
    if (!RUNNING)
        return pthread_rwlock_clockwrlock(l, c, t);
    return bad_time(t) ? EINVAL : write_until(l, deadline_of(c, t), CALLER);
}

static int try_rw(pthread_rwlock_t *l, bool write, uintptr_t pc)
{
    struct object *o;

    step(OP_TRYLOCK, (uint64_t)l, pc);
    o = rw_at(l);
    if (o->owner >= 0 || (write && o->count)) {
        look(pc ^ (uint64_t)l);
        return EBUSY;
    }
    if (write) {
        mutex_taken(o, pc);
        o->count = 0;
        clock_acquire(&o->readers_clock);
        return 0;
    }
    o->count++;
    clock_acquire(&o->clock);
    held_push(o->addr, pc);
    changed();
    return 0;
}

REPLACES(int, pthread_rwlock_tryrdlock, pthread_rwlock_t *l)
{
    return RUNNING ? try_rw(l, false, CALLER) : pthread_rwlock_tryrdlock(l);
}

REPLACES(int, pthread_rwlock_trywrlock, pthread_rwlock_t *l)
{
    return RUNNING ? try_rw(l, true, CALLER) : pthread_rwlock_trywrlock(l);
}

REPLACES(int, pthread_rwlock_unlock, pthread_rwlock_t *l)
{
    struct object *o;

    if (!RUNNING)
        return pthread_rwlock_unlock(l);
    step(OP_UNLOCK, (uint64_t)l, CALLER);
    o = rw_at(l);
    if (o->owner == W->me->id) {
        mutex_given_back(o);
        return 0;
    }
    if (o->owner >= 0 || o->count == 0 || !holds(W->me, o->addr))
        misuse(o, CALLER, "unlocks a read-write lock that it does not hold");
    o->count--;
    o->released_at = (uint32_t)W->points;
    clock_release_join(&o->readers_clock);
    held_pop(o->addr);
    changed();
    return 0;
}

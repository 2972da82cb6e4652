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
#include <stddef.h>
#include <string.h>

#include "runtime/explore/sync.h"

struct token_clock {
    struct token_clock *next;
    struct vclock clock;
    uint32_t made_at; /* event number of the post; 0: there from the beginning */
    uint32_t many;    /* tokens that have this clock */
};

uint32_t sem_after(const struct object *sem)
{
    return sem->tokens ? sem->tokens->made_at : 0;
}

static void push(struct object *s, uint32_t many, bool from_me)
{
    struct token_clock *k;

    if (!many)
        return;
    k = scratch_alloc(sizeof *k);
    k->many = many;
    if (from_me) {
        clock_release(&k->clock);
        k->made_at = (uint32_t)W->points;
    }
    if (s->tokens)
        s->tokens_end->next = k;
    else
        s->tokens = k;
    s->tokens_end = k;
    s->count += many;
}

/* After a fork a semaphore in private memory is two. */
void sem_fork(struct object *copy, const struct object *of)
{
    copy->tokens = copy->tokens_end = NULL;
    for (const struct token_clock *k = of->tokens; k; k = k->next) {
        struct token_clock *mine = scratch_alloc(sizeof *mine);

        vclock_copy(&mine->clock, &k->clock);
        mine->made_at = k->made_at;
        mine->many = k->many;
        if (copy->tokens)
            copy->tokens_end->next = mine;
        else
            copy->tokens = mine;
        copy->tokens_end = mine;
    }
}

static void pop(struct object *s)
{
    W->other_locks = true;
    clock_acquire(&s->tokens->clock);
    if (--s->tokens->many == 0)
        s->tokens = s->tokens->next;
    s->count--;
}

static bool sem_is_static(const void *p)
{
    static const sem_t zero;

    return memcmp(p, &zero, sizeof zero) == 0;
}

static const struct birth semaphores = {
    .kind = OBJ_SEM, .what = "a semaphore", .size = sizeof(sem_t), .is_static = sem_is_static};

static struct object *sem_model(sem_t *sem, uintptr_t pc)
{
    struct object *o = object_find(sem);
    int value = 0;

    if (o && o->kind == OBJ_SEM)
        return object_use(sem, &semaphores, pc);
    o = object_use(sem, &semaphores, pc);
    if (sem_getvalue(sem, &value) == 0 && value > 0) /* made before main() */
        push(o, (uint32_t)value, false);
    o->shared = key_shared(o->addr);
    return o;
}

/* A named one. That was just made: its first value comes after what its maker did before. */
void sem_made(sem_t *sem, bool just_now)
{
    struct object *o;
    int value = 0;

    sem_getvalue(sem, &value);
    o = object_born(sem, &semaphores);
    o->shared = true;
    push(o, value > 0 ? (uint32_t)value : 0, just_now);
}

REPLACES(int, sem_init, sem_t *sem, int shared, unsigned value)
{
    if (!RUNNING) {
        object_born_before(sem);
        return sem_init(sem, shared, value);
    }
    if (value > SEM_VALUE_MAX) {
        errno = EINVAL;
        return -1;
    }
    step(OP_INIT, (uint64_t)sem, CALLER);
    sem_init(sem, shared, value);
    sem_made(sem, false);
    object_find(sem)->shared = shared;
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
    object_destroyed(sem, &semaphores, o);
    changed();
    return 0;
}

static int wait_until(sem_t *sem, int64_t until, uintptr_t pc)
{
    struct object *o;
    const struct task *t = W->me;

    sem_model(sem, pc);
    step_until(OP_SEM_WAIT, (uint64_t)sem, 0, until, pc);
    cancel_point();
    o = sem_model(sem, pc);
    if (o->count == 0)
        return call_fails_errno(t->expired ? ETIMEDOUT : EINTR, pc);
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
        return call_fails_errno(EINVAL, CALLER);
    return wait_until(sem, deadline_of(CLOCK_REALTIME, t), CALLER);
}

REPLACES(int, sem_clockwait, sem_t *sem, clockid_t clock, const struct timespec *t)
{
    if (!RUNNING)
        return sem_clockwait(sem, clock, t);
    if (bad_time(t) || (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC))
        return call_fails_errno(EINVAL, CALLER);
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
        return call_fails_errno(EAGAIN, CALLER);
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
    if (sem_model(sem, CALLER)->count >= SEM_VALUE_MAX)
        return call_fails_errno(EOVERFLOW, CALLER);
    push(sem_model(sem, CALLER), 1, true);
    sem_model(sem, CALLER)->owner = -1;
    changed();
    return 0;
}

REPLACES(int, sem_getvalue, sem_t *sem, int *value)
{
    if (!RUNNING)
        return sem_getvalue(sem, value);
    step(OP_SEM_VALUE, (uint64_t)sem, CALLER);
    access_range((uintptr_t)value, sizeof *value, true, CALLER);
    *value = (int)sem_model(sem, CALLER)->count;
    look(CALLER ^ (uint64_t)sem ^ (uint64_t)*value << 32);
    return 0;
}

/* ---- read-write locks
 * --------------------------------------------------------------------------- Readers go first,
 * as glibc's default kind has it. owner: the writer; count: readers. */

static bool rw_is_static(const void *p)
{
    pthread_rwlock_t l, zero = PTHREAD_RWLOCK_INITIALIZER;

    memcpy(&l, p, sizeof l);
    l.__data.__flags = 0; /* whom it prefers: that alone differs between static initialisers */
    return memcmp(&l, &zero, sizeof l) == 0;
}

static const struct birth rwlocks = {.kind = OBJ_RWLOCK,
                                     .what = "a read-write lock",
                                     .size = sizeof(pthread_rwlock_t),
                                     .stamp = offsetof(pthread_rwlock_t, __data.__writers),
                                     .is_static = rw_is_static};

static struct object *rw_at(pthread_rwlock_t *l, uintptr_t pc)
{
    struct object *o = object_use(l, &rwlocks, pc);

    if (!o->typed) {
        o->type = (uint8_t)l->__data.__flags;
        o->shared = l->__data.__shared != 0;
        o->typed = true;
    }
    return o;
}

static bool holds(const struct task *t, uint64_t addr)
{
    for (int i = 0; i < t->held_count; i++)
        if (t->held[i].lock == addr)
            return true;
    return false;
}

static void shares(struct object *o, uintptr_t pc, bool tried)
{
    o->count++;
    o->owner_pc = program_pc(pc);
    o->owner_node = task_node(W->me);
    clock_acquire(&o->clock);
    held_push(o->addr, pc, tried);
    moved();
}

static int read_until(pthread_rwlock_t *l, int64_t until, uintptr_t pc)
{
    struct object *o = rw_at(l, pc);

    if (o->owner == W->me->id)
        return call_fails(EDEADLK, pc);
    step_until(OP_RDLOCK, (uint64_t)l, 0, until, pc);
    o = rw_at(l, pc);
    if (!rw_readable(o))
        return call_fails(ETIMEDOUT, pc);
    shares(o, pc, false);
    return 0;
}

static void write_locked(struct object *o, uintptr_t pc, bool tried)
{
    if (tried)
        mutex_taken_by_try(o, pc);
    else
        mutex_taken(o, pc);
    o->count = 0;
    clock_acquire(&o->readers_clock);
}

static int write_until(pthread_rwlock_t *l, int64_t until, uintptr_t pc)
{
    struct object *o = rw_at(l, pc);
    const bool queues = o->type == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP;

    if (o->owner == W->me->id)
        return call_fails(EDEADLK, pc);
    if (queues) { /* from now on no reader comes in */
        step(OP_WRQUEUE, (uint64_t)l, pc);
        rw_at(l, pc)->queued++;
    }
    step_until(OP_WRLOCK, (uint64_t)l, 0, until, pc);
    o = rw_at(l, pc);
    if (queues)
        o->queued--;
    if (o->owner >= 0 || o->count) {
        moved();
        return call_fails(ETIMEDOUT, pc);
    }
    write_locked(o, pc, false);
    return 0;
}

REPLACES(int, pthread_rwlock_init, pthread_rwlock_t *l, const pthread_rwlockattr_t *a)
{
    const struct object *o;
    int rc;

    if (!RUNNING) {
        object_born_before(l);
        return pthread_rwlock_init(l, a);
    }
    step(OP_INIT, (uint64_t)l, CALLER);
    o = object_find(l);
    if (o && o->kind == OBJ_RWLOCK && !o->destroyed && (o->owner >= 0 || o->count) &&
        object_alive(l, &rwlocks))
        misuse((struct object *)o, CALLER, "initialises a read-write lock that is held");
    rc = pthread_rwlock_init(l, a);
    if (rc == 0) {
        struct object *made;
        const unsigned flags = l->__data.__flags, shared = l->__data.__shared != 0;

        made = object_born(l, &rwlocks);
        made->type = (uint8_t)flags;
        made->shared = shared;
        made->typed = true;
    }
    return rc;
}

REPLACES(int, pthread_rwlock_destroy, pthread_rwlock_t *l)
{
    struct object *o;

    if (!RUNNING)
        return pthread_rwlock_destroy(l);
    step(OP_DESTROY, (uint64_t)l, CALLER);
    o = rw_at(l, CALLER);
    if (o->owner >= 0 || o->count)
        misuse(o, CALLER, "destroys a read-write lock that is held");
    object_destroyed(l, &rwlocks, o);
    changed();
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
    o = rw_at(l, pc);
    if (write ? o->owner >= 0 || o->count : !rw_readable(o)) {
        look(pc ^ (uint64_t)l);
        return call_fails(EBUSY, pc);
    }
    if (write)
        write_locked(o, pc, true);
    else
        shares(o, pc, true);
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
    o = rw_at(l, CALLER);
    /* Who has it for writing is known before: nobody else can change that. */
    step(o->owner == W->me->id ? OP_UNLOCK : OP_RDUNLOCK, (uint64_t)l, CALLER);
    o = rw_at(l, CALLER);
    if (o->owner == W->me->id) {
        mutex_given_back(o);
        return 0;
    }
    if (o->owner >= 0 || o->count == 0 || !holds(W->me, o->addr))
        misuse(o, CALLER, "unlocks a read-write lock that it does not hold");
    o->count--;
    clock_release_join(&o->readers_clock);
    held_pop(o->addr);
    moved();
    return 0;
}

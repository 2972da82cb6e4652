/* sync_mutex.c - mutexes of every kind and spin locks.
 *
 * A mutex's memory stays as pthread_mutex_init() left it; its state is kept here. Unlocking
 * what one does not hold, destroying what is held, using what was never initialised: each is
 * undefined (POSIX.1-2017, pthread_mutex_lock), so each is a misuse, unless the mutex's type
 * promises an error code.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "runtime/explore/sync.h"

/* Bits of __data.__kind (glibc, nptl/pthreadP.h). */
enum { KIND_TYPE = 3, KIND_ROBUST = 0x10, KIND_SHARED = 0x80 };

static bool mutex_is_static(const void *p)
{
    pthread_mutex_t m, zero = PTHREAD_MUTEX_INITIALIZER;

    memcpy(&m, p, sizeof m);
    if (m.__data.__kind & ~KIND_TYPE)
        return false;
    m.__data.__kind = 0; /* the static initialisers differ in their type alone */
    return memcmp(&m, &zero, sizeof m) == 0;
}

static bool spin_is_static(const void *p)
{
    return *(const int *)p == 0 || *(const int *)p == 1; /* unlocked: 0, or 1 (x86) */
}

static const struct birth mutexes = {.kind = OBJ_MUTEX,
                                     .what = "a mutex",
                                     .size = sizeof(pthread_mutex_t),
                                     .stamp = offsetof(pthread_mutex_t, __data.__nusers),
                                     .is_static = mutex_is_static};
static const struct birth spins = {.kind = OBJ_SPIN,
                                   .what = "a spin lock",
                                   .size = sizeof(pthread_spinlock_t),
                                   .is_static = spin_is_static};

void step_until(enum op_kind kind, uint64_t obj, uint64_t obj2, int64_t until, uintptr_t pc)
{
    struct op op = {.kind = (uint8_t)kind,
                    .mask = 0xff,
                    .pc = program_pc(pc),
                    .obj = key_of(obj),
                    .obj2 = key_of(obj2),
                    .timed = until != NEVER,
                    .until = until};

    if (until != NEVER && kind != OP_SLEEP)
        W->bounded = true; /* that the time is over earlier is not tried */
    op.effect = op_effect(kind);
    step_op(&op);
}

void misuse(struct object *o, uintptr_t pc, const char *fmt, ...)
{
    struct found *f = bug_begin(BUG_MISUSE, "%s", "");
    char text[200], holder[32];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    snprintf(f->message, sizeof f->message, "%s", text);
    f->address = o ? key_address(o->addr) : 0;
    bug_stack(f, W->me->id, program_pc(pc), task_node(W->me), "%s", text);
    if (o && o->owner >= 0)
        bug_stack(f, o->owner, o->owner_pc, o->owner_node, "%s has held it since here",
                  task_name(o->owner, holder));
    bug_done(f);
}

/* In shared memory only: after a fork, what is in private memory is two objects. */
void same_process(struct object *o, const char *what, uintptr_t pc)
{
    const uint32_t me = (uint32_t)W->me->process + 1;

    if (!o->used_by)
        o->used_by = me;
    if (o->used_by != me && !o->shared && key_shared(o->addr))
        misuse(o, pc,
               "uses %s of another process that was not made for several "
               "(PTHREAD_PROCESS_SHARED)",
               what);
}

/* Its type as pthread_mutex_init(3) or the static initialiser left it. */
static void read_type(struct object *o, const pthread_mutex_t *m)
{
    const int kind = m->__data.__kind;

    o->type = (uint8_t)(kind & KIND_TYPE);
    if (o->type == PTHREAD_MUTEX_ADAPTIVE_NP)
        o->type = PTHREAD_MUTEX_NORMAL;
    o->robust = kind & KIND_ROBUST;
    o->shared = kind & KIND_SHARED;
    o->typed = true;
}

struct object *mutex_at(pthread_mutex_t *m, uintptr_t pc)
{
    struct object *o = object_use(m, &mutexes, pc);

    if (!o->typed)
        read_type(o, m);
    return o;
}

/* ---- lock order: advice, never a verdict ------------------------------------------------ */

struct edge {
    struct edge *next;
    uint64_t from, to;
    int task, gates;
    uint32_t epoch; /* of the task, for what must have been before (clock_strong_at) */
    bool alone;     /* nobody else could reach one of the two yet */
    uint32_t from_pc, from_node, pc, node;
    uint64_t gate[8];
};

static struct edge *edges;
static uint64_t edges_of;
static int edge_count;

static bool share_a_gate(const struct edge *a, const struct edge *b)
{
    for (int i = 0; i < a->gates; i++)
        for (int j = 0; j < b->gates; j++)
            if (a->gate[i] == b->gate[j])
                return true;
    return false;
}

static void inverted(const struct edge *a, const struct edge *b)
{
    struct found *f =
        bug_begin(BUG_LOCK_ORDER, "two locks are taken in both orders; under another schedule "
                                  "this may be a deadlock");
    char name[32];

    f->key = (a->pc < b->pc ? (uint64_t)a->pc << 32 | b->pc : (uint64_t)b->pc << 32 | a->pc);
    bug_stack(f, a->task, a->pc, a->node, "%s takes the second lock here",
              task_name(a->task, name));
    bug_stack(f, a->task, a->from_pc, a->from_node, "while it holds the first one since here");
    bug_stack(f, b->task, b->pc, b->node, "%s takes the first one here",
              task_name(b->task, name));
    bug_stack(f, b->task, b->from_pc, b->from_node, "while it holds the second one since here");
    bug_note(f);
}

/* Memory that the program has not handed on yet: as far as that can be known. */
static bool is_own(uint64_t lock)
{
    const struct object *o = object_find((void *)lock);

    return o && !o->several && o->first_user == W->me->id && !is_static_data(key_address(lock));
}

/* Only for those that wait: a trylock never does. */
static void remember_order(uint64_t to, uintptr_t pc)
{
    const struct task *t = W->me;

    if (edges_of != W->generation) {
        edges_of = W->generation;
        edges = NULL;
        edge_count = 0;
    }
    for (int i = 0; i < t->held_count; i++) {
        struct edge *e;
        bool known = false;

        if (t->held[i].lock == to)
            return;
        for (e = edges; e && !known; e = e->next)
            known = e->from == t->held[i].lock && e->to == to && e->task == t->id;
        if (known || edge_count == EDGES_MAX)
            continue;
        edge_count++;
        e = scratch_alloc(sizeof *e);
        *e = (struct edge){.next = edges, .from = t->held[i].lock, .to = to, .task = t->id};
        e->epoch = clock_strong_at(t, t->id);
        e->alone = is_own(e->from) || is_own(to);
        e->pc = program_pc(pc);
        e->node = task_node(t);
        e->from_pc = t->held[i].pc;
        e->from_node = t->held[i].node;
        for (int g = 0; g < t->held_count && e->gates < 8; g++)
            if (g != i)
                e->gate[e->gates++] = t->held[g].lock;
        edges = e;
        for (struct edge *o = e->next; o; o = o->next)
            if (o->from == to && o->to == e->from && o->task != e->task && !o->alone &&
                !e->alone && clock_strong_at(t, o->task) < o->epoch && !share_a_gate(o, e))
                inverted(e, o);
    }
}

/* ---- taking and giving back -----------------------------------------------------------------
 */

static void taken(struct object *m, uintptr_t pc, bool tried)
{
    m->owner = W->me->id;
    m->count = 1;
    m->owner_pc = program_pc(pc);
    m->owner_node = task_node(W->me);
    m->by_wait = W->me->op.kind == OP_COND_WAKE;
    clock_acquire(&m->clock);
    if (!tried)
        remember_order(m->addr, pc);
    held_push(m->addr, pc, tried);
    moved();
}

void mutex_taken(struct object *m, uintptr_t pc)
{
    taken(m, pc, false);
}

void mutex_taken_by_try(struct object *m, uintptr_t pc)
{
    taken(m, pc, true);
}

void mutex_given_back(struct object *m)
{
    clock_release(&m->clock);
    m->released_at = (uint32_t)W->points;
    m->owner = -1;
    m->count = 0;
    held_pop(m->addr);
    moved();
}

/* What to answer the one that found the last owner dead (robust mutexes). */
static int heir(struct object *m, uintptr_t pc, bool tried)
{
    if (m->unrecoverable)
        return call_fails(ENOTRECOVERABLE, pc);
    if (!m->dead_owner)
        return -1;
    taken(m, pc, tried);
    changed();
    return call_fails(EOWNERDEAD, pc);
}

static int lock_until(pthread_mutex_t *mutex, int64_t until, uintptr_t pc)
{
    struct object *m = mutex_at(mutex, pc);
    const int me = W->me->id;
    int rc;

    unsafe_call("pthread_mutex_lock", pc);

    if (m->owner == me && m->type == PTHREAD_MUTEX_ERRORCHECK) {
        step(OP_TRYLOCK, (uint64_t)mutex, pc);
        return call_fails(EDEADLK, pc);
    }
    step_until(OP_LOCK, (uint64_t)mutex, 0, until, pc);
    m = mutex_at(mutex, pc); /* it may have been destroyed meanwhile */
    if (m->owner == me && m->type == PTHREAD_MUTEX_RECURSIVE) {
        m->count++;
        return 0;
    }
    if ((rc = heir(m, pc, false)) >= 0)
        return rc;
    if (m->owner >= 0)
        return call_fails(ETIMEDOUT, pc);
    mutex_taken(m, pc);
    return 0;
}

REPLACES(int, pthread_mutex_lock, pthread_mutex_t *m)
{
    return RUNNING ? lock_until(m, NEVER, CALLER) : pthread_mutex_lock(m);
}

static int try_lock(pthread_mutex_t *mutex, uintptr_t pc)
{
    struct object *m;
    int rc;

    mutex_at(mutex, pc);
    step(OP_TRYLOCK, (uint64_t)mutex, pc);
    m = mutex_at(mutex, pc);
    if (m->owner == W->me->id && m->type == PTHREAD_MUTEX_RECURSIVE) {
        m->count++;
        return 0;
    }
    if ((rc = heir(m, pc, true)) >= 0)
        return rc;
    if (m->owner >= 0) {
        look(pc ^ (uint64_t)mutex);
        return call_fails(EBUSY, pc);
    }
    taken(m, pc, true);
    return 0;
}

REPLACES(int, pthread_mutex_trylock, pthread_mutex_t *mutex)
{
    return RUNNING ? try_lock(mutex, CALLER) : pthread_mutex_trylock(mutex);
}

/* A limit that is none matters only to who would have to wait (POSIX.1-2017,
 * pthread_mutex_timedlock). */
static int try_instead(pthread_mutex_t *mutex, uintptr_t pc)
{
    const int rc = try_lock(mutex, pc);

    return rc == EBUSY ? EINVAL : rc;
}

REPLACES(int, pthread_mutex_timedlock, pthread_mutex_t *m, const struct timespec *t)
{
    if (!RUNNING)
        return pthread_mutex_timedlock(m, t);
    if (t->tv_nsec < 0 || t->tv_nsec >= 1000000000)
        return try_instead(m, CALLER);
    return lock_until(m, deadline_of(CLOCK_REALTIME, t), CALLER);
}

REPLACES(int, pthread_mutex_clocklock, pthread_mutex_t *m, clockid_t c,
         const struct timespec *t)
{
    if (!RUNNING)
        return pthread_mutex_clocklock(m, c, t);
    if (c != CLOCK_MONOTONIC && c != CLOCK_REALTIME)
        return EINVAL;
    if (t->tv_nsec < 0 || t->tv_nsec >= 1000000000)
        return try_instead(m, CALLER);
    return lock_until(m, deadline_of(c, t), CALLER);
}

REPLACES(int, pthread_mutex_unlock, pthread_mutex_t *mutex)
{
    struct object *m;
    char name[32];

    if (!RUNNING)
        return pthread_mutex_unlock(mutex);
    m = mutex_at(mutex, CALLER);
    step(OP_UNLOCK, (uint64_t)mutex, CALLER);
    m = mutex_at(mutex, CALLER);
    if (m->owner != W->me->id) {
        if (m->type == PTHREAD_MUTEX_ERRORCHECK || m->type == PTHREAD_MUTEX_RECURSIVE ||
            m->robust)
            return call_fails(EPERM, CALLER);
        if (m->owner < 0)
            misuse(m, CALLER, "unlocks a mutex that nobody holds");
        misuse(m, CALLER, "unlocks a mutex that %s holds", task_name(m->owner, name));
    }
    if (--m->count > 0)
        return 0;
    if (m->dead_owner) { /* not made consistent: nobody may have it again */
        m->dead_owner = false;
        m->unrecoverable = true;
    }
    mutex_given_back(m);
    return 0;
}

REPLACES(int, pthread_mutex_consistent, pthread_mutex_t *mutex)
{
    struct object *m;

    if (!RUNNING)
        return pthread_mutex_consistent(mutex);
    m = mutex_at(mutex, CALLER);
    if (!m->robust || !m->dead_owner)
        return EINVAL;
    m->dead_owner = false;
    return 0;
}

REPLACES(int, pthread_mutex_init, pthread_mutex_t *mutex, const pthread_mutexattr_t *attr)
{
    const struct object *o;
    int rc;

    if (!RUNNING) {
        object_born_before(mutex);
        return pthread_mutex_init(mutex, attr);
    }
    step(OP_INIT, (uint64_t)mutex, CALLER);
    access_range((uintptr_t)mutex, sizeof *mutex, true, CALLER);
    o = object_find(mutex);
    if (o && o->kind == OBJ_MUTEX && o->owner >= 0 && !o->destroyed &&
        object_alive(mutex, &mutexes))
        misuse((struct object *)o, CALLER, "initialises a mutex that is held");
    rc = pthread_mutex_init(mutex, attr);
    if (rc == 0)
        read_type(object_born(mutex, &mutexes), mutex);
    return rc;
}

REPLACES(int, pthread_mutex_destroy, pthread_mutex_t *mutex)
{
    struct object *m;

    if (!RUNNING)
        return pthread_mutex_destroy(mutex);
    step(OP_DESTROY, (uint64_t)mutex, CALLER);
    m = mutex_at(mutex, CALLER);
    if (m->owner >= 0 && !m->dead_owner)
        misuse(m, CALLER, "destroys a mutex that is held");
    for (int i = 0; i < W->task_count; i++)
        if (W->tasks[i].state == TASK_READY && W->tasks[i].op.kind == OP_COND_WAKE &&
            W->tasks[i].op.obj2 == key_of((uintptr_t)mutex))
            misuse(m, CALLER, "destroys a mutex that a condition wait still needs");
    access_range((uintptr_t)mutex, sizeof *mutex, true, CALLER);
    mutex->__data.__kind = -1; /* as glibc leaves it */
    object_destroyed(mutex, &mutexes, m);
    changed();
    return 0;
}

/* ---- spin locks
 * ------------------------------------------------------------------------------- */

static struct object *spin_at(pthread_spinlock_t *l, uintptr_t pc)
{
    return object_use((void *)l, &spins, pc);
}

REPLACES(int, pthread_spin_init, pthread_spinlock_t *l, int shared)
{
    if (!RUNNING) {
        object_born_before((void *)l);
        return pthread_spin_init(l, shared);
    }
    step(OP_INIT, (uint64_t)l, CALLER);
    object_born((void *)l, &spins)->shared = shared;
    return pthread_spin_init(l, shared);
}

REPLACES(int, pthread_spin_destroy, pthread_spinlock_t *l)
{
    struct object *o;

    if (!RUNNING)
        return pthread_spin_destroy(l);
    step(OP_DESTROY, (uint64_t)l, CALLER);
    o = spin_at(l, CALLER);
    if (o->owner >= 0)
        misuse(o, CALLER, "destroys a spin lock that is held");
    object_destroyed((void *)l, &spins, o);
    return pthread_spin_destroy(l);
}

REPLACES(int, pthread_spin_lock, pthread_spinlock_t *l)
{
    if (!RUNNING)
        return pthread_spin_lock(l);
    spin_at(l, CALLER);
    step(OP_LOCK, (uint64_t)l, CALLER);
    mutex_taken(spin_at(l, CALLER), CALLER);
    return 0;
}

REPLACES(int, pthread_spin_trylock, pthread_spinlock_t *l)
{
    struct object *o;

    if (!RUNNING)
        return pthread_spin_trylock(l);
    step(OP_TRYLOCK, (uint64_t)l, CALLER);
    o = spin_at(l, CALLER);
    if (o->owner >= 0) {
        look(CALLER ^ (uint64_t)l);
        return EBUSY;
    }
    taken(o, CALLER, true);
    return 0;
}

REPLACES(int, pthread_spin_unlock, pthread_spinlock_t *l)
{
    struct object *o;
    char name[32];

    if (!RUNNING)
        return pthread_spin_unlock(l);
    step(OP_UNLOCK, (uint64_t)l, CALLER);
    o = spin_at(l, CALLER);
    if (o->owner < 0)
        misuse(o, CALLER, "unlocks a spin lock that nobody holds");
    if (o->owner != W->me->id)
        misuse(o, CALLER, "unlocks a spin lock that %s holds", task_name(o->owner, name));
    mutex_given_back(o);
    return 0;
}

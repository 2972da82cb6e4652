/* sync_mutex.c - mutexes of every kind and spin locks.
 *
 * A mutex's memory stays as pthread_mutex_init() left it; its state is kept here. Unlocking
 * what one does not hold, destroying what is held, using what was never initialised: each is
 * undefined (POSIX.1-2017, pthread_mutex_lock), so each is a misuse, unless the mutex's type
 * promises an error code.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime/explore/sync.h"

/* Bits of __data.__kind (glibc, nptl/pthreadP.h). */
enum { KIND_TYPE = 3, KIND_ROBUST = 0x10, KIND_SHARED = 0x80, KIND_KNOWN = 0x1ff };

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
        bug_stack(f, o->owner, o->owner_pc, o->owner_node, "held by %s since here",
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

struct object *mutex_at(pthread_mutex_t *m, uintptr_t pc)
{
    struct object *o = object_find(m);
    const int kind = m->__data.__kind;

    if (o && o->kind == OBJ_MUTEX && kind != -1) {
        same_process(o, "a mutex", pc);
        return o;
    }
    if (kind == -1)
        misuse(NULL, pc, "uses a mutex that has been destroyed");
    if (kind & ~KIND_KNOWN)
        misuse(NULL, pc, "uses a mutex that was never initialised");
    o = object_at(m, OBJ_MUTEX);
    o->type = (uint8_t)(kind & KIND_TYPE);
    if (o->type == PTHREAD_MUTEX_ADAPTIVE_NP)
        o->type = PTHREAD_MUTEX_NORMAL;
    o->robust = kind & KIND_ROBUST;
    o->shared = kind & KIND_SHARED;
    return o;
}

/* ---- lock order: advice, never a verdict ------------------------------------------------ */

struct edge {
    struct edge *next;
    uint64_t from, to;
    int task, gates;
    uint32_t from_pc, from_node, pc, node;
    uint64_t gate[8];
};

static struct edge *edges;
static uint64_t edges_of;

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

static void remember_order(uint64_t to, uintptr_t pc)
{
    const struct task *t = W->me;

    if (edges_of != W->generation) {
        edges_of = W->generation;
        edges = NULL;
    }
    for (int i = 0; i < t->held_count; i++) {
        struct edge *e;
        bool known = false;

        if (t->held[i] == to)
            return;
        for (e = edges; e && !known; e = e->next)
            known = e->from == t->held[i] && e->to == to && e->task == t->id;
        if (known)
            continue;
        e = scratch_alloc(sizeof *e);
        *e = (struct edge){.next = edges, .from = t->held[i], .to = to, .task = t->id};
        e->pc = program_pc(pc);
        e->node = task_node(t);
        e->from_pc = t->held_pc[i];
        e->from_node = t->held_node[i];
        for (int g = 0; g < t->held_count && e->gates < 8; g++)
            if (g != i)
                e->gate[e->gates++] = t->held[g];
        edges = e;
        for (struct edge *o = e->next; o; o = o->next)
            if (o->from == to && o->to == e->from && o->task != e->task && !share_a_gate(o, e))
                inverted(e, o);
    }
}

/* ---- taking and giving back -----------------------------------------------------------------
 */

void mutex_taken(struct object *m, uintptr_t pc)
{
    m->owner = W->me->id;
    m->count = 1;
    m->owner_pc = program_pc(pc);
    m->owner_node = task_node(W->me);
    clock_acquire(&m->clock);
    remember_order(m->addr, pc);
    held_push(m->addr, pc);
    changed();
}

void mutex_given_back(struct object *m)
{
    clock_release(&m->clock);
    m->released_at = (uint32_t)W->points;
    m->owner = -1;
    m->count = 0;
    held_pop(m->addr);
    changed();
}

/* What to answer the one that found the last owner dead (robust mutexes). */
static int heir(struct object *m, uintptr_t pc)
{
    if (m->unrecoverable)
        return ENOTRECOVERABLE;
    if (!m->dead_owner)
        return -1;
    mutex_taken(m, pc);
    return EOWNERDEAD;
}

static int lock_until(pthread_mutex_t *mutex, int64_t until, uintptr_t pc)
{
    struct object *m = mutex_at(mutex, pc);
    const int me = W->me->id;
    int rc;

    unsafe_call("pthread_mutex_lock", pc);

    if (m->owner == me && m->type == PTHREAD_MUTEX_ERRORCHECK) {
        step(OP_TRYLOCK, (uint64_t)mutex, pc);
        return EDEADLK;
    }
    step_until(OP_LOCK, (uint64_t)mutex, 0, until, pc);
    m = mutex_at(mutex, pc); /* it may have been destroyed meanwhile */
    if (m->owner == me && m->type == PTHREAD_MUTEX_RECURSIVE) {
        m->count++;
        return 0;
    }
    if ((rc = heir(m, pc)) >= 0)
        return rc;
    if (m->owner >= 0)
        return ETIMEDOUT;
    mutex_taken(m, pc);
    return 0;
}

REPLACES(int, pthread_mutex_lock, pthread_mutex_t *m)
{
    return RUNNING ? lock_until(m, NEVER, CALLER) : pthread_mutex_lock(m);
}

REPLACES(int, pthread_mutex_timedlock, pthread_mutex_t *m, const struct timespec *t)
{
    if (!RUNNING)
        return pthread_mutex_timedlock(m, t);
    if (t->tv_nsec < 0 || t->tv_nsec >= 1000000000)
        return EINVAL;
    return lock_until(m, deadline_of(CLOCK_REALTIME, t), CALLER);
}

REPLACES(int, pthread_mutex_clocklock, pthread_mutex_t *m, clockid_t c,
         const struct timespec *t)
{
    if (!RUNNING)
        return pthread_mutex_clocklock(m, c, t);
    if (t->tv_nsec < 0 || t->tv_nsec >= 1000000000 ||
        (c != CLOCK_MONOTONIC && c != CLOCK_REALTIME))
        return EINVAL;
    return lock_until(m, deadline_of(c, t), CALLER);
}

REPLACES(int, pthread_mutex_trylock, pthread_mutex_t *mutex)
{
    struct object *m;
    int rc;

    if (!RUNNING)
        return pthread_mutex_trylock(mutex);
    mutex_at(mutex, CALLER);
    step(OP_TRYLOCK, (uint64_t)mutex, CALLER);
    m = mutex_at(mutex, CALLER);
    if (m->owner == W->me->id && m->type == PTHREAD_MUTEX_RECURSIVE) {
        m->count++;
        return 0;
    }
    if ((rc = heir(m, CALLER)) >= 0)
        return rc;
    if (m->owner >= 0) {
        look(CALLER ^ (uint64_t)mutex);
        return EBUSY;
    }
    mutex_taken(m, CALLER);
    return 0;
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
            return EPERM;
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

    if (!RUNNING)
        return pthread_mutex_init(mutex, attr);
    o = object_find(mutex);
    if (o && o->kind == OBJ_MUTEX && o->owner >= 0 && mutex->__data.__kind != -1)
        misuse((struct object *)o, CALLER, "initialises a mutex that is held");
    step(OP_INIT, (uint64_t)mutex, CALLER);
    access_range((uintptr_t)mutex, sizeof *mutex, true, CALLER);
    object_forget((uintptr_t)mutex, sizeof *mutex);
    rc = pthread_mutex_init(mutex, attr);
    if (rc == 0)
        mutex_at(mutex, CALLER)->used_by = 0;
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
    object_forget((uintptr_t)mutex, sizeof *mutex);
    return pthread_mutex_destroy(mutex);
}

/* ---- spin locks
 * ------------------------------------------------------------------------------- */

REPLACES(int, pthread_spin_init, pthread_spinlock_t *l, int shared)
{
    if (!RUNNING)
        return pthread_spin_init(l, shared);
    step(OP_INIT, (uint64_t)l, CALLER);
    object_forget((uintptr_t)l, sizeof *l);
    object_at((void *)l, OBJ_SPIN)->shared = shared;
    return pthread_spin_init(l, shared);
}

REPLACES(int, pthread_spin_destroy, pthread_spinlock_t *l)
{
    struct object *o;

    if (!RUNNING)
        return pthread_spin_destroy(l);
    step(OP_DESTROY, (uint64_t)l, CALLER);
    o = object_at((void *)l, OBJ_SPIN);
    if (o->owner >= 0)
        misuse(o, CALLER, "destroys a spin lock that is held");
    return pthread_spin_destroy(l);
}

REPLACES(int, pthread_spin_lock, pthread_spinlock_t *l)
{
    if (!RUNNING)
        return pthread_spin_lock(l);
    object_at((void *)l, OBJ_SPIN);
    step(OP_LOCK, (uint64_t)l, CALLER);
    mutex_taken(object_at((void *)l, OBJ_SPIN), CALLER);
    return 0;
}

REPLACES(int, pthread_spin_trylock, pthread_spinlock_t *l)
{
    struct object *o;

    if (!RUNNING)
        return pthread_spin_trylock(l);
    step(OP_TRYLOCK, (uint64_t)l, CALLER);
    o = object_at((void *)l, OBJ_SPIN);
    if (o->owner >= 0) {
        look(CALLER ^ (uint64_t)l);
        return EBUSY;
    }
    mutex_taken(o, CALLER);
    return 0;
}

REPLACES(int, pthread_spin_unlock, pthread_spinlock_t *l)
{
    struct object *o;
    char name[32];

    if (!RUNNING)
        return pthread_spin_unlock(l);
    step(OP_UNLOCK, (uint64_t)l, CALLER);
    o = object_at((void *)l, OBJ_SPIN);
    if (o->owner < 0)
        misuse(o, CALLER, "unlocks a spin lock that nobody holds");
    if (o->owner != W->me->id)
        misuse(o, CALLER, "unlocks a spin lock that %s holds", task_name(o->owner, name));
    mutex_given_back(o);
    return 0;
}

/* atomics.c - the atomic operations of the -fsanitize=thread ABI, and what they order.
 *
 * The compiler calls these instead of the operation, so each performs it. Since one task runs
 * at a time the values are those of an interleaving (sequential consistency); the
 * happens-before edges are exactly those of the orders written in the source
 * (C11 5.1.2.4, 7.17.3), so a relaxed flag does not hide a race on what it guards.
 *
 *   store-release   the location's clock becomes the task's
 *   store-relaxed   ... what the same task has released there before, and at its last fence
 *   RMW             joins instead: a release sequence goes on
 *   load-acquire    the task joins the location's clock
 *   load-relaxed    ... keeps it until its next acquire fence
 */
#include <string.h>

#include "runtime/explore/world.h"

enum { RELAXED, CONSUME, ACQUIRE, RELEASE, ACQ_REL, SEQ_CST };

static bool acquires(int mo)
{
    return mo == CONSUME || mo == ACQUIRE || mo == ACQ_REL || mo == SEQ_CST;
}

static bool releases(int mo)
{
    return mo == RELEASE || mo == ACQ_REL || mo == SEQ_CST;
}

static uint64_t bits(const volatile void *p, size_t size)
{
    uint64_t v = 0;

    memcpy(&v, (const void *)p, size < 8 ? size : 8);
    return v;
}

/* The scheduling point, before the operation. */
static void announce(enum op_kind kind, const volatile void *p, size_t size, uintptr_t pc)
{
    const unsigned from = (uintptr_t)p & 7;
    struct op op = {.kind = (uint8_t)kind,
                    .effect = kind == OP_ATOMIC_LOAD ? EFFECT_READ : EFFECT_WRITE,
                    .mask = (uint8_t)(((1u << (size < 8 ? size : 8)) - 1) << from),
                    .pc = program_pc(pc),
                    .obj = key_of((uintptr_t)p)};

    W->me->last_pc = op.pc;
    if (W->me->stray.pc)
        path_read_stray();
    if (kind == OP_ATOMIC_RMW && !returns_in_suite(pc))
        W->other_locks = true;
    step_op(&op);
    if (in_heap((uintptr_t)p))
        heap_check((uintptr_t)p, size, kind != OP_ATOMIC_LOAD, pc);
    else if (in_fibers((uintptr_t)p))
        stack_check((uintptr_t)p, kind != OP_ATOMIC_LOAD, pc);
    if (kind != OP_ATOMIC_LOAD && W->insister == W->me->id)
        loop_write((uintptr_t)p, size);
    if (W->tracing && W->trace_count)
        W->trace[W->trace_count - 1].size = (uint8_t)(size < 8 ? size : 8);
}

static struct object *location(const volatile void *p)
{
    struct object *o = object_find((const void *)p);

    /* An atomic word may be a mutex's first word to us as well: theirs is the address. */
    return o && o->kind != OBJ_ATOMIC ? NULL : object_at((const void *)p, OBJ_ATOMIC);
}

static void order_load(const volatile void *p, int mo)
{
    struct object *o = location(p);

    if (!o)
        return;
    if (acquires(mo))
        clock_acquire(&o->clock);
    else
        vclock_join(&W->me->acquire_fence, &o->clock);
}

/* The release sequences that go on at a location, each with what its head has released. A store
 * ends those of all other tasks and goes on with its own task's (C17 5.1.2.4p10); an update
 * goes on with all. */
struct head {
    struct head *next;
    int task;
    struct vclock clock;
};

static struct head *head_of(struct object *o, int task)
{
    for (struct head *h = o->heads; h; h = h->next)
        if (h->task == task)
            return h;
    return NULL;
}

static struct head *head_for(struct object *o, int task)
{
    struct head *h = head_of(o, task);

    if (h)
        return h;
    h = scratch_alloc(sizeof *h);
    h->task = task;
    h->next = o->heads;
    o->heads = h;
    return h;
}

static void order_store(const volatile void *p, int mo, bool sequence)
{
    struct object *o = location(p);
    struct task *t = W->me;

    if (!o)
        return;
    if (!sequence) {
        o->heads = head_of(o, t->id);
        o->clock.n = 0;
        if (o->heads) {
            o->heads->next = NULL;
            vclock_join(&o->clock, &o->heads->clock);
        }
    }
    if (t->has_release_fence) {
        vclock_join(&head_for(o, t->id)->clock, &t->release_fence);
        vclock_join(&o->clock, &t->release_fence);
    }
    if (releases(mo)) {
        vclock_join(&head_for(o, t->id)->clock, &t->clock);
        clock_release_join(&o->clock);
    }
}

static void saw(const volatile void *p, uint64_t value, uintptr_t pc)
{
    look(pc ^ (uint64_t)p * 31 ^ value * 0x9e3779b97f4a7c15u);
}

/* After an update: news for others, or the same value once more. */
static void updated(const volatile void *p, uint64_t before, size_t size, uintptr_t pc)
{
    if (bits(p, size) != before) {
        changed();
    } else
        saw(p, before, pc);
}

/* C11 7.17.7.4p4: a weak one may fail though the two are equal. */
static bool fails_for_no_reason(const void *expected, const volatile void *p, size_t size,
                                int fmo)
{
    if (memcmp(expected, (const void *)p, size) != 0 || !odd_exchange())
        return false;
    access_atomic((uintptr_t)p, size, false, CALLER);
    order_load(p, fmo);
    return true;
}

#define ATOMIC_MOVE(B, T)                                                                      \
    T __tsan_atomic##B##_load(const volatile T *p, int mo);                                    \
    T __tsan_atomic##B##_load(const volatile T *p, int mo)                                     \
    {                                                                                          \
        T v;                                                                                   \
        if (!RUNNING)                                                                          \
            return __atomic_load_n(p, __ATOMIC_SEQ_CST);                                       \
        announce(OP_ATOMIC_LOAD, p, sizeof(T), CALLER);                                        \
        access_atomic((uintptr_t)p, sizeof(T), false, CALLER);                                 \
        v = __atomic_load_n(p, __ATOMIC_SEQ_CST);                                              \
        order_load(p, mo);                                                                     \
        saw(p, (uint64_t)v, CALLER);                                                           \
        return v;                                                                              \
    }                                                                                          \
    void __tsan_atomic##B##_store(volatile T *p, T v, int mo);                                 \
    void __tsan_atomic##B##_store(volatile T *p, T v, int mo)                                  \
    {                                                                                          \
        if (RUNNING) {                                                                         \
            announce(OP_ATOMIC_STORE, p, sizeof(T), CALLER);                                   \
            access_atomic((uintptr_t)p, sizeof(T), true, CALLER);                              \
            order_store(p, mo, false);                                                         \
            if (__atomic_load_n(p, __ATOMIC_SEQ_CST) != v)                                     \
                changed();                                                                     \
        }                                                                                      \
        __atomic_store_n(p, v, __ATOMIC_SEQ_CST);                                              \
    }

#define ATOMIC_RMW(B, T, name, builtin)                                                        \
    T __tsan_atomic##B##_##name(volatile T *p, T v, int mo);                                   \
    T __tsan_atomic##B##_##name(volatile T *p, T v, int mo)                                    \
    {                                                                                          \
        T old;                                                                                 \
        if (!RUNNING)                                                                          \
            return builtin(p, v, __ATOMIC_SEQ_CST);                                            \
        announce(OP_ATOMIC_RMW, p, sizeof(T), CALLER);                                         \
        access_atomic((uintptr_t)p, sizeof(T), true, CALLER);                                  \
        order_load(p, mo);                                                                     \
        order_store(p, mo, true);                                                              \
        old = builtin(p, v, __ATOMIC_SEQ_CST);                                                 \
        updated(p, (uint64_t)old, sizeof(T), CALLER);                                          \
        return old;                                                                            \
    }

/* A failed exchange only loads, with the failure order. */
#define ATOMIC_CAS_BODY(T, p, expected, desired, mo, fmo, weak)                                \
    bool ok;                                                                                   \
    if (!RUNNING)                                                                              \
        return __atomic_compare_exchange_n(p, expected, desired, 0, __ATOMIC_SEQ_CST,          \
                                           __ATOMIC_SEQ_CST);                                  \
    announce(OP_ATOMIC_RMW, p, sizeof(T), CALLER);                                             \
    if ((weak) && fails_for_no_reason(expected, p, sizeof(T), fmo))                            \
        return false;                                                                          \
    ok = __atomic_compare_exchange_n(p, expected, desired, 0, __ATOMIC_SEQ_CST,                \
                                     __ATOMIC_SEQ_CST);                                        \
    access_atomic((uintptr_t)p, sizeof(T), ok, CALLER);                                        \
    order_load(p, ok ? mo : fmo);                                                              \
    if (ok) {                                                                                  \
        order_store(p, mo, true);                                                              \
        changed();                                                                             \
    } else {                                                                                   \
        saw(p, (uint64_t) * (expected), CALLER);                                               \
    }                                                                                          \
    return ok;

#define ATOMIC_CAS(B, T)                                                                       \
    bool __tsan_atomic##B##_compare_exchange_strong(volatile T *p, T *expected, T desired,     \
                                                    int mo, int fmo);                          \
    bool __tsan_atomic##B##_compare_exchange_strong(volatile T *p, T *expected, T desired,     \
                                                    int mo, int fmo)                           \
    {                                                                                          \
        ATOMIC_CAS_BODY(T, p, expected, desired, mo, fmo, false)                               \
    }                                                                                          \
    bool __tsan_atomic##B##_compare_exchange_weak(volatile T *p, T *expected, T desired,       \
                                                  int mo, int fmo);                            \
    bool __tsan_atomic##B##_compare_exchange_weak(volatile T *p, T *expected, T desired,       \
                                                  int mo, int fmo)                             \
    {                                                                                          \
        ATOMIC_CAS_BODY(T, p, expected, desired, mo, fmo, true)                                \
    }                                                                                          \
    static inline __attribute__((always_inline)) bool cas_##B(                                 \
        volatile T *p, T *expected, T desired, int mo, int fmo){ATOMIC_CAS_BODY(               \
        T, p, expected, desired, mo, fmo,                                                      \
        false)} T __tsan_atomic##B##_compare_exchange_val(volatile T *p, T expected,           \
                                                          T desired, int mo, int fmo);         \
    T __tsan_atomic##B##_compare_exchange_val(volatile T *p, T expected, T desired, int mo,    \
                                              int fmo)                                         \
    {                                                                                          \
        cas_##B(p, &expected, desired, mo, fmo);                                               \
        return expected;                                                                       \
    }

#define ATOMICS(B, T)                                                                          \
    ATOMIC_MOVE(B, T)                                                                          \
    ATOMIC_RMW(B, T, exchange, __atomic_exchange_n)                                            \
    ATOMIC_RMW(B, T, fetch_add, __atomic_fetch_add)                                            \
    ATOMIC_RMW(B, T, fetch_sub, __atomic_fetch_sub)                                            \
    ATOMIC_RMW(B, T, fetch_and, __atomic_fetch_and)                                            \
    ATOMIC_RMW(B, T, fetch_or, __atomic_fetch_or)                                              \
    ATOMIC_RMW(B, T, fetch_xor, __atomic_fetch_xor)                                            \
    ATOMIC_RMW(B, T, fetch_nand, __atomic_fetch_nand)                                          \
    ATOMIC_CAS(B, T)

ATOMICS(8, uint8_t)
ATOMICS(16, uint16_t)
ATOMICS(32, uint32_t)
ATOMICS(64, uint64_t)

/* 16 bytes: with one task at a time plain C is atomic, and no libatomic is needed. */
typedef unsigned __int128 wide; /* no struct: the ABI passes it by value */

#define WIDE(name, expr)                                                                       \
    static wide wide_##name(volatile wide *p, wide v)                                          \
    {                                                                                          \
        const wide old = *p;                                                                   \
        *p = expr;                                                                             \
        return old;                                                                            \
    }
WIDE(exchange, v)
WIDE(fetch_add, old + v)
WIDE(fetch_sub, old - v)
WIDE(fetch_and, old &v)
WIDE(fetch_or, old | v)
WIDE(fetch_xor, old ^ v)
WIDE(fetch_nand, ~(old &v))

static bool wide_cas(volatile wide *p, wide *expected, wide desired)
{
    const bool ok = *p == *expected;

    *expected = wide_exchange(p, ok ? desired : *p);
    return ok;
}

#define WIDE_RMW(name)                                                                         \
    wide __tsan_atomic128_##name(volatile wide *p, wide v, int mo);                            \
    wide __tsan_atomic128_##name(volatile wide *p, wide v, int mo)                             \
    {                                                                                          \
        wide old;                                                                              \
        if (!RUNNING)                                                                          \
            return wide_##name(p, v);                                                          \
        announce(OP_ATOMIC_RMW, p, sizeof v, CALLER);                                          \
        access_atomic((uintptr_t)p, sizeof v, true, CALLER);                                   \
        order_load(p, mo);                                                                     \
        order_store(p, mo, true);                                                              \
        old = wide_##name(p, v);                                                               \
        changed();                                                                             \
        return old;                                                                            \
    }
WIDE_RMW(exchange)
WIDE_RMW(fetch_add)
WIDE_RMW(fetch_sub)
WIDE_RMW(fetch_and)
WIDE_RMW(fetch_or)
WIDE_RMW(fetch_xor)
WIDE_RMW(fetch_nand)

wide __tsan_atomic128_load(const volatile wide *p, int mo);
wide __tsan_atomic128_load(const volatile wide *p, int mo)
{
    if (RUNNING) {
        announce(OP_ATOMIC_LOAD, p, sizeof *p, CALLER);
        access_atomic((uintptr_t)p, sizeof *p, false, CALLER);
        order_load(p, mo);
        saw(p, (uint64_t)*p, CALLER);
    }
    return *p;
}

void __tsan_atomic128_store(volatile wide *p, wide v, int mo);
void __tsan_atomic128_store(volatile wide *p, wide v, int mo)
{
    if (RUNNING) {
        announce(OP_ATOMIC_STORE, p, sizeof *p, CALLER);
        access_atomic((uintptr_t)p, sizeof *p, true, CALLER);
        order_store(p, mo, false);
        changed();
    }
    *p = v;
}

static inline __attribute__((always_inline)) bool
cas_wide(volatile wide *p, wide *expected, wide desired, int mo, int fmo, bool weak)
{
    bool ok;

    if (!RUNNING)
        return wide_cas(p, expected, desired);
    announce(OP_ATOMIC_RMW, p, sizeof *p, CALLER);
    if (weak && fails_for_no_reason(expected, p, sizeof *p, fmo))
        return false;
    ok = wide_cas(p, expected, desired);
    access_atomic((uintptr_t)p, sizeof *p, ok, CALLER);
    order_load(p, ok ? mo : fmo);
    if (ok) {
        order_store(p, mo, true);
        changed();
    } else {
        saw(p, (uint64_t)*expected, CALLER);
    }
    return ok;
}

bool __tsan_atomic128_compare_exchange_strong(volatile wide *p, wide *e, wide v, int mo,
                                              int fmo);
bool __tsan_atomic128_compare_exchange_strong(volatile wide *p, wide *e, wide v, int mo,
                                              int fmo)
{
    return cas_wide(p, e, v, mo, fmo, false);
}

bool __tsan_atomic128_compare_exchange_weak(volatile wide *p, wide *e, wide v, int mo, int fmo);
bool __tsan_atomic128_compare_exchange_weak(volatile wide *p, wide *e, wide v, int mo, int fmo)
{
    return cas_wide(p, e, v, mo, fmo, true);
}

wide __tsan_atomic128_compare_exchange_val(volatile wide *p, wide e, wide v, int mo, int fmo);
wide __tsan_atomic128_compare_exchange_val(volatile wide *p, wide e, wide v, int mo, int fmo)
{
    cas_wide(p, &e, v, mo, fmo, false);
    return e;
}

void __tsan_atomic_thread_fence(int mo);
void __tsan_atomic_thread_fence(int mo)
{
    struct task *t;

    if (!RUNNING)
        return;
    t = W->me;
    if (acquires(mo))
        clock_acquire(&t->acquire_fence);
    if (releases(mo)) {
        clock_release(&t->release_fence);
        t->has_release_fence = true;
    }
}

void __tsan_atomic_signal_fence(int mo);
void __tsan_atomic_signal_fence(int mo)
{
    (void)mo; /* orders a task with its own handlers: nothing to record */
}

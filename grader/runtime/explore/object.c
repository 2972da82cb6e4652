/* object.c - mutexes, conditions, semaphores, ... as the explorer sees them, by address.
 *
 * What the program keeps at that address stays as the initialiser left it, but for a stamp.
 * An object is known from its init or its first use until its memory is freed.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/explore/sync.h"

enum { BUCKETS = 1024 };

static struct bucket {
    uint64_t generation;
    struct object *first;
} * buckets;

void object_open(void)
{
    buckets = keep_alloc(BUCKETS * sizeof *buckets);
}

static struct bucket *bucket_of(uint64_t addr)
{
    struct bucket *b = &buckets[(addr * 0x9e3779b97f4a7c15u) >> 54];

    if (b->generation != W->generation) {
        b->generation = W->generation;
        b->first = NULL;
    }
    return b;
}

struct object *object_find(const void *addr)
{
    const uint64_t key = key_of((uintptr_t)addr);

    for (struct object *o = bucket_of(key)->first; o; o = o->next)
        if (o->addr == key)
            return o;
    return NULL;
}

struct object *object_at(const void *addr, enum object_kind kind)
{
    const uint64_t key = key_of((uintptr_t)addr);
    struct bucket *b = bucket_of(key);
    struct object *o = object_find(addr);

    if (o && o->kind == kind)
        return o;
    if (o) {
        struct object *next = o->next; /* memory put to another use */

        memset(o, 0, sizeof *o);
        o->next = next;
    } else {
        o = scratch_alloc(sizeof *o);
        o->next = b->first;
        b->first = o;
    }
    o->addr = key;
    o->kind = (uint8_t)kind;
    o->owner = -1;
    return o;
}

void object_forget(uintptr_t raw, size_t size)
{
    const uint64_t addr = key_of(raw);

    if (size > 4096) {
        for (int i = 0; i < BUCKETS; i++)
            if (buckets[i].generation == W->generation)
                for (struct object **p = &buckets[i].first; *p;) {
                    if ((*p)->addr - addr < size)
                        *p = (*p)->next;
                    else
                        p = &(*p)->next;
                }
        return;
    }
    for (uint64_t a = addr & ~(uint64_t)3; a < addr + size; a += 4) {
        struct bucket *b = bucket_of(a);

        for (struct object **p = &b->first; *p; p = &(*p)->next)
            if ((*p)->addr == a) {
                *p = (*p)->next;
                break;
            }
    }
}

void objects_each(enum object_kind kind, const struct vclock *clock)
{
    for (int i = 0; i < BUCKETS; i++)
        if (buckets[i].generation == W->generation)
            for (struct object *o = buckets[i].first; o; o = o->next)
                if (o->kind == kind)
                    vclock_join(&o->clock, clock);
}

/* A process has its own copy of every lock in private memory, as it was at the fork: what the
 * forking thread held, the child's only thread holds; what another one held, nobody there will
 * ever give back (fork(2)). */
void objects_fork(const struct process *from, const struct process *to, int forker, int child)
{
    for (int i = 0; i < BUCKETS; i++) {
        if (buckets[i].generation != W->generation)
            continue;
        for (struct object *o = buckets[i].first, *copy; o; o = o->next) {
            struct bucket *b;

            if (o->addr >> 48 << 48 != from->tag)
                continue;
            copy = scratch_alloc(sizeof *copy);
            *copy = *o;
            copy->addr = (o->addr & ~from->tag) | to->tag;
            copy->waiters = NULL;
            copy->heads = NULL;
            copy->clock = copy->readers_clock = (struct vclock){0};
            vclock_copy(&copy->clock, &o->clock);
            if (copy->owner == forker)
                copy->owner = child;
            sem_fork(copy, o);
            b = bucket_of(copy->addr);
            copy->next = b->first;
            b->first = copy;
        }
    }
}

/* ---- births and deaths ---------------------------------------------------------------------
 *
 * An object is made by its initialiser, which is seen; by a static initialiser, or by zeroed
 * memory, both of which leave bytes that are known. Nothing else is guessed. A word of the
 * object that the program has no name for carries a stamp while it lives: when the stamp is
 * gone, the memory was assigned anew (a static initialiser again) or put to another use.
 */

enum { STAMP_ALIVE = 0x4c53616c, STAMP_DEAD = 0x4c536465 };

static const void **before; /* made before main(); from the boot part of the heap */
static size_t before_count;

void object_born_before(const void *addr)
{
    if (before_count % 64 == 0) {
        const void **more = realloc(before, (before_count + 64) * sizeof *more);

        if (!more)
            return;
        before = more;
    }
    before[before_count++] = addr;
}

static bool born_before(const void *addr)
{
    for (size_t i = 0; i < before_count; i++)
        if (before[i] == addr)
            return true;
    return false;
}

bool is_static_data(uintptr_t addr)
{
    extern char __executable_start[], _end[];

    return addr >= (uintptr_t)__executable_start && addr < (uintptr_t)_end;
}

static uint32_t *stamp_of(const void *addr, const struct birth *b)
{
    return b->stamp ? (uint32_t *)((char *)addr + b->stamp) : NULL;
}

static void memory_is_there(uintptr_t addr, size_t size, uintptr_t pc)
{
    if (in_heap(addr))
        heap_check(addr, size, true, pc);
    else if (in_fibers(addr))
        stack_check(addr, true, pc);
}

struct object *object_born(void *addr, const struct birth *b)
{
    uint32_t *stamp = stamp_of(addr, b);
    struct object *o;

    object_forget((uintptr_t)addr, b->size);
    o = object_at(addr, b->kind);
    o->first_user = W->me->id;
    if (stamp)
        *stamp = STAMP_ALIVE;
    return o;
}

bool object_alive(const void *addr, const struct birth *b)
{
    const uint32_t *stamp = stamp_of(addr, b);

    return !stamp || *stamp == STAMP_ALIVE;
}

void object_destroyed(void *addr, const struct birth *b, struct object *o)
{
    uint32_t *stamp = stamp_of(addr, b);

    o->destroyed = true;
    if (stamp)
        *stamp = STAMP_DEAD;
}

/* Without our own stamp, which a copy has brought along. */
static bool is_static(const void *addr, const struct birth *b)
{
    char bytes[64] __attribute__((aligned(16)));

    if (!b->is_static)
        return false;
    memcpy(bytes, addr, b->size);
    if (b->stamp && *(uint32_t *)(bytes + b->stamp) == STAMP_ALIVE)
        *(uint32_t *)(bytes + b->stamp) = 0;
    return b->is_static(bytes);
}

struct object *object_use(const void *addr, const struct birth *b, uintptr_t pc)
{
    struct object *o;
    const uint32_t *stamp;

    memory_is_there((uintptr_t)addr, b->size, pc);
    stamp = stamp_of(addr, b);
    o = object_find(addr);
    if (o && o->kind != b->kind)
        o = NULL;
    if (o && o->destroyed && (!stamp || *stamp == STAMP_DEAD))
        misuse(o, pc, "uses %s that has been destroyed", b->what);
    if (o && stamp && *stamp != STAMP_ALIVE)
        o = NULL;
    if (!o) {
        if (!born_before(addr) && !is_static(addr, b))
            misuse(NULL, pc, "uses %s that was never initialised", b->what);
        o = object_born((void *)addr, b);
    }
    o->several |= o->first_user != W->me->id;
    same_process(o, b->what, pc);
    return o;
}

/* ---- what a task holds ---- */

void held_push(uint64_t raw, uintptr_t pc, bool tried)
{
    struct task *t = W->me;

    if (t->held_count == t->held_max) {
        const int max = t->held_max ? 2 * t->held_max : 8;
        struct held *more = scratch_alloc((size_t)max * sizeof *more);

        if (t->held_count)
            memcpy(more, t->held, (size_t)t->held_count * sizeof *more);
        t->held = more;
        t->held_max = max;
    }
    t->held[t->held_count++] = (struct held){.lock = key_of(raw),
                                             .pc = program_pc(pc),
                                             .node = task_node(t),
                                             .tried = tried,
                                             .depth = t->depth};
}

void held_pop(uint64_t raw)
{
    struct task *t = W->me;
    const uint64_t obj = key_of(raw);

    for (int i = t->held_count - 1; i >= 0; i--)
        if (t->held[i].lock == obj) {
            memmove(&t->held[i], &t->held[i + 1],
                    (size_t)(--t->held_count - i) * sizeof *t->held);
            return;
        }
}

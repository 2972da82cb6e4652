/* object.c - mutexes, conditions, semaphores, ... as the explorer sees them, by address.
 *
 * What the program keeps at that address is never changed here, only looked at once: a
 * statically initialised mutex tells its type there. An object is known from its init or its
 * first use until its memory is freed.
 */
#include <pthread.h>
#include <string.h>

#include "runtime/explore/world.h"

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

void held_push(uint64_t raw, uintptr_t pc)
{
    struct task *t = W->me;
    const uint64_t obj = key_of(raw);

    if (t->held_count < 32) {
        t->held[t->held_count] = obj;
        t->held_pc[t->held_count] = program_pc(pc);
        t->held_node[t->held_count++] = task_node(t);
    }
}

void held_pop(uint64_t raw)
{
    struct task *t = W->me;
    const uint64_t obj = key_of(raw);

    for (int i = t->held_count - 1; i >= 0; i--)
        if (t->held[i] == obj) {
            t->held_count--;
            for (; i < t->held_count; i++) {
                t->held[i] = t->held[i + 1];
                t->held_pc[i] = t->held_pc[i + 1];
                t->held_node[i] = t->held_node[i + 1];
            }
            return;
        }
}

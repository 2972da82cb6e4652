/* race.c - who has seen what of whom: vector clocks, shadow cells, data races.
 *
 * Precise happens-before detection in the way of FastTrack (Flanagan, Freund, PLDI 2009), with
 * one difference: a cell keeps every access that is not ordered before a later one, with its
 * place in the code, so both lines of a race are known, and bytes are told apart by a mask.
 * C11 orders are handled in atomics.c; here an atomic access only never races with another.
 *
 *   cell    8 bytes of memory: the accesses that still could race
 *   block   the cells of one 4 KiB page, made when a page is touched first
 *   hot     a granule that has raced in this or an earlier schedule: its accesses are
 *           scheduling points from then on (the filter "+r")
 *
 * A race is a fact about one schedule: the two accesses are unordered in it.
 * What must not be reported is decided in permissive.c.
 */
#include <errno.h>
#include <string.h>

#include "runtime/explore/permissive.h"
#include "runtime/explore/process.h"

/* ---- vector clocks ------------------------------------------------------------------ */

static void reserve(struct vclock *v, uint32_t n)
{
    uint32_t cap = v->cap ? v->cap : 8;
    uint32_t *c;

    if (n <= v->cap)
        return;
    while (cap < n)
        cap *= 2;
    c = scratch_alloc(cap * sizeof *c);
    memcpy(c, v->c, v->n * sizeof *c);
    v->c = c;
    v->cap = cap;
}

void vclock_join(struct vclock *into, const struct vclock *from)
{
    if (from->n > into->n) {
        reserve(into, from->n);
        memset(into->c + into->n, 0, (from->n - into->n) * sizeof *into->c);
        into->n = from->n;
    }
    for (uint32_t i = 0; i < from->n; i++)
        if (from->c[i] > into->c[i])
            into->c[i] = from->c[i];
}

void vclock_copy(struct vclock *into, const struct vclock *from)
{
    reserve(into, from->n);
    memcpy(into->c, from->c, from->n * sizeof *from->c);
    into->n = from->n;
}

static uint32_t at(const struct vclock *v, int task)
{
    return (uint32_t)task < v->n ? v->c[task] : 0;
}

static void tick_in(struct vclock *v, const struct task *t)
{
    if ((uint32_t)t->id >= v->n) {
        reserve(v, (uint32_t)t->id + 1);
        memset(v->c + v->n, 0, ((uint32_t)t->id + 1 - v->n) * sizeof *v->c);
        v->n = (uint32_t)t->id + 1;
    }
    v->c[t->id]++;
}

static void tick(struct task *t)
{
    tick_in(&t->clock, t);
}

uint32_t clock_strong_at(const struct task *t, int task)
{
    return at(&t->strong, task);
}

void clock_joined(const struct task *ended)
{
    vclock_join(&W->me->clock, &ended->clock);
    vclock_join(&W->me->strong, &ended->strong);
}

void clock_acquire(const struct vclock *from)
{
    vclock_join(&W->me->clock, from);
}

void clock_release(struct vclock *into)
{
    vclock_copy(into, &W->me->clock);
    tick(W->me);
}

void clock_release_join(struct vclock *into)
{
    vclock_join(into, &W->me->clock);
    tick(W->me);
}

void clock_start(struct task *child)
{
    if (W->me) {
        vclock_copy(&child->clock, &W->me->clock);
        vclock_copy(&child->strong, &W->me->strong);
        tick(W->me);
        tick_in(&W->me->strong, W->me);
    }
    tick(child);
    tick_in(&child->strong, child);
}

/* ---- calling contexts ---------------------------------------------------------------- */

enum { NODES_MAX = 1 << 20, NODE_BUCKETS = 1 << 14 };

static struct call_node *nodes;
static uint32_t *node_bucket, *node_count;

uint32_t node_enter(uint32_t parent, uint32_t pc)
{
    uint32_t h = (parent * 2654435761u ^ pc * 2246822519u) >> 4 & (NODE_BUCKETS - 1), n;

    for (n = node_bucket[h]; n; n = nodes[n].next)
        if (nodes[n].parent == parent && nodes[n].pc == pc)
            return n;
    if (*node_count >= NODES_MAX - 1)
        return parent;
    n = ++*node_count;
    nodes[n] = (struct call_node){.parent = parent, .pc = pc, .next = node_bucket[h]};
    node_bucket[h] = n;
    return n;
}

const struct call_node *node_at(uint32_t n)
{
    return &nodes[n];
}

uint32_t task_node(const struct task *t)
{
    int d = t->depth < STACK_DEPTH ? t->depth : STACK_DEPTH;

    return d ? t->stack[d - 1].node : 0;
}

/* ---- cells ------------------------------------------------------------------------------ */

enum access { ACCESS_PLAIN, ACCESS_VOLATILE, ACCESS_ATOMIC };

enum { RECORDS = 3, PAGES = 1 << 14, BLOCK_CELLS = 512, BLOCKS_MAX = WATCHED_MIB << 8 };

struct record {
    uint32_t clock, node, pc;
    uint16_t task;
    uint8_t mask;
    bool write : 1, atomic : 1;
    uint8_t locks : 6; /* held then; HELD_MANY: or more */
};
enum { HELD_MANY = 63 };

struct cell {
    uint64_t generation; /* of the schedule; older: empty */
    uint16_t n, cap;     /* cap: 0 while the records are inside */
    bool hot;            /* over all schedules */
    uint8_t toucher;     /* 1 + task while only one has touched it, 255 = several */
    struct record in[RECORDS];
    struct record *out;
    struct aside *aside; /* what handlers and the code they interrupt did; NULL: nothing */
};

struct page {
    uint64_t number; /* address >> 12; 0 = empty */
    struct cell *cells;
};

static struct page *pages;
static struct cell *blocks;
static struct page_cache {
    uint64_t number;
    struct cell *cells;
} * cache;
static uint32_t *blocks_used;

void race_open(void)
{
    nodes = region_alloc(NODES_MAX * sizeof *nodes);
    node_bucket = region_alloc(NODE_BUCKETS * sizeof *node_bucket);
    pages = region_alloc(PAGES * sizeof *pages);
    blocks = region_alloc((size_t)BLOCKS_MAX * BLOCK_CELLS * sizeof *blocks);
    cache = keep_alloc(sizeof *cache);
    node_count = keep_alloc(sizeof *node_count);
    blocks_used = keep_alloc(sizeof *blocks_used);
}

/* More than 64 MiB touched: the rest is not watched, and the last line says so. */
static struct cell *not_watched(void)
{
    W->unwatched = W->bounded = true;
    return NULL;
}

static struct cell *cells_of(uint64_t number, bool make)
{
    uint32_t h = (uint32_t)((number * 0x9e3779b97f4a7c15u) >> 50);

    if (cache->number == number)
        return cache->cells;
    while (pages[h].number && pages[h].number != number)
        h = (h + 1) & (PAGES - 1);
    if (!pages[h].number) {
        if (!make)
            return NULL;
        if (*blocks_used >= BLOCKS_MAX - 1)
            return not_watched();
        pages[h].number = number;
        pages[h].cells = blocks + (size_t)(*blocks_used)++ * BLOCK_CELLS;
    }
    cache->number = number;
    cache->cells = pages[h].cells;
    return cache->cells;
}

static struct cell *cell_at(uintptr_t addr, bool make)
{
    const uint64_t key = key_of(addr);
    struct cell *c = cells_of(key >> 12, make);

    if (!c)
        return NULL;
    c += key >> 3 & (BLOCK_CELLS - 1);
    if (c->generation != W->generation) {
        c->generation = W->generation;
        c->n = c->cap = 0;
        c->toucher = 0;
        c->aside = NULL;
    }
    return c;
}

bool hot(uintptr_t addr)
{
    const uint64_t key = key_of(addr);
    struct cell *c = cells_of(key >> 12, false);

    return c && c[key >> 3 & (BLOCK_CELLS - 1)].hot;
}

void make_hot(uintptr_t addr)
{
    struct cell *c = cell_at(addr, true);

    if (!c || c->hot)
        return;
    c->hot = true;
    W->races_new++;
    if (W->hot_object_count < STABLE_MAX)
        W->hot_objects[W->hot_object_count++] = key_of(addr) & ~(uint64_t)7;
}

bool cell_shared(uintptr_t addr)
{
    struct cell *c = cell_at(addr, false);

    return c && c->toucher == 255;
}

static struct record *records(struct cell *c)
{
    return c->cap ? c->out : c->in;
}

static void add_record(struct cell *c, const struct record *r)
{
    int cap = c->cap ? c->cap : RECORDS;

    if (c->n == cap) {
        struct record *more = scratch_alloc(2 * (size_t)cap * sizeof *more);

        memcpy(more, records(c), c->n * sizeof *more);
        c->out = more;
        c->cap = (uint16_t)(2 * cap);
    }
    records(c)[c->n++] = *r;
}

static const char *both_of(const struct record *a, const struct record *b)
{
    const struct task *s = &W->tasks[a->task], *t = &W->tasks[b->task];

    if (s->process == t->process)
        return "two threads";
    return W->processes[s->process].main == s->id && W->processes[t->process].main == t->id
               ? "two processes"
               : "two tasks";
}

/* Where one of them holds a lock, which side has none is the answer; an atomic access needs
 * none. */
static const char *holding(const struct record *r, const struct record *other)
{
    if (r->locks == 0) /* a semaphore or a flag of its own may be its lock */
        return r->atomic || W->other_locks ? "" : ", holding no lock";
    if (other->locks == 0)
        return r->locks == 1 ? ", holding a lock" : ", holding locks";
    return ", holding a lock that does not keep the other one out";
}

static void race_found(uintptr_t addr, size_t size, const struct record *old,
                       const struct record *new)
{
    struct found *f;
    uint32_t a = old->pc, b = new->pc;

    make_hot(addr);
    if (permissive_race(addr, size, a, b))
        return;
    if (library_name(addr))
        f = bug_begin(BUG_DATA_RACE, "%s use %s without synchronisation", both_of(old, new),
                      library_name(addr));
    else if (size == 1)
        f = bug_begin(BUG_DATA_RACE, "%s access the same byte without synchronisation",
                      both_of(old, new));
    else
        f = bug_begin(BUG_DATA_RACE, "%s access the same %zu bytes without synchronisation",
                      both_of(old, new), size);
    f->address = library_name(addr) ? 0 : addr;
    f->size = (uint32_t)size;
    f->key = ((uint64_t)(a < b ? a : b) << 32 | (a < b ? b : a)) ^
             (uint64_t)(old->write + new->write) << 62;
    bug_stack(f, new->task, new->pc, new->node, "%s%s here%s", new->atomic ? "atomically " : "",
              new->write ? "writes" : "reads", holding(new, old));
    bug_stack(f, old->task, old->pc, old->node, "%s%s here%s", old->atomic ? "atomically " : "",
              old->write ? "wrote" : "read", holding(old, new));
    bug_note(f);
}

/* ---- a handler and what it interrupts -----------------------------------------------------
 */

/* Signals as bits: those whose handler touched a byte, and those that could have come while the
 * rest of the process touched it. Only what is neither volatile nor atomic counts: the others
 * are what C promises (7.14.1.1). */
struct aside_byte {
    uint64_t handler_read, handler_write, open_read, open_write;
    /* [1]: of the last write, [0]: of the last read */
    uint32_t handler_pc[2], handler_node[2], open_pc[2], open_node[2];
};
struct aside {
    int process;
    struct aside_byte bytes[8]; /* of the cell */
};

static void tell_aside(uintptr_t addr, size_t size, const struct aside_byte *a,
                       uint64_t signals)
{
    const int sig = __builtin_ctzll(signals) + 1;
    const uint64_t one = (uint64_t)1 << (sig - 1);
    const int h = a->handler_write & one ? 1 : 0, o = a->open_write & one ? 1 : 0;
    struct found *f;

    if (permissive_race(addr, size, a->handler_pc[h], a->open_pc[o]))
        return;
    f = bug_begin(BUG_SIGNAL_UNSAFE,
                  "data that is neither volatile sig_atomic_t nor atomic is shared with the "
                  "handler of %s, which can run at any moment",
                  signal_name(sig));
    f->address = addr;
    f->size = (uint32_t)size;
    f->key = ((uint64_t)a->handler_pc[h] << 32 | a->open_pc[o]) ^ 0x51;
    bug_stack(f, W->me->id, a->handler_pc[h], a->handler_node[h],
              h ? "in the handler, writes it here" : "in the handler, reads it here");
    bug_stack(f, W->me->id, a->open_pc[o], a->open_node[o],
              o ? "and writes it here, with the signal not blocked"
                : "and reads it here, with the signal not blocked");
    bug_note(f);
}

void errno_is_hot(void)
{
    make_hot((uintptr_t)&errno);
}

/* Between a call that fails and the look at errno a handler has come and changed it. */
static void errno_seen(bool write, uint32_t pc)
{
    struct task *t = W->me;
    struct found *f;

    if (write || t->handlers || !t->errno_changed || errno != t->errno_value)
        return;
    f = bug_begin(BUG_SIGNAL_UNSAFE, "errno is not what the last call set: a signal handler "
                                     "changed it and did not restore it");
    bug_stack(f, t->id, pc, task_node(t), "looks at errno here");
    bug_stack(f, t->id, t->errno_pc, t->errno_node, "the handler was set here");
    bug_note(f);
}

static uint64_t note_aside(struct aside_byte *a, uint64_t open, bool write, uint32_t pc)
{
    const struct task *t = W->me;

    if (t->handlers) {
        *(write ? &a->handler_write : &a->handler_read) |= (uint64_t)1 << (t->handling - 1);
        a->handler_pc[write] = pc;
        a->handler_node[write] = task_node(t);
    } else {
        *(write ? &a->open_write : &a->open_read) |= open;
        a->open_pc[write] = pc;
        a->open_node[write] = task_node(t);
    }
    return ((a->handler_write & (a->open_read | a->open_write)) |
            (a->handler_read & a->open_write)) &
           W->async_ever;
}

static void watch_handlers(struct cell *c, uintptr_t addr, uint8_t mask, size_t size,
                           bool write, uint32_t pc)
{
    const struct task *t = W->me;
    const uint64_t open = t->handlers ? 0 : signals_open(t);
    struct aside *a = c->aside;

    if (!t->handlers && !open)
        return;
    /* A handler's own frames lie where those of others have been. */
    if ((char *)addr >= t->fiber->stack && (char *)addr < t->fiber->top)
        return;
    if (addr == (uintptr_t)&errno) {
        errno_seen(write, pc);
        return;
    }
    if (!a || a->process != t->process) {
        a = c->aside = scratch_alloc(sizeof *a);
        a->process = t->process;
    }
    for (int i = 0; i < 8; i++) {
        const uint64_t clash = mask & 1u << i ? note_aside(&a->bytes[i], open, write, pc) : 0;

        if (!clash)
            continue;
        make_hot(addr); /* the signal may come between two of its accesses */
        tell_aside(addr, size, &a->bytes[i], clash);
        return;
    }
}

/* The accesses of a cell are kept as a set in which none makes another one useless:
 * a new one replaces those that happened before it and cover no more than it does. */
static void access_cell(uintptr_t addr, uint8_t mask, size_t size, bool write, enum access how,
                        uint32_t pc)
{
    const bool atomic = how == ACCESS_ATOMIC;
    struct task *t = W->me;
    struct cell *c = cell_at(addr, true);
    struct record new = {.clock = at(&t->clock, t->id), .pc = pc, .task = (uint16_t)t->id};
    struct record *r;
    uint32_t keep = 0;
    bool told = false;

    if (!c)
        return;
    if (how == ACCESS_PLAIN && W->processes[W->me->process].handlers_set)
        watch_handlers(c, addr, mask, size, write, pc);
    new.mask = mask;
    new.write = write;
    new.atomic = atomic;
    new.locks = (uint8_t)(t->held_count < HELD_MANY ? t->held_count : HELD_MANY);
    if (c->toucher != t->id + 1)
        c->toucher = c->toucher || t->id >= 254 ? 255 : (uint8_t)(t->id + 1);
    r = records(c);
    if (c->n == 1 && r->task == new.task && r->clock == new.clock && r->pc == pc &&
        r->mask == mask && r->write == write && r->atomic == atomic)
        return; /* the same again: a loop */
    new.node = task_node(t);
    for (uint32_t i = 0; i < c->n; i++) {
        const bool before = r[i].clock <= at(&t->clock, r[i].task);
        const bool clash =
            (r[i].mask & mask) && (r[i].write || write) && !(r[i].atomic && atomic);

        if (clash && !before && !told) {
            race_found(addr, size, &r[i], &new);
            told = true;
        }
        if (before && !(r[i].mask & ~mask) && (write || !r[i].write) &&
            (!atomic || r[i].atomic))
            continue; /* whoever races with it races with the new one */
        if (keep != i)
            r[keep] = r[i];
        keep++;
    }
    c->n = (uint16_t)keep;
    add_record(c, &new);
}

enum { LONGEST = LONGEST_MIB << 20 };

static void access_any(uintptr_t addr, size_t size, bool write, enum access how, uintptr_t pc)
{
    const uint32_t at_pc = program_pc(pc);

    if (size >
        LONGEST) { /* a memset of much memory is no loop, and is watched at its beginning */
        size = LONGEST;
        W->unwatched = W->bounded = true;
    }
    for (uintptr_t a = addr; a < addr + size;) {
        const unsigned from = a & 7;
        const size_t left = addr + size - a, n = left < 8 - from ? left : 8 - from;

        access_cell(a, (uint8_t)(((1u << n) - 1) << from), n, write, how, at_pc);
        a += n;
    }
}

void access_plain(uintptr_t addr, size_t size, bool write, uintptr_t pc)
{
    access_any(addr, size, write, ACCESS_PLAIN, pc);
}

void access_volatile(uintptr_t addr, size_t size, bool write, uintptr_t pc)
{
    access_any(addr, size, write, ACCESS_VOLATILE, pc);
}

void access_atomic(uintptr_t addr, size_t size, bool write, uintptr_t pc)
{
    access_any(addr, size, write, ACCESS_ATOMIC, pc);
}

void access_forget(uintptr_t raw, size_t size)
{
    const uint64_t addr = key_of(raw);

    for (uint64_t a = addr & ~(uintptr_t)7; a < addr + size; a += 8) {
        struct cell *c = cells_of(a >> 12, false);

        if (!c) {
            a = (a | 4095) - 7; /* a page that nobody touched */
            continue;
        }
        c[a >> 3 & (BLOCK_CELLS - 1)].generation = 0;
    }
}

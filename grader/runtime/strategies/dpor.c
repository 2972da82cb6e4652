/* dpor.c - one schedule for each Mazurkiewicz trace: dynamic partial order reduction.
 *
 * Source sets with sleep sets: Abdulla, Aronis, Jonsson, Sagonas, "Optimal Dynamic Partial
 * Order Reduction", POPL 2014 (JACM 64(4), 2017), algorithm "Source-DPOR"; dependencies are
 * found while a schedule runs, as in Flanagan, Godefroid, POPL 2005. Every trace is completed
 * exactly once; schedules that turn out to repeat one are cut short and not counted. What
 * differs
 *   - locks: taking a lock races with the taking before it, not with the giving back in
 * between, which only makes it possible. Such enabling edges come with the event (`after`).
 *   - tasks that are still blocked at the end race with what they wait for, too.
 *   - with a bound on preemptions: also a point at the beginning of the running task's block
 *     (Coons, Musuvathi, McKinley, OOPSLA 2013), and no sleep sets, which are unsound there.
 * Invariants, for each node on the path: `done` is a subset of `backtrack`; the task in
 * `chosen` is in `backtrack`; `sleep` tasks are enabled. Clocks: clock[i][t] is how many of the
 * first i+1 events' prefix by task t happened before or are event i.
 */
#include <string.h>

#include "runtime/explore/limits.h"
#include "runtime/strategies/strategy.h"

enum { DEPTH = SEARCH_DEPTH, TASKS = SEARCH_TASKS, EVENTS = 1 << 18 };

struct node {
    uint64_t enabled, backtrack, done, sleep;
    uint32_t first; /* of its enabled events in the pool */
    int16_t chosen; /* task: its stable number, since the others depend on the order */
    int16_t n;
    int16_t spent;  /* preemptions before this node */
    int16_t before; /* the task that ran before, if it could go on; else -1 */
    uint32_t block; /* node at which the running task's block began */
};

struct dpor {
    int depth, length; /* of this schedule so far; of the path to follow */
    int bound;
    bool begun, over, too_large, follows;
    uint32_t pool_used;
    struct node path[DEPTH];
    struct event run[DEPTH]; /* what was carried out */
    uint32_t clock[DEPTH][TASKS];
    int last[TASKS]; /* the task's last event, or -1 */
    struct event pool[EVENTS];
};

static uint64_t bit(int task)
{
    return (uint64_t)1 << task;
}

static const struct event *pending(const struct dpor *d, const struct node *n, int task)
{
    for (int i = 0; i < n->n; i++)
        if ((int)d->pool[n->first + (uint32_t)i].stable == task)
            return &d->pool[n->first + (uint32_t)i];
    return NULL;
}

static void join(uint32_t *into, const uint32_t *from)
{
    for (int t = 0; t < TASKS; t++)
        if (from[t] > into[t])
            into[t] = from[t];
}

/* Event i happened before what has this clock. */
static bool before(const struct dpor *d, int i, const uint32_t *clock)
{
    return clock[d->run[i].stable] > (uint32_t)i;
}

/* ---- races ---------------------------------------------------------------------------------
 */

static int preemptions_of(const struct node *n, int task)
{
    return n->spent + (n->before >= 0 && n->before != task);
}

static void add_backtrack(struct dpor *d, uint32_t at, int task)
{
    struct node *n = &d->path[at];

    n->backtrack |= bit(task);
    if (d->bound >= 0 && (d->path[n->block].enabled & bit(task)))
        d->path[n->block].backtrack |= bit(task);
}

/* `e`, with clock `c`, could have gone before event i: which task must the search try at node i
 * so that it does? Any first event of what happened since without needing event i. */
static void reverse(struct dpor *d, int i, const struct event *e, const uint32_t *c, int end)
{
    struct node *n = &d->path[i];
    uint64_t initials = 0, seen = 0;
    int first[TASKS], pick = -1;

    for (int j = i + 1; j < end; j++) {
        const int t = (int)d->run[j].stable;
        bool initial = true;

        if (before(d, i, d->clock[j]) || (seen & bit(t)))
            continue;
        for (int q = 0; q < TASKS && initial; q++)
            if ((seen & bit(q)) && before(d, first[q], d->clock[j]))
                initial = false;
        seen |= bit(t);
        first[t] = j;
        if (initial)
            initials |= bit(t);
    }
    if (!(seen & bit(e->stable))) {
        bool initial = true;

        for (int q = 0; q < TASKS && initial; q++)
            if ((seen & bit(q)) && before(d, first[q], c))
                initial = false;
        if (initial)
            initials |= bit(e->stable);
    }
    initials &= n->enabled;
    if (initials & n->backtrack)
        return;
    if (initials & bit(e->stable))
        pick = (int)e->stable;
    for (int q = 0; q < TASKS && pick < 0; q++)
        if (initials & bit(q))
            pick = q;
    if (pick >= 0)
        add_backtrack(d, (uint32_t)i, pick);
    else
        n->backtrack |= n->enabled; /* cannot be told: try all */
}

/* From the latest to the earliest, so that what is ordered through a later one is no race. */
static void find_races(struct dpor *d, const struct event *e, uint32_t *c, int end)
{
    for (int i = end - 1; i >= 0; i--) {
        if (d->run[i].stable == e->stable || before(d, i, c) || !events_conflict(&d->run[i], e))
            continue;
        reverse(d, i, e, c, end);
        join(c, d->clock[i]);
    }
}

/* ---- running --------------------------------------------------------------------------------
 */

static void carried_out(struct dpor *d, const struct event *e)
{
    const int i = d->depth;
    uint32_t *c = d->clock[i];

    memset(c, 0, sizeof d->clock[i]);
    if (d->last[e->stable] >= 0)
        join(c, d->clock[d->last[e->stable]]);
    if (e->effect != EFFECT_ACQUIRE && e->effect != EFFECT_SHARE && e->after &&
        e->after != AFTER_ALL)
        join(c, d->clock[e->after - 1]); /* it could not have been there before */
    if (e->after2)
        join(c, d->clock[e->after2 - 1]);
    if (e->after == AFTER_ALL)
        for (int t = 0; t < TASKS; t++)
            if (d->last[t] >= 0)
                join(c, d->clock[d->last[t]]);
    find_races(d, e, c, i);
    if (e->after && e->after != AFTER_ALL)
        join(c, d->clock[e->after - 1]);
    for (int k = i - 1; k >= 0 && e->after_unshares; k--)
        if (d->run[k].effect == EFFECT_UNSHARE && d->run[k].object == e->object)
            join(c, d->clock[k]);
    c[e->stable] = (uint32_t)i + 1;
    d->run[i] = *e;
    d->last[e->stable] = i;
    d->depth++;
}

static uint64_t sleepers(const struct dpor *d, const struct node *n, const struct event *e)
{
    uint64_t s = 0;

    for (int t = 0; t < TASKS; t++)
        if (((n->sleep | n->done) & bit(t)) && t != (int)e->stable) {
            const struct event *p = pending(d, n, t);

            if (p && !events_conflict(p, e))
                s |= bit(t);
        }
    return s;
}

static bool new_node(struct dpor *d, const struct choice *c)
{
    struct node *n = &d->path[d->depth], *up = d->depth ? n - 1 : NULL;

    *n = (struct node){.first = d->pool_used, .n = (int16_t)c->n, .chosen = -1, .before = -1};
    if (d->pool_used + (uint32_t)c->n > EVENTS)
        return false;
    for (int i = 0; i < c->n; i++) {
        d->pool[d->pool_used++] = c->enabled[i];
        n->enabled |= bit(c->enabled[i].stable);
    }
    if (c->current >= 0)
        n->before = (int16_t)c->enabled[c->current].stable;
    if (up) {
        n->spent = (int16_t)preemptions_of(up, up->chosen);
        n->block =
            (int)d->run[d->depth - 1].stable == up->before ? up->block : (uint32_t)d->depth - 1;
        if (d->bound < 0)
            n->sleep = sleepers(d, up, &d->run[d->depth - 1]) & n->enabled;
    }
    return true;
}

static int index_of(const struct choice *c, int task)
{
    for (int i = 0; i < c->n; i++)
        if ((int)c->enabled[i].stable == task)
            return i;
    return -1;
}

static int pick(void *self, const struct choice *c)
{
    struct dpor *d = self;
    struct node *n = &d->path[d->depth];
    int i;

    for (i = 0; i < c->n; i++)
        if (c->enabled[i].stable >= TASKS)
            d->too_large = true;
    if (d->too_large || d->depth >= DEPTH - 1) {
        d->too_large = true;
        return -1;
    }
    if (d->depth < d->length) {
        i = index_of(c, n->chosen);
        if (i < 0 || (d->depth < d->length - 1 && n->n != c->n)) {
            d->too_large = true; /* not the same run: nothing may be concluded */
            return -1;
        }
    } else {
        if (!new_node(d, c)) {
            d->too_large = true;
            return -1;
        }
        i = c->current;
        if (i < 0 || (n->sleep & bit(c->enabled[i].stable)))
            for (i = 0; i < c->n && (n->sleep & bit(c->enabled[i].stable)); i++)
                ;
        if (i == c->n)
            return -1; /* all asleep: this would repeat a trace */
        n->chosen = (int16_t)c->enabled[i].stable;
        n->backtrack = bit(n->chosen);
        d->length = d->depth + 1;
    }
    carried_out(d, &c->enabled[i]);
    return i;
}

/* ---- the next schedule
 * ------------------------------------------------------------------------ */

static bool advance(struct dpor *d)
{
    while (d->length > 0) {
        struct node *n = &d->path[d->length - 1];
        uint64_t rest;

        n->done |= bit(n->chosen);
        rest = n->backtrack & ~n->done & ~n->sleep;
        for (int t = 0; t < TASKS && rest; t++) {
            if (!(rest & bit(t)))
                continue;
            if (d->bound >= 0 && preemptions_of(n, t) > d->bound) {
                rest &= ~bit(t);
                continue;
            }
            n->chosen = (int16_t)t;
            d->pool_used = n->first + (uint32_t)n->n;
            return true;
        }
        d->length--;
    }
    return false;
}

static bool begin(void *self, const struct knowledge *k)
{
    struct dpor *d = self;

    if (d->too_large)
        return false;
    if (d->begun && !advance(d)) {
        d->over = true;
        return false;
    }
    d->begun = true;
    d->bound = k->preemptions;
    d->depth = 0;
    for (int t = 0; t < TASKS; t++)
        d->last[t] = -1;
    return true;
}

/* What the blocked ones wait for raced with whoever has it. */
static void finish(void *self, const struct choice *blocked, bool cut)
{
    struct dpor *d = self;

    (void)cut;
    for (int i = 0; i < blocked->n; i++) {
        const struct event *e = &blocked->enabled[i];
        uint32_t c[TASKS] = {0};

        if (e->stable >= TASKS)
            continue;
        if (d->last[e->stable] >= 0)
            join(c, d->clock[d->last[e->stable]]);
        find_races(d, e, c, d->depth);
    }
}

static void reset(void *self)
{
    struct dpor *d = self;

    d->begun = d->over = d->too_large = false;
    d->depth = d->length = 0;
    d->pool_used = 0;
}

static bool complete(const void *self)
{
    return ((const struct dpor *)self)->over;
}

const struct strategy strategy_dpor = {.name = "dpor",
                                       .size = sizeof(struct dpor),
                                       .begin = begin,
                                       .pick = pick,
                                       .finish = finish,
                                       .reset = reset,
                                       .complete = complete};

/* dfs.c - every interleaving, one after the other, by depth-first search.
 *
 * The plain way, without reduction; with a bound on preemptions it is the search of Musuvathi
 * and Qadeer, "Iterative Context Bounding", PLDI 2007: a preemption is a switch away from a
 * task that could go on. Invariant: path[0..depth) is the current schedule's choices; for each,
 * `next` counts the alternatives tried. The current task comes first, the others by number.
 */
#include "runtime/strategies/strategy.h"

enum { DEPTH = 1 << 20 };

struct point {
    int16_t tried, n; /* which alternative, of how many */
    int16_t spent;    /* preemptions before this point */
    bool can_stay;
};

struct dfs {
    int depth, length;
    int bound;
    bool begun, over;
    bool deep; /* a schedule was longer than can be kept: not everything is tried */
    struct point path[DEPTH];
};

static bool affordable(const struct dfs *d, const struct point *p, int alternative)
{
    return d->bound < 0 || !p->can_stay || alternative == 0 || p->spent < d->bound;
}

/* Backs up to the last point with an alternative left. */
static bool advance(struct dfs *d)
{
    while (d->length > 0) {
        struct point *p = &d->path[d->length - 1];

        if (p->tried + 1 < p->n && affordable(d, p, p->tried + 1)) {
            p->tried++;
            return true;
        }
        d->length--;
    }
    return false;
}

static bool begin(void *self, const struct knowledge *k)
{
    struct dfs *d = self;

    d->bound = k->preemptions;
    d->depth = 0;
    if (!d->begun) {
        d->begun = true;
        d->length = 0;
        return true;
    }
    d->over = !advance(d);
    return !d->over;
}

static int pick(void *self, const struct choice *c)
{
    struct dfs *d = self;
    struct point *p;
    int i;

    if (d->depth >= DEPTH)
        return d->deep = true, c->current >= 0 ? c->current : 0;
    p = &d->path[d->depth++];
    if (d->depth > d->length) {
        p->tried = 0;
        p->n = (int16_t)c->n;
        p->can_stay = c->current >= 0;
        p->spent = 0;
        if (d->depth > 1)
            p->spent = (int16_t)(p[-1].spent + (p[-1].can_stay && p[-1].tried > 0));
        d->length = d->depth;
    }
    if (c->current < 0)
        return p->tried;
    if (p->tried == 0)
        return c->current;
    i = p->tried - 1;
    return i < c->current ? i : i + 1;
}

static void finish(void *self, const struct choice *blocked, bool cut)
{
    struct dfs *d = self;

    (void)blocked, (void)cut;
    d->length = d->depth;
}

static void reset(void *self)
{
    struct dfs *d = self;

    d->begun = d->over = d->deep = false;
}

static bool complete(const void *self)
{
    const struct dfs *d = self;

    return d->over && !d->deep;
}

const struct strategy strategy_dfs = {.name = "dfs",
                                      .size = sizeof(struct dfs),
                                      .begin = begin,
                                      .pick = pick,
                                      .finish = finish,
                                      .reset = reset,
                                      .complete = complete};

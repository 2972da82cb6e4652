/* surw.c - selectively uniform random walk.
 *
 * Zhao, Wolff, Mathur, Roychoudhury, "Selectively Uniform Concurrency Testing", ASPLOS 2025:
 * interleavings of a chosen set of interesting events are sampled uniformly. Each thread is
 * weighted with the interesting events it, and the threads it has yet to create, still have
 * before them (counts from earlier schedules). The weights choose who has the next interesting
 * event; until it has come, others run, at random, only up to their own next interesting one.
 * What differs: the set is chosen anew for each schedule: all interesting events, or those on
 * one object (every second schedule), since few bugs need more than one. When the chosen thread
 * cannot run, another one is chosen.
 * Invariant: an interesting event is carried out only by the thread chosen for it, unless
 * nobody else can run.
 */
#include <string.h>

#include "runtime/explore/limits.h"
#include "runtime/strategies/strategy.h"

enum { STABLE = STABLE_MAX };

struct surw {
    uint64_t random;
    const struct knowledge *k;
    uint64_t only; /* the one object of this schedule; 0 = all */
    bool grouped;  /* choose places, not threads */
    uint32_t left[STABLE];
    bool born[STABLE];
};

static bool begin(void *self, const struct knowledge *k)
{
    struct surw *s = self;

    s->random = k->seed;
    s->k = k;
    s->only = 0;
    s->grouped = k->schedule / 2 % 2;
    memset(s->born, 0, sizeof s->born);
    memset(s->left, 0, sizeof s->left);
    memcpy(s->left, k->count, k->stable * sizeof *s->left);
    if (k->object_count && k->schedule % 2)
        s->only = k->objects[strategy_below(&s->random, k->object_count)];
    return true;
}

static bool counts(const struct surw *s, const struct event *e)
{
    return e->interesting && (!s->only || s->only == e->object);
}

/* A thread that is not there yet lends its weight to its nearest ancestor that is. */
static void weigh(struct surw *s, uint32_t *weight)
{
    memset(weight, 0, s->k->stable * sizeof *weight);
    for (uint32_t i = 0; i < s->k->stable; i++) {
        uint32_t at = i;

        while (!s->born[at] && at != s->k->parent[at])
            at = s->k->parent[at];
        weight[at] += s->left[i];
    }
}

static int by_weight(struct surw *s, const struct choice *c)
{
    uint32_t weight[STABLE], all = 0, at;

    weigh(s, weight);
    for (int i = 0; i < c->n; i++)
        all += weight[c->enabled[i].stable] + 1;
    at = strategy_below(&s->random, all);
    for (int i = 0; i < c->n; i++) {
        const uint32_t w = weight[c->enabled[i].stable] + 1;

        if (at < w)
            return i;
        at -= w;
    }
    return 0;
}

/* Many tasks at one place are one alternative, not many: any place first, then any task there.
 */
static int by_place(struct surw *s, const struct choice *c)
{
    uint32_t places = 0, members = 0, want;
    int ret = 0;

    for (int i = 0; i < c->n; i++) {
        bool first = true;

        for (int k = 0; k < i && first; k++)
            first = c->enabled[k].place != c->enabled[i].place;
        if (first && strategy_below(&s->random, ++places) == 0)
            ret = i;
    }
    want = c->enabled[ret].place;
    for (int i = 0; i < c->n; i++)
        if (c->enabled[i].place == want && strategy_below(&s->random, ++members) == 0)
            ret = i;
    return ret;
}

static int pick(void *self, const struct choice *c)
{
    struct surw *s = self;
    uint32_t others = 0;
    int i;

    for (i = 0; i < c->n; i++) {
        s->born[c->enabled[i].stable] = true;
        others += !counts(s, &c->enabled[i]);
    }
    if (others) { /* what does not count goes first, any of it */
        others = strategy_below(&s->random, others) + 1;
        for (i = 0; i < c->n; i++)
            if (!counts(s, &c->enabled[i]) && --others == 0)
                return i;
    }
    i = s->grouped ? by_place(s, c) : by_weight(s, c);
    if (s->left[c->enabled[i].stable])
        s->left[c->enabled[i].stable]--;
    return i;
}

const struct strategy strategy_surw = {
    .name = "surw", .size = sizeof(struct surw), .begin = begin, .pick = pick};

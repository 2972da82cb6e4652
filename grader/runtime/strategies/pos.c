/* pos.c - partial order sampling.
 *
 * Yuan, Yang, Gu, "Partial Order Aware Concurrency Sampling", CAV 2018: every pending event
 * has a random priority; the highest runs; after it, the events that conflict with it draw
 * anew, so that each order of conflicting events is about as likely as the others.
 * What differs: nothing but the range of priorities.
 * Invariant: a task's priority belongs to its pending event and is drawn once for it, or again
 * after a conflicting event.
 */
#include "runtime/explore/limits.h"
#include "runtime/strategies/strategy.h"

enum { TASKS = TASK_MAX };

struct pos {
    uint64_t random;
    uint64_t priority[TASKS]; /* 0: to be drawn */
};

static bool begin(void *self, const struct knowledge *k)
{
    struct pos *p = self;

    *p = (struct pos){.random = k->seed};
    return true;
}

static int pick(void *self, const struct choice *c)
{
    struct pos *p = self;
    int best = 0;

    for (int i = 0; i < c->n; i++) {
        uint64_t *mine = &p->priority[c->enabled[i].task];

        if (!*mine)
            *mine = strategy_random(&p->random) | 1;
        if (*mine > p->priority[c->enabled[best].task])
            best = i;
    }
    for (int i = 0; i < c->n; i++)
        if (i == best || events_conflict(&c->enabled[i], &c->enabled[best]))
            p->priority[c->enabled[i].task] = 0;
    return best;
}

const struct strategy strategy_pos = {
    .name = "pos", .size = sizeof(struct pos), .begin = begin, .pick = pick};

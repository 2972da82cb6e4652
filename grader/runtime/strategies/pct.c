/* pct.c - probabilistic concurrency testing.
 *
 * Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized Scheduler with Probabilistic
 * Guarantees of Finding Bugs", ASPLOS 2010: random distinct priorities above d; d-1 change
 * points among the k steps of a run; at the i-th change point the running task's priority
 * becomes i. A bug of depth d is found with probability at least 1/(n k^(d-1)).
 * What differs: k is the most steps any earlier schedule had; a task that is created gets a
 * random priority between those there are. d = 3. Invariant: the enabled task with the highest
 * priority runs.
 */
#include "runtime/explore/limits.h"
#include "runtime/strategies/strategy.h"

enum { TASKS = TASK_MAX, DEPTH = 3 };

struct pct {
    uint64_t random, step;
    uint64_t change[DEPTH - 1];
    uint64_t priority[TASKS]; /* 0: not drawn yet */
};

static bool begin(void *self, const struct knowledge *k)
{
    struct pct *p = self;
    const uint32_t steps = k->steps ? k->steps : 20;

    *p = (struct pct){.random = k->seed};
    for (int i = 0; i < DEPTH - 1; i++)
        p->change[i] = 1 + strategy_below(&p->random, steps);
    return true;
}

static int highest(struct pct *p, const struct choice *c)
{
    int best = 0;

    for (int i = 0; i < c->n; i++) {
        uint64_t *mine = &p->priority[c->enabled[i].task];

        if (!*mine)
            *mine = DEPTH + (strategy_random(&p->random) >> 8);
        if (*mine > p->priority[c->enabled[best].task])
            best = i;
    }
    return best;
}

static int pick(void *self, const struct choice *c)
{
    struct pct *p = self;
    int best = highest(p, c);

    p->step++;
    for (int i = 0; i < DEPTH - 1; i++)
        if (p->change[i] == p->step) {
            p->priority[c->enabled[best].task] = (uint64_t)i + 1;
            best = highest(p, c);
        }
    return best;
}

const struct strategy strategy_pct = {
    .name = "pct", .size = sizeof(struct pct), .begin = begin, .pick = pick};

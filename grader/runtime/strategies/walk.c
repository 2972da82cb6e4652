/* walk.c - random walk: at each step, any task that can run, with the same chance.
 *
 * The naive strategy, and better than its name: Thomson, Donaldson, Betts, "Concurrency
 * Testing Using Controlled Schedulers: An Empirical Study", TOPC 2(4), 2016.
 * Invariant: one random number a choice with more than one candidate.
 */
#include "runtime/strategies/strategy.h"

struct walk {
    uint64_t random;
};

static bool begin(void *self, const struct knowledge *k)
{
    ((struct walk *)self)->random = k->seed;
    return true;
}

static int pick(void *self, const struct choice *c)
{
    return c->n == 1 ? 0 : (int)strategy_below(&((struct walk *)self)->random, (uint32_t)c->n);
}

const struct strategy strategy_walk = {
    .name = "random", .size = sizeof(struct walk), .begin = begin, .pick = pick};

/* common.c - what strategies share: chance, and which events conflict. */
#include "runtime/strategies/strategy.h"

uint64_t strategy_seed(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    return x ? x : 1;
}

uint64_t strategy_random(uint64_t *state)
{
    uint64_t x = *state ? *state : 1;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 0x2545f4914f6cdd1du;
}

uint32_t strategy_below(uint64_t *state, uint32_t n)
{
    return (uint32_t)(((strategy_random(state) >> 32) * n) >> 32);
}

/*                      NONE READ WRITE ACQ REL SHARE READ_ALL POST UNSHARE */
static const bool table[10][10] = {
    [EFFECT_READ] = {0, 0, 1, 1, 1, 0, 0, 1, 1},
    [EFFECT_WRITE] = {0, 1, 1, 1, 1, 1, 1, 1, 1},
    [EFFECT_ACQUIRE] = {0, 1, 1, 1, 0, 1, 1, 0, 0},
    [EFFECT_RELEASE] = {0, 1, 1, 0, 0, 0, 1, 0, 0},
    [EFFECT_SHARE] = {0, 0, 1, 1, 0, 0, 0, 0, 0},
    [EFFECT_READ_ALL] = {0, 0, 1, 1, 1, 0, 0, 1, 1},
    [EFFECT_POST] = {0, 1, 1, 0, 0, 0, 1, 1, 0},
    [EFFECT_UNSHARE] = {0, 1, 1, 0, 0, 0, 1, 0, 0},
};

static bool touch(uint64_t x, int ex, uint64_t y, int ey)
{
    return x && x == y && table[ex][ey];
}

bool events_conflict(const struct event *a, const struct event *b)
{
    if (a->effect == EFFECT_END || b->effect == EFFECT_END)
        return true;
    if (touch(a->object, a->effect, b->object, b->effect))
        return a->mask & b->mask;
    if (touch(a->object2, a->effect2, b->object, b->effect) ||
        touch(a->object, a->effect, b->object2, b->effect2) ||
        touch(a->object2, a->effect2, b->object2, b->effect2))
        return true;
    return (a->object3 || b->object3) && (touch(a->object3, a->effect3, b->object, b->effect) ||
                                          touch(a->object, a->effect, b->object3, b->effect3));
}

/* order.c - one line an exercise, and which line's turn it is. */
#include "batch/order.h"

#include <stdlib.h>

static const double UNKNOWN_S = 5; /* of an exercise that was never graded here */

int order_init(struct order *o, int exercises, struct arena *a, struct err *e)
{
    *o = (struct order){.lines = arena_zalloc(a, ((size_t)exercises + 1) * sizeof *o->lines),
                        .count = exercises};
    return o->lines ? 0 : err_oom(e);
}

void order_release(struct order *o)
{
    for (int i = 0; i < o->count; i++)
        free(o->lines[i].units);
    o->count = 0;
}

int order_add(struct order *o, int exercise, int unit, struct err *e)
{
    struct line *l = &o->lines[exercise];

    if (l->to == l->room) {
        const int room = l->room ? 2 * l->room : 64;
        int *more = realloc(l->units, (size_t)room * sizeof *more);

        if (!more)
            return err_oom(e);
        l->units = more;
        l->room = room;
    }
    l->units[l->to++] = unit;
    return 0;
}

void order_learn(struct order *o, int exercise, const struct typical *took)
{
    struct line *l = &o->lines[exercise];

    l->sum.cpu_s += took->cpu_s;
    l->sum.wall_s += took->wall_s;
    l->known++;
}

struct typical order_expect(const struct order *o, int exercise)
{
    const struct line *l = &o->lines[exercise];

    if (l->known == 0)
        return (struct typical){UNKNOWN_S, UNKNOWN_S};
    return (struct typical){l->sum.cpu_s / l->known, l->sum.wall_s / l->known};
}

/* Whose tests may sleep for minutes begins at once: it needs no core, and begun last it would
 * be what everybody waits for. Then whom nobody knows: what it takes decides about its others.
 */
static bool goes_before(const struct order *o, int i, int than)
{
    const struct line *a = &o->lines[i], *b = &o->lines[than];
    const bool a_asks = a->known == 0 && !a->begun, b_asks = b->known == 0 && !b->begun;

    if (a->patience != b->patience)
        return a->patience > b->patience;
    if (a_asks != b_asks)
        return a_asks;
    return order_expect(o, i).wall_s > order_expect(o, than).wall_s;
}

int order_next(struct order *o)
{
    int best = -1;

    for (int i = 0; i < o->count; i++)
        if (o->lines[i].from < o->lines[i].to && (best < 0 || goes_before(o, i, best)))
            best = i;
    if (best < 0)
        return -1;
    o->lines[best].begun = true;
    return o->lines[best].units[o->lines[best].from++];
}

/* delivery.c - where signals have been delivered, over all schedules, and where not yet.
 *
 * A delivery point is a signal, a task and the operation it is about to do (or blocked in).
 * Each one that is seen is tried: the first time a schedule comes by it again, the mailman is
 * picked there, every second time by the dice. So all legal moments are tried long before the
 * budget ends, and the report can say how many there are.
 */
#include <string.h>

#include "runtime/explore/process.h"

enum { PLACES = 1 << 13 };

static struct place {
    uint64_t key;
    bool tried;
} * places;

void delivery_open(void)
{
    places = keep_alloc(PLACES * sizeof *places);
}

static struct place *place_of(const struct task *mailman)
{
    struct task *t;
    const int sig = signal_next(process_of(mailman), &t);
    uint64_t key, h;

    if (!sig)
        return NULL;
    key = ((uint64_t)t->op.pc << 20 | (uint64_t)t->stable << 6 | (uint64_t)sig) *
              0x9e3779b97f4a7c15u ^
          (uint64_t)t->op.kind << 1;
    key |= 1;
    for (h = key >> 51; places[h].key && places[h].key != key; h = (h + 1) & (PLACES - 1))
        ;
    if (!places[h].key) {
        if (W->delivery_places >= PLACES / 2)
            return NULL;
        places[h].key = key;
        W->delivery_places++;
    }
    return &places[h];
}

/* Index of a mailman among the enabled who should come now, because it has never come here;
 * -1: none. */
int delivery_wanted(struct task *const *list, int n)
{
    int wanted = -1;

    for (int i = 0; i < n; i++) {
        const struct place *p = list[i]->mailman ? place_of(list[i]) : NULL;

        if (p && !p->tried && wanted < 0 && strategy_below(&W->dice, 2) == 0)
            wanted = i;
    }
    return wanted;
}

void delivery_done(const struct task *mailman)
{
    struct place *p = place_of(mailman);

    if (p && !p->tried) {
        p->tried = true;
        W->delivery_tried++;
    }
}

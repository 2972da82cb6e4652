/* order.h - which unit comes next, by what earlier ones of its exercise took.
 *
 * Longest first, so that the last ones are short and no core waits for them (LPT: R. L. Graham,
 * "Bounds on Multiprocessing Timing Anomalies", SIAM J. Appl. Math. 17, 1969). What an exercise
 * takes is asked of the store; where nothing was graded yet, one unit of each exercise begins
 * first and the others follow by what that one took. Not a schedule: nothing is promised about
 * when a unit ends.
 *
 * Used by one thread.
 */
#ifndef GRADER_ORDER_H
#define GRADER_ORDER_H

#include <stdbool.h>

#include "core/util.h"

struct typical {
    double cpu_s, wall_s; /* of a unit; elapsed counts what only sleeps, too */
};

/* The units of one exercise that wait, in the order in which they were added. */
struct line {
    int *units;
    int from, to, room;
    struct typical sum; /* of `known` units */
    int known;
    bool begun;    /* one has been taken in this run */
    long patience; /* elapsed seconds that one of its tests may take */
};

struct order {
    struct line *lines; /* by exercise */
    int count;
};

/* `exercises` empty lines; memory of `a`. -1 with ERR_SYSTEM when memory is short. */
int order_init(struct order *o, int exercises, struct arena *a, struct err *e);
void order_release(struct order *o);

/* Adds a unit of an exercise. -1 with ERR_SYSTEM when memory is short. */
int order_add(struct order *o, int exercise, int unit, struct err *e);

/* A unit of this exercise took so much, in this run or an earlier one. */
void order_learn(struct order *o, int exercise, const struct typical *took);

/* What a unit of it takes as far as is known; by default a few seconds. */
struct typical order_expect(const struct order *o, int exercise);

/* Takes the unit that is to begin next; -1 when none waits. */
int order_next(struct order *o);

#endif

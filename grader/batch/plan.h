/* plan.h - what a run of work.h has before it: which units, in which order, and what becomes of
 * each. For work.c (this machine's pool) and elsewhere.c (other machines) alone.
 *
 * Used by one thread.
 */
#ifndef GRADER_PLAN_H
#define GRADER_PLAN_H

#include "batch/cores.h"
#include "batch/order.h"
#include "batch/work.h"

struct piece {
    int exercise;
    const char *source; /* NULL: nothing submitted */
    char key[KEY_HEX];
    double weight; /* expected processor seconds */
    bool running;
};

struct plan {
    struct work *w;
    struct arena a;
    struct piece *waiting; /* as planned */
    struct piece *pieces;  /* as begun: the first ones, up to the last that was begun */
    int count, room;
    int exercise_count;
    struct order order;
    struct err e; /* of the callback */
    double began, weight_done, weight_all;
    struct work_progress told;
    const char **names;
    struct cores *cores;
};

/* Binds what has a result already; the others wait in line. plan_release() in any case. */
int plan_make(struct plan *p, struct err *e);
void plan_release(struct plan *p);

/* Seconds until all is graded, as far as it can be known. */
double plan_eta(const struct plan *p);

/* The piece that begins as number `index`; to be asked in order, from 0. */
const struct piece *plan_next(struct plan *p, int index);

/* Takes the unit file `path` as the result of piece `index`: into the store, bound, learnt
 * from. None, or one that says why there is no grade: bound to that reason. */
int plan_keep(struct plan *p, int index, const char *path, struct err *e);

/* Gives a piece's students a result's key, or the reason why there is none. */
int plan_bind(const struct plan *p, const struct piece *d, const char *key, const char *reason,
              struct err *e);

/* elsewhere.c: grades the plan by an engine. */
int elsewhere_run(struct plan *p, struct err *e);

/* What a batch that was killed has left to other machines: what was graded meanwhile counts. */
int elsewhere_recover(struct work *w, struct err *e);

#endif

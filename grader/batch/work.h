/* work.h - grades what has no result yet: each (exercise, source) once, however many students
 * handed it in, longest first, never more at once than `jobs`.
 *
 * Each result is in the store before the next begins; killed at any moment, the next run goes
 * on behind the last one.
 */
#ifndef GRADER_WORK_H
#define GRADER_WORK_H

#include "batch/engine.h"
#include "batch/key.h"
#include "batch/store.h"

struct work_progress {
    int done, all; /* distinct units to grade */
    int failing;   /* of the done: lost points */
    int broken;    /* of the done: not graded */
    double eta_s;  /* -1: not known yet */
    int at_work;
    const char *const *names; /* of those: "08-event"; NULL: on other machines */
    const char *waits_for;    /* of other machines: why none is at work; NULL or "": one is */
};

struct work {
    struct store *store;
    struct unit_options unit;
    const struct exercise *const *exercises; /* NULL-ended */
    const struct key_base *keys;
    int jobs;
    const char *folder; /* ours, exists: sources and unit files */
    struct engine_options engine;
    const char *out;  /* absolute; where other engines share a folder */
    const char *only; /* an exercise's id; NULL: all */
    bool bind;        /* give students the results; else only make them */
    void (*progress)(void *ctx, const struct work_progress *p);
    void *ctx;

    /* told */
    int units, distinct, cached, graded, broken;
    double grading_s;     /* elapsed */
    struct buf *machines; /* lines about machines that graded nothing are added; may be NULL */
};

/* 0, -1 with *e: ERR_STOPPED after an interrupt, ERR_SYSTEM when the machine is not fit. What
 * could not be graded is no error: it is bound to a reason, and told in `broken`. */
int work_run(struct work *w, struct err *e);

#endif

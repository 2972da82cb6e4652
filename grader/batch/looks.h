/* looks.h - look-alikes: which submissions of one exercise resemble each other, by the packaged
 * similarity tester (sim_c(1), D. Grune), which compares tokens and ignores names and layout.
 *
 * Information for a person, never points: short exercises have few ways to be solved. Lines of
 * the starter code (stub and contract) are blanked before comparing; submissions that are the
 * same to the byte are one here, and listed together.
 */
#ifndef GRADER_LOOKS_H
#define GRADER_LOOKS_H

#include "batch/table.h"

enum { LOOK_RUNS = 48 };

struct look_run {
    int from[2], to[2]; /* lines, of a and of b */
};

struct look {
    int exercise;
    const char *source[2]; /* hashes */
    int percent;           /* of one that is found in the other: the larger of both */
    struct look_run runs[LOOK_RUNS];
    int run_count;
};

struct looks {
    struct look *list; /* most alike first */
    int count;
    const char *why; /* not compared: the reason; NULL */
};

/* Everything lives in `a`; `work` is a folder of ours. A missing sim_c is told in `why`. */
int looks_find(struct store *s, const struct table *t, const char *work, struct arena *a,
               struct looks *ret, struct err *e);

#endif

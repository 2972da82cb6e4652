/* searching.h - what a person at a terminal sees while `explore` searches. */
#ifndef GRADER_SEARCHING_H
#define GRADER_SEARCHING_H

#include <stdbool.h>

#include "runtime/progress.h"

struct searching {
    double started, shown; /* seconds, now_s() */
    bool told;             /* the first finding */
};

/* A line that is written over, and the first finding as soon as there is one; nothing where
 * standard error is no terminal. For explorer_options.watch; ctx: a struct searching. */
void searching_show(void *ctx, const struct ls_progress *p);

#endif

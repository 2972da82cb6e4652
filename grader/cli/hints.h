/* hints.h - hints as `hint` and `watch` give them. */
#ifndef GRADER_HINTS_H
#define GRADER_HINTS_H

#include <jansson.h>

#include "cli/cmd.h"

/* The test to hint at: the first that failed last, or of an exercise never graded the first;
 * NULL when all passed. Lives as long as `scores` and the course. */
const char *hint_target(const json_t *scores, const struct exercise *x);

/* Prints the next hint of a test (one of the exercise's), `again`: the one shown last, and
 * remembers it. 0 or -1. */
int hint_show(const struct exercise *x, const char *test, bool again, enum lang lang,
              struct err *e);

#endif

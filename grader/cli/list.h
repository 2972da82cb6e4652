/* list.h - the list of exercises as `list` and `watch` show it. */
#ifndef GRADER_LIST_H
#define GRADER_LIST_H

#include <jansson.h>

#include "cli/cmd.h"

enum { SCORE_BAR = 64 };

/* Ten cells of a score of 0 to 100 in `ret`, in blocks where the locale's character set has
 * them, else in ASCII; returns `ret`. */
const char *score_bar(int best, char ret[static SCORE_BAR]);

/* Prints the exercises with the best scores, and which one is next. */
void list_print(const struct course *c, const json_t *scores, enum lang lang);

#endif

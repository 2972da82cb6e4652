/* heat.h - a class at a glance: a row a student, a column a test, a colour each cell. */
#ifndef GRADER_HEAT_H
#define GRADER_HEAT_H

#include "batch/store.h"
#include "batch/table.h"

/* Appends a section to an HTML page: an SVG picture that needs no script, and its key. A column
 * of red is a test that many fail, a row of red a student who needs help. Nothing is appended
 * when there is nobody. 0, or -1. */
int heat_put(struct buf *b, struct store *s, const struct table *t, struct err *e);

#endif

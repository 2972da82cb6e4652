/* students.h - OUT/students/NAME/{result.json,timing.json,report.txt,report.html}: one
 * student's results, joined and rendered.
 *
 * A folder whose results have not changed since it was written is left alone; folders of
 * students who are no longer in the class are removed, as far as we wrote them.
 */
#ifndef GRADER_STUDENTS_H
#define GRADER_STUDENTS_H

#include "batch/key.h"
#include "batch/table.h"

/* Writes all, in that language. `keys` names this grader, so that another one writes its
 * reports anew. */
int students_write(struct store *s, const struct table *t, const struct key_base *keys,
                   const char *out, enum lang lang, struct err *e);

#endif

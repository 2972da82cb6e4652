/* unitfile.h - a unit graded in a worker, handed to the parent as one file.
 *
 * {"result": lockstep/result/1 with one exercise, "timing": lockstep/timing/1}
 */
#ifndef GRADER_UNITFILE_H
#define GRADER_UNITFILE_H

#include <jansson.h>

#include "batch/order.h"
#include "stages/unit.h"

struct graded {
    json_t *result, *timing;
};

/* Where a submission keeps an exercise: DIR/NN-slug/slug.c, else DIR/exercises/NN-slug/slug.c,
 * else DIR/slug.c (which need not exist). NULL when memory is short. */
const char *submission_file(const char *dir, const struct exercise *x, struct arena *a);

/* Grades and writes `path`, whole or not at all. What kept the grader from it is written as
 * the unit's reason too: 0 graded, 1 not graded, -1 the file could not be written. */
int unitfile_grade(const struct unit_options *o, const struct exercise *x, const char *file,
                   const char *path, struct err *e);

/* Reads it back; the two values belong to the caller (graded_release). */
int unitfile_read(const char *path, struct graded *ret, struct err *e);

/* Is it what a grading of this source (its hash; NULL: nothing was submitted) for this exercise
 * leaves, whole and with a grade? For results that come from other machines. */
bool graded_is_of(const struct graded *g, const char *exercise, const char *source);

void graded_release(struct graded *g);

/* What the stages took together, of lockstep/timing/1; NULL took nothing. */
struct typical timing_typical(const json_t *timing);

/* The course secret in `path`; made there, readable by its owner only, when `create` and it
 * does not exist. malloc'ed. */
int secret_load(const char *path, bool create, char **ret, struct err *e);

#endif

/* own.h - where one's own files are: the one rule of grade, submit, watch, replay, reset, hint.
 *
 *   --submission DIR   DIR/NN-slug/slug.c, DIR/exercises/NN-slug/slug.c or DIR/slug.c
 *   else               ./slug.c when the current folder is called NN-slug and has it,
 *                      else exercises/NN-slug/slug.c in the nearest folder upwards that has
 *                      exercises/, as git finds its repository.
 *
 * Never the installation's own copy: grading that would say something of nobody's work. The
 * same rule stands in the man page. Not the course (exercise.h), which may be elsewhere.
 */
#ifndef GRADER_OWN_H
#define GRADER_OWN_H

#include "core/exercise.h"

/* The path of one's file of `x`, as short as can be; it need not exist. `submission` may be
 * NULL. ERR_USAGE with the remedy when there are no exercises here. */
int own_file(const struct exercise *x, const char *submission, struct arena *a,
             const char **ret, struct err *e);

/* The exercise whose folder is the current one; NULL: it is none's. */
const struct exercise *own_exercise(const struct course *c);

/* As pick_exercises(), but without words the exercise of the current folder comes first. */
int own_pick(const struct course *c, char *const words[], struct arena *a,
             const struct exercise ***ret, struct err *e);

#endif

/* exercise.h - the exercises of a course: where they are and what they ask.
 *
 * A course is a folder ("home") with exercises/, runtime/ and, on the instructor's side,
 * solutions/ and fixtures/. Not the submission: see result.h.
 */
#ifndef GRADER_EXERCISE_H
#define GRADER_EXERCISE_H

#include "core/rubric.h"

struct exercise {
    const char *id;    /* 08-event: the folder's name */
    const char *cname; /* event: slug with underscores; names event.h, check_event.c */
    const char *dir;   /* absolute folder */
    struct rubric rubric;
    struct err broken; /* kind != ERR_NONE: the rubric could not be read; nothing else is set */
};

struct course {
    const char *home;    /* absolute */
    const char *runtime; /* folder of lockstep.h and liblockstep_native.a */
    struct exercise *exercises;
    int count;
};

/* Finds the course: $LOCKSTEP_HOME, else the source tree this binary was built in, else
 * the installed one. A broken rubric is kept in `broken`, so one bad exercise does not
 * hide the others. Everything lives in `a`. */
int course_load(struct arena *a, struct course *ret, struct err *e);

/* By full id ("08-event"), number ("8", "08") or slug ("event"); NULL when unknown. */
const struct exercise *course_find(const struct course *c, const char *name);

/* The reference solution's file, or NULL when this side has none. */
const char *course_solution(const struct course *c, const struct exercise *x, struct arena *a);

#endif

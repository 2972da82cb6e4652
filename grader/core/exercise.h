/* exercise.h - a course and its exercises: where they are and what they ask.
 *
 * A course is a folder ("home") with exercises/, in it course.yml, and on the instructor's side
 * solutions/ and fixtures/. The thirteen that come with Lockstep are the built-in one. Not the
 * submission: see own.h (a student's own files) and result.h.
 */
#ifndef GRADER_EXERCISE_H
#define GRADER_EXERCISE_H

#include "core/rubric.h"

struct exercise {
    const char *id;       /* 08-event: the folder's name */
    const char *cname;    /* event: slug with underscores; names event.h, check_event.c */
    const char *dir;      /* absolute folder */
    const char *hidden;   /* hidden_event.c on the instructor's side; NULL: no hidden tests */
    const char *deadline; /* as course.yml says it; NULL: none */
    struct rubric rubric;
    struct err broken; /* kind != ERR_NONE: the rubric could not be read; nothing else is set */
};

/* How the course was found. */
enum course_from { COURSE_GIVEN, COURSE_AROUND, COURSE_BUILTIN };

struct course {
    const char *home; /* absolute */
    enum course_from from;
    const char *copy; /* a student's copy of it around the current folder (init); NULL: none */
    const char *runtime; /* folder of lockstep.h and liblockstep_native.a */
    struct exercise *exercises;
    int count;

    /* course.yml; the defaults where there is none */
    const char *id; /* "course" */
    const char *title[LANG_COUNT];
    unsigned languages;     /* bit (1u << enum lang): in which its texts must be; all */
    const char *late;       /* rule, as batch's --late; NULL: none */
    const char *visibility; /* of tests that say nothing */
};

/* Finds the course: $LOCKSTEP_COURSE (set by --course; $LOCKSTEP_HOME is its older name), else
 * the nearest folder from the current one up that has exercises/course.yml, else the built-in
 * one. A folder above that belongs to somebody else is refused: its suites would decide. One
 * that is a student's copy of the built-in course (its id) is graded by the
 * built-in one: what a student has changed in a suite must not count. A broken rubric is kept
 * in `broken`, so one bad exercise does not hide the others. Everything lives in `a`. */
int course_load(struct arena *a, struct course *ret, struct err *e);

/* The built-in one, whatever is given or around. */
int course_load_builtin(struct arena *a, struct course *ret, struct err *e);

/* By full id ("08-event"), number ("8", "08") or slug ("event"); NULL when unknown. */
const struct exercise *course_find(const struct course *c, const char *name);

/* Fills *e with "unknown exercise '...'", and which one may have been meant; returns -1. */
int course_unknown(const struct course *c, const char *name, struct err *e);

/* The same for a test of `x`. */
int exercise_no_test(const struct exercise *x, const char *test, struct err *e);

/* The reference solution's file, or NULL when this side has none. */
const char *course_solution(const struct course *c, const struct exercise *x, struct arena *a);

#endif

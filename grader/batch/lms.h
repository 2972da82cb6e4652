/* lms.h - the platform's own grade file, with our grades in it.
 *
 *   moodle      the offline grading worksheet: Grade and Feedback comments change
 *   canvas      a gradebook export: the cell of one assignment changes
 *   gradescope  a scores export: Total Score changes
 *
 * Every other byte stays. A row whose student is not here, or not wholly graded, stays as it
 * is. The original is not touched: the filled copy goes to OUT under the same name.
 */
#ifndef GRADER_LMS_H
#define GRADER_LMS_H

#include "batch/table.h"

struct lms_told {
    const char *kind; /* "moodle" */
    int filled;
    int unknown; /* rows of people who are not in the class */
    int left;    /* of people who are, but not wholly graded, excused, locked, or there twice */
    int absent;  /* people of the class whom the file does not have */
    char who[160]; /* the first of those */
};

/* `wanted`: FILE or FILE:COLUMN, the header of the column to fill. `layout`: where the class
 * came from; numbers of one platform mean nothing to another. */
int lms_fill(const struct table *t, const char *wanted, const char *layout, const char *out,
             struct lms_told *ret, struct err *e);

/* Is that a file that lms_fill() can fill? Asked before anything is graded. */
int lms_check(const char *wanted, struct err *e);

/* Without a file of the platform's: OUT/canvas.csv or OUT/gradescope.csv for a class that came
 * from there, ready to be imported. Moodle takes its own worksheet only. */
int lms_write(const struct table *t, const char *layout, const char *out, struct err *e);

#endif

/* roster.h - who is in the class, and what a person has decided: two CSV files of the
 * instructor.
 *
 *   --roster FILE   id,name,email,group,extension     all but id or name may be missing or
 * empty
 *   --map FILE      student,exercise,path              this file is that exercise
 *
 * A student is named by id, name or email, whichever the platform knows. A group's members
 * share what one of them hands in. An extension is a number of days ("2d"), of hours ("36h"),
 * or a time of its own (late.h). Both are read again at every run, and nothing of them is kept.
 */
#ifndef GRADER_ROSTER_H
#define GRADER_ROSTER_H

#include <time.h>

#include "core/exercise.h"

struct roster_row {
    const char *id, *name, *email, *group; /* "" where nothing is said */
    long extra_s;                          /* behind every deadline */
    time_t until;                          /* a deadline of one's own; 0: none */
};

struct roster {
    struct roster_row *rows;
    int count;
};

struct map_row {
    const char *student, *path;
    const struct exercise *x;
    int line;
    bool used;
};

struct map {
    struct map_row *rows;
    int count;
};

/* ERR_USAGE with file and line. What is read lives in `a`. */
int roster_read(const char *path, struct arena *a, struct roster *ret, struct err *e);
int map_read(const char *path, const struct course *c, struct arena *a, struct map *ret,
             struct err *e);

/* The row of somebody whom the platform knows so; NULL: there is none. */
const struct roster_row *roster_find(const struct roster *r, const char *name,
                                     const char *number, const char *email);

/* The deadline of somebody with this row (NULL: none). */
time_t roster_deadline(const struct roster_row *row, time_t deadline);

#endif

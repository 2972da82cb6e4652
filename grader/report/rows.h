/* rows.h - a schedule's steps as rows for a reader: who, where, what.
 *
 * Private to report/: interleaving.c makes a terminal's table of them, timeline.c a page's.
 */
#ifndef GRADER_ROWS_H
#define GRADER_ROWS_H

#include "report/report.h"

/* CELL: bytes of one row's text. ROWS_MAX: of a longer schedule the end is shown, where it goes
 * wrong. TASKS_SHOWN: columns at most. */
enum { CELL = 200, ROWS_MAX = 60, TASKS_SHOWN = 64 };

struct row {
    int task;
    char who[40];
    const char *name;          /* the JSON's: who, in English */
    char line[16];             /* "0": nowhere known */
    const char *source, *file; /* the JSON's; source NULL: not the student's line */
    char what[CELL];
    const char *step; /* the JSON's first: what is done, in English */
    bool access;      /* only reads and writes so far */
};

/* At most `max` rows of `steps`, in that language; returns how many. */
int rows_make(const json_t *steps, enum lang lang, struct row *rows, int max);

/* For a short table: without what the suite itself reads and writes, and of a cycle that comes
 * again and again one turn, and how often. In place; returns how many rows are left. */
int rows_fold(struct row *rows, int n, enum lang lang);

/* Columns of a terminal that UTF-8 takes: Chinese has two a character. */
int row_columns(const char *s);

/* At most `room` columns of it, an ellipsis where it is cut. */
void row_cut(struct buf *b, const char *s, int room);

/* Which column each task has, -1: none, in order of number; returns how many there are. */
int rows_columns(const struct row *rows, int n, int column[static TASKS_SHOWN]);

/* The name of a task that has a row. */
const char *rows_who(const struct row *rows, int n, int task);

/* "31: counter++  (reads, writes)" in about `width` columns. */
void row_text(const struct row *r, char *ret, size_t size, int width);

#endif

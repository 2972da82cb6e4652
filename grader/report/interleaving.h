/* interleaving.h - a schedule as a table: one column a task, the student's own lines in it; for
 * a terminal, and as a timeline on a page.
 *
 * Private to report/. Renders the "schedule" object of a piece of evidence (FORMAT.md).
 */
#ifndef GRADER_INTERLEAVING_H
#define GRADER_INTERLEAVING_H

#include "report/report.h"

enum { INTERLEAVING_ALL = 0, INTERLEAVING_LONG = 60, INTERLEAVING_WIDTH = 118 };

struct interleaving {
    const char *indent; /* before each line */
    int rows;           /* about so many, the last ones; INTERLEAVING_ALL: all, as they came */
    int width;          /* columns of the terminal, indent and all; 0: not known, 118 */
    enum lang lang;
    const json_t *places; /* the finding's "stacks"; NULL: none. Their rows are not left out. */
};

/* Appends the table. Foreign text is cleaned for terminals. Where not all rows are asked for,
 * what the suite reads and writes is left out, and a cycle is shown once, with its count. */
void interleaving_table(struct buf *b, const json_t *schedule, const struct interleaving *o);

struct row;
/* The last row of rows[0..end) in which `stack`'s task was at its innermost line; -1: none. */
int interleaving_row(const struct row *rows, int end, const json_t *stack);

/* The same for a page (timeline.c): a table, and what timeline_script needs to step through it.
 * `exercise` names the listing (timeline_source()) that belongs to it. */
void timeline_html(struct buf *b, const json_t *schedule, const char *exercise, enum lang lang);

/* The student's file as a listing with numbered lines, which timelines show beside their steps.
 */
void timeline_source(struct buf *b, const char *exercise, const char *text, enum lang lang);

/* What steps through the timelines of a page; for page_begin() and page_end(). */
extern const char timeline_script[];

#endif

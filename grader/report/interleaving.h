/* interleaving.h - a schedule as a table: one column a task, the student's own lines in it.
 *
 * Private to report/. Renders the "schedule" object of a piece of evidence (FORMAT.md).
 */
#ifndef GRADER_INTERLEAVING_H
#define GRADER_INTERLEAVING_H

#include "report/report.h"

/* Appends the table, each line behind `indent`. Foreign text is cleaned for terminals. */
void interleaving_table(struct buf *b, const json_t *schedule, const char *indent, bool whole);

/* The same as an HTML table. */
void interleaving_html(struct buf *b, const json_t *schedule);

#endif

/* graph.h - who waits for whom in a deadlock: a line for a terminal, a picture for a page.
 *
 * Private to report/. Both read a finding's `waits` (FORMAT.md) and append nothing where there
 * are none.
 */
#ifndef GRADER_REPORT_GRAPH_H
#define GRADER_REPORT_GRAPH_H

#include "report/get.h"

/* "main --b--> thread 1 --a--> main", without a line break; false: there is nothing to show. */
bool graph_line(const json_t *finding, enum lang lang, struct buf *ret);

/* An SVG picture that needs no script: threads and processes on an ellipse, an arrow from who
 * waits to who holds, with the lock's name on it. */
void graph_picture(struct buf *b, const json_t *finding, enum lang lang);

#endif

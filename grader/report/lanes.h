/* lanes.h - a schedule as a picture: one lane a task, one mark a step, from left to right.
 *
 * Private to report/. SVG that reads without a script; each mark says under the mouse what the
 * table below says in its row.
 */
#ifndef GRADER_REPORT_LANES_H
#define GRADER_REPORT_LANES_H

#include "report/rows.h"

/* Nothing is drawn of one task alone, nor of more than fit. */
void lanes_picture(struct buf *b, const struct row *rows, int n, enum lang lang);

#endif

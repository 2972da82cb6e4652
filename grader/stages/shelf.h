/* shelf.h - what is the same for all submissions of an exercise is built once: the suite's
 * objects and the reference's program.
 *
 * The shelf is a folder of the grader's that no program under test sees (unit_options.shelf).
 * It is not used in tier none, where a submission could put something on it for the others. A
 * shelf that is full or gone only costs time. Safe for several processes: files appear whole.
 */
#ifndef GRADER_SHELF_H
#define GRADER_SHELF_H

#include "stages/unit.h"

/* Brings the exercise's `name` into the work folder. False: it is to be built. */
bool shelf_take(struct unit *u, const char *name);

/* Keeps work/name, just built, for others. */
void shelf_put(struct unit *u, const char *name);

#endif

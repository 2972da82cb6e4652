/* blind.h - what a program under test can learn of the harness that it shares its memory with:
 * no name, and no distance that was the same yesterday.
 *
 * What runs has no symbols, no debug information and no table of sections; the file with all
 * of that stays with the grader, which names functions and lines from it. Between the
 * submission, the suite and the harness lies room whose sizes come from the seed, so that an
 * address of one's own does not tell where the others' code and variables are.
 * It makes forging laborious, not impossible: code can search its memory.
 */
#ifndef GRADER_BLIND_H
#define GRADER_BLIND_H

#include "stages/unit.h"

/* In the unit's folder, and in the explorer's: where the program with its symbols stands. */
#define BLIND_FULL "full"

/* Writes objects lockstep-room0.o and lockstep-room1.o into the work folder: nothing but room
 * in .text, .rodata, .data and .bss, below 64 KiB in each. The same submission and secret, the
 * same sizes. 0 or -1. */
int blind_room(struct unit *u, struct err *e);

/* Is the suite to be linked before the submission? Drawn as the sizes are. */
bool blind_suite_first(const struct unit *u);

/* Moves FOLDER/program to FOLDER/full/program and leaves in its place one that runs the same
 * and tells nothing. 0 or -1. */
int blind_program(struct unit *u, const char *folder, struct err *e);

#endif

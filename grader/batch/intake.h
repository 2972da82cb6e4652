/* intake.h - takes a class in: from whatever its platform exported to students, units and
 * sources in the store. Guesses nothing: what fits no exercise, or two ways, becomes a note.
 *
 * Notes (store_add_note) are of these kinds:
 *   unmatched    a file that belongs to no exercise
 *   ambiguous    several different files for one exercise; that unit is not graded
 *   refused      an archive that was not unpacked, and what in it was the reason
 *   resubmitted  an earlier upload that a later one replaces
 */
#ifndef GRADER_INTAKE_H
#define GRADER_INTAKE_H

#include "batch/layout.h"
#include "batch/store.h"
#include "core/exercise.h"

struct intake {
    const struct course *course;
    const struct exercise *const *exercises; /* NULL-ended */
    char *const *inputs;                     /* NULL-ended: folders and archives */
    enum layout layout;                      /* used if given */
    bool layout_given;
    const char *work; /* an empty folder of ours, for what is unpacked */

    /* told */
    int students, submitted, notes;
    enum layout found;
};

/* Replaces the class in the store, in one transaction. -1: nothing of it has changed. */
int intake_run(struct intake *in, struct store *s, struct err *e);

#endif

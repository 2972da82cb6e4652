/* intake.h - takes a class in: from whatever its platform exported to students, units and
 * sources in the store. Guesses nothing: what fits no exercise, or two ways, becomes a note.
 * Who handed in no file of the right name, but C that may be it, is not graded, and no zero:
 * the note names the file.
 *
 * Notes (store_add_note) are of these kinds:
 *   unmatched    a file that belongs to no exercise
 *   ambiguous    several different files for one exercise; that unit is not graded
 *   refused      an archive that was not unpacked, and what in it was the reason
 *   resubmitted  an earlier upload that a later one replaces
 *   named        a file with another name that is taken all the same (accept_names, map)
 *   group        what a member of the same group handed in counts
 */
#ifndef GRADER_INTAKE_H
#define GRADER_INTAKE_H

#include "batch/layout.h"
#include "batch/roster.h"
#include "batch/store.h"
#include "core/exercise.h"

struct intake {
    const struct course *course;
    const struct exercise *const *exercises; /* NULL-ended */
    char *const *inputs;                     /* NULL-ended: folders and archives */
    enum layout layout;                      /* used if given */
    bool layout_given;
    const char *work;            /* an empty folder of ours, for what is unpacked */
    const struct roster *roster; /* NULL: none */
    struct map *map;             /* NULL: none */
    bool accept_names;           /* take a single clear candidate (candidates.h) */

    /* told */
    int students, submitted, notes;
    enum layout found;
};

/* Replaces the class in the store, in one transaction. -1: nothing of it has changed. */
int intake_run(struct intake *in, struct store *s, struct err *e);

#endif

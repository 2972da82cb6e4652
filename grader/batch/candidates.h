/* candidates.h - a file with the wrong name that may be the right work: "event(1).c", "main.c".
 *
 * Looks at names and at which functions a text defines; decides nothing: who handed in no
 * event.c but some C file is not graded until a person has looked (intake.h).
 */
#ifndef GRADER_CANDIDATES_H
#define GRADER_CANDIDATES_H

#include "core/exercise.h"

enum likeness {
    LIKE_NOTHING, /* no C, or another exercise's */
    LIKE_ANY_C,   /* C that defines functions of no exercise */
    LIKE_NAME,    /* its name looks like the exercise's */
    LIKE_SOME,    /* it defines some of the exercise's functions */
    LIKE_ALL,     /* all of them */
};

/* How much a file looks like the work on `x`. `name`: without folders; `text` may be NULL: too
 * large, or no plain file. The exercises of `c` are told apart by their functions. */
enum likeness candidate_likeness(const struct course *c, const struct exercise *x,
                                 const char *name, const char *text);

#endif

/* skeleton.h - the files of a new exercise, as `lockstep new` writes them.
 *
 * @ID@ is the folder ("14-run-once"), @SLUG@ the name ("run-once"), @CNAME@ the same for C
 * ("run_once"), @UPPER@ for a macro ("RUN_ONCE"). What an author must write says "TODO:", and
 * lint (batch/house.h) names every file where one is left.
 */
#ifndef GRADER_SKELETON_H
#define GRADER_SKELETON_H

#include <stddef.h>

struct skeleton_file {
    const char *path; /* below the course's home */
    const char *text;
};

/* Ends with a NULL path. */
extern const struct skeleton_file skeleton[];

#endif

/* place.h - where this installation is, found from where its binary is.
 *
 *   PREFIX/bin/lockstep         -> PREFIX/share/lockstep, wherever PREFIX was moved to
 *   TREE/build/FLAVOUR/lockstep -> beside the binary, then TREE/build/plain, then TREE
 *
 * No path is compiled in: an installation can be moved as a whole. Not the course that is
 * graded (exercise.h), which may be another one.
 */
#ifndef GRADER_PLACE_H
#define GRADER_PLACE_H

#include "core/util.h"

/* The path of a file or folder of this installation ("runtime/lockstep-init", "locale",
 * "exercises"), in `a`. NULL: it has none, or no memory. */
const char *place_find(const char *name, struct arena *a);

#endif

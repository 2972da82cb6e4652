/* stub.h - an exercise's file as it was handed out, out of the course's history.
 *
 * It stood beside contract, suite and rubric when one of these was last touched; who does the
 * exercise edits none of them, so what they committed later does not count (git-log(1)).
 */
#ifndef GRADER_STUB_H
#define GRADER_STUB_H

#include "core/exercise.h"

/* Appends the stub to *ret. 0; 1: the course is not kept in git; -1. */
int stub_from_history(const struct exercise *x, struct arena *a, struct buf *ret,
                      struct err *e);

#endif

/* handout.h - what students get of an exercise: one list for `init` and for every package.
 *
 * Contract and other headers, READMEs, rubric, suite, and the stub as it was handed out,
 * whatever somebody has written into it since. No solution, no hidden test, no fixture.
 */
#ifndef GRADER_HANDOUT_H
#define GRADER_HANDOUT_H

#include "core/exercise.h"

/* Called for each file: its name in the exercise's folder, and its bytes. 0, or -1 with *e. */
typedef int handout_file(void *ctx, const struct exercise *x, const char *name,
                         const char *text, size_t len, struct err *e);

/* All files of `x`, the stub last. 0 or -1. */
int handout_each(const struct course *c, const struct exercise *x, struct arena *a,
                 handout_file *f, void *ctx, struct err *e);

/* The stub of `x`, appended to *ret: what `init` has kept (init.h), else what history says
 * (stub.h), else the file itself. */
int handout_stub(const struct course *c, const struct exercise *x, struct arena *a,
                 struct buf *ret, struct err *e);

#endif

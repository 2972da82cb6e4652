/* house.h - is an exercise complete and in order, apart from its verdicts?
 *
 * Files present and no stray ones, ids the same in rubric, suite and README, points that
 * sum, a stub with TODOs, and for each test a wrong fixture that fails it.
 */
#ifndef GRADER_HOUSE_H
#define GRADER_HOUSE_H

#include "batch/fixture.h"
#include "stages/unit.h"

/* Appends one line a violation to `why`. -1 only when it could not be found out. */
int house_check(const struct unit_options *o, const struct exercise *x,
                const struct fixture *fixtures, int count, struct buf *why, struct err *e);

#endif

/* ulimits.h - limits of the shell that we were started from (setrlimit(2), "ulimit").
 *
 * Compilers, programs under test and the explorer inherit them: a grade must not depend on
 * them, and what they cut short must never look like a student's fault.
 */
#ifndef GRADER_ULIMITS_H
#define GRADER_ULIMITS_H

#include "core/err.h"

/* Raises what is too small as far as this user may. Call it once, before anything is run. */
void ulimits_raise(void);

/* 0 when all are large enough; -1 (ERR_SYSTEM) names the first that is not, and what to do. */
int ulimits_check(struct err *e);

#endif

/* assertion.h - what a failed assertion of libcheck says, for a reader who has not written it.
 *
 *   Assertion 'event_wait(e, 0) == 0' failed: event_wait(e, 0) == -1, 0 == 0
 *   event_wait(e, 0) is -1, but should be 0
 *
 * Source of the first form: check(3)'s check.h, the _ck_assert_... macros. Thread-safe.
 */
#ifndef GRADER_STAGES_ASSERTION_H
#define GRADER_STAGES_ASSERTION_H

#include "core/util.h"

/* The message in the second form, of the arena; one that is no such assertion is returned as it
 * is. */
const char *assertion_say(struct arena *a, const char *message);

#endif

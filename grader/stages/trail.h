/* trail.h - by which assertions does a test come, whatever it tests? Read off the suite's text.
 *
 * A statement of a test's body that begins with ck_assert and stands in no block, branch or
 * loop is reached by every run that returns from the body, so a run that says it came to its
 * end and has not come by all of them has left the body some other way, or never was in it.
 * Assertions in branches and in helpers are not counted: they may depend on what is tested.
 * Text in, places out; reads no file. Thread-safety: no state.
 */
#ifndef GRADER_TRAIL_H
#define GRADER_TRAIL_H

#include <stdbool.h>

#include "core/util.h"
#include "sandbox/keeper.h" /* LS_PLACES */

enum { TRAIL_MAX = LS_PLACES };

/* Where assertions of a run held, each once, in the order in which they were reached. */
struct trail {
    struct trail_place {
        char file[64]; /* no folders */
        int line;
    } list[TRAIL_MAX];
    int count;
};

/* The assertions that each run of a test comes by: lines first..last, one statement each. */
struct trail_due {
    struct trail_span {
        char file[64];
        int first, last;
    } list[TRAIL_MAX];
    int count;
};

/* Fills `ret` for the test `function` of `suite`, a text that may change files by #line; `file`
 * is the name where it begins. What cannot be read for certain (conditional compilation, names
 * in capitals that may return) ends the list early. */
void trail_read(const char *suite, const char *file, const char *function,
                struct trail_due *ret);

/* "FILE:FIRST-LAST,...", as the explorer takes it; NULL: none is due, or no memory. */
const char *trail_text(const struct trail_due *due, struct arena *a);

/* The first that is due and was not reached in its turn; NULL: all were, or there were more
 * than a trail holds. */
const struct trail_span *trail_missed(const struct trail_due *due, const struct trail *was);

#endif

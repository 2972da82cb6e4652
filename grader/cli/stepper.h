/* stepper.h - a schedule gone through by keys: replay's and explore's.
 *
 * Only in a terminal; one a process (screen.h).
 */
#ifndef GRADER_STEPPER_H
#define GRADER_STEPPER_H

#include <jansson.h>

#include "core/err.h"
#include "core/exercise.h"

struct stepper {
    enum lang lang;
    bool color;
    const char *(*text)(void *ctx, const char *file); /* a file in whole; NULL: not known */
    void *ctx;
};

/* Is there a person who could press keys? */
bool stepper_wanted(void);

/* Shows the steps of the first finding until q is pressed; at once where there is none. -1 with
 * *e: interrupted, or there is no memory. */
int stepper_run(const json_t *exploration, const struct stepper *s, struct err *e);

#endif

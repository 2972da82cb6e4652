/* places.h - from an offset in a program file to function, file, line or variable: libdw.
 *
 * Reads the file only; the program need not run. For living processes see sandbox/stacks.h.
 * Thread-safety: an object belongs to one thread.
 */
#ifndef GRADER_PLACES_H
#define GRADER_PLACES_H

#include "core/util.h"

struct places;

struct place {
    const char *function; /* NULL when unknown */
    const char *file;     /* bare name; NULL when unknown */
    int line;
    bool ours;   /* in the runtime, not in the program */
    bool begins; /* a line begins exactly there */
};

/* Opens `program`; places_close() accepts NULL. */
int places_open(const char *program, struct places **ret, struct err *e);
void places_close(struct places *p);

/* The place of the instruction at `offset` from where the file is loaded. Strings live in `a`.
 */
void places_code(struct places *p, uint64_t offset, struct arena *a, struct place *ret);

/* The name of the variable there, "table+8" inside a larger one; NULL when there is none. */
const char *places_variable(struct places *p, uint64_t offset, struct arena *a);

#endif

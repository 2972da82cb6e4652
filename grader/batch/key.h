/* key.h - the name of a result: a hash of everything it depends on.
 *
 * Grader (its own bytes and the runtime's), toolchain, tier, how memory is limited, course
 * secret, exercise (every file of it, reference included, so rubric and budgets too), and the
 * submission. Not: who handed it in, when, and on which machine.
 */
#ifndef GRADER_KEY_H
#define GRADER_KEY_H

#include "stages/unit.h"

enum { KEY_HEX = 65 };

/* The hash of what is no plain file of at most 1 MiB, and has no text. */
#define NO_PLAIN_FILE "no-plain-file"

struct key_base {
    char grader[KEY_HEX];               /* with toolchain, tier, secret */
    char (*exercises)[KEY_HEX];         /* in the order of `list` */
    char (*kins)[KEY_HEX];              /* the same without what no run depends on */
    const struct exercise *const *list; /* NULL-ended */
};

/* Reads and hashes all that does not change during a run. Lives in `a`. */
int key_prepare(const struct unit_options *o, const struct exercise *const *list,
                struct arena *a, struct key_base *ret, struct err *e);

/* `source`: the submission's SHA-256, NULL when nothing was submitted. */
void key_of(const struct key_base *b, int exercise, const char *source,
            char ret[static KEY_HEX]);

/* The name of all results that the same runs gave: as key_of(), but without points, titles,
 * hints, visibility and READMEs. From such a result another follows by arithmetic
 * (report_restate). */
void key_kin(const struct key_base *b, int exercise, const char *source,
             char ret[static KEY_HEX]);

/* SHA-256 of bytes, as hex. */
void key_hash(const void *data, size_t len, char ret[static KEY_HEX]);

#endif

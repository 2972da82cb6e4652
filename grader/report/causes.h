/* causes.h - the findings of an exercise by cause, so that a report tells each cause once.
 *
 * Two findings have one cause when their verdict and the lines of the submission that they
 * point at are the same. Of a deadlock only the lines count at which what is waited for was
 * taken, or those at which it was not released on the way out; of a data race the memory, where
 * its name is known. It decides what is printed, never what is graded.
 */
#ifndef GRADER_CAUSES_H
#define GRADER_CAUSES_H

#include <jansson.h>
#include <stdbool.h>

struct cause {
    char *key;
    const json_t *finding; /* that shows it best: under the shortest schedule */
    const json_t *test;    /* whose finding that is */
    const char **tests;    /* ids of all that fail for it, in their order */
    int count;
};

struct causes {
    struct cause *list; /* what fails most tests first */
    int count;
    bool left_out; /* findings are told by others, or are in no list */
};

/* Of all tests that did not pass, or of the first of them alone. The result's strings are only
 * pointed at. False: no memory. causes_release() in both cases. */
bool causes_collect(struct causes *ret, const json_t *tests, bool first);
void causes_release(struct causes *c);

/* Is test `id` in it? */
bool cause_fails(const struct cause *c, const char *id);

/* How many of the stacks behind stack `i` are the same but for a thread's number; -1: one
 * before it is. */
int causes_alike(const json_t *stacks, size_t i);

/* The innermost line of the submission in a stack; NULL: none. Only its lines are quoted. */
const json_t *causes_own_frame(const json_t *stack);

/* Was it found under a chosen schedule? */
bool causes_explored(const json_t *finding);

#endif

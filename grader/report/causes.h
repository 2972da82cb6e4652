/* causes.h - which findings of an exercise have one cause, so that a report tells it once.
 *
 * Two findings have the same cause when their verdict and the lines of the submission that they
 * point at are the same; of a deadlock only the lines count at which what is waited for was
 * taken. It decides what is printed, never what is graded.
 */
#ifndef GRADER_CAUSES_H
#define GRADER_CAUSES_H

#include <jansson.h>
#include <stdbool.h>

struct causes {
    struct cause {
        char *key;
        const char *test; /* that told it first; of the result */
    } * list;
    int count;
};

/* The id of the test before that told of this cause; NULL: none, and it is remembered now.
 * Without memory nothing is remembered, and all is told. */
const char *causes_seen(struct causes *c, const json_t *evidence, const char *test);

/* Was it found under a chosen schedule? */
bool causes_explored(const json_t *evidence);

/* Is `ev`, one of a test's findings, worth a reader's time? Not advice; and natively a wait
 * without end is seen from outside, by the explorer with all that led to it: where both have
 * found one, the second tells more, and in words they would contradict each other. */
bool causes_worth_telling(const json_t *evidence, const json_t *ev);

/* How many of the stacks behind stack `i` are the same but for a thread's number; -1: one
 * before it is. */
int causes_alike(const json_t *stacks, size_t i);

void causes_release(struct causes *c);

#endif

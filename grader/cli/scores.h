/* scores.h - what one student's machine remembers between commands: the best score of each
 * exercise, what failed last, and how many hints were asked for.
 *
 * Kept in $XDG_STATE_HOME/lockstep/scores.json (~/.local/state when unset), for `list`, `hint`
 * and `watch`; no grade is ever taken from it. Without HOME nothing is kept.
 *
 *   {"format": "lockstep/scores/1", "best": {EXERCISE: points}, "last": EXERCISE,
 *    "failed": {EXERCISE: [TEST, ...]}, "hints": {EXERCISE: {TEST: how many}}}
 */
#ifndef GRADER_SCORES_H
#define GRADER_SCORES_H

#include <jansson.h>

#include "core/result.h"

/* What is remembered of this user, an empty set when there is nothing yet; the caller drops
 * *ret with json_decref(). -1 and *e when there is a file that cannot be read or understood. */
int scores_load(json_t **ret, struct err *e);

/* The best score of an exercise, -1 when it was never graded. */
int scores_best(const json_t *scores, const char *id);

/* The exercise graded last; NULL: none yet. */
const char *scores_last(const json_t *scores);

/* The tests of an exercise that failed when it was graded last, in rubric order: an array of
 * strings, NULL when it never was. */
const json_t *scores_failed(const json_t *scores, const char *id);

/* How many hints of a test were asked for. */
int scores_hints(const json_t *scores, const char *id, const char *test);

/* Remembers scores that are better than before, and what failed now. Two graders at once take
 * turns. -1 and *e when they cannot be kept; what was there stays. */
int scores_record(const struct unit_result *units, int count, struct err *e);

/* Remembers that so many hints of a test were given; test NULL: forgets those of the exercise.
 */
int scores_set_hints(const char *id, const char *test, int count, struct err *e);

/* $XDG_STATE_HOME/lockstep, in `a`; NULL when there is no home to keep anything in. */
const char *scores_folder(struct arena *a);

#endif

/* scores.h - the best score this user has had in each exercise.
 *
 * Kept in $XDG_STATE_HOME/lockstep/scores.json (~/.local/state when unset), for `list` and for
 * nothing else: no grade is ever taken from it. Without HOME nothing is kept.
 */
#ifndef GRADER_SCORES_H
#define GRADER_SCORES_H

#include <jansson.h>

#include "core/result.h"

/* The scores of this user, an empty set when there are none yet; the caller drops *ret with
 * json_decref(). -1 and *e when there is a file that cannot be read or understood. */
int scores_load(json_t **ret, struct err *e);

/* The best score of an exercise, -1 when it was never graded. */
int scores_best(const json_t *scores, const char *id);

/* Remembers those that are better than before. Two graders at once take turns. -1 and *e when
 * they cannot be kept; what was there stays. */
int scores_record(const struct unit_result *units, int count, struct err *e);

#endif

/* late.h - deadlines: when did it come, by how many days is that too late, and what does it
 * cost.
 *
 * Only the gradebook knows of it: a result says what the work is worth, not when it came.
 */
#ifndef GRADER_LATE_H
#define GRADER_LATE_H

#include <stdbool.h>
#include <time.h>

#include "core/err.h"

/* --late RULE. `percent` of the points that the work earned are lost, once or a begun day. */
struct late_rule {
    enum { LATE_ACCEPT, LATE_REFUSE, LATE_PERCENT } kind;
    int percent;
    bool per_day;
};

/* "2026-03-01 12:00", "2026-03-01T12:00:00Z", "... +08:00", "2026-03-01" (its end): true and
 * *ret. Without a zone it is this machine's time. */
bool time_parse(const char *text, time_t *ret);

/* "accept", "refuse", "20%", "10%/day". */
int late_parse(const char *text, struct late_rule *ret, struct err *e);

/* Begun days after the deadline; 0: in time. */
int late_days(time_t deadline, time_t when);

/* What is left of `score`; never below 0, halves rounded up. */
int late_score(const struct late_rule *rule, int score, int days);

#endif

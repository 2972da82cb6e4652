/* node.h - a machine that grades a share of a batch (share.h), started there by an engine.
 *
 * A result is published only when it is the one that the machine of the batch would have got:
 * grader, tools, tier, exercises and source have the hashes that the batch stated, known
 * programs got what they must (canary.h), and nothing outside the submission interfered, such
 * as the task's own memory limit or its end. What cannot be published is said in `why` and
 * left for the next attempt: here it is never a grade.
 */
#ifndef GRADER_NODE_H
#define GRADER_NODE_H

#include "core/err.h"

/* Grades the units of task `task` of attempt `attempt` that have no result yet, several at once
 * as on one machine. The course is this machine's own. 0: all have a result; -1 and *e: at
 * least one has none. */
int node_work(const char *folder, int attempt, long task, struct err *e);

#endif

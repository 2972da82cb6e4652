/* waits.h - who waits for what: the stacks of a process tree as evidence.
 *
 * Used when a test hangs, crashes, or ends early: all tasks still stand, so the report can
 * name the line each one stands at, the lock it wants, and who holds that.
 */
#ifndef GRADER_WAITS_H
#define GRADER_WAITS_H

#include "stages/unit.h"

/* Adds one stack a group of tasks that stand at the same place, and a sentence for each;
 * returns what the picture as a whole proves: deadlock when a lock is wanted that will not
 * be given back, lost-wakeup when somebody sleeps for a notice, else deadlock. */
enum verdict waits_explain(const struct unit *u, pid_t init, struct evidence *ev);

/* Adds the stack of the task that sent this event, labelled; false when it cannot be read. */
bool waits_stack(const struct unit *u, const struct keeper_event *at, const char *label,
                 struct evidence *ev);

/* The functions of the submission in these stacks, sorted, as "f / g"; NULL for none. */
const char *waits_functions(const struct unit *u, const struct evidence *ev);

#endif

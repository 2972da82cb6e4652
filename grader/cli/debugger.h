/* debugger.h - one schedule under gdb, stopped where it goes wrong.
 *
 * gdb runs the program itself: same token, same schedule. All tasks are fibers of one kernel
 * thread, so gdb shows one thread; the others' places are in the report.
 */
#ifndef GRADER_DEBUGGER_H
#define GRADER_DEBUGGER_H

#include "cli/cmd.h"

/* Runs gdb on `program` (below `work`) at the terminal and waits for it. `test` is a suite's
 * test with its inputs as further arguments, NULL-terminated, or NULL. An exit status, or -1.
 */
int debug_schedule(const char *work, const char *program, const char *token, char *const more[],
                   struct err *e);

#endif

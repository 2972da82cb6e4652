/* debugger.h - one schedule under gdb, stopped where it goes wrong.
 *
 * gdb runs the program itself: same token, same schedule. It stops in the innermost frame of
 * the program. All tasks of a process are fibers of one kernel thread; debugger.py, which is
 * built in, gives gdb the words `tasks` and `task N` to look at each, and keeps the explorer's
 * own frames out of backtraces.
 */
#ifndef GRADER_DEBUGGER_H
#define GRADER_DEBUGGER_H

#include "cli/cmd.h"

/* Runs gdb on `program` (below `work`) at the terminal and waits for it. `more` are a suite's
 * test with its inputs as further arguments, NULL-terminated, or NULL; `source` is the folder
 * in which the program's files lie. An exit status, or -1. */
int debug_schedule(const char *work, const char *program, const char *token, char *const more[],
                   const char *source, struct err *e);

#endif

/* tool.h - another program's answer: git, gcc, ssh-keygen and our own commands, for commands
 * that need one line of them. Never for what a student wrote: that runs in the sandbox.
 *
 * fork(2) and exec(3) with an argument list: no shell reads any name.
 */
#ifndef GRADER_TOOL_H
#define GRADER_TOOL_H

#include "core/util.h"

/* Runs argv (found in PATH) in folder `dir` (NULL: here) with nothing on its standard input,
 * and appends what it prints to *ret (NULL: it prints where we do). Its standard error goes to
 * /dev/null when `quiet`. Returns its exit status, 128 + the signal that ended it, 127 when
 * there is no such program; -1 and *e when it could not be started. */
int tool_run(char *const argv[], const char *dir, bool quiet, struct buf *ret, struct err *e);

#endif

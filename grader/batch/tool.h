/* tool.h - another program's answer: git, gcc, ssh-keygen, Slurm's commands and our own, for
 * whom needs a few lines of them. Never for what a student wrote: that runs in the sandbox.
 *
 * fork(2) and exec(3) with an argument list: no shell reads any name.
 */
#ifndef GRADER_TOOL_H
#define GRADER_TOOL_H

#include "core/util.h"

/* Where its standard error goes. TOOL_KEYS: where ours goes, and it reads our standard input.
 */
enum tool_errors { TOOL_SHOWN, TOOL_DROPPED, TOOL_JOINED /* to what it prints */, TOOL_KEYS };

/* Runs argv (found in PATH) in folder `dir` (NULL: here), but for TOOL_KEYS with nothing on its
 * standard input,
 * and appends what it prints to *ret (NULL: it prints where we do). Returns its exit status,
 * 128 + the signal that ended it, 127 when there is no such program; -1 and *e when it could
 * not be started. */
int tool_run(char *const argv[], const char *dir, enum tool_errors errors, struct buf *ret,
             struct err *e);

/* The same for a question that is soon answered: at most `seconds`, then it is killed, and -1.
 * Its standard error is joined to *ret, which must be given. */
int tool_ask(char *const argv[], int seconds, struct buf *ret, struct err *e);

/* Starts it, its output behind that of the file `log`, and does not wait: its process number,
 * the leader of a session of its own, without a terminal; -1 and *e. */
int tool_start(char *const argv[], const char *log, struct err *e);

#endif

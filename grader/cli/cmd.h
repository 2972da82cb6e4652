/* cmd.h - a subcommand, the exit statuses, and what all subcommands share.
 *
 * Only this room prints. A command returns an exit status, or -1 with *e filled, which
 * main() prints and turns into 2 or 3.
 */
#ifndef GRADER_CMD_H
#define GRADER_CMD_H

#include <stdbool.h>
#include <stdio.h>

#include "core/exercise.h"

enum exit_status {
    EXIT_ALL_PASS = 0,
    EXIT_SOME_FAIL = 1, /* a submission lost points; the grader worked */
    EXIT_USAGE = 2,
    EXIT_BROKEN = 3,       /* the grader could not do its job; no verdict may be drawn */
    EXIT_NOT_COMPILED = 4, /* explore: the program does not compile */
    EXIT_STOPPED = 130,
};

struct option_row; /* options.h */

struct cmd {
    const char *name, *args, *summary;
    const struct option_row *rows; /* what parsing, --help and completion are made from */
    int (*run)(int argc, char *argv[], struct err *e);
};

/* All of them in the order of help, NULL-ended (main.c). */
extern const struct cmd *const commands[];

extern const struct cmd cmd_completion, cmd_grade, cmd_batch, cmd_explore, cmd_replay, cmd_list,
    cmd_lint, cmd_new, cmd_doctor, cmd_hint, cmd_reset, cmd_submit, cmd_export, cmd_node,
    cmd_init, cmd_course, cmd_watch;

enum { OPTIONS_HELP = -2 }; /* from options_parse(): help was printed, leave with 0 */

/* The exercises named by words, in course order; when there are none, all that are not drafts.
 * A NULL-ended array in `a`. An unknown one is a usage error. */
int pick_exercises(const struct course *c, char *const words[], struct arena *a,
                   const struct exercise ***ret, struct err *e);

/* zh when LC_ALL, LC_MESSAGES or LANG begins with zh. */
enum lang user_language(void);

/* A single line that overwrites itself on a terminal; nothing anywhere else. */
void progress_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void progress_clear(void);

/* Ctrl-C and SIGTERM stop runs cleanly (keeper_interrupted). */
void catch_interrupts(void);

#endif

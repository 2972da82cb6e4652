/* options.h - one table an option list: parsing and help come from the same rows.
 *
 * Over getopt_long(3). Not a framework: a command walks its own values.
 */
#ifndef GRADER_OPTIONS_H
#define GRADER_OPTIONS_H

#include "cli/cmd.h"
#include "core/tier.h"

struct option_row {
    int key;          /* what the callback gets; a letter is also the short form */
    const char *name; /* without the dashes */
    const char *arg;  /* "DIR", or NULL when it takes none */
    const char *help;
};

/* Calls use(ctx, key, value) for each option; plain arguments stay in argv from the returned
 * index on. --help prints the command's help and returns 0. Rows end with a NULL name.
 * use() returns 0, or -1 with *e. */
int options_parse(const struct cmd *cmd, int argc, char *argv[],
                  int (*use)(void *ctx, int key, const char *value, struct err *e), void *ctx,
                  struct err *e);

/* Refuses (ERR_SYSTEM, with the remedy) when this machine confines runs less than `least`. */
int require_tier(enum tier least, struct err *e);

/* The value of --lang: en or zh. */
int parse_lang(const char *value, enum lang *ret, struct err *e);

/* The value of --min-tier. */
int parse_min_tier(const char *value, enum tier *ret, struct err *e);

#endif

/* options.c - getopt_long over a table of rows. */
#include "cli/options.h"

#include <getopt.h>
#include <string.h>

#include "sandbox/tier.h"

enum { MAX_ROWS = 24, HELP = 1000 };

static void print_help(const struct cmd *cmd)
{
    const struct option_row *rows = cmd->rows;

    printf("usage: lockstep %s %s\n%s\n\n", cmd->name, cmd->args, cmd->summary);
    for (; rows->name; rows++) {
        char left[64];
        const bool letter = rows->key < 256;

        snprintf(left, sizeof left, "%c%c%s--%s%s%s", letter ? '-' : ' ',
                 letter ? rows->key : ' ', letter ? ", " : "  ", rows->name,
                 rows->arg ? " " : "", rows->arg ? rows->arg : "");
        printf("  %-30s %s\n", left, rows->help);
    }
    printf("      %-26s %s\n", "--help", "this text");
}

int options_parse(const struct cmd *cmd, int argc, char *argv[],
                  int (*use)(void *ctx, int key, const char *value, struct err *e), void *ctx,
                  struct err *e)
{
    const struct option_row *rows = cmd->rows;
    struct option longs[MAX_ROWS + 2] = {0};
    char shorts[2 * MAX_ROWS + 2] = ":";
    size_t n = 0, s = 1;
    int key;

    for (; rows[n].name; n++) {
        longs[n] = (struct option){rows[n].name, rows[n].arg ? required_argument : no_argument,
                                   NULL, rows[n].key};
        if (rows[n].key < 256) {
            shorts[s++] = (char)rows[n].key;
            if (rows[n].arg)
                shorts[s++] = ':';
        }
    }
    longs[n] = (struct option){"help", no_argument, NULL, HELP};
    optind = 0;
    while ((key = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (key == HELP) {
            print_help(cmd);
            return OPTIONS_HELP;
        }
        if (key == ':')
            return err_set(e, ERR_USAGE, "'%s' needs a value", argv[optind - 1]);
        if (key == '?')
            return err_set(e, ERR_USAGE, "unknown option '%s'; see 'lockstep %s --help'",
                           argv[optind - 1], cmd->name);
        if (use(ctx, key, optarg, e) < 0)
            return -1;
    }
    return optind;
}

int parse_lang(const char *value, enum lang *ret, struct err *e)
{
    if (strcmp(value, "en") == 0)
        *ret = LANG_EN;
    else if (strncmp(value, "zh", 2) == 0)
        *ret = LANG_ZH;
    else
        return err_set(e, ERR_USAGE, "'--lang %s': expected en or zh", value);
    return 0;
}

int parse_min_tier(const char *value, enum tier *ret, struct err *e)
{
    return tier_parse(value, ret)
               ? 0
               : err_set(e, ERR_USAGE, "'--min-tier %s': expected full, fallback or none",
                         value);
}

int require_tier(enum tier least, struct err *e)
{
    const enum tier t = sandbox_tier();

    if (t >= least)
        return 0;
    return err_set(
        e, ERR_SYSTEM,
        "this machine confines runs in the '%s' tier only (%.120s), and '%s' is asked "
        "for; %s; or say --min-tier %s for code you trust",
        tier_name(t), sandbox_refusal(), tier_name(least), sandbox_remedy(), tier_name(t));
}

/* options.c - getopt_long over a table of rows. */
#include "cli/options.h"

#include <getopt.h>
#include <string.h>

#include "core/nearest.h"
#include "sandbox/tier.h"

enum { MAX_ROWS = 32, HELP = 1000, COURSE };

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
    printf("      %-26s %s\n", "--course DIR",
           "the course in DIR (default: the one around the current folder, else the built-in)");
    printf("  %-30s %s\n", "-h, --help", "this text");
}

static bool has_letter(const struct option_row *rows, int letter)
{
    for (; rows->name; rows++)
        if (rows->key == letter)
            return true;
    return false;
}

static int unknown_option(const struct cmd *cmd, const char *given, struct err *e)
{
    const char *word = given + strspn(given, "-"), *near = NULL;
    auto_free char *name = strndup(word, strcspn(word, "="));

    if (name && given[0] == '-' && given[1] == '-')
        for (const struct option_row *r = cmd->rows; r->name; r++)
            near = nearest_of(name, near, r->name);
    if (near)
        return err_set(e, ERR_USAGE, "unknown option '%s'; did you mean '--%s'?", given, near);
    return err_set(e, ERR_USAGE, "unknown option '%s'; see 'lockstep %s --help'", given,
                   cmd->name);
}

int options_parse(const struct cmd *cmd, int argc, char *argv[],
                  int (*use)(void *ctx, int key, const char *value, struct err *e), void *ctx,
                  struct err *e)
{
    const struct option_row *rows = cmd->rows;
    struct option longs[MAX_ROWS + 3] = {0};
    char shorts[2 * MAX_ROWS + 3] = ":";
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
    longs[n + 1] = (struct option){"course", required_argument, NULL, COURSE};
    if (!strchr(shorts, 'h'))
        shorts[s] = 'h';
    optind = 0;
    while ((key = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (key == HELP || (key == 'h' && !has_letter(rows, 'h'))) {
            print_help(cmd);
            return OPTIONS_HELP;
        }
        if (key == COURSE) { /* course_load() reads it, and so do processes that we start */
            if (setenv("LOCKSTEP_COURSE", optarg, 1) < 0)
                return err_oom(e);
            continue;
        }
        if (key == ':')
            return err_set(e, ERR_USAGE, "'%s' needs a value", argv[optind - 1]);
        if (key == '?')
            return unknown_option(cmd, argv[optind - 1], e);
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

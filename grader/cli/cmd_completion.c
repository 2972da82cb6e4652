/* cmd_completion.c - `lockstep completion SHELL`: what bash, zsh and fish need to complete our
 * command lines, made from the same tables as parsing and --help.
 *
 * Commands, options, the exercises of the course at hand (`lockstep list`) and the tests of one
 * (`lockstep list EXERCISE`); files only where a file is expected. Formats and the like that an
 * option takes are words of its row's argument.
 */
#include <string.h>

#include "cli/options.h"

static const struct option_row rows[] = {{0, NULL, NULL, NULL}};

static int use(void *ctx, int key, const char *value, struct err *e)
{
    (void)ctx, (void)key, (void)value, (void)e;
    return 0;
}

/* What can stand behind an option: a list of words, or files. */
static const char *values_of(const struct option_row *r)
{
    static const struct {
        const char *option, *words;
    } known[] = {
        {"format", "text json junit tap github markdown html sarif gradescope classroom50 "
                   "classroom autolab prairielearn"},
        {"color", "auto always never"},
        {"lang", "en zh"},
        {"min-tier", "full fallback none"},
        {"layout", "folders moodle canvas gradescope classroom"},
        {"strategy", "default random pct pos surw dfs dpor"},
        {"late", "accept refuse"},
        {"modes", "native helgrind memcheck explore"},
        {"engine", "local slurm parallel"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (strcmp(known[i].option, r->name) == 0)
            return known[i].words;
    return NULL;
}

static bool takes_exercises(const struct cmd *c)
{
    return strstr(c->args, "EXERCISE") != NULL;
}

/* Behind the exercise. */
static bool takes_test(const struct cmd *c)
{
    return strstr(c->args, "TEST") != NULL;
}

static bool takes_files(const struct cmd *c)
{
    return strstr(c->args, "INPUT") || strstr(c->args, "FILE.c") || strstr(c->args, "[DIR]");
}

/* Is an option's value a file or a folder? */
static bool is_file(const struct option_row *r)
{
    static const char *const args[] = {"FILE", "DIR", "OUT", "KEY", "FILE[:COL]"};

    for (size_t i = 0; i < ARRAY_SIZE(args); i++)
        if (strcmp(r->arg, args[i]) == 0)
            return true;
    return false;
}

static const char *first_words(const struct cmd *c)
{
    return strcmp(c->name, "export") == 0 ? "gradescope github classroom50 autolab prairielearn"
           : strcmp(c->name, "completion") == 0 ? "bash zsh fish"
                                                : "";
}

/* ---- bash and zsh -------------------------------------------------------------------- */

static void put_case(const struct cmd *c)
{
    printf("    %s)\n        words=\"%s%s", c->name, first_words(c),
           *first_words(c) ? " " : "");
    for (const struct option_row *r = c->rows; r->name; r++)
        printf("--%s ", r->name);
    printf("--course --help\"\n");
    if (takes_test(c))
        printf("        if [ \"$COMP_CWORD\" -eq 3 ]; then words=\"$words $(_lockstep_tests "
               "\"$prev\")\"\n        else words=\"$words $(_lockstep_exercises)\"; fi\n");
    else if (takes_exercises(c))
        printf("        words=\"$words $(_lockstep_exercises)\"\n");
    if (takes_files(c))
        printf("        files=1\n");
    printf("        case $prev in\n");
    for (const struct option_row *r = c->rows; r->name; r++) {
        const char *values = values_of(r);

        if (!r->arg)
            continue;
        if (r->key < 256)
            printf("        -%c | ", r->key);
        else
            printf("        ");
        printf("--%s) words=\"%s\" files=%s ;;\n", r->name, values ? values : "",
               is_file(r) ? "1" : "");
    }
    printf("        --course) words='' files=1 ;;\n");
    printf("        esac\n        ;;\n");
}

/* zsh runs it through its own bashcompinit. */
static void put_bash(bool zsh)
{
    printf("# lockstep completion for %s; made by 'lockstep completion %s'\n",
           zsh ? "zsh" : "bash", zsh ? "zsh" : "bash");
    if (zsh)
        printf("autoload -Uz +X compinit bashcompinit && compinit -u && bashcompinit\n");
    printf(
        "_lockstep_exercises() {\n"
        "    lockstep list 2>/dev/null | sed -n 's/^\\([0-9][0-9]-[a-z0-9-]*\\) .*/\\1/p' | "
        "tr '\\n' ' '\n}\n"
        "_lockstep_tests() {\n"
        "    lockstep list \"$1\" 2>/dev/null | sed -n 's/^  \\([a-z0-9-]*\\)  .*/\\1/p' | "
        "tr '\\n' ' '\n}\n"
        "_lockstep() {\n"
        "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words='' "
        "files=''\n"
        "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words=\"");
    for (size_t i = 0; commands[i]; i++)
        printf("%s ", commands[i]->name);
    printf("help --version\"\n    else\n    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; commands[i]; i++)
        put_case(commands[i]);
    printf("    esac\n    fi\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
           "    if [ \"$files\" ] && [ \"${cur#-}\" = \"$cur\" ]; then\n"
           "        COMPREPLY+=($(compgen -f -- \"$cur\"))\n    fi\n}\n"
           "complete -o filenames -F _lockstep lockstep\n");
}

/* ---- fish ---------------------------------------------------------------------------- */

static void put_quoted(const char *s)
{
    putchar('\'');
    for (; *s; s++)
        printf(*s == '\'' || *s == '\\' ? "\\%c" : "%c", *s);
    putchar('\'');
}

static void put_fish(void)
{
    printf("# lockstep completion for fish; made by 'lockstep completion fish'\n"
           "function __lockstep_exercises\n"
           "    lockstep list 2>/dev/null | string match -rg '^(\\d\\d-[a-z0-9-]+) '\nend\n"
           "set -l commands");
    for (size_t i = 0; commands[i]; i++)
        printf(" %s", commands[i]->name);
    printf("\ncomplete -c lockstep -f\n"
           "complete -c lockstep -l course -r -F -d 'the course in a folder'\n"
           "function __lockstep_tests\n"
           "    lockstep list (commandline -opc)[3] 2>/dev/null | string match -rg "
           "'^  ([a-z0-9-]+)  '\nend\n");
    for (size_t i = 0; commands[i]; i++) {
        const struct cmd *c = commands[i];

        printf("complete -c lockstep -f -n \"not __fish_seen_subcommand_from $commands\" -a %s "
               "-d ",
               c->name);
        put_quoted(c->summary);
        printf("\n");
        if (takes_exercises(c) || *first_words(c)) {
            printf("complete -c lockstep -n '__fish_seen_subcommand_from %s' -a '%s%s'\n",
                   c->name, first_words(c),
                   takes_exercises(c) ? " (__lockstep_exercises)" : "");
        }
        if (takes_test(c))
            printf("complete -c lockstep -n '__fish_seen_subcommand_from %s; and test (count "
                   "(commandline -opc)) -eq 3' -a '(__lockstep_tests)'\n",
                   c->name);
        if (takes_files(c))
            printf("complete -c lockstep -F -n '__fish_seen_subcommand_from %s'\n", c->name);
        for (const struct option_row *r = c->rows; r->name; r++) {
            const char *values = values_of(r);

            printf("complete -c lockstep -n '__fish_seen_subcommand_from %s' -l %s", c->name,
                   r->name);
            if (r->key < 256)
                printf(" -s %c", r->key);
            if (r->arg)
                printf(values ? " -x -a '%s'" : is_file(r) ? " -r -F" : " -x", values);
            printf(" -d ");
            put_quoted(r->help);
            printf("\n");
        }
    }
}

static int run(int argc, char *argv[], struct err *e)
{
    int first = options_parse(&cmd_completion, argc, argv, use, NULL, e);
    const char *shell;

    if (first < 0)
        return first;
    shell = argc - first == 1 ? argv[first] : "";
    if (strcmp(shell, "fish") == 0)
        put_fish();
    else if (strcmp(shell, "bash") == 0 || strcmp(shell, "zsh") == 0)
        put_bash(shell[0] == 'z');
    else
        return err_set(e, ERR_USAGE, "expected bash, zsh or fish");
    return EXIT_ALL_PASS;
}

const struct cmd cmd_completion = {
    .name = "completion",
    .args = "bash|zsh|fish",
    .rows = rows,
    .summary =
        "shell completion; e.g. lockstep completion bash >/etc/bash_completion.d/lockstep",
    .run = run,
};

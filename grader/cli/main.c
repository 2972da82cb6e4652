/* main.c - the list of subcommands, errors in words, and the exit status. */
#include <errno.h>
#include <libxml/parser.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include "cli/cmd.h"
#include "core/nearest.h"
#include "core/version.h"
#include "sandbox/keeper.h"
#include "sandbox/ulimits.h"

const struct cmd *const commands[] = {
    &cmd_init,   &cmd_watch,  &cmd_grade,   &cmd_hint,       &cmd_list,   &cmd_reset,
    &cmd_submit, &cmd_batch,  &cmd_explore, &cmd_export,     &cmd_replay, &cmd_lint,
    &cmd_new,    &cmd_course, &cmd_doctor,  &cmd_completion, &cmd_node,   NULL};

static void usage(FILE *to)
{
    fputs("usage: lockstep COMMAND [ARGUMENTS]\n\n", to);
    for (size_t i = 0; commands[i]; i++)
        fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n'lockstep COMMAND --help' tells more; 'lockstep --version' the version.\n"
          "Exit status: 0 all passed, 1 points were lost, 2 usage, 3 the grader could not\n"
          "do its job (then no verdict may be drawn), 130 interrupted.\n",
          to);
}

/* What may have been meant, as the end of a sentence. */
static const char *meant(const char *name, char ret[static 64])
{
    const char *near = NULL;

    for (size_t i = 0; commands[i]; i++)
        near = nearest_of(name, near, commands[i]->name);
    snprintf(ret, 64, near ? "did you mean '%s'?" : "see 'lockstep help'", near);
    return ret;
}

static const struct cmd *find(const char *name)
{
    for (size_t i = 0; commands[i]; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

/* A full disk must not look like success. */
static int finish(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "lockstep: cannot write standard output: %s\n", strerror(errno));
    return EXIT_BROKEN;
}

int pick_exercises(const struct course *c, char *const words[], struct arena *a,
                   const struct exercise ***ret, struct err *e)
{
    const struct exercise **all = arena_zalloc(a, (size_t)(c->count + 1) * sizeof *all);
    int n = 0;

    if (!all)
        return err_oom(e);
    for (int i = 0; words[i]; i++)
        if (!course_find(c, words[i]))
            return course_unknown(c, words[i], e);
    for (int i = 0; i < c->count; i++) {
        bool wanted = !words[0] && !c->exercises[i].rubric.draft;

        for (int k = 0; words[k]; k++)
            wanted |= course_find(c, words[k]) == &c->exercises[i];
        if (wanted)
            all[n++] = &c->exercises[i];
    }
    if (n == 0)
        return err_set(e, ERR_USAGE,
                       c->count
                           ? "the course '%s' has only drafts; name one, or finish it "
                             "('lockstep course check' says what is missing)"
                           : "the course '%s' has no exercise yet; 'lockstep new SLUG' makes "
                             "one",
                       c->id);
    *ret = all;
    return n;
}

enum lang user_language(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const char *v = getenv(names[i]);

        if (v && *v)
            return strncmp(v, "zh", 2) == 0 ? LANG_ZH : LANG_EN;
    }
    return LANG_EN;
}

static bool on_terminal(void)
{
    static int known = -1;

    if (known < 0)
        known = isatty(STDERR_FILENO);
    return known;
}

void progress_line(const char *fmt, ...)
{
    va_list ap;

    if (!on_terminal())
        return;
    fputs("\r\033[K", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fflush(stderr);
}

void progress_clear(void)
{
    if (on_terminal())
        fputs("\r\033[K", stderr);
}

static void on_interrupt(int sig)
{
    keeper_interrupted = sig;
}

void catch_interrupts(void)
{
    struct sigaction sa = {.sa_handler = on_interrupt};

    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGHUP, &sa, NULL);
}

/* What a caller left ignored or blocked survives exec(2): with SIGCHLD ignored no child
 * could ever be waited for, and every submission would seem to hang. */
static void reset_signals(void)
{
    sigset_t none;

    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* EFBIG is said, SIGXFSZ is not */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

int main(int argc, char *argv[])
{
    const struct cmd *cmd = argc >= 2 ? find(argv[1]) : NULL;
    struct err e = {0};
    int status;

    reset_signals();
    ulimits_raise();
    if (argc >= 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0 ||
                      strcmp(argv[1], "version") == 0)) {
        puts("lockstep " LOCKSTEP_VERSION);
        return finish(EXIT_ALL_PASS);
    }
    if (argc >= 2 && (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
                      strcmp(argv[1], "-h") == 0)) {
        if (argc == 2) {
            usage(stdout);
            return finish(EXIT_ALL_PASS);
        }
        cmd = find(argv[2]);
        argv[1] = argv[2];
        argv[2] = (char *)"--help"; /* help COMMAND */
    }
    if (!cmd) {
        if (argc >= 2)
            fprintf(stderr, "lockstep: unknown command '%s'; %s\n", argv[1],
                    meant(argv[1], (char[64]){0}));
        else
            usage(stderr);
        return EXIT_USAGE;
    }
    status = cmd->run(argc - 1, argv + 1, &e);
    xmlCleanupParser();
    progress_clear();
    if (status == OPTIONS_HELP)
        return finish(EXIT_ALL_PASS);
    if (status >= 0)
        return finish(status);
    if (e.kind != ERR_STOPPED || !getenv("LOCKSTEP_WATCHED")) /* stopped by watch, who knows */
        fprintf(stderr, "lockstep %s: %s\n", cmd->name, e.msg);
    if (e.kind == ERR_STOPPED)
        return EXIT_STOPPED;
    return e.kind == ERR_USAGE ? EXIT_USAGE : EXIT_BROKEN;
}

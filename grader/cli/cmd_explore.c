/* cmd_explore.c - `lockstep explore`: any C program with a main, under schedules we choose. */
#include <string.h>
#include <unistd.h>

#include "cli/debugger.h"
#include "cli/options.h"
#include "cli/screen.h"
#include "cli/searching.h"
#include "cli/stepper.h"
#include "cli/suppress.h"
#include "report/report.h"
#include "stages/explorer.h"
#include "stages/symbols.h"
#include "stages/unit.h"

enum {
    SCHEDULES = 1000, /* unless another number is asked for */
    FILES_MAX = 32,
    FLAGS_MAX = 24,
    PATIENCE_MAX = 60, /* s */
    OPT_STRATEGY = 256,
    OPT_SCHEDULES,
    OPT_SEED,
    OPT_JSON,
    OPT_CFLAGS,
    OPT_REPLAY,
    OPT_BOUND,
    OPT_PATIENCE,
    OPT_GDB,
    OPT_FORK,
    OPT_TRUST_ASM,
    OPT_COLOR,
    OPT_ALL,
    OPT_SUPPRESS
};

struct explore_options {
    struct explorer_options x;
    char *flags[FLAGS_MAX + 1];
    int flag_count;
    char *flag_text; /* the words of --cflags */
    bool json, verbose, gdb, trust_asm, all;
    struct explorer_asm assembly; /* where the program's first one stands */
    bool reads_input;             /* the program could read standard input */
    const char *color;
    struct suppress known;
};

static const struct option_row rows[] = {
    {OPT_STRATEGY, "strategy", "S", "default, random, pct, pos, surw, dfs or dpor"},
    {OPT_SCHEDULES, "schedules", "N", "stop after N schedules (default 1000)"},
    {OPT_SEED, "seed", "K", "which random schedules (default 1)"},
    {OPT_BOUND, "preemptions", "N", "dfs and dpor: at most N preemptions a schedule"},
    {OPT_PATIENCE, "patience", "S",
     "let a time limit pass while others do not run for S s (default 10)"},
    {OPT_CFLAGS, "cflags", "FLAGS", "more flags for the compiler, in one word"},
    {OPT_REPLAY, "replay", "TOKEN", "run this one schedule, and show it step by step"},
    {OPT_ALL, "all", NULL,
     "with --replay: print all steps; in a terminal keys go through them"},
    {OPT_GDB, "gdb", NULL, "with --replay: stop in gdb where it fails"},
    {OPT_JSON, "json", NULL, "the report as JSON"},
    {OPT_FORK, "fork", NULL, "a new process for every schedule"},
    {OPT_TRUST_ASM, "trust-asm", NULL, "explore around inline assembly, and claim nothing"},
    {OPT_SUPPRESS, "suppress", "FILE", "leave out the findings that FILE names"},
    {OPT_COLOR, "color", "WHEN", "auto, always or never"},
    {'v', "verbose", NULL, "the schedules of advice, and what the program printed, too"},
    {0, NULL, NULL, NULL},
};

static int count_of(const char *what, const char *value, long lo, long hi, long *ret,
                    struct err *e)
{
    if (parse_long(value, lo, hi, ret))
        return 0;
    return err_set(e, ERR_USAGE, "'%s %s': expected a number from %ld to %ld", what, value, lo,
                   hi);
}

static int split_flags(struct explore_options *o, const char *value, struct err *e)
{
    char *save = NULL;

    o->flag_text = strdup(value);
    if (!o->flag_text)
        return err_oom(e);
    for (char *w = strtok_r(o->flag_text, " \t\n", &save); w;
         w = strtok_r(NULL, " \t\n", &save)) {
        if (o->flag_count == FLAGS_MAX)
            return err_set(e, ERR_USAGE, "more than %d compiler flags", FLAGS_MAX);
        o->flags[o->flag_count++] = w;
    }
    return 0;
}

static int check_strategy(const char *name, struct err *e)
{
    static const char *const names[] = {"default", "random", "pct", "pos",
                                        "surw",    "dfs",    "dpor"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(names[i], name) == 0)
            return 0;
    return err_set(
        e, ERR_USAGE,
        "unknown strategy '%s', expected default, random, pct, pos, surw, dfs or dpor", name);
}

static int use(void *ctx, int key, const char *value, struct err *e)
{
    struct explore_options *o = ctx;
    long n;

    switch (key) {
    case OPT_STRATEGY:
        o->x.strategy = value;
        return check_strategy(value, e);
    case OPT_SCHEDULES:
        return count_of("--schedules", value, 1, 1000000000, &o->x.schedules, e);
    case OPT_SEED:
        return count_of("--seed", value, 1, 1000000000, &o->x.seed, e);
    case OPT_BOUND:
        if (count_of("--preemptions", value, 0, 1000, &n, e) < 0)
            return -1;
        o->x.preemptions = (int)n + 1;
        return 0;
    case OPT_PATIENCE:
        if (count_of("--patience", value, 0, PATIENCE_MAX, &n, e) < 0)
            return -1;
        o->x.patience = (int)n + 1;
        return 0;
    case OPT_CFLAGS:
        return split_flags(o, value, e);
    case OPT_REPLAY:
        o->x.token = value;
        return 0;
    case OPT_GDB:
        o->gdb = true;
        return 0;
    case OPT_ALL:
        o->all = true;
        return 0;
    case OPT_JSON:
        o->json = true;
        return 0;
    case OPT_FORK:
        o->x.fork_each = true;
        return 0;
    case OPT_SUPPRESS:
        return suppress_read(&o->known, value, e);
    case OPT_TRUST_ASM:
        o->trust_asm = true;
        return 0;
    case OPT_COLOR:
        o->color = value;
        return 0;
    default:
        o->verbose = true;
        return 0;
    }
}

/* ---- the program's sources, for quoting ----------------------------------------------------
 */

struct sources {
    struct arena *a;
    const char *path[FILES_MAX];
    char *text[FILES_MAX];
    int count;
};

static const char *text_of(void *ctx, const char *file)
{
    const struct sources *s = ctx;

    for (int i = 0; i < s->count; i++) {
        const char *slash = strrchr(s->path[i], '/');

        if (s->text[i] && strcmp(slash ? slash + 1 : s->path[i], file) == 0)
            return s->text[i];
    }
    return NULL;
}

static const char *quote(void *ctx, const char *file, int no)
{
    struct sources *s = ctx;
    const char *p = text_of(s, file);

    for (int k = 1; p && k < no; k++)
        if ((p = strchr(p, '\n')))
            p++;
    if (!p || no < 1)
        return NULL;
    p += strspn(p, " \t");
    return arena_strndup(s->a, p, strcspn(p, "\r\n"));
}

static int read_sources(struct sources *s, char *const files[], struct err *e)
{
    for (; files[s->count]; s->count++) {
        if (s->count == FILES_MAX)
            return err_set(e, ERR_USAGE, "more than %d files", FILES_MAX);
        if (slurp(files[s->count], 16 << 20, &s->text[s->count], NULL, e) < 0)
            return -1;
        s->path[s->count] = realpath(files[s->count], NULL);
        if (!s->path[s->count])
            return err_errno(e, "cannot find '%s'", files[s->count]);
    }
    return 0;
}

static void release_sources(struct sources *s)
{
    for (int i = 0; i < FILES_MAX; i++) {
        free((char *)s->path[i]);
        free(s->text[i]);
    }
}

/* ---- building
 * --------------------------------------------------------------------------------- */

/* What reads standard input, by the names that the explorer gives it. */
static void note_input(void *ctx, const struct symbol *s)
{
    static const char *const names[] = {
        "stdin",   "scanf", "getchar",          "read",
        "readv",   "poll",  "select",           "ppoll",
        "pselect", "gets",  "getchar_unlocked", "__isoc99_scanf"};
    bool *reads = ctx;

    for (size_t i = 0; i < ARRAY_SIZE(names) && !s->defined; i++)
        *reads |= strcmp(s->name, names[i]) == 0 ||
                  (strncmp(s->name, "ls_x_", 5) == 0 && strcmp(s->name + 5, names[i]) == 0);
}

/* Inline assembly is not seen: nothing may be concluded, unless one insists. */
static int check_assembly(const struct explore_options *o, struct err *e)
{
    const char *slash = strrchr(o->assembly.file, '/');

    if (!o->assembly.line || o->trust_asm)
        return 1;
    return err_set(
        e, ERR_SYSTEM,
        "cannot explore it: inline assembly is not explored (%s:%d); --trust-asm goes "
        "on, without any claim",
        slash ? slash + 1 : o->assembly.file, o->assembly.line);
}

/* 1 = built, 0 = the compiler refused. */
static int build(struct explore_options *o, const struct sources *s,
                 const struct explorer_build *b, struct arena *a, bool *pure, struct err *e)
{
    char *objects[FILES_MAX + 1] = {NULL};
    struct buf said = {0};
    int rc = 1;

    for (int i = 0; rc > 0 && i < s->count; i++) {
        objects[i] = arena_printf(a, "o%d.o", i);
        rc = objects[i] ? explorer_compile(b, s->path[i], objects[i], &o->assembly, &said, e)
                        : err_oom(e);
    }
    if (rc > 0)
        rc = explorer_redirect(b, objects, true, &said, e);
    if (rc > 0)
        rc = explorer_link(b, objects, "program", false, &said, e);
    if (said.len)
        fwrite(said.data, 1, said.len, stderr);
    buf_release(&said);
    if (rc > 0)
        rc = check_assembly(o, e);
    for (int i = 0; rc > 0 && objects[i]; i++)
        if (symbols_each(arena_printf(a, "%s/%s", b->work, objects[i]), note_input,
                         &o->reads_input, e) < 0)
            rc = -1;
    if (rc > 0) {
        const int p = explorer_is_pure(b->work, objects, e);

        *pure = p > 0;
        rc = p < 0 ? -1 : 1;
    }
    return rc;
}

/* ---- standard input: read once, the same in every schedule ------------------------------- */

enum { INPUT_MAX = 64 << 20 };

static int take_input(struct explore_options *o, const char *work, struct arena *a,
                      struct err *e)
{
    const char *path = arena_printf(a, "%s/input", work);
    struct buf all = {0};
    char part[65536];
    ssize_t n;
    int rc;

    if (!o->reads_input)
        return 0;
    if (isatty(STDIN_FILENO)) {
        o->x.terminal = true;
        return 0;
    }
    while ((n = read(STDIN_FILENO, part, sizeof part)) > 0 && all.len <= INPUT_MAX)
        buf_add(&all, part, (size_t)n);
    if (n > 0)
        rc = err_set(e, ERR_USAGE, "standard input is larger than %d MiB", INPUT_MAX >> 20);
    else
        rc = !path || all.failed ? err_oom(e)
                                 : write_plain(path, all.data ? all.data : "", all.len, e);
    buf_release(&all);
    o->x.input = path;
    return rc;
}

/* What a command that shows a schedule again needs behind its token. */
static void put_behind(const struct explore_options *o, char *const files[], struct buf *ret)
{
    if (o->flag_count) {
        buf_puts(ret, " --cflags '");
        for (int i = 0; i < o->flag_count; i++)
            buf_printf(ret, "%s%s", i ? " " : "", o->flags[i]);
        buf_puts(ret, "'");
    }
    for (int i = 0; files[i]; i++)
        buf_printf(ret, " %s", files[i]);
    for (int i = 0; o->x.args && o->x.args[i]; i++)
        buf_printf(ret, "%s '%s'", i == 0 ? " --" : "", o->x.args[i]);
}

static int print(const struct explore_options *o, const struct exploration *x,
                 struct sources *s, char *const files[], struct err *e)
{
    struct text_options t = {.verbose = o->verbose, .lang = user_language()};
    struct buf b = {0}, behind = {0};
    json_t *j = NULL;
    int rc = report_exploration(x, &j, e);

    t.color = o->color ? strcmp(o->color, "always") == 0
                       : isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
    t.width = screen_width();
    put_behind(o, files, &behind);
    if (rc == 0 && o->x.token && !o->all && !o->json && stepper_wanted()) {
        const struct stepper steps = {t.lang, t.color, text_of, s};

        rc = stepper_run(j, &steps, e);
        t.seen = report_stepping_finding(j) != NULL;
    }
    if (rc == 0)
        rc = o->json ? report_dump(j, &b, e)
                     : report_exploration_text(j, &t, "lockstep explore --replay", behind.data,
                                               &b, e);
    if (rc == 0)
        fwrite(b.data, 1, b.len, stdout);
    json_decref(j);
    buf_release(&b);
    buf_release(&behind);
    return rc;
}

/* A search that was ended early begins anew: with other random schedules, where it has any. */
static void tell_how_to_go_on(const struct explore_options *o, char *const files[])
{
    const bool all = o->x.strategy &&
                     (strcmp(o->x.strategy, "dfs") == 0 || strcmp(o->x.strategy, "dpor") == 0);
    struct buf behind = {0};

    put_behind(o, files, &behind);
    if (all)
        printf("interrupted: --strategy %s begins anew when it is started again\n",
               o->x.strategy);
    else
        printf("interrupted; for other schedules: lockstep explore --seed %ld%s%s%s\n",
               (o->x.seed ? o->x.seed : 1) + 1, o->x.strategy ? " --strategy " : "",
               o->x.strategy ? o->x.strategy : "", behind.data ? behind.data : "");
    buf_release(&behind);
}

static void leave_out_known(struct explore_options *o, struct exploration *x)
{
    if (o->x.token) /* it was asked for */
        return;
    suppress_apply(&o->known, x);
    for (int i = 0; i < o->known.count; i++)
        if (o->known.rules[i].times == 0)
            fprintf(stderr, "lockstep explore: nothing was found that '%s:%s' suppresses\n",
                    o->known.rules[i].verdict, o->known.rules[i].pattern);
}

static int explore_built(struct explore_options *o, struct sources *s, const char *work,
                         char *const files[], struct arena *a, struct err *e)
{
    struct searching seen = {.started = now_s()};
    struct exploration x = {0};
    int rc = o->gdb ? 0 : take_input(o, work, a, e); /* gdb's words come from there */

    if (rc == 0 && o->gdb)
        return debug_schedule(work, "program", o->x.token, NULL, ".", e);
    if (rc == 0 && o->known.count && o->x.after < 0)
        o->x.after =
            o->x.schedules ? o->x.schedules : SCHEDULES; /* what is known ends nothing */
    if (rc == 0 && !o->x.token) {
        o->x.watch = searching_show;
        o->x.watch_ctx = &seen;
    }
    if (rc == 0)
        rc = explorer_run(work, "program", &o->x, quote, s, a, &x, e);
    progress_clear();
    if (rc == 0)
        leave_out_known(o, &x);
    if (rc == 0 && o->assembly.line && x.extent && strcmp(x.extent, "all") == 0) {
        x.extent = "budget";
        x.stopped = "inline assembly was not explored";
    }
    if (rc == 0 && (rc = print(o, &x, s, files, e)) == 0)
        rc = x.bugs ? EXIT_SOME_FAIL : EXIT_ALL_PASS;
    if (rc >= 0 && x.stopped && strcmp(x.stopped, "interrupted") == 0) {
        if (!o->json)
            tell_how_to_go_on(o, files);
        return x.bugs ? EXIT_SOME_FAIL : EXIT_STOPPED;
    }
    if (rc == EXIT_ALL_PASS && x.extent && strcmp(x.extent, "none") == 0)
        rc = err_set(e, ERR_SYSTEM, "cannot explore it: %.300s", x.why);
    return rc;
}

static int explore(struct explore_options *o, char *const files[], struct arena *a,
                   struct err *e)
{
    struct sources s = {.a = a};
    struct err ignored = {0};
    struct course c;
    bool pure = false;
    const char *work = NULL;
    char *cwd = getcwd(NULL, 0);
    int rc;

    rc = cwd ? course_load(a, &c, e) : err_errno(e, "cannot tell the current folder");
    if (rc == 0)
        rc = read_sources(&s, files, e);
    if (rc == 0)
        rc = unit_open_work(a, &work, e);
    if (rc == 0) {
        const struct explorer_build b = {
            .runtime = c.runtime, .work = work, .cwd = cwd, .flags = o->flags};

        rc = build(o, &s, &b, a, &pure, e);
        if (rc == 0) {
            fprintf(stderr, "lockstep explore: the program does not compile; the compiler's "
                            "messages are above\n");
            rc = EXIT_NOT_COMPILED;
        } else if (rc > 0) {
            o->x.fork_each |= !pure;
            o->x.opaque = !pure;
            o->x.cwd = cwd;
            rc = explore_built(o, &s, work, files, a, e);
        }
    }
    if (work)
        remove_tree(work, &ignored);
    release_sources(&s);
    free(cwd);
    return rc;
}

static int run(int argc, char *argv[], struct err *e)
{
    struct explore_options o = {.x = {.after = -1, .trusted = true, .output = true}};
    struct arena a = {0};
    int first, status, end = argc;

    for (int i = 1; i < argc && end == argc; i++)
        if (strcmp(argv[i], "--") == 0)
            end = i;
    if (end < argc) {
        o.x.args = argv + end + 1;
        argv[end] = NULL;
    }
    first = options_parse(&cmd_explore, end, argv, use, &o, e);
    if (first >= 0 && !argv[first])
        first = err_set(e, ERR_USAGE, "no C file; usage: lockstep explore [OPTIONS] FILE.c...");
    if (first >= 0 && o.gdb && !o.x.token)
        first = err_set(e, ERR_USAGE, "--gdb needs --replay TOKEN: which schedule");
    if (first >= 0) {
        catch_interrupts();
        unit_sweep();
        status = explore(&o, argv + first, &a, e);
    } else {
        status = first;
    }
    arena_release(&a);
    free(o.flag_text);
    suppress_release(&o.known);
    return status;
}

const struct cmd cmd_explore = {
    .name = "explore",
    .args = "[OPTIONS] FILE.c... [-- ARGUMENTS]",
    .rows = rows,
    .summary = "run a program under schedules we choose: races, deadlocks, failures",
    .run = run,
};

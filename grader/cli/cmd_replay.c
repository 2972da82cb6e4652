/* cmd_replay.c - `lockstep replay`: one test of an exercise, step by step under one schedule.
 */
#include <libgen.h>
#include <string.h>

#include "batch/unitfile.h"
#include "cli/debugger.h"
#include "cli/options.h"
#include "cli/own.h"
#include "cli/screen.h"
#include "cli/stepper.h"
#include "report/report.h"
#include "stages/unit.h"

enum { OPT_TOKEN = 256, OPT_SUBMISSION, OPT_SECRET, OPT_GDB, OPT_JSON, OPT_LANG, OPT_ALL };

struct replay_options {
    const char *token, *submission, *secret;
    bool gdb, json, all;
    enum lang lang;
    const char *file;
    char *text; /* of the file; NULL: not read */
};

static const struct option_row rows[] = {
    {OPT_TOKEN, "token", "T", "this schedule (without: look for one that fails)"},
    {OPT_SUBMISSION, "submission", "DIR", "of DIR/NN-slug/slug.c or DIR/slug.c"},
    {OPT_SECRET, "secret", "FILE", "with the inputs of this course secret, as batch has them"},
    {OPT_GDB, "gdb", NULL, "with --token: stop in gdb where it fails"},
    {OPT_ALL, "all", NULL, "print all steps; in a terminal they are gone through by keys"},
    {OPT_JSON, "json", NULL, "the report as JSON"},
    {OPT_LANG, "lang", "L", "en or zh (default: the terminal's)"},
    {0, NULL, NULL, NULL},
};

static int use(void *ctx, int key, const char *value, struct err *e)
{
    struct replay_options *o = ctx;

    if (key == OPT_LANG)
        return parse_lang(value, &o->lang, e);
    if (key == OPT_TOKEN)
        o->token = value;
    else if (key == OPT_SUBMISSION)
        o->submission = value;
    else if (key == OPT_SECRET)
        o->secret = value;
    else if (key == OPT_GDB)
        o->gdb = true;
    else if (key == OPT_ALL)
        o->all = true;
    else
        o->json = true;
    return 0;
}

static const char *text_of(void *ctx, const char *file)
{
    const struct replay_options *o = ctx;
    const char *slash = strrchr(o->file, '/');

    return o->text && strcmp(slash ? slash + 1 : o->file, file) == 0 ? o->text : NULL;
}

/* By keys where there are some, and what is left to say then is how it ended. */
static int step_through(struct replay_options *o, json_t *exploration, struct err *e)
{
    const struct stepper s = {
        .lang = o->lang, .color = !getenv("NO_COLOR"), .text = text_of, .ctx = o};

    if (slurp(o->file, 16 << 20, &o->text, NULL, e) < 0 || stepper_run(exploration, &s, e) < 0)
        return -1;
    return 0;
}

static int print(struct replay_options *o, const struct exercise *x,
                 const struct rubric_test *t, const struct exploration *found, struct arena *a,
                 struct err *e)
{
    const char *how = arena_printf(a, "lockstep replay %s %s --token", x->id, t->id);
    const char *behind =
        o->submission ? arena_printf(a, " --submission %s", o->submission) : "";
    struct text_options text = {.lang = o->lang};
    struct buf b = {0};
    json_t *j = NULL;
    int rc = report_exploration(found, &j, e);

    text.color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
    text.width = screen_width();
    if (rc == 0 && !o->json && !o->all && stepper_wanted()) {
        rc = step_through(o, j, e);
        text.seen = rc == 0 && report_stepping_finding(j);
    }
    if (rc == 0)
        rc = o->json ? report_dump(j, &b, e)
                     : report_exploration_text(j, &text, how, behind, &b, e);
    if (rc == 0)
        fwrite(b.data, 1, b.len, stdout);
    json_decref(j);
    buf_release(&b);
    free(o->text);
    o->text = NULL;
    return rc;
}

static int debug(void *ctx, const char *work, const char *program, char *const more[],
                 struct err *e)
{
    const struct replay_options *o = ctx;
    auto_free char *folder = strdup(o->file);

    if (!folder)
        return err_oom(e);
    return debug_schedule(work, program, o->token, more, dirname(folder), e);
}

static int replay(struct replay_options *o, const char *exercise, const char *test,
                  struct arena *a, struct err *e)
{
    const struct exercise *x;
    const struct rubric_test *t;
    struct exploration found = {0};
    struct unit_options uo = {0};
    const char *file;
    auto_free char *secret = NULL;
    struct course c;
    int rc;

    if (course_load(a, &c, e) < 0)
        return -1;
    x = course_find(&c, exercise);
    if (!x)
        return course_unknown(&c, exercise, e);
    if (x->broken.kind != ERR_NONE) {
        *e = x->broken;
        return -1;
    }
    t = rubric_find(&x->rubric, test);
    if (!t)
        return exercise_no_test(x, test, e);
    if (!(t->modes & 1u << MODE_EXPLORE))
        return err_set(e, ERR_USAGE, "%s %s is not explored: there is no schedule to replay",
                       x->id, t->id);
    if (own_file(x, o->submission, a, &file, e) < 0)
        return -1;
    if (o->secret && secret_load(o->secret, false, &secret, e) < 0)
        return -1;
    o->file = file;
    uo.course = &c;
    uo.secret = secret;
    rc = unit_replay(&uo, x, file, t, o->token, o->gdb ? debug : NULL, o, a, &found, e);
    if (rc < 0 || o->gdb)
        return rc;
    if (print(o, x, t, &found, a, e) < 0)
        return -1;
    if (!found.bugs && strcmp(found.extent, "none") == 0)
        return err_set(e, ERR_SYSTEM, "cannot explore it: %.200s", found.why);
    return found.bugs ? EXIT_SOME_FAIL : EXIT_ALL_PASS;
}

static int run(int argc, char *argv[], struct err *e)
{
    struct replay_options o = {.lang = user_language()};
    struct arena a = {0};
    int first = options_parse(&cmd_replay, argc, argv, use, &o, e), status;

    if (first < 0)
        return first;
    if (argc - first != 2)
        return err_set(e, ERR_USAGE, "expected an exercise and a test, such as 08 wait-blocks");
    if (o.gdb && !o.token)
        return err_set(e, ERR_USAGE, "--gdb needs --token: which schedule");
    catch_interrupts();
    unit_sweep();
    status = replay(&o, argv[first], argv[first + 1], &a, e);
    arena_release(&a);
    return status;
}

const struct cmd cmd_replay = {
    .name = "replay",
    .args = "EXERCISE TEST [OPTIONS]",
    .rows = rows,
    .summary = "show a schedule of a test step by step",
    .run = run,
};

/* cmd_grade.c - `lockstep grade`: one submission, now, in every format asked for. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "batch/unitfile.h"
#include "cli/options.h"
#include "cli/scores.h"
#include "report/report.h"

enum {
    MAX_FORMATS = 8,
    OPT_SUBMISSION = 256,
    OPT_FORMAT,
    OPT_COLOR,
    OPT_ORACLE,
    OPT_SECRET,
    OPT_MIN_TIER
};

struct wanted_format {
    const char *name, *file; /* file NULL: standard output */
};

struct grade_options {
    const char *submission, *secret;
    struct wanted_format formats[MAX_FORMATS];
    int format_count;
    bool verbose, oracle;
    enum tier least;
    enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } color;
};

static const struct option_row rows[] = {
    {OPT_SUBMISSION, "submission", "DIR", "grade DIR/NN-slug/slug.c or DIR/slug.c"},
    {OPT_FORMAT, "format", "F[:FILE]", "text, json or junit; may be given several times"},
    {OPT_COLOR, "color", "WHEN", "auto, always or never"},
    {OPT_ORACLE, "oracle", NULL, "compare with the reference solution, as batch does"},
    {OPT_SECRET, "secret", "FILE", "course secret for the inputs (default: practice inputs)"},
    {OPT_MIN_TIER, "min-tier", "TIER",
     "refuse where runs are confined less: full, fallback or none (default)"},
    {'v', "verbose", NULL, "show every mode and all advice"},
    {0, NULL, NULL, NULL},
};

static int add_format(struct grade_options *o, const char *value, struct err *e)
{
    static const char *const known[] = {"text", "json", "junit"};
    const char *colon = strchr(value, ':');
    const size_t n = colon ? (size_t)(colon - value) : strlen(value);

    if (o->format_count == MAX_FORMATS)
        return err_set(e, ERR_USAGE, "more than %d formats", MAX_FORMATS);
    if (colon && !colon[1])
        return err_set(e, ERR_USAGE, "'--format %s' names no file", value);
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        if (strlen(known[i]) == n && strncmp(known[i], value, n) == 0) {
            o->formats[o->format_count++] =
                (struct wanted_format){known[i], colon ? colon + 1 : NULL};
            return 0;
        }
    }
    return err_set(e, ERR_USAGE, "unknown format '%s', expected text, json or junit", value);
}

static int use(void *ctx, int key, const char *value, struct err *e)
{
    struct grade_options *o = ctx;

    switch (key) {
    case OPT_SUBMISSION:
        o->submission = value;
        return 0;
    case OPT_MIN_TIER:
        return parse_min_tier(value, &o->least, e);
    case OPT_FORMAT:
        return add_format(o, value, e);
    case OPT_COLOR:
        if (strcmp(value, "auto") == 0)
            o->color = COLOR_AUTO;
        else if (strcmp(value, "always") == 0)
            o->color = COLOR_ALWAYS;
        else if (strcmp(value, "never") == 0)
            o->color = COLOR_NEVER;
        else
            return err_set(e, ERR_USAGE, "'--color %s': expected auto, always or never", value);
        return 0;
    case OPT_ORACLE:
        o->oracle = true;
        return 0;
    case OPT_SECRET:
        o->secret = value;
        return 0;
    default:
        o->verbose = true;
        return 0;
    }
}

static int render(const struct grade_options *o, const char *format, const json_t *result,
                  const json_t *timing, bool to_file, struct buf *ret, struct err *e)
{
    struct text_options t = {.verbose = o->verbose, .lang = user_language()};
    auto_free char *behind = NULL;

    if (strcmp(format, "json") == 0)
        return report_dump(result, ret, e);
    if (strcmp(format, "junit") == 0)
        return report_junit(result, timing, ret, e);
    if (o->submission && asprintf(&behind, " --submission %s", o->submission) < 0) {
        behind = NULL;
        return err_oom(e);
    }
    t.behind = behind; /* the command to type shows the same file */
    t.color = o->color == COLOR_ALWAYS || (o->color == COLOR_AUTO && !to_file &&
                                           isatty(STDOUT_FILENO) && !getenv("NO_COLOR"));
    return report_text(result, &t, ret, e);
}

static int write_formats(const struct grade_options *o, const json_t *result,
                         const json_t *timing, struct err *e)
{
    for (int i = 0; i < o->format_count; i++) {
        const struct wanted_format *f = &o->formats[i];
        struct buf b = {0};
        int rc = render(o, f->name, result, timing, f->file != NULL, &b, e);

        if (rc == 0 && f->file)
            rc = write_whole(f->file, b.data, b.len, e);
        else if (rc == 0)
            fwrite(b.data, 1, b.len, stdout);
        buf_release(&b);
        if (rc < 0)
            return -1;
    }
    return 0;
}

struct telling {
    const char *id;
};

static void tell(void *ctx, const char *what)
{
    progress_line("%s: %s ...", ((struct telling *)ctx)->id, what);
}

/* Without --submission: the files of the course folder one stands in, so that an installed
 * grader grades the student's copy; else those of the course itself. */
static const char *own_files(const struct course *c, struct arena *a)
{
    return access("exercises", F_OK) == 0 ? "exercises"
                                          : arena_printf(a, "%s/exercises", c->home);
}

/* Their own best scores, for `list`. A full disk is told, but costs nobody the report. */
static void remember(const struct unit_result *units, int count)
{
    struct err e = {0};

    if (scores_record(units, count, &e) < 0)
        fprintf(stderr, "lockstep grade: the score is not remembered: %s\n", e.msg);
}

/* Returns the exit status; not-graded units are told on stderr, and in the result. */
static int grade_all(const struct grade_options *o, const struct course *c,
                     const struct exercise *const *list, int count, struct arena *a,
                     struct unit_result *units, struct err *e)
{
    auto_free char *secret = NULL;
    struct telling telling = {0};
    struct unit_options uo = {
        .course = c, .oracle = o->oracle, .modes = ~0u, .progress = tell, .ctx = &telling};
    int status = EXIT_ALL_PASS;

    if (o->secret && secret_load(o->secret, false, &secret, e) < 0)
        return -1;
    uo.secret = secret;
    for (int i = 0; i < count; i++) {
        const char *dir = o->submission ? o->submission : own_files(c, a);
        struct err why = {0};

        telling.id = list[i]->id;
        if (list[i]->broken.kind == ERR_NONE &&
            unit_grade(&uo, list[i], submission_file(dir, list[i], a), a, &units[i], &why) ==
                0) {
            if (units[i].score < units[i].max && status == EXIT_ALL_PASS)
                status = EXIT_SOME_FAIL;
            continue;
        }
        if (why.kind == ERR_STOPPED) {
            *e = why;
            return -1;
        }
        if (list[i]->broken.kind != ERR_NONE)
            why = list[i]->broken;
        progress_clear();
        fprintf(stderr, "lockstep grade: %s not graded: %s\n", list[i]->id, why.msg);
        units[i] = (struct unit_result){
            .exercise = list[i], .max = RUBRIC_POINTS, .not_graded = arena_strdup(a, why.msg)};
        status = EXIT_BROKEN;
    }
    progress_clear();
    return status;
}

static int grade(const struct grade_options *o, char *const words[], struct arena *a,
                 struct err *e)
{
    const struct exercise **list;
    struct unit_result *units;
    json_t *result = NULL, *timing = NULL;
    struct course c;
    struct stat st;
    int count, status;

    if (o->submission && (stat(o->submission, &st) < 0 || !S_ISDIR(st.st_mode)))
        return err_set(e, ERR_USAGE, "'%s' is not a folder", o->submission);
    if (require_tier(o->least, e) < 0 || course_load(a, &c, e) < 0 ||
        (count = pick_exercises(&c, words, a, &list, e)) < 0)
        return -1;
    units = arena_zalloc(a, (size_t)(count + 1) * sizeof *units);
    if (!units)
        return err_oom(e);
    status = grade_all(o, &c, list, count, a, units, e);
    if (status < 0)
        return -1;
    if (report_json(units, count, &result, e) < 0 ||
        report_timing(units, count, &timing, e) < 0 || write_formats(o, result, timing, e) < 0)
        status = -1;
    if (!o->submission)
        remember(units, count);
    json_decref(result);
    json_decref(timing);
    return status;
}

static int run(int argc, char *argv[], struct err *e)
{
    struct grade_options o = {0};
    struct arena a = {0};
    int first = options_parse(&cmd_grade, rows, argc, argv, use, &o, e), status;

    if (first < 0)
        return first;
    if (o.format_count == 0)
        o.formats[o.format_count++] = (struct wanted_format){"text", NULL};
    catch_interrupts();
    unit_sweep();
    status = grade(&o, argv + first, &a, e);
    arena_release(&a);
    return status;
}

const struct cmd cmd_grade = {
    .name = "grade",
    .args = "[EXERCISE...] [OPTIONS]",
    .summary = "grade one submission (by default the files in exercises/)",
    .run = run,
};

/* cmd_grade.c - `lockstep grade`: one submission, now, in every format asked for. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "batch/key.h"
#include "batch/manifest.h"
#include "batch/unitfile.h"
#include "cli/options.h"
#include "cli/own.h"
#include "cli/scores.h"
#include "cli/screen.h"
#include "core/utf8.h"
#include "report/report.h"
#include "sandbox/tier.h"

enum {
    MAX_FORMATS = 32,
    SOURCE_MAX = 1 << 20,
    OPT_SUBMISSION = 256,
    OPT_FORMAT,
    OPT_COLOR,
    OPT_ORACLE,
    OPT_SECRET,
    OPT_MIN_TIER,
    OPT_LANG,
    OPT_STUDENT
};

struct wanted_format {
    const struct report_format *format;
    const char *file; /* NULL: standard output */
};

struct grade_options {
    const char *submission, *secret;
    struct wanted_format formats[MAX_FORMATS];
    int format_count;
    bool verbose, oracle, student;
    enum tier least;
    enum lang lang;
    enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } color;
};

static const struct option_row rows[] = {
    {OPT_SUBMISSION, "submission", "DIR", "grade DIR/NN-slug/slug.c or DIR/slug.c"},
    {OPT_FORMAT, "format", "F[:FILE]",
     "text, json, junit, tap, github, markdown, html, sarif, gradescope, classroom50, "
     "classroom, "
     "autolab, prairielearn; several times"},
    {OPT_COLOR, "color", "WHEN", "auto, always or never"},
    {OPT_ORACLE, "oracle", NULL, "compare with the reference solution, as batch does"},
    {OPT_SECRET, "secret", "FILE", "course secret for the inputs (default: practice inputs)"},
    {OPT_MIN_TIER, "min-tier", "TIER",
     "refuse where runs are confined less: full, fallback or none (default)"},
    {OPT_LANG, "lang", "L", "en or zh (default: the terminal's)"},
    {OPT_STUDENT, "for-student", NULL, "leave out what the rubric hides from students"},
    {'v', "verbose", NULL, "show every finding of every mode, and all advice"},
    {0, NULL, NULL, NULL},
};

static const struct report_format *find_format(const char *name, size_t n)
{
    for (const struct report_format *f = report_formats; f->name; f++)
        if (strlen(f->name) == n && strncmp(f->name, name, n) == 0)
            return f;
    return NULL;
}

static int unknown_format(const char *value, struct err *e)
{
    char list[256] = "";

    for (const struct report_format *f = report_formats; f->name; f++) {
        const size_t used = strlen(list);

        snprintf(list + used, sizeof list - used, "%s%s",
                 f == report_formats ? ""
                 : f[1].name         ? ", "
                                     : " or ",
                 f->name);
    }
    return err_set(e, ERR_USAGE, "unknown format '%s', expected %s", value, list);
}

static int add_format(struct grade_options *o, const char *value, struct err *e)
{
    const char *colon = strchr(value, ':');
    const size_t n = colon ? (size_t)(colon - value) : strlen(value);
    const struct report_format *f = find_format(value, n);

    if (o->format_count == MAX_FORMATS)
        return err_set(e, ERR_USAGE, "more than %d formats", MAX_FORMATS);
    if (colon && !colon[1])
        return err_set(e, ERR_USAGE, "'--format %s' names no file", value);
    if (!f)
        return unknown_format(value, e);
    o->formats[o->format_count++] = (struct wanted_format){f, colon ? colon + 1 : NULL};
    return 0;
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
    case OPT_LANG:
        return parse_lang(value, &o->lang, e);
    case OPT_ORACLE:
        o->oracle = true;
        return 0;
    case OPT_STUDENT:
        o->student = true;
        return 0;
    case OPT_SECRET:
        o->secret = value;
        return 0;
    default:
        o->verbose = true;
        return 0;
    }
}

/* Where each exercise's file is, as a forge knows it: relative, as it was found. */
static json_t *paths_of(const struct unit_result *units, const char *const *files, int count)
{
    json_t *paths = json_object();

    for (int i = 0; i < count; i++) {
        const char *file = files[i];

        while (file && strncmp(file, "./", 2) == 0)
            file += 2;
        if (file)
            json_object_set_new(paths, units[i].exercise->id, json_string(file));
    }
    return paths;
}

/* The text of the files, for the page that shows them. */
static json_t *sources_of(const struct unit_result *units, const char *const *files, int count)
{
    json_t *all = json_object();

    for (int i = 0; i < count; i++) {
        auto_free char *text = NULL;
        struct err missing = {0};
        struct buf clean = {0};
        size_t len;

        char hash[KEY_HEX];

        if (!files[i] || !units[i].submission_hash ||
            slurp(files[i], SOURCE_MAX, &text, &len, &missing) < 0)
            continue;
        key_hash(text, len, hash);
        if (strcmp(hash, units[i].submission_hash) != 0)
            continue; /* not the bytes that were graded: a link elsewhere, say */
        utf8_clean(&clean, text, len, UTF8_JSON);
        json_object_set_new(all, units[i].exercise->id,
                            json_stringn(clean.data ? clean.data : "", clean.len));
        buf_release(&clean);
    }
    return all;
}

static const char *environment(const char *name)
{
    return getenv(name);
}

/* The job's page on GitHub, when this runs in one of its steps. */
static int write_summary(const json_t *result, const json_t *timing,
                         const struct render_options *r, struct err *e)
{
    const char *path = getenv("GITHUB_STEP_SUMMARY");
    struct buf b = {0};
    FILE *f;
    int rc;

    if (!path || !*path)
        return 0;
    rc = report_markdown(result, timing, r, &b, e);
    f = rc == 0 ? fopen(path, "ae") : NULL;
    if (rc == 0 && (!f || fwrite(b.data, 1, b.len, f) != b.len))
        rc = err_errno(e, "cannot write '%s'", path);
    if (f && fclose(f) != 0 && rc == 0)
        rc = err_errno(e, "cannot write '%s'", path);
    buf_release(&b);
    return rc;
}

/* Beside workflow commands nothing that a student wrote may be taken for one. */
static void print_guarded(const struct buf *b)
{
    unsigned long long token;

    if (getrandom(&token, sizeof token, 0) != (ssize_t)sizeof token)
        token = (unsigned long long)getpid() << 32 ^ (unsigned long long)(now_s() * 1e9);
    printf("::stop-commands::%016llx\n", token);
    fwrite(b->data, 1, b->len, stdout);
    printf("::%016llx::\n", token);
}

static bool has_format(const struct grade_options *o, const char *name)
{
    for (int i = 0; i < o->format_count; i++)
        if (strcmp(o->formats[i].format->name, name) == 0)
            return true;
    return false;
}

static int write_format(const struct grade_options *o, const struct wanted_format *f,
                        struct render_options *r, const json_t *result, const json_t *timing,
                        struct err *e)
{
    struct buf b = {0};
    int rc;

    r->color = o->color == COLOR_ALWAYS || (o->color == COLOR_AUTO && !f->file &&
                                            isatty(STDOUT_FILENO) && !getenv("NO_COLOR"));
    r->width = f->file ? 0 : screen_width();
    rc = f->format->render(result, timing, r, &b, e);
    if (rc == 0 && f->file)
        rc = write_whole(f->file, b.data, b.len, e);
    else if (rc == 0 && has_format(o, "github") && strcmp(f->format->name, "text") == 0)
        print_guarded(&b);
    else if (rc == 0)
        fwrite(b.data, 1, b.len, stdout);
    buf_release(&b);
    return rc;
}

/* `whole`: everything is graded. Before that only files are written, with what is known. */
static int write_formats(const struct grade_options *o, const json_t *result,
                         const json_t *timing, const struct unit_result *units,
                         const char *const *files, int count, bool whole, struct err *e)
{
    auto_free char *behind = NULL;
    json_t *paths = paths_of(units, files, count);
    json_t *sources = has_format(o, "html") ? sources_of(units, files, count) : NULL;
    struct render_options r = {.lang = o->lang,
                               .verbose = o->verbose,
                               .paths = paths,
                               .sources = sources,
                               .fact = environment};
    int rc = 0;

    if (o->submission && asprintf(&behind, " --submission %s", o->submission) < 0) {
        behind = NULL;
        rc = err_oom(e);
    }
    r.behind = behind; /* the command to type shows the same file */
    for (int i = 0; rc == 0 && i < o->format_count; i++)
        if (whole || o->formats[i].file)
            rc = write_format(o, &o->formats[i], &r, result, timing, e);
    if (rc == 0 && whole && has_format(o, "github"))
        rc = write_summary(result, timing, &r, e);
    json_decref(sources);
    json_decref(paths);
    return rc;
}

static int write_all_formats(const struct grade_options *o, const struct unit_result *units,
                             const char *const *files, int count, bool whole, struct err *e)
{
    json_t *result = NULL, *timing = NULL, *shown = NULL;
    int rc = report_json(units, count, &result, e);

    if (rc == 0 && o->student && (rc = report_for_student(result, true, &shown, e)) == 0) {
        json_decref(result);
        result = shown;
    }
    if (rc == 0)
        rc = report_timing(units, count, &timing, e);
    if (rc == 0)
        rc = write_formats(o, result, timing, units, files, count, whole, e);
    json_decref(result);
    json_decref(timing);
    return rc;
}

/* A platform that ends us when its own time is over still finds what is known by then. */
static int write_so_far(const struct grade_options *o, const struct unit_result *units,
                        const char *const *files, int count, struct err *e)
{
    for (int i = 0; i < o->format_count; i++)
        if (o->formats[i].file && count > 1)
            return write_all_formats(o, units, files, count, false, e);
    return 0;
}

struct telling {
    const char *id;
};

static void tell(void *ctx, const char *what)
{
    progress_line("%s: %s ...", ((struct telling *)ctx)->id, what);
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
                     const struct exercise *const *list, const char *const *files, int count,
                     struct arena *a, struct unit_result *units, struct err *e)
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
        struct err why = {0};

        if (write_so_far(o, units, files, count, e) < 0)
            return -1;
        telling.id = list[i]->id;
        if (list[i]->broken.kind == ERR_NONE &&
            unit_grade(&uo, list[i], files[i], a, &units[i], &why) == 0) {
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
        units[i] = (struct unit_result){.exercise = list[i],
                                        .max = rubric_max(&list[i]->rubric),
                                        .not_graded = arena_strdup(a, why.msg),
                                        .tier = sandbox_tier()};
        status = EXIT_BROKEN;
    }
    progress_clear();
    return status;
}

/* A student's folder may hold a course, too: its suites must not decide over its own work. */
static int open_course(const struct grade_options *o, struct arena *a, struct course *c,
                       struct err *e)
{
    auto_free char *dir = o->submission ? realpath(o->submission, NULL) : NULL;
    const size_t n = dir ? strlen(dir) : 0;

    if (course_load(a, c, e) < 0)
        return -1;
    if (c->from == COURSE_AROUND && dir && strncmp(c->home, dir, n) == 0 &&
        (!c->home[n] || c->home[n] == '/'))
        return err_set(
            e, ERR_USAGE,
            "'%.120s' is both what is graded and the course '%.60s' that grades it; say "
            "which course with --course DIR",
            dir, c->id);
    return 0;
}

/* One's own copy of the course is not what grades: it may be older, or edited. */
static void note_versions(const struct course *c, const struct exercise *const *list,
                          struct arena *a)
{
    for (int i = 0; c->copy && list[i]; i++) {
        struct exercise copy = *list[i];
        char here[KEY_HEX], there[KEY_HEX];
        struct err ignored;

        copy.dir = arena_printf(a, "%s/exercises/%s", c->copy, copy.id);
        if (copy.dir && manifest_version(&copy, here, &ignored) == 0 &&
            manifest_version(list[i], there, &ignored) == 0 && strcmp(here, there) != 0)
            fprintf(stderr,
                    "lockstep grade: note: contract, suite or rubric of %s in '%s' is not the "
                    "installed one, which is used; 'lockstep init %s' brings it\n",
                    copy.id, c->copy, c->copy);
    }
}

static int grade(const struct grade_options *o, char *const words[], struct arena *a,
                 struct err *e)
{
    const struct exercise **list;
    struct unit_result *units;
    const char **files;
    struct course c;
    struct stat st;
    int count, status;

    if (o->submission && (stat(o->submission, &st) < 0 || !S_ISDIR(st.st_mode)))
        return err_set(e, ERR_USAGE, "'%s' is not a folder", o->submission);
    if (require_tier(o->least, e) < 0 || open_course(o, a, &c, e) < 0 ||
        (count = own_pick(&c, words, a, &list, e)) < 0)
        return -1;
    units = arena_zalloc(a, (size_t)(count + 1) * sizeof *units);
    files = arena_zalloc(a, (size_t)(count + 1) * sizeof *files);
    if (!units || !files)
        return err_oom(e);
    note_versions(&c, list, a);
    for (int i = 0; i < count; i++) {
        if (own_file(list[i], o->submission, a, &files[i], e) < 0)
            return -1;
        units[i] = (struct unit_result){.exercise = list[i],
                                        .max = rubric_max(&list[i]->rubric),
                                        .not_graded = "grading ended before its turn came",
                                        .tier = sandbox_tier()};
    }
    status = grade_all(o, &c, list, files, count, a, units, e);
    if (status >= 0 && write_all_formats(o, units, files, count, true, e) < 0)
        status = -1;
    if (status >= 0 && !o->submission)
        remember(units, count);
    return status;
}

static int run(int argc, char *argv[], struct err *e)
{
    struct grade_options o = {.lang = user_language()};
    struct arena a = {0};
    int first = options_parse(&cmd_grade, argc, argv, use, &o, e), status;

    if (first < 0)
        return first;
    if (o.format_count == 0)
        o.formats[o.format_count++] = (struct wanted_format){report_formats, NULL};
    catch_interrupts();
    unit_sweep();
    status = grade(&o, argv + first, &a, e);
    arena_release(&a);
    return status;
}

const struct cmd cmd_grade = {
    .name = "grade",
    .args = "[EXERCISE...] [OPTIONS]",
    .rows = rows,
    .summary = "grade one submission (by default the files in exercises/)",
    .run = run,
};

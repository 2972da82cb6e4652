/* cmd_batch.c - `lockstep batch`: a folder of student folders in one command. */
#include <string.h>

#include "batch/class.h"
#include "cli/options.h"
#include "core/escape.h"
#include "sandbox/tier.h"

enum { OPT_EXERCISES = 256, OPT_SECRET, OPT_MIN_TIER };

struct batch_options {
    const char *out, *exercises, *secret;
    long jobs;
    enum tier least;
};

static const struct option_row rows[] = {
    {'o', "output", "OUT", "folder for gradebook.csv and students/ (made when missing)"},
    {'j', "jobs", "N", "grade N submissions at once (default: one a core)"},
    {OPT_EXERCISES, "exercises", "LIST", "only these, e.g. 01-shared-value,08-event"},
    {OPT_SECRET, "secret", "FILE",
     "course secret (made when missing; default in ~/.config/lockstep)"},
    {OPT_MIN_TIER, "min-tier", "TIER",
     "refuse to grade where runs are confined less: full (default), fallback or none"},
    {0, NULL, NULL, NULL},
};

static int use(void *ctx, int key, const char *value, struct err *e)
{
    struct batch_options *o = ctx;

    if (key == 'o')
        o->out = value;
    else if (key == OPT_EXERCISES)
        o->exercises = value;
    else if (key == OPT_SECRET)
        o->secret = value;
    else if (key == OPT_MIN_TIER)
        return parse_min_tier(value, &o->least, e);
    else if (!parse_long(value, 1, 256, &o->jobs))
        return err_set(e, ERR_USAGE, "'--jobs %s': expected a number from 1 to 256", value);
    return 0;
}

static void show_progress(int done, int all, const char *student, const char *exercise)
{
    progress_line("%d of %d graded, last %.40s %s", done, all, student, exercise);
}

static int choose_exercises(const struct batch_options *o, const struct course *c,
                            struct class_run *r, struct err *e)
{
    char *words[128] = {NULL}, *save = NULL;
    char *copy = o->exercises ? arena_strdup(r->a, o->exercises) : NULL;
    const struct exercise **list;
    int n = 0;

    for (char *w = copy ? strtok_r(copy, ",", &save) : NULL; w && n < 127;
         w = strtok_r(NULL, ",", &save))
        words[n++] = w;
    r->exercise_count = pick_exercises(c, words, r->a, &list, e);
    if (r->exercise_count < 0)
        return -1;
    r->exercises = list;
    for (int i = 0; list[i]; i++) {
        if (list[i]->broken.kind != ERR_NONE) {
            *e = list[i]->broken;
            return -1;
        }
    }
    return 0;
}

/* The default secret lives with the user's settings, not with the class. */
static int load_secret(const struct batch_options *o, struct arena *a, char **ret,
                       struct err *e)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    const char *dir = config && *config ? arena_printf(a, "%s/lockstep", config)
                      : home && *home   ? arena_printf(a, "%s/.config/lockstep", home)
                                        : NULL;
    const char *path = o->secret;

    if (!path) {
        if (!dir)
            return err_set(e, ERR_USAGE,
                           "no HOME to keep the course secret in; give --secret FILE");
        if (make_dirs(dir, e) < 0)
            return -1;
        path = arena_printf(a, "%s/course-secret", dir);
        if (path && access(path, F_OK) < 0)
            printf("making a new course secret in %s; keep it for regrading\n\n", path);
    }
    return path ? secret_load(path, true, ret, e) : err_oom(e);
}

static void print_name(const char *name)
{
    struct buf b = {0};

    escape_terminal(&b, name, strlen(name));
    printf("%-20s", b.data ? b.data : "");
    buf_release(&b);
}

static void print_table(const struct class_run *r)
{
    progress_clear();
    printf("%-20s", "student");
    for (int i = 0; i < r->exercise_count; i++)
        printf("  %*s", (int)strlen(r->exercises[i]->id), r->exercises[i]->id);
    printf("  %9s\n", "total");
    for (int s = 0; s < r->student_count; s++) {
        const json_t *result = r->students[s].result, *x;
        size_t i;

        print_name(r->students[s].name);
        json_array_foreach(json_object_get(result, "exercises"), i, x)
        {
            const char *status = json_string_value(json_object_get(x, "status"));
            const int width = (int)strlen(r->exercises[i]->id);

            if (strcmp(status, "graded") == 0)
                printf("  %*lld", width, json_integer_value(json_object_get(x, "score")));
            else
                printf("  %*s", width, strcmp(status, "missing") == 0 ? "-" : "NOT GRADED");
        }
        printf("  %4lld/%-4lld\n", json_integer_value(json_object_get(result, "score")),
               json_integer_value(json_object_get(result, "max")));
    }
}

/* Results inside the class would be graded as a student the next time. */
static bool lies_inside(const char *out, const char *in)
{
    auto_free char *a = realpath(in, NULL), *b = realpath(out, NULL);
    const size_t n = a ? strlen(a) : 0;

    return a && b && strncmp(a, b, n) == 0 && (b[n] == '/' || b[n] == '\0');
}

static int batch(const struct batch_options *o, struct class_run *r, struct err *e)
{
    struct course c;
    char *secret = NULL;
    int rc;

    /* found out once, not by every worker; and before anything is written */
    if (require_tier(o->least, e) < 0 || course_load(r->a, &c, e) < 0 ||
        choose_exercises(o, &c, r, e) < 0 || class_scan(r, e) < 0 || make_dirs(o->out, e) < 0 ||
        load_secret(o, r->a, &secret, e) < 0)
        return -1;
    if (lies_inside(o->out, r->in)) {
        free(secret);
        rmdir(o->out); /* if we just made it */
        return err_set(e, ERR_USAGE, "OUT '%s' lies inside the class '%s'", o->out, r->in);
    }
    r->unit = (struct unit_options){.course = &c, .secret = secret, .modes = ~0u};
    rc = class_grade(r, e);
    free(secret);
    if (rc < 0)
        return -1;
    print_table(r);
    printf("\n'-' means nothing was submitted. Written to %s: gradebook.csv, students/NAME/"
           "{result.json,report.txt}\n",
           o->out);
    if (r->not_graded)
        fprintf(stderr, "lockstep batch: %d not graded, see the notes in gradebook.csv\n",
                r->not_graded);
    return r->not_graded ? EXIT_BROKEN : EXIT_ALL_PASS;
}

static int run(int argc, char *argv[], struct err *e)
{
    struct batch_options o = {.jobs = pool_cores(), .least = TIER_FULL};
    struct arena a = {0};
    struct class_run r = {.a = &a, .progress = show_progress};
    int first = options_parse(&cmd_batch, rows, argc, argv, use, &o, e), status;

    if (first < 0)
        return first;
    if (!argv[first] || argv[first + 1])
        return err_set(e, ERR_USAGE, "expected one folder of student folders");
    if (!o.out)
        return err_set(e, ERR_USAGE, "'-o OUT' says where the gradebook goes; it is missing");
    r.in = argv[first];
    r.out = o.out;
    r.jobs = (int)o.jobs;
    catch_interrupts();
    unit_sweep();
    status = batch(&o, &r, e);
    class_release(&r);
    arena_release(&a);
    return status;
}

const struct cmd cmd_batch = {
    .name = "batch",
    .args = "DIR -o OUT [OPTIONS]",
    .summary = "grade a class: a folder of student folders",
    .run = run,
};

/* cmd_batch.c - `lockstep batch`: a whole class in one command; resume and regrade of it. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "batch/class.h"
#include "batch/pool.h"
#include "batch/unitfile.h"
#include "cli/options.h"
#include "core/escape.h"
#include "sandbox/tier.h"

enum {
    OPT_EXERCISES = 256,
    OPT_SECRET,
    OPT_MIN_TIER,
    OPT_LAYOUT,
    OPT_DEADLINE,
    OPT_LATE,
    OPT_FILL,
    OPT_RESUME,
    OPT_REGRADE,
    OPT_APPLY,
    OPT_LANG,
    OPT_ENGINE,
    OPT_PARTITION,
    OPT_ACCOUNT,
    OPT_ARRAY_SIZE,
    OPT_HOSTS,
    OPT_WITHOUT_ORACLE,
    OPT_ROSTER,
    OPT_MAP,
    OPT_ACCEPT_NAMES,
};

enum { TABLE_ROWS = 60 }; /* more are for the gradebook, not for a terminal */

static const double LOG_EVERY_S = 10;

struct batch_options {
    const char *out, *exercises, *secret, *deadline, *late, *regrade, *lang, *roster, *map;
    const char *fills[CLASS_FILLS + 1];
    long jobs;
    enum tier least;
    enum layout layout;
    bool layout_given, resume, apply, without_oracle, accept_names;
    struct engine_options engine;
    const char *engine_given, *array_given; /* as said */
};

static const struct option_row rows[] = {
    {'o', "output", "OUT", "folder for all that comes out (made when missing)"},
    {'j', "jobs", "N", "grade N at once (default and most: one a core)"},
    {OPT_EXERCISES, "exercises", "LIST", "only these, e.g. 01-shared-value,08-event"},
    {OPT_LAYOUT, "layout", "L",
     "folders, moodle, canvas, gradescope or classroom (default: seen from the names)"},
    {OPT_DEADLINE, "deadline", "T", "e.g. '2026-03-01 23:59', or with a zone: ...T23:59:00Z"},
    {OPT_LATE, "late", "RULE", "accept (default), refuse, N% or N%/day off"},
    {OPT_ROSTER, "roster", "FILE",
     "CSV: id,name,email,group,extension (2d, 36h or a time); all of it is in the gradebook"},
    {OPT_MAP, "map", "FILE", "CSV: student,exercise,path: that file is that exercise"},
    {OPT_ACCEPT_NAMES, "accept-names", NULL,
     "take a file with another name where it alone defines the exercise's functions"},
    {OPT_FILL, "fill", "FILE[:COL]",
     "put grades into a copy of the platform's own CSV; several times"},
    {OPT_RESUME, "resume", NULL, "go on with the class that OUT has, with its options"},
    {OPT_REGRADE, "regrade", "ID", "grade exercise ID of OUT's class anew, show what changes"},
    {OPT_APPLY, "apply", NULL, "with --regrade: and make it count"},
    {OPT_ENGINE, "engine", "E", "local (default), slurm, or parallel (GNU parallel over ssh)"},
    {OPT_PARTITION, "partition", "P", "slurm: this partition"},
    {OPT_ACCOUNT, "account", "A", "slurm: on this account"},
    {OPT_ARRAY_SIZE, "array-size", "N", "slurm: tasks of the job array at most (default 500)"},
    {OPT_HOSTS, "hosts", "LIST", "parallel: e.g. 4/lab1,4/lab2; OUT must be seen by all"},
    {OPT_WITHOUT_ORACLE, "without-oracle", NULL,
     "grade though references are missing, without comparing; every page says so"},
    {OPT_LANG, "lang", "L", "students' reports in en or zh (default: the terminal's)"},
    {OPT_SECRET, "secret", "FILE",
     "course secret (made when missing; default in ~/.config/lockstep)"},
    {OPT_MIN_TIER, "min-tier", "TIER",
     "refuse to grade where runs are confined less: full (default), fallback or none"},
    {0, NULL, NULL, NULL},
};

/* The copy stands in OUT under the file's own name, which must not be one of ours. */
static int add_fill(struct batch_options *o, const char *value, struct err *e)
{
    static const char *const ours[] = {"gradebook.csv", "report.html", "batch.db"};
    const char *base = filelist_base(value);

    for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
        if (strncmp(base, ours[i], strlen(ours[i])) == 0)
            return err_set(e, ERR_USAGE, "'--fill %s': OUT has a '%s' of its own; rename yours",
                           value, ours[i]);
    for (int i = 0; i < CLASS_FILLS && o->fills[i]; i++)
        if (strcmp(filelist_base(o->fills[i]), base) == 0)
            return err_set(e, ERR_USAGE, "'--fill %s': two files of that name; rename one",
                           value);
    for (int i = 0; i < CLASS_FILLS; i++)
        if (!o->fills[i]) {
            o->fills[i] = value;
            return 0;
        }
    return err_set(e, ERR_USAGE, "more than %d files to fill", CLASS_FILLS);
}

static int use(void *ctx, int key, const char *value, struct err *e)
{
    struct batch_options *o = ctx;

    switch (key) {
    case 'o':
        o->out = value;
        return 0;
    case OPT_EXERCISES:
        o->exercises = value;
        return 0;
    case OPT_SECRET:
        o->secret = value;
        return 0;
    case OPT_ENGINE:
        o->engine_given = value;
        return engine_parse(value, &o->engine.kind)
                   ? 0
                   : err_set(e, ERR_USAGE, "'--engine %s': expected local, slurm or parallel",
                             value);
    case OPT_PARTITION:
        o->engine.partition = value;
        return 0;
    case OPT_ACCOUNT:
        o->engine.account = value;
        return 0;
    case OPT_HOSTS:
        o->engine.hosts = value;
        return 0;
    case OPT_ARRAY_SIZE:
        o->array_given = value;
        return parse_long(value, 1, 4000000, &o->engine.array_size)
                   ? 0
                   : err_set(e, ERR_USAGE,
                             "'--array-size %s': expected a number from 1 to 4000000", value);
    case OPT_LANG:
        o->lang = value;
        return 0;
    case OPT_DEADLINE:
        o->deadline = value;
        return 0;
    case OPT_LATE:
        o->late = value;
        return 0;
    case OPT_FILL:
        return add_fill(o, value, e);
    case OPT_RESUME:
        o->resume = true;
        return 0;
    case OPT_REGRADE:
        o->regrade = value;
        return 0;
    case OPT_APPLY:
        o->apply = true;
        return 0;
    case OPT_ROSTER:
        o->roster = value;
        return 0;
    case OPT_MAP:
        o->map = value;
        return 0;
    case OPT_ACCEPT_NAMES:
        o->accept_names = true;
        return 0;
    case OPT_WITHOUT_ORACLE:
        o->without_oracle = true;
        return 0;
    case OPT_MIN_TIER:
        return parse_min_tier(value, &o->least, e);
    case OPT_LAYOUT:
        o->layout_given = true;
        return layout_parse(value, &o->layout)
                   ? 0
                   : err_set(e, ERR_USAGE,
                             "'--layout %s': expected folders, moodle, canvas, gradescope or "
                             "classroom",
                             value);
    default:
        return parse_long(value, 1, 256, &o->jobs)
                   ? 0
                   : err_set(e, ERR_USAGE, "'--jobs %s': expected a number from 1 to 256",
                             value);
    }
}

/* ---- options that a run remembers -----------------------------------------------------------
 */

/* What was said before counts until something else is said. */
static const char *remembered(struct class_run *r, const char *name, const char *said)
{
    return said ? said : store_get(r->store, name, r->a);
}

/* Another run may be started in another folder. */
static const char *absolute(struct arena *a, const char *path)
{
    auto_free char *here = path && *path != '/' ? getcwd(NULL, 0) : NULL;

    return here ? arena_printf(a, "%s/%s", here, path) : path;
}

static int remember(struct class_run *r, const struct batch_options *o, struct err *e)
{
    struct buf ids = {0};
    int rc = 0;

    for (int i = 0; r->exercises[i]; i++)
        buf_printf(&ids, "%s%s", i ? "," : "", r->exercises[i]->id);
    if (ids.failed || store_begin(r->store, e) < 0)
        rc = -1;
    if (rc == 0 &&
        (store_set(r->store, "exercises", ids.data, e) < 0 ||
         store_set(r->store, "course",
                   r->unit.course->from == COURSE_BUILTIN ? NULL : r->unit.course->home,
                   e) < 0 ||
         store_set(r->store, "deadline", o->deadline, e) < 0 ||
         store_set(r->store, "late", o->late, e) < 0 ||
         store_set(r->store, "lang", o->lang, e) < 0 ||
         store_set(r->store, "roster", absolute(r->a, o->roster), e) < 0 ||
         store_set(r->store, "oracle", o->without_oracle ? "without" : NULL, e) < 0 ||
         store_set(r->store, "engine", o->engine_given, e) < 0 ||
         store_set(r->store, "partition", o->engine.partition, e) < 0 ||
         store_set(r->store, "account", o->engine.account, e) < 0 ||
         store_set(r->store, "array-size", o->array_given, e) < 0 ||
         store_set(r->store, "hosts", o->engine.hosts, e) < 0 ||
         store_set(r->store, "secret", absolute(r->a, o->secret), e) < 0))
        rc = -1;
    for (int i = 0; rc == 0 && i < CLASS_FILLS; i++)
        rc = store_set(r->store, arena_printf(r->a, "fill/%d", i), absolute(r->a, o->fills[i]),
                       e);
    if (rc == 0)
        rc = store_commit(r->store, e);
    buf_release(&ids);
    return rc;
}

/* Another engine than before has options of its own. */
static void recall_engine(struct class_run *r, struct batch_options *o)
{
    const char *before = store_get(r->store, "engine", r->a);

    if (o->engine_given && (!before || strcmp(before, o->engine_given) != 0))
        return;
    o->engine_given = before;
    o->array_given = remembered(r, "array-size", o->array_given);
    o->engine.partition = remembered(r, "partition", o->engine.partition);
    o->engine.account = remembered(r, "account", o->engine.account);
    o->engine.hosts = remembered(r, "hosts", o->engine.hosts);
    if (before)
        engine_parse(before, &o->engine.kind);
    if (o->array_given)
        parse_long(o->array_given, 1, 4000000, &o->engine.array_size);
}

/* Forgetting --engine would grade a class on the login node. */
static int check_engine(const struct batch_options *o, struct err *e)
{
    const struct engine_options *n = &o->engine;

    if (n->kind != ENGINE_SLURM && (n->partition || n->account || o->array_given))
        return err_set(e, ERR_USAGE,
                       "'--partition', '--account' and '--array-size' belong to "
                       "'--engine slurm'");
    if (n->kind != ENGINE_PARALLEL && n->hosts)
        return err_set(e, ERR_USAGE, "'--hosts' belongs to '--engine parallel'");
    if (n->hosts && !n->hosts[strspn(n->hosts, " ,/0123456789")])
        return err_set(e, ERR_USAGE, "'--hosts %s': expected machines, such as 4/lab1,4/lab2",
                       n->hosts);
    return 0;
}

static void recall(struct class_run *r, struct batch_options *o)
{
    o->exercises = remembered(r, "exercises", o->exercises);
    o->deadline = remembered(r, "deadline", o->deadline);
    o->late = remembered(r, "late", o->late);
    o->lang = remembered(r, "lang", o->lang);
    o->roster = remembered(r, "roster", o->roster);
    o->secret = remembered(r, "secret", o->secret);
    o->without_oracle |= store_get(r->store, "oracle", r->a) != NULL;
    recall_engine(r, o);
    for (int i = 0; !o->fills[i] && i < CLASS_FILLS; i++)
        o->fills[i] = store_get(r->store, arena_printf(r->a, "fill/%d", i), r->a);
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
    if (pick_exercises(c, words, r->a, &list, e) < 0)
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
static int load_secret(struct batch_options *o, struct arena *a, char **ret, struct err *e)
{
    const bool first = !o->resume && !o->regrade; /* later ones need the same */
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    const char *dir = config && *config ? arena_printf(a, "%s/lockstep", config)
                      : home && *home   ? arena_printf(a, "%s/.config/lockstep", home)
                                        : NULL;

    if (!o->secret) {
        if (!dir)
            return err_set(e, ERR_USAGE,
                           "no HOME to keep the course secret in; give --secret FILE");
        if (make_dirs(dir, e) < 0)
            return -1;
        o->secret = arena_printf(a, "%s/course-secret", dir);
        if (o->secret && first && access(o->secret, F_OK) < 0)
            printf("making a new course secret in %s; keep it for regrading\n\n", o->secret);
    }
    return o->secret ? secret_load(o->secret, first, ret, e) : err_oom(e);
}

/* --late and --deadline, else what course.yml says. */
static int read_deadline(const struct batch_options *o, struct class_run *r, struct err *e)
{
    const char *late = o->late ? o->late : r->unit.course->late;
    bool due = o->deadline != NULL;

    for (int i = 0; r->exercises[i]; i++)
        due |= r->exercises[i]->deadline != NULL;
    if (late && late_parse(late, &r->deadline.rule, e) < 0)
        return o->late ? -1 : err_wrap(e, "course.yml");
    r->deadline.given = o->deadline != NULL;
    if (o->deadline && !time_parse(o->deadline, &r->deadline.at))
        return err_set(e, ERR_USAGE,
                       "'--deadline %s': expected a time like '2026-03-01 23:59' or "
                       "2026-03-01T23:59:00Z",
                       o->deadline);
    if (o->late && !due && r->deadline.rule.kind != LATE_ACCEPT)
        fprintf(stderr,
                "lockstep batch: without --deadline only what a platform marks is late\n");
    return 0;
}

/* A clone has the date of cloning; Canvas has marks, and export dates. */
static int check_deadline(const struct class_run *r, struct err *e)
{
    if (!r->deadline.given)
        return 0;
    if (r->intake.found == LAYOUT_CLASSROOM)
        return err_set(e, ERR_USAGE,
                       "clones do not say when they were handed in; leave --deadline out");
    if (r->intake.found == LAYOUT_CANVAS)
        fprintf(stderr,
                "lockstep batch: Canvas's export has no times: late is what it marks LATE\n");
    return 0;
}

/* ---- progress
 * --------------------------------------------------------------------------------- */

struct teller {
    double next; /* moment of the next plain line */
};

static void show_progress(void *ctx, const struct work_progress *p)
{
    struct teller *t = ctx;
    char eta[32] = "";
    char names[80] = "";

    if (p->eta_s >= 0)
        snprintf(eta, sizeof eta, ", %d:%02d left", (int)p->eta_s / 60, (int)p->eta_s % 60);
    if (!p->names && p->at_work > 0) /* other machines' */
        snprintf(names, sizeof names, "%d tasks%s%.50s", p->at_work,
                 p->waits_for && *p->waits_for ? ", waiting: " : "",
                 p->waits_for ? p->waits_for : "");
    for (int i = 0; p->names && i < p->at_work; i++) {
        const size_t used = strlen(names);

        snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", p->names[i]);
    }
    if (isatty(STDERR_FILENO)) {
        progress_line("%d of %d graded, %d of them without full marks%s, at %s", p->done,
                      p->all, p->failing, eta, *names ? names : "the end");
    } else if (now_s() >= t->next) {
        t->next = now_s() + LOG_EVERY_S;
        fprintf(stderr,
                "lockstep batch: %d of %d graded, %d of them without full marks%s%s%s\n",
                p->done, p->all, p->failing, eta,
                p->waits_for && *p->waits_for ? "; tasks wait: " : "",
                p->waits_for ? p->waits_for : "");
    }
}

/* ---- telling
 * ------------------------------------------------------------------------------------ */

static void print_foreign(const char *text, int width)
{
    struct buf b = {0};

    escape_terminal(&b, text, strlen(text));
    printf("%-*s", width, b.data ? b.data : "");
    buf_release(&b);
}

static void print_table(const struct table *t)
{
    printf("%-20s", "student");
    for (int x = 0; x < t->exercise_count; x++)
        printf("  %*s", (int)strlen(t->exercises[x]->id), t->exercises[x]->id);
    printf("  %9s\n", "total");
    for (int i = 0; i < t->row_count; i++) {
        const struct row *r = &t->rows[i];

        print_foreign(r->student.name, 20);
        for (int x = 0; x < t->exercise_count; x++) {
            const int width = (int)strlen(t->exercises[x]->id);

            if (r->cells[x].kind == CELL_GRADED)
                printf("  %*d", width, r->cells[x].counted);
            else
                printf("  %*s", width, r->cells[x].kind == CELL_MISSING ? "-" : "NOT GRADED");
        }
        if (r->whole)
            printf("  %4d/%-4d\n", r->score, r->max);
        else
            printf("  %4s/%-4d\n", "?", r->max);
    }
    printf("\n'-' means nothing was submitted.\n");
}

static int print_note(void *ctx, int student, const char *kind, const char *text)
{
    const struct table *t = ctx;

    if (strcmp(kind, "resubmitted") == 0)
        return 0;
    printf("%s: ", kind);
    if (student > 0 && student <= t->row_count) {
        print_foreign(t->rows[student - 1].student.name, 0);
        printf(": ");
    }
    print_foreign(text, 0);
    printf("\n");
    return 0;
}

/* A lab of which half does nothing looks fine in the grades. */
static void print_machines(const struct class_run *r)
{
    char *save = NULL;
    auto_free char *copy = r->machines.data ? strdup(r->machines.data) : NULL;

    for (char *l = copy ? strtok_r(copy, "\n", &save) : NULL; l;
         l = strtok_r(NULL, "\n", &save)) {
        struct buf b = {0};

        escape_terminal(&b, l, strlen(l));
        fprintf(stderr, "lockstep batch: graded nothing: %s\n", b.data ? b.data : "");
        buf_release(&b);
    }
}

static int print_outcome(struct class_run *r, struct err *e)
{
    progress_clear();
    print_machines(r);
    if (r->table.row_count <= TABLE_ROWS)
        print_table(&r->table);
    printf(
        "%d students, %d units (a student's exercise each): %d distinct, %d of them graded now",
        r->table.row_count, r->work.units, r->work.distinct, r->work.graded);
    if (r->work.graded)
        printf(" in %.1f s", r->work.grading_s);
    printf(".\nWritten to %s: gradebook.csv, report.html, students/NAME/report.html\n", r->out);
    for (int i = 0; r->fills[i]; i++) {
        const struct lms_told *f = &r->filled[i];

        printf("%s: %d grades filled in (%s)", r->fills[i], f->filled, f->kind);
        if (f->left)
            printf(", %d left as they were (not graded, or locked)", f->left);
        if (f->unknown)
            printf(", %d rows are of nobody in this class", f->unknown);
        if (f->absent) {
            printf("; %d of the class are not in it, first ", f->absent);
            print_foreign(f->who, 0);
        }
        printf("\n");
    }
    if (r->inputs[0] && store_each_note(r->store, print_note, &r->table, e) < 0)
        return -1;
    if (r->table.not_graded)
        fprintf(stderr,
                "lockstep batch: %d not graded, see the notes in gradebook.csv; these are no "
                "zeros, and running again tries them again\n",
                r->table.not_graded);
    return r->table.not_graded ? EXIT_BROKEN : EXIT_ALL_PASS;
}

/* ---- the three ways
 * -------------------------------------------------------------------------- */

static int stopped(const struct class_run *r, struct err *e)
{
    if (e->kind == ERR_STOPPED)
        err_set(e, ERR_STOPPED,
                "interrupted; what is graded is kept (%d now). Go on with: lockstep batch "
                "--resume -o %s",
                r->work.graded, r->out);
    return -1;
}

static int grade_class(struct class_run *r, struct err *e)
{
    if (class_grade(r, NULL, true, e) < 0)
        return stopped(r, e);
    return class_write(r, e) < 0 ? stopped(r, e) : print_outcome(r, e);
}

static void print_change(void *ctx, const struct class_change *c)
{
    int *count = ctx;

    if ((*count)++ == 0)
        printf("%-24s %6s    %5s  %s\n", "student", "before", "after", "tests");
    print_foreign(c->student, 24);
    if (c->before < 0)
        printf(" %6s", "-");
    else
        printf(" %6d", c->before);
    if (c->after < 0)
        printf(" -> %5s", "-");
    else
        printf(" -> %5d", c->after);
    printf("  %s\n", c->tests);
}

static int regrade(struct class_run *r, const struct batch_options *o, struct err *e)
{
    const struct exercise *x = course_find(r->unit.course, o->regrade);
    int index = -1, changes = 0;

    for (int i = 0; r->exercises[i]; i++)
        if (r->exercises[i] == x)
            index = i;
    if (index < 0)
        return err_set(e, ERR_USAGE, "'--regrade %s' is no exercise of the class in '%s'",
                       o->regrade, o->out);
    if (class_grade(r, x->id, false, e) < 0)
        return stopped(r, e);
    progress_clear();
    if (class_compare(r, index, print_change, &changes, e) < 0)
        return -1;
    printf("%s%s: %d of the class would change.\n", changes ? "\n" : "", x->id, changes);
    if (r->work.broken) {
        fprintf(stderr, "lockstep batch: %d could not be graded; nothing was applied\n",
                r->work.broken);
        return EXIT_BROKEN;
    }
    if (!o->apply) {
        printf("Nothing was changed. To make it count: lockstep batch --regrade %s --apply -o "
               "%s\n",
               x->id, r->out);
        return EXIT_ALL_PASS;
    }
    if (class_grade(r, x->id, true, e) < 0) /* this exercise alone: others keep their grades */
        return stopped(r, e);
    return class_write(r, e) < 0 ? stopped(r, e) : print_outcome(r, e);
}

/* Results inside the class would be graded as a student the next time. OUT need not exist yet:
 * then the folder that it would be made in counts. */
static bool lies_inside(const char *out, const char *in)
{
    auto_free char *a = realpath(in, NULL), *b = NULL, *copy = strdup(out);
    const size_t n = a ? strlen(a) : 0;
    struct stat st;

    while (copy && !(b = realpath(*copy ? copy : ".", NULL)) && *copy) {
        char *slash = strrchr(copy, '/');

        *(slash ? slash : copy) = '\0';
    }
    return a && b && stat(a, &st) == 0 && S_ISDIR(st.st_mode) && strncmp(a, b, n) == 0 &&
           (b[n] == '/' || b[n] == '\0');
}

static int check_inputs(const struct class_run *r, struct err *e)
{
    for (int i = 0; r->inputs[i]; i++) {
        if (access(r->inputs[i], R_OK) < 0)
            return err_set(e, ERR_USAGE, "cannot read '%s': %s", r->inputs[i], strerror(errno));
        if (lies_inside(r->out, r->inputs[i]))
            return err_set(e, ERR_USAGE, "OUT '%s' lies inside the class '%s'", r->out,
                           r->inputs[i]);
    }
    return 0;
}

static int read_lists(const struct batch_options *o, struct class_run *r, struct err *e)
{
    static struct roster roster;
    static struct map map;

    r->accept_names = o->accept_names;
    if (o->roster) {
        if (roster_read(o->roster, r->a, &roster, e) < 0)
            return -1;
        r->roster = &roster;
    }
    if (o->map) {
        if (map_read(o->map, r->unit.course, r->a, &map, e) < 0)
            return -1;
        r->map = &map;
    }
    return 0;
}

static bool has_class(struct class_run *r)
{
    return store_get(r->store, "exercises", r->a) != NULL;
}

/* The same course as before, unless another one is named now. */
static void recall_course(struct class_run *r)
{
    const char *home = store_get(r->store, "course", r->a);

    if (home && !getenv("LOCKSTEP_HOME"))
        setenv("LOCKSTEP_COURSE", home, 0);
}

static int batch(struct batch_options *o, struct class_run *r, struct err *e)
{
    const bool again = o->resume || o->regrade;
    char *secret = NULL;
    struct course c;
    int rc;

    if (again && access(arena_printf(r->a, "%s/batch.db", r->out), F_OK) < 0)
        return err_set(e, ERR_USAGE, "'%s' holds no class to go on with", r->out);
    /* found out once, not by every worker; and before anything is written */
    if (require_tier(o->least, e) < 0 || (again && class_open(r, e) < 0))
        return -1;
    if (again)
        recall_course(r);
    if (course_load(r->a, &c, e) < 0 || check_inputs(r, e) < 0 ||
        (!again && choose_exercises(o, &c, r, e) < 0))
        return -1;
    if (c.copy)
        fprintf(stderr,
                "lockstep batch: graded by the built-in course, not by its copy in '%s'; say "
                "--course for that one\n",
                c.copy);
    r->unit = (struct unit_options){.course = &c, .modes = ~0u};
    if (!again && class_open(r, e) < 0)
        return -1;
    if (again && !has_class(r))
        return err_set(e, ERR_USAGE, "'%s' holds no class to go on with", r->out);
    if (again)
        recall(r, o);
    if (check_engine(o, e) < 0)
        return -1;
    if (!o->lang)
        o->lang = user_language() == LANG_ZH ? "zh" : "en";
    if (parse_lang(o->lang, &r->lang, e) < 0)
        return -1;
    if ((again && choose_exercises(o, &c, r, e) < 0) || read_deadline(o, r, e) < 0 ||
        read_lists(o, r, e) < 0 || load_secret(o, r->a, &secret, e) < 0)
        return -1;
    r->unit.secret = secret;
    r->unit.no_oracle = o->without_oracle;
    for (int i = 0; i < CLASS_FILLS && o->fills[i]; i++)
        if (lms_check(o->fills[i], e) < 0) {
            free(secret);
            return -1;
        }
    memcpy(r->fills, o->fills, sizeof r->fills);
    r->engine = o->engine;
    rc = again ? 0 : class_take(r, e);
    if (rc == 0)
        rc = check_deadline(r, e);
    if (rc == 0)
        rc = remember(r, o, e);
    if (rc == 0)
        rc = o->regrade ? regrade(r, o, e) : grade_class(r, e);
    free(secret);
    return rc;
}

static int check_usage(const struct batch_options *o, char *const inputs[], struct err *e)
{
    if (!o->out)
        return err_set(e, ERR_USAGE, "'-o OUT' says where the gradebook goes; it is missing");
    if (o->resume && o->regrade)
        return err_set(e, ERR_USAGE, "'--resume' and '--regrade' do not go together");
    if (o->apply && !o->regrade)
        return err_set(e, ERR_USAGE, "'--apply' belongs to '--regrade'");
    if ((o->resume || o->regrade) && inputs[0])
        return err_set(e, ERR_USAGE, "'%s' goes on with the class in OUT; it takes no '%s'",
                       o->resume ? "--resume" : "--regrade", inputs[0]);
    if (!o->resume && !o->regrade && !inputs[0])
        return err_set(e, ERR_USAGE,
                       "expected a folder of student folders, or a platform's export");
    return 0;
}

static int run(int argc, char *argv[], struct err *e)
{
    const int cores = pool_cores();
    struct batch_options o = {.jobs = cores, .least = TIER_FULL};
    struct teller teller = {0};
    struct arena a = {0};
    struct class_run r = {.a = &a, .progress = show_progress, .ctx = &teller};
    int first = options_parse(&cmd_batch, argc, argv, use, &o, e), status;

    if (first < 0)
        return first;
    if (check_usage(&o, argv + first, e) < 0 ||
        (!o.resume && !o.regrade && check_engine(&o, e) < 0))
        return -1;
    if (o.jobs > cores) {
        fprintf(stderr,
                "lockstep batch: %d at once, one a core, so that runs stay undisturbed\n",
                cores);
        o.jobs = cores;
    }
    r.inputs = argv + first;
    r.out = o.out;
    r.jobs = (int)o.jobs;
    r.layout = o.layout;
    r.layout_given = o.layout_given;
    catch_interrupts();
    unit_sweep();
    status = batch(&o, &r, e);
    class_close(&r);
    arena_release(&a);
    return status;
}

const struct cmd cmd_batch = {
    .name = "batch",
    .args = "INPUT... -o OUT [OPTIONS], or: -o OUT {--resume | --regrade ID [--apply]}",
    .rows = rows,
    .summary = "grade a class: student folders, archives, or a platform's export",
    .run = run,
};

/* cmd_lint.c - `lockstep lint`: proof that the grader says about known submissions exactly
 * what is known about them.
 *
 * Stub: all not-implemented, 0 points. Reference and pass-*: full marks. Every wrong fixture:
 * exactly its stated verdict on exactly its stated tests. And the house is in order (house.h).
 */
#include <dirent.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

#include "batch/house.h"
#include "batch/pool.h"
#include "batch/unitfile.h"
#include "cli/options.h"
#include "sandbox/tier.h"

enum { MAX_FIXTURES = 1024, OPT_ONLY = 256, OPT_REPEAT, OPT_MODES };

struct lint {
    long jobs, repeat;
    const char *only; /* fnmatch pattern on names: then only those, and no house check */
    unsigned modes;
    struct course course;
    struct unit_options unit;
    struct fixture *fixtures;
    int count, finished;
    const char *tmp;
    int right[FIXTURE_LATER + 1], all[FIXTURE_LATER + 1];
    int troubles, drafts;
    bool broken;
    struct arena a;
};

static const struct option_row rows[] = {
    {'j', "jobs", "N", "grade N at once (default: one a core)"},
    {OPT_ONLY, "only", "PATTERN", "only fixtures whose name matches, e.g. '08-event/*'"},
    {OPT_REPEAT, "repeat", "N", "grade each N times; all must agree (default 1)"},
    {OPT_MODES, "modes", "LIST", "only these modes, e.g. native"},
    {0, NULL, NULL, NULL},
};

static int use_modes(struct lint *l, const char *value, struct err *e)
{
    auto_free char *copy = strdup(value);
    char *save = NULL;

    l->modes = 0;
    for (char *w = copy ? strtok_r(copy, ",", &save) : NULL; w;
         w = strtok_r(NULL, ",", &save)) {
        enum mode m;

        if (!mode_parse(w, &m))
            return err_set(e, ERR_USAGE, "unknown mode '%s'", w);
        l->modes |= 1u << m;
    }
    return 0;
}

static int use(void *ctx, int key, const char *value, struct err *e)
{
    struct lint *l = ctx;

    if (key == OPT_ONLY)
        l->only = value;
    else if (key == OPT_MODES)
        return use_modes(l, value, e);
    else if (!parse_long(value, 1, 10000, key == 'j' ? &l->jobs : &l->repeat))
        return err_set(e, ERR_USAGE, "'%s': expected a number from 1 to 10000", value);
    return 0;
}

/* ---- collecting ------------------------------------------------------------------------ */

static int add(struct lint *l, const struct exercise *x, enum fixture_kind kind,
               const char *path, const char *name, struct err *e)
{
    struct fixture *f = &l->fixtures[l->count];

    if (!path || !name)
        return err_oom(e);
    if (l->only && fnmatch(l->only, name, 0) != 0)
        return 0;
    if (l->count == MAX_FIXTURES)
        return err_set(e, ERR_SYSTEM, "more than %d fixtures", MAX_FIXTURES);
    *f = (struct fixture){.exercise = x, .path = path, .name = name, .kind = kind};
    if (kind >= FIXTURE_PASS && fixture_read(&l->course, f, e) < 0)
        return -1;
    l->count++;
    return 0;
}

static int is_c_file(const struct dirent *d)
{
    const size_t n = strlen(d->d_name);

    return n > 2 && strcmp(d->d_name + n - 2, ".c") == 0;
}

static int add_folder(struct lint *l, const struct exercise *x, const char *folder,
                      struct err *e)
{
    const char *dir = arena_printf(&l->a, "%s/fixtures/%s", l->course.home, folder);
    struct dirent **names = NULL;
    int n = dir ? scandir(dir, &names, is_c_file, alphasort) : -1, rc = 0;

    for (int i = 0; i < n; i++) {
        const char *file = names[i]->d_name;
        const enum fixture_kind kind =
            strncmp(file, "pass-", 5) == 0 ? FIXTURE_PASS : FIXTURE_WRONG;

        if (rc == 0)
            rc = add(l, x, kind, arena_printf(&l->a, "%s/%s", dir, file),
                     arena_printf(&l->a, "%s/%.*s", folder, (int)strlen(file) - 2, file), e);
        free(names[i]);
    }
    free(names);
    return rc;
}

static int collect(struct lint *l, const struct exercise *const *list, bool all, struct err *e)
{
    for (int i = 0; list[i]; i++) {
        const struct exercise *x = list[i];
        const char *solution;

        if (x->broken.kind != ERR_NONE) {
            *e = x->broken;
            return -1;
        }
        solution = course_solution(&l->course, x, &l->a);
        if (!solution)
            return err_set(e, ERR_EXERCISE, "%s: no reference solution", x->id);
        if (add(l, x, FIXTURE_STUB, arena_printf(&l->a, "%s/%s", x->dir, x->rubric.edit),
                arena_printf(&l->a, "%s/stub", x->id), e) < 0 ||
            add(l, x, FIXTURE_REFERENCE, solution, arena_printf(&l->a, "%s/reference", x->id),
                e) < 0 ||
            add_folder(l, x, x->id, e) < 0)
            return -1;
    }
    /* hostile ones need an eye on the host as well: grader/tests/hostile.py */
    return all && l->only ? add_folder(l, NULL, "hostile", e) : 0;
}

/* ---- running --------------------------------------------------------------------------- */

static const char *unit_path(struct lint *l, int index)
{
    return arena_printf(&l->a, "%s/%d.json", l->tmp, index);
}

static int work(void *ctx, int index)
{
    struct lint *l = ctx;
    const struct fixture *f = &l->fixtures[index / l->repeat];
    const char *path = unit_path(l, index);
    struct err e = {0};

    return path && unitfile_grade(&l->unit, f->exercise, f->path, path, &e) >= 0 ? 0 : 3;
}

static int done(void *ctx, int index, int status, struct err *ignored)
{
    struct lint *l = ctx;
    const struct fixture *f = &l->fixtures[index / l->repeat];
    struct graded g = {0};
    struct buf why = {0};
    struct err e = {0};
    bool right = false;

    const bool draft = f->exercise->rubric.draft;

    l->all[f->kind] += !draft;
    if (status != 0 || unitfile_read(unit_path(l, index), &g, &e) < 0) {
        buf_printf(&why, "could not be graded: %s\n", e.msg);
        l->broken = true;
    } else {
        right = fixture_check(f, g.result, &why);
    }
    l->right[f->kind] += right && !draft;
    if (!right) {
        progress_clear();
        printf("%s%s\n", f->name, draft ? " (draft)" : "");
        for (char *save = NULL, *s = strtok_r(why.data, "\n", &save); s;
             s = strtok_r(NULL, "\n", &save))
            printf("    %s\n", s);
        fflush(stdout);
        l->troubles += !draft;
    }
    progress_line("lint: %d of %ld", ++l->finished, l->count * l->repeat);
    unlink(unit_path(l, index));
    graded_release(&g);
    buf_release(&why);
    (void)ignored;
    return 0;
}

/* A draft may be incomplete: what is missing is said, and no trouble. */
static void print_house(struct lint *l, const struct exercise *x, char *why)
{
    const bool draft = x->rubric.draft;

    l->drafts += draft;
    if (draft)
        printf("%s is a draft; %s\n", x->id,
               why ? "still missing:"
                   : "nothing is missing: take 'draft: yes' out of its rubric");
    else if (why)
        printf("%s\n", x->id);
    for (char *save = NULL, *s = why ? strtok_r(why, "\n", &save) : NULL; s;
         s = strtok_r(NULL, "\n", &save), l->troubles += !draft)
        printf("    %s\n", s);
}

static int check_houses(struct lint *l, const struct exercise *const *list, struct err *e)
{
    for (int i = 0; list[i]; i++) {
        struct buf why = {0};
        int rc = house_check(&l->unit, list[i], l->fixtures, l->count, &why, e);

        progress_clear();
        print_house(l, list[i], why.data);
        buf_release(&why);
        if (rc < 0)
            return -1;
    }
    return 0;
}

static void summary(const struct lint *l)
{
    static const struct {
        const char *what;
        enum fixture_kind first, last;
        const char *as;
    } lines[] = {
        {"stubs", FIXTURE_STUB, FIXTURE_STUB, "score 0, not implemented"},
        {"correct", FIXTURE_REFERENCE, FIXTURE_PASS, "full marks"},
        {"wrong", FIXTURE_WRONG, FIXTURE_WRONG, "exactly as stated"},
        {"expect-later", FIXTURE_LATER, FIXTURE_LATER,
         "wait for controlled schedules; nothing wrongly said of them"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        int right = 0, all = 0;

        for (int k = (int)lines[i].first; k <= (int)lines[i].last; k++) {
            right += l->right[k];
            all += l->all[k];
        }
        printf("%-13s %4d of %-4d %s\n", lines[i].what, right, all, lines[i].as);
    }
    if (l->drafts)
        printf("%-13s %4d           not counted above\n", "drafts", l->drafts);
    if (l->troubles)
        printf("%d troubles\n", l->troubles);
    else
        printf("all as stated\n");
}

/* Those that are named; else all of them, drafts too. */
static int choose(struct lint *l, char *const words[], const struct exercise ***ret,
                  struct err *e)
{
    const struct exercise **all;

    if (words[0])
        return pick_exercises(&l->course, words, &l->a, ret, e);
    all = arena_zalloc(&l->a, (size_t)(l->course.count + 1) * sizeof *all);
    if (!all)
        return err_oom(e);
    for (int i = 0; i < l->course.count; i++)
        all[i] = &l->course.exercises[i];
    *ret = all;
    return l->course.count;
}

static int lint(struct lint *l, char *const words[], struct err *e)
{
    const struct exercise **list;
    struct pool p = {.work = work, .done = done, .ctx = l};
    char tmp[] = "/tmp/lockstep-lint-XXXXXX";
    struct err ignored;
    int rc;

    l->fixtures = arena_zalloc(&l->a, MAX_FIXTURES * sizeof *l->fixtures);
    if (!l->fixtures)
        return err_oom(e);
    if (course_load(&l->a, &l->course, e) < 0 || choose(l, words, &list, e) < 0 ||
        collect(l, list, !words[0], e) < 0)
        return -1;
    l->unit = (struct unit_options){.course = &l->course, .oracle = true, .modes = l->modes};
    if (!mkdtemp(tmp))
        return err_errno(e, "cannot make a folder in /tmp");
    l->tmp = tmp;
    l->unit.shelf = tmp; /* 0700: no program under test sees it */
    p.count = (int)(l->count * l->repeat);
    p.jobs = cores_workers((int)l->jobs);
    rc = cores_new((int)l->jobs, &p.cores, e);
    if (rc == 0) {
        l->unit.busy = cores_busy;
        l->unit.cores = p.cores;
        rc = pool_run(&p, e);
        cores_free(p.cores);
    }
    if (rc == 0 && !l->only)
        rc = check_houses(l, list, e);
    remove_tree(tmp, &ignored);
    if (rc < 0)
        return -1;
    progress_clear();
    summary(l);
    if (p.count == 0)
        return err_set(e, ERR_USAGE, "no fixture matches");
    return l->broken ? EXIT_BROKEN : l->troubles ? EXIT_SOME_FAIL : EXIT_ALL_PASS;
}

static int run(int argc, char *argv[], struct err *e)
{
    struct lint l = {.jobs = pool_cores(), .repeat = 1, .modes = ~0u};
    int first = options_parse(&cmd_lint, argc, argv, use, &l, e), status;

    if (first < 0)
        return first;
    catch_interrupts();
    unit_sweep();
    sandbox_tier(); /* found out once, not by every worker */
    status = lint(&l, argv + first, e);
    arena_release(&l.a);
    return status;
}

const struct cmd cmd_lint = {
    .name = "lint",
    .args = "[EXERCISE...] [OPTIONS]",
    .rows = rows,
    .summary = "prove stubs, references and fixtures: each gets exactly its stated verdict",
    .run = run,
};

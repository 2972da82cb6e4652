/* canary.c - references and known bugs, in the pool, each with what it must get. */
#include "batch/canary.h"

#include <string.h>

#include "batch/pool.h"
#include "batch/unitfile.h"

static const struct {
    const char *exercise, *fixture, *test;
    enum verdict verdict;
} known[] = {
    {"08-event", "is-set-unlocked", "all-at-once", VERDICT_DATA_RACE},
    {"08-event", "signal-for-broadcast", "set-wakes-all", VERDICT_LOST_WAKEUP},
    {"09-lock", "from-first", "opposite-transfers", VERDICT_DEADLOCK},
};

struct bird {
    const struct exercise *x;
    const struct course *course;
    const char *name, *file;
    const char *test; /* NULL: the reference, all tests */
    enum verdict verdict;
};

struct cage {
    const struct unit_options *o;
    struct arena a;
    struct course builtin;
    struct bird *birds;
    int count;
    const char *work;
};

int canary_complete(const struct unit_options *o, const struct exercise *const *list,
                    struct err *e)
{
    static const char remedy[] =
        "grade where Lockstep is installed whole (make install), or say "
        "--without-oracle";
    struct arena a = {0};
    struct course builtin;
    int rc = o->no_oracle ? 0 : course_load_builtin(&a, &builtin, e);

    for (int i = 0; rc == 0 && !o->no_oracle && list[i]; i++)
        if (!course_solution(o->course, list[i], &a))
            rc = err_set(e, ERR_SYSTEM,
                         "no reference solution of %s in '%.160s': forged results could not be "
                         "told from right ones; add solutions/ to the course, %s",
                         list[i]->id, o->course->home, remedy);
    for (size_t i = 0; rc == 0 && !o->no_oracle && i < ARRAY_SIZE(known); i++) {
        const char *file = arena_printf(&a, "%s/fixtures/%s/%s.c", builtin.home,
                                        known[i].exercise, known[i].fixture);

        if (!file || access(file, R_OK) < 0)
            rc = err_set(e, ERR_SYSTEM,
                         "the known bug %s/%s is missing, by which this machine is tested; %s",
                         known[i].exercise, known[i].fixture, remedy);
    }
    arena_release(&a);
    return rc;
}

static int collect(struct cage *c, const struct exercise *const *list, const bool *wanted,
                   struct err *e)
{
    int n = 0;

    if (course_load_builtin(&c->a, &c->builtin, e) < 0)
        return -1;
    while (list[n])
        n++;
    c->birds = arena_zalloc(&c->a, ((size_t)n + ARRAY_SIZE(known)) * sizeof *c->birds);
    if (!c->birds)
        return err_oom(e);
    /* references sleep for a part of their time: known bugs, which do not, fill it */
    for (int i = 0; i < n; i++) {
        const char *file = wanted[i] ? course_solution(c->o->course, list[i], &c->a) : NULL;

        if (file)
            c->birds[c->count++] =
                (struct bird){list[i], c->o->course, "reference", file, NULL, VERDICT_PASS};
    }
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        const struct exercise *x = course_find(&c->builtin, known[i].exercise);
        const char *file = arena_printf(&c->a, "%s/fixtures/%s/%s.c", c->builtin.home,
                                        known[i].exercise, known[i].fixture);

        if (x && x->broken.kind == ERR_NONE && file && access(file, R_OK) == 0)
            c->birds[c->count++] = (struct bird){x,    &c->builtin,   known[i].fixture,
                                                 file, known[i].test, known[i].verdict};
    }
    return c->a.failed ? err_oom(e) : 0;
}

static const char *path_of(struct cage *c, int index)
{
    return arena_printf(&c->a, "%s/canary-%d.json", c->work, index);
}

static int sing(void *ctx, int index)
{
    struct cage *c = ctx;
    const struct bird *b = &c->birds[index];
    struct unit_options o = *c->o;
    const char *path = path_of(c, index);
    struct err e = {0};

    o.course = b->course;
    if (b->course != c->o->course)
        o.shelf = NULL; /* another course's exercise of this name would be on it */
    o.oracle = false;
    o.progress = NULL;
    o.only = b->test;
    o.modes = b->test ? ~0u : 1u << MODE_NATIVE;
    return path && unitfile_grade(&o, b->x, b->file, path, &e) >= 0 ? 0 : 3;
}

static int unfit(const struct bird *b, const char *what, const char *of, struct err *e)
{
    return err_set(e, ERR_SYSTEM,
                   "this machine is not fit to grade: %s/%s %s%.200s; nothing was graded. See "
                   "'lockstep doctor', and is the machine overloaded?",
                   b->x->id, b->name, what, of ? of : "");
}

static int judge(const struct bird *b, const json_t *result, struct err *e)
{
    const json_t *unit = json_array_get(json_object_get(result, "exercises"), 0), *t;
    const char *reason = json_string_value(json_object_get(unit, "reason"));
    size_t i;

    if (reason)
        return unfit(b, "could not be graded: ", reason, e);
    json_array_foreach(json_object_get(unit, "tests"), i, t)
    {
        const char *id = json_string_value(json_object_get(t, "id"));
        const char *verdict = json_string_value(json_object_get(t, "verdict"));
        const char *want = verdict_name(b->test ? b->verdict : VERDICT_PASS);
        char words[128];

        if ((b->test && strcmp(id, b->test) != 0) || strcmp(verdict, want) == 0)
            continue;
        snprintf(words, sizeof words, "%s at '%s', where %s is right", verdict, id, want);
        return unfit(b, "got ", words, e);
    }
    return 0;
}

static int heard(void *ctx, int index, int status, struct err *e)
{
    struct cage *c = ctx;
    const char *path = path_of(c, index);
    struct graded g = {0};
    struct err ignored;
    int rc;

    if (status != 0 || !path || unitfile_read(path, &g, &ignored) < 0)
        return unfit(&c->birds[index], "ended the process that graded it", NULL, e);
    rc = judge(&c->birds[index], g.result, e);
    graded_release(&g);
    unlink(path);
    return rc;
}

int canary_run(const struct unit_options *o, const struct exercise *const *list,
               const bool *wanted, int jobs, const char *work, struct err *e)
{
    struct cage c = {.o = o, .work = work};
    int rc = collect(&c, list, wanted, e);

    if (rc == 0 && c.count > 0) {
        const struct pool p = {.count = c.count,
                               .jobs = jobs,
                               .cores = o->cores,
                               .work = sing,
                               .done = heard,
                               .ctx = &c};

        rc = pool_run(&p, e);
    }
    arena_release(&c.a);
    return rc;
}

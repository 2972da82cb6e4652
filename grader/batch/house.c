/* house.c - the promises of an exercise's folders, checked. */
#include "batch/house.h"

#include <dirent.h>
#include <string.h>

static void stray_files(const char *dir, const char *const allowed[], struct buf *why)
{
    DIR *d = opendir(dir);

    if (!d)
        return;
    for (struct dirent *de; (de = readdir(d));) {
        bool known = de->d_name[0] == '.' && strspn(de->d_name, ".") == strlen(de->d_name);

        for (int i = 0; allowed[i]; i++)
            known |= strcmp(de->d_name, allowed[i]) == 0;
        if (!known)
            buf_printf(why, "stray file %s/%s\n", dir, de->d_name);
    }
    closedir(d);
}

static const char *const pages[LANG_COUNT] = {
    [LANG_EN] = "README.md", [LANG_ZH] = "README.zh-CN.md"};

/* course.yml says in which languages. */
static void check_languages(const struct course *c, const struct exercise *x, struct buf *why)
{
    static const char *const names[LANG_COUNT] = {[LANG_EN] = "en", [LANG_ZH] = "zh"};

    for (int l = 0; l < LANG_COUNT; l++)
        if (c->languages & ~x->rubric.languages & 1u << l)
            buf_printf(why, "exercise.yml lacks titles or hints in %s\n", names[l]);
}

static void check_files(const struct course *c, const struct exercise *x, struct arena *a,
                        struct buf *why)
{
    const char *header = arena_printf(a, "%s.h", x->cname);
    const char *suite = arena_printf(a, "check_%s.c", x->cname);
    const char *const mine[] = {header, x->rubric.edit, suite, "exercise.yml", NULL};
    const char *const all[] = {"README.md", "README.zh-CN.md", header, x->rubric.edit,
                               suite,       "exercise.yml",    NULL};
    const char *const solution[] = {x->rubric.edit, "notes.md", "story.c", NULL};
    const char *const hidden[] = {x->rubric.edit,
                                  "notes.md",
                                  "story.c",
                                  "hidden.yml",
                                  arena_printf(a, "hidden_%s.c", x->cname),
                                  NULL};
    const char *sdir = arena_printf(a, "%s/solutions/%s", c->home, x->id);

    for (int l = 0; l < LANG_COUNT; l++)
        if ((c->languages & 1u << l) &&
            access(arena_printf(a, "%s/%s", x->dir, pages[l]), R_OK) < 0)
            buf_printf(why, "missing %s/%s\n", x->dir, pages[l]);
    for (int i = 0; mine[i]; i++)
        if (access(arena_printf(a, "%s/%s", x->dir, mine[i]), R_OK) < 0)
            buf_printf(why, "missing %s/%s\n", x->dir, mine[i]);
    for (int i = 0; solution[i]; i++)
        if (access(arena_printf(a, "%s/%s", sdir, solution[i]), R_OK) < 0)
            buf_printf(why, "missing %s/%s\n", sdir, solution[i]);
    stray_files(x->dir, all, why);
    stray_files(sdir, hidden, why);
}

/* What `lockstep new` has left to the author: "TODO:" (a stub says "// TODO"). */
static void check_todo(const char *path, const char *name, struct buf *why)
{
    auto_free char *text = NULL;
    struct err ignored;

    if (slurp(path, 1 << 20, &text, NULL, &ignored) == 0 && strstr(text, "TODO:"))
        buf_printf(why, "%s has a 'TODO:' left\n", name);
}

static void check_todos(const struct course *c, const struct exercise *x, struct arena *a,
                        struct buf *why)
{
    const char *const mine[] = {"README.md", "README.zh-CN.md", "exercise.yml",
                                arena_printf(a, "%s.h", x->cname),
                                arena_printf(a, "check_%s.c", x->cname)};
    const char *const solution[] = {x->rubric.edit, "notes.md", "story.c"};

    for (size_t i = 0; i < ARRAY_SIZE(mine); i++)
        check_todo(arena_printf(a, "%s/%s", x->dir, mine[i]), mine[i], why);
    for (size_t i = 0; i < ARRAY_SIZE(solution); i++)
        check_todo(arena_printf(a, "%s/solutions/%s/%s", c->home, x->id, solution[i]),
                   arena_printf(a, "solutions/%s/%s", x->id, solution[i]), why);
}

/* Each file must name every test (README) or hold a TODO (stub). */
static void check_words(const struct exercise *x, struct arena *a, struct buf *why)
{
    auto_free char *stub = NULL;
    struct err ignored;

    for (size_t p = 0; p < ARRAY_SIZE(pages); p++) {
        auto_free char *text = NULL;

        if (slurp(arena_printf(a, "%s/%s", x->dir, pages[p]), 1 << 20, &text, NULL, &ignored) <
            0)
            continue;
        for (int i = 0; i < x->rubric.test_count; i++)
            if (!x->rubric.tests[i].hidden && !strstr(text, x->rubric.tests[i].id))
                buf_printf(why, "%s does not say what %s checks\n", pages[p],
                           x->rubric.tests[i].id);
    }
    if (slurp(arena_printf(a, "%s/%s", x->dir, x->rubric.edit), 1 << 20, &stub, NULL,
              &ignored) == 0 &&
        !strstr(stub, "// TODO"))
        buf_puts(why, "the stub has no // TODO\n");
}

static void check_points(const struct exercise *x, struct buf *why)
{
    int sum = 0;

    for (int i = 0; i < x->rubric.test_count; i++)
        sum += x->rubric.tests[i].points;
    if (sum != RUBRIC_POINTS)
        buf_printf(why, "the points sum to %d, not %d\n", sum, RUBRIC_POINTS);
}

/* A test that no known-wrong submission fails may be unable to fail. */
static void check_coverage(const struct exercise *x, const struct fixture *f, int count,
                           struct buf *why)
{
    int pass = 0, wrong = 0;

    for (int i = 0; i < count; i++) {
        pass += f[i].exercise == x && f[i].kind == FIXTURE_PASS;
        wrong +=
            f[i].exercise == x && (f[i].kind == FIXTURE_WRONG || f[i].kind == FIXTURE_LATER);
    }
    if (pass < 2)
        buf_printf(why, "only %d differently built right solutions (pass-*.c), 2 are needed\n",
                   pass);
    if (wrong < 8)
        buf_printf(why, "only %d wrong fixtures, 8 are needed\n", wrong);
    for (int t = 0; t < x->rubric.test_count; t++) {
        bool failed = false;

        for (int i = 0; i < count; i++)
            for (int k = 0; f[i].exercise == x && k < f[i].expect_count; k++)
                failed |= !f[i].expects[k].later &&
                          strcmp(f[i].expects[k].test, x->rubric.tests[t].id) == 0;
        if (!failed)
            buf_printf(why, "no wrong fixture fails %s\n", x->rubric.tests[t].id);
    }
}

static int check_ids(const struct unit_options *o, const struct exercise *x, struct arena *a,
                     struct buf *why, struct err *e)
{
    struct buf list = {0};
    char *save = NULL;
    int found = 0;

    if (unit_suite_ids(o, x, a, &list, e) < 0)
        return -1;
    for (char *id = list.data ? strtok_r(list.data, "\n", &save) : NULL; id;
         id = strtok_r(NULL, "\n", &save)) {
        if (rubric_find(&x->rubric, id))
            found++;
        else
            buf_printf(why, "the suite's test %s is not in exercise.yml\n", id);
    }
    if (found < x->rubric.test_count)
        buf_printf(why, "%d tests of exercise.yml are not in the suite\n",
                   x->rubric.test_count - found);
    buf_release(&list);
    return 0;
}

int house_check(const struct unit_options *o, const struct exercise *x,
                const struct fixture *fixtures, int count, struct buf *why, struct err *e)
{
    struct arena a = {0};
    int rc;

    check_files(o->course, x, &a, why);
    check_languages(o->course, x, why);
    check_todos(o->course, x, &a, why);
    check_words(x, &a, why);
    check_points(x, why);
    check_coverage(x, fixtures, count, why);
    rc = check_ids(o, x, &a, why, e);
    arena_release(&a);
    return rc;
}

/* exercise.c - finds the course and lists its exercises in order. Grades nothing. */
#include "core/exercise.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "core/course.h"
#include "core/nearest.h"
#include "core/place.h"

/* NN-slug: two digits, a dash, then the slug. */
static bool is_exercise_name(const char *s)
{
    return isdigit((unsigned char)s[0]) && isdigit((unsigned char)s[1]) && s[2] == '-' &&
           s[3] && strspn(s + 3, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(s + 3);
}

static int only_exercises(const struct dirent *d)
{
    return is_exercise_name(d->d_name);
}

static bool exists(const char *path)
{
    return path && access(path, F_OK) == 0;
}

static const char *check_home(const char *home, struct arena *a, struct err *e)
{
    auto_free char *real = realpath(home, NULL);

    if (real && exists(arena_printf(a, "%s/exercises", real)))
        return arena_strdup(a, real);
    err_set(
        e, ERR_SYSTEM,
        "no exercises in '%s'; set LOCKSTEP_COURSE, or say --course, to a folder that holds "
        "exercises/",
        home);
    return NULL;
}

/* Whose suites decide: ours, root's, or those of whoever called sudo. */
static bool is_trusted(const struct stat *st)
{
    const char *sudo = getenv("SUDO_UID");
    long uid;

    return st->st_uid == geteuid() || st->st_uid == 0 ||
           (sudo && parse_long(sudo, 0, 0x7fffffffl, &uid) && st->st_uid == (uid_t)uid);
}

/* The folders, what they are links to, and the file itself. */
static bool trusted(const char *dir)
{
    static const char *const parts[] = {"", "/exercises", "/exercises/course.yml",
                                        "/solutions"};

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        auto_free char *path = NULL;
        struct stat st;

        if (asprintf(&path, "%s%s", dir, parts[i]) < 0)
            path = NULL;
        if (!path || (lstat(path, &st) == 0 && !is_trusted(&st)) ||
            (stat(path, &st) == 0 && !is_trusted(&st)))
            return false;
    }
    return true;
}

/* The nearest folder upwards with exercises/course.yml. 1 with *ret, 0: there is none. */
static int look_around(struct arena *a, const char **ret, struct err *e)
{
    auto_free char *dir = getcwd(NULL, 0);

    for (char *slash = dir; dir && slash;) {
        const char *file = arena_printf(a, "%s/exercises/course.yml", dir);
        struct stat st;

        if (file && stat(file, &st) == 0) {
            *ret = arena_strdup(a, *dir ? dir : "/");
            return *ret ? 1 : err_oom(e);
        }
        slash = strrchr(dir, '/');
        if (slash)
            *slash = '\0';
    }
    return 0;
}

static const char *builtin_home(struct arena *a, struct err *e)
{
    const char *exercises = place_find("exercises", a);
    char *home = exercises ? arena_strdup(a, exercises) : NULL;

    if (!home) {
        err_set(e, ERR_SYSTEM,
                "this installation has no exercises; install it again, or say --course DIR");
        return NULL;
    }
    *strrchr(home, '/') = '\0';
    return home;
}

static int find_home(struct arena *a, bool builtin, struct course *ret, struct err *e)
{
    static const char *const names[] = {"LOCKSTEP_COURSE", "LOCKSTEP_HOME"};
    int rc;

    for (size_t i = 0; !builtin && i < ARRAY_SIZE(names); i++) {
        const char *v = getenv(names[i]);

        if (v && *v) {
            ret->from = COURSE_GIVEN;
            ret->home = check_home(v, a, e);
            return ret->home ? 0 : -1;
        }
    }
    if (!builtin && (rc = look_around(a, &ret->home, e)) != 0) {
        ret->from = COURSE_AROUND;
        return rc < 0 ? -1 : 0;
    }
    ret->from = COURSE_BUILTIN;
    ret->home = builtin_home(a, e);
    return ret->home ? 0 : -1;
}

static int find_runtime(struct arena *a, const char **ret, struct err *e)
{
    const char *given = getenv("LOCKSTEP_RUNTIME"), *found;
    char *dir;

    if (given && *given) {
        *ret = given;
        return 0;
    }
    found = place_find("runtime/liblockstep_native.a", a);
    dir = found ? arena_strdup(a, found) : NULL;
    if (!dir)
        return err_set(e, ERR_SYSTEM,
                       "cannot find liblockstep_native.a; run 'make' or set LOCKSTEP_RUNTIME");
    *strrchr(dir, '/') = '\0';
    *ret = dir;
    return 0;
}

static void load_one(struct arena *a, const char *root, const char *name,
                     const char *visibility, struct exercise *x)
{
    char *cname = arena_strdup(a, name + 3);
    const char *hidden;

    for (char *p = cname; p && *p; p++)
        if (*p == '-')
            *p = '_';
    x->id = arena_strdup(a, name);
    x->cname = cname;
    x->dir = arena_printf(a, "%s/%s", root, name);
    if (a->failed) {
        err_oom(&x->broken);
        return;
    }
    if (rubric_load(arena_printf(a, "%s/exercise.yml", x->dir), visibility, a, &x->rubric,
                    &x->broken) < 0)
        return;
    hidden = arena_printf(a, "%s/../solutions/%s/hidden.yml", root, name);
    if (exists(hidden)) {
        if (rubric_load_hidden(hidden, a, &x->rubric, &x->broken) < 0)
            return;
        x->hidden = arena_printf(a, "%s/../solutions/%s/hidden_%s.c", root, name, cname);
    }
    if (strcmp(x->rubric.id, name) != 0)
        err_set(&x->broken, ERR_EXERCISE,
                "%s/exercise.yml: 'id' is '%s', but the folder is '%s'", x->dir, x->rubric.id,
                name);
}

/* Those that course.yml names, in its order; else the folders, by their names. */
static int list_ids(struct arena *a, const struct course *c, const struct course_file *f,
                    const char *const **ret, struct err *e)
{
    const char *root = arena_printf(a, "%s/exercises", c->home), **ids;
    struct dirent **names = NULL;
    int n;

    for (int i = 0; f->exercises && f->exercises[i]; i++)
        if (!is_exercise_name(f->exercises[i]) ||
            !exists(arena_printf(a, "%s/%s", root, f->exercises[i])))
            return err_set(e, ERR_EXERCISE, "%s/course.yml: there is no exercise '%s'", root,
                           f->exercises[i]);
    if (f->exercises) {
        *ret = f->exercises;
        return 0;
    }
    n = root ? scandir(root, &names, only_exercises, alphasort) : -1;
    if (n < 0)
        return err_errno(e, "cannot list '%s/exercises'", c->home);
    ids = arena_zalloc(a, (size_t)(n + 1) * sizeof *ids);
    for (int i = 0; i < n; i++) {
        if (ids)
            ids[i] = arena_strdup(a, names[i]->d_name);
        free(names[i]);
    }
    free(names);
    *ret = ids;
    return ids && !a->failed ? 0 : err_oom(e);
}

/* Reads course.yml; a copy of the built-in course gives way to it (exercise.h). */
static int open_home(struct arena *a, bool builtin, struct course *c, struct course_file *f,
                     struct err *e)
{
    struct course original = {0};
    struct course_file its;

    if (find_home(a, builtin, c, e) < 0 ||
        course_file_load(arena_printf(a, "%s/exercises/course.yml", c->home), a, f, e) < 0)
        return -1;
    if (c->from != COURSE_AROUND)
        return 0;
    if (find_home(a, true, &original, e) < 0 ||
        course_file_load(arena_printf(a, "%s/exercises/course.yml", original.home), a, &its,
                         e) < 0)
        return -1;
    if (strcmp(original.home, c->home) == 0)
        return 0;
    if (strcmp(its.id, f->id) != 0)
        return trusted(c->home)
                   ? 0
                   : err_set(e, ERR_USAGE,
                             "the course in '%.200s' belongs to another user; if you trust its "
                             "suites, say --course %.200s",
                             c->home, c->home);
    original.copy = c->home;
    *c = original;
    *f = its;
    return 0;
}

static int load_from(struct arena *a, bool builtin, struct course *ret, struct err *e)
{
    struct course c = {0};
    struct course_file f;
    const char *const *ids = NULL, *root;
    int n = 0;

    if (open_home(a, builtin, &c, &f, e) < 0 || find_runtime(a, &c.runtime, e) < 0)
        return -1;
    root = arena_printf(a, "%s/exercises", c.home);
    if (!root)
        return err_oom(e);
    if (list_ids(a, &c, &f, &ids, e) < 0)
        return -1;
    c.id = f.id;
    c.languages = f.languages;
    c.late = f.late;
    c.visibility = f.visibility;
    memcpy(c.title, f.title, sizeof c.title);
    while (ids[n])
        n++;
    c.exercises = arena_zalloc(a, (size_t)(n + 1) * sizeof *c.exercises);
    for (int i = 0; c.exercises && i < n; i++)
        load_one(a, root, ids[i], f.visibility, &c.exercises[c.count++]);
    if (!c.exercises || a->failed)
        return err_oom(e);
    for (const struct course_deadline *d = f.deadlines; d->exercise; d++) {
        struct exercise *x = (struct exercise *)course_find(&c, d->exercise);

        if (!x)
            return err_set(e, ERR_EXERCISE,
                           "%s/course.yml: a deadline for '%s', which is no "
                           "exercise",
                           root, d->exercise);
        x->deadline = d->when;
    }
    *ret = c;
    return 0;
}

int course_load(struct arena *a, struct course *ret, struct err *e)
{
    return load_from(a, false, ret, e);
}

int course_load_builtin(struct arena *a, struct course *ret, struct err *e)
{
    return load_from(a, true, ret, e);
}

int course_unknown(const struct course *c, const char *name, struct err *e)
{
    const char *near = NULL;

    for (int i = 0; i < c->count; i++) {
        near = nearest_of(name, near, c->exercises[i].id);
        near = nearest_of(name, near, c->exercises[i].id + 3);
    }
    if (near)
        return err_set(e, ERR_USAGE, "unknown exercise '%s'; did you mean '%s'?", name, near);
    return err_set(e, ERR_USAGE, "unknown exercise '%s'; 'lockstep list' names them", name);
}

int exercise_no_test(const struct exercise *x, const char *test, struct err *e)
{
    const char *near = NULL;

    for (int i = 0; i < x->rubric.test_count; i++)
        near = nearest_of(test, near, x->rubric.tests[i].id);
    return near ? err_set(e, ERR_USAGE, "%s has no test '%s'; did you mean '%s'?", x->id, test,
                          near)
                : err_set(e, ERR_USAGE, "%s has no test '%s'; 'lockstep list %.2s' names them",
                          x->id, test, x->id);
}

const struct exercise *course_find(const struct course *c, const char *name)
{
    long number;

    for (int i = 0; i < c->count; i++) {
        const struct exercise *x = &c->exercises[i];

        if (strcmp(x->id, name) == 0 || strcmp(x->id + 3, name) == 0)
            return x;
        if (parse_long(name, 0, 99, &number) && number == strtol(x->id, NULL, 10))
            return x;
    }
    return NULL;
}

const char *course_solution(const struct course *c, const struct exercise *x, struct arena *a)
{
    const char *path = arena_printf(a, "%s/solutions/%s/%s", c->home, x->id, x->rubric.edit);

    return exists(path) ? path : NULL;
}

/* exercise.c - finds the course and lists its exercises in order. Grades nothing. */
#include "core/exercise.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#ifndef LOCKSTEP_SHARE
#define LOCKSTEP_SHARE "/usr/local/share/lockstep"
#endif

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

/* PREFIX/bin/lockstep -> PREFIX/share/lockstep, wherever PREFIX was moved to;
 * build/FLAVOUR/lockstep -> the source tree three levels up. */
static const char *built_home(struct arena *a)
{
    char exe[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

    if (n <= 0)
        return NULL;
    exe[n] = '\0';
    for (int up = 0; up < 4; up++) {
        char *slash = strrchr(exe, '/');
        const char *probe;

        if (!slash || slash == exe)
            return NULL;
        *slash = '\0';
        probe = arena_printf(a, "%s/share/lockstep/exercises", exe);
        if (up == 1 && exists(probe))
            return arena_printf(a, "%s/share/lockstep", exe);
        probe = arena_printf(a, "%s/exercises", exe);
        if (up > 0 && exists(probe))
            return arena_strdup(a, exe);
    }
    return NULL;
}

static int find_home(struct arena *a, const char **ret, struct err *e)
{
    const char *env = getenv("LOCKSTEP_HOME");
    const char *home = env && *env ? env : built_home(a);
    char *real;

    if (!home)
        home = LOCKSTEP_SHARE;
    real = realpath(home, NULL);
    if (!real || !exists(arena_printf(a, "%s/exercises", real))) {
        free(real);
        return err_set(
            e, ERR_SYSTEM,
            "no exercises in '%s'; set LOCKSTEP_HOME to a folder that holds exercises/", home);
    }
    *ret = arena_strdup(a, real);
    free(real);
    return *ret ? 0 : err_oom(e);
}

/* The archive stands beside the binary in a build tree, in HOME/runtime when installed. */
static int find_runtime(struct arena *a, const char *home, const char **ret, struct err *e)
{
    const char *tries[] = {
        getenv("LOCKSTEP_RUNTIME"),
        arena_printf(a, "%s/build/plain/runtime", home),
        arena_printf(a, "%s/runtime", home),
        LOCKSTEP_SHARE "/runtime",
    };

    for (size_t i = 0; i < ARRAY_SIZE(tries); i++) {
        if (tries[i] && exists(arena_printf(a, "%s/liblockstep_native.a", tries[i]))) {
            *ret = tries[i];
            return 0;
        }
    }
    return err_set(e, ERR_SYSTEM,
                   "cannot find liblockstep_native.a; run 'make' or set LOCKSTEP_RUNTIME");
}

static void load_one(struct arena *a, const char *root, const char *name, struct exercise *x)
{
    char *cname = arena_strdup(a, name + 3);

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
    if (rubric_load(arena_printf(a, "%s/exercise.yml", x->dir), a, &x->rubric, &x->broken) < 0)
        return;
    if (strcmp(x->rubric.id, name) != 0)
        err_set(&x->broken, ERR_EXERCISE,
                "%s/exercise.yml: 'id' is '%s', but the folder is '%s'", x->dir, x->rubric.id,
                name);
}

int course_load(struct arena *a, struct course *ret, struct err *e)
{
    struct course c = {0};
    struct dirent **names = NULL;
    const char *root;
    int n;

    if (find_home(a, &c.home, e) < 0 || find_runtime(a, c.home, &c.runtime, e) < 0)
        return -1;
    root = arena_printf(a, "%s/exercises", c.home);
    n = root ? scandir(root, &names, only_exercises, alphasort) : -1;
    if (n < 0)
        return err_errno(e, "cannot list '%s/exercises'", c.home);
    c.exercises = arena_zalloc(a, (size_t)(n + 1) * sizeof *c.exercises);
    for (int i = 0; i < n; i++) {
        if (c.exercises)
            load_one(a, root, names[i]->d_name, &c.exercises[c.count++]);
        free(names[i]);
    }
    free(names);
    if (!c.exercises || a->failed)
        return err_oom(e);
    *ret = c;
    return 0;
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

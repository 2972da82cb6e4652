/* own.c - looks at the current folder, then upwards. */
#include "cli/own.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "batch/unitfile.h"
#include "cli/cmd.h"

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool stands_in(const struct exercise *x)
{
    auto_free char *cwd = getcwd(NULL, 0);
    const char *slash = cwd ? strrchr(cwd, '/') : NULL;

    return slash && strcmp(slash + 1, x->id) == 0;
}

const struct exercise *own_exercise(const struct course *c)
{
    for (int i = 0; i < c->count; i++)
        if (stands_in(&c->exercises[i]))
            return &c->exercises[i];
    return NULL;
}

/* "", "../", "../../", ...: the nearest that has exercises/; NULL: none up to the root. */
static const char *way_up(struct arena *a)
{
    auto_free char *cwd = getcwd(NULL, 0);
    struct buf up = {0};
    const char *found = NULL;

    for (const char *p = cwd; p && !found; p = strchr(p + 1, '/')) {
        auto_free char *path = NULL;

        if (asprintf(&path, "%sexercises", up.data ? up.data : "") < 0)
            path = NULL;
        if (path && is_folder(path))
            found = arena_strdup(a, up.data ? up.data : "");
        buf_puts(&up, "../");
    }
    buf_release(&up);
    return found;
}

int own_file(const struct exercise *x, const char *submission, struct arena *a,
             const char **ret, struct err *e)
{
    const char *up;

    if (submission)
        *ret = submission_file(submission, x, a);
    else if (stands_in(x) && access(x->rubric.edit, F_OK) == 0)
        *ret = arena_printf(a, "./%s", x->rubric.edit);
    else if ((up = way_up(a)))
        *ret = arena_printf(a, "%sexercises/%s/%s", up, x->id, x->rubric.edit);
    else
        return err_set(
            e, ERR_USAGE,
            "no exercises here: 'lockstep init' makes a folder of them; or say where "
            "your files are with --submission DIR");
    return *ret ? 0 : err_oom(e);
}

int own_pick(const struct course *c, char *const words[], struct arena *a,
             const struct exercise ***ret, struct err *e)
{
    const struct exercise *x = words[0] ? NULL : own_exercise(c);
    char *const one[] = {x ? (char *)x->id : NULL, NULL};

    return pick_exercises(c, x ? one : words, a, ret, e);
}

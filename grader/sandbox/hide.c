/* hide.c - see hide.h. */
#include "sandbox/hide.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/place.h"

#define SHOWN "/usr"

static char **folders; /* ended by NULL */
static int count;

/* Is `path` this folder or below it? */
static bool is_in(const char *path, const char *folder)
{
    const size_t n = strlen(folder);

    return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

bool hide_folder(const char *folder)
{
    char *real = folder ? realpath(folder, NULL) : NULL, **more;
    bool known = !real || !is_in(real, SHOWN) || strcmp(real, SHOWN) == 0;

    for (int i = 0; i < count && !known; i++)
        known = is_in(real, folders[i]);
    more = known ? NULL : realloc(folders, (size_t)(count + 2) * sizeof *more);
    if (!more) {
        free(real);
        return known;
    }
    folders = more;
    folders[count++] = real;
    folders[count] = NULL;
    return true;
}

static void hide_installation(void)
{
    static bool done;
    struct arena a = {0};
    const char *exercises = done ? NULL : place_find("exercises", &a);
    char *home = exercises ? strdup(exercises) : NULL;

    done = true;
    if (home && strrchr(home, '/')) {
        *strrchr(home, '/') = '\0';
        hide_folder(home);
    }
    free(home);
    arena_release(&a);
}

const char *const *hide_list(void)
{
    static const char *const none[] = {NULL};

    hide_installation();
    return folders ? (const char *const *)folders : none;
}

static bool leads_to_hidden(const char *path, bool *itself)
{
    *itself = false;
    for (int i = 0; i < count; i++) {
        *itself |= is_in(path, folders[i]);
        if (is_in(folders[i], path))
            return true;
    }
    return *itself;
}

static int allow_below(const char *folder, void (*allow)(void *, const char *), void *ctx,
                       struct err *e)
{
    DIR *d = opendir(folder);
    int rc = 0;

    if (!d)
        return errno == EACCES ? 0 : err_errno(e, "cannot list '%s'", folder);
    for (struct dirent *de; rc == 0 && (de = readdir(d));) {
        char path[4096];
        bool itself;

        if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0 ||
            snprintf(path, sizeof path, "%s/%s", folder, de->d_name) >= (int)sizeof path)
            continue;
        if (!leads_to_hidden(path, &itself))
            allow(ctx, path);
        else if (!itself)
            rc = allow_below(path, allow, ctx, e);
    }
    closedir(d);
    return rc;
}

int hide_allowed(void (*allow)(void *ctx, const char *path), void *ctx, struct err *e)
{
    hide_installation();
    if (count == 0) {
        allow(ctx, SHOWN);
        return 0;
    }
    return allow_below(SHOWN, allow, ctx, e);
}

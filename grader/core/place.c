/* place.c - reads /proc/self/exe (proc_pid_exe(5)) and looks in the places of place.h. */
#include "core/place.h"

#include <limits.h>
#include <string.h>

/* From the folder of the binary; the first that has the file. `tree`: only when that folder is
 * one of build/, else ~/bin would lead to what lies beside somebody's home. */
static const struct {
    const char *from;
    bool tree;
} places[] = {{"/../share/lockstep", false}, {"", true}, {"/../plain", true}, {"/../..", true}};

static bool is_build_folder(const char *dir)
{
    const char *slash = strrchr(dir, '/');

    return slash && slash - dir >= 6 && strncmp(slash - 6, "/build", 6) == 0;
}

const char *place_find(const char *name, struct arena *a)
{
    char exe[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

    if (n <= 0)
        return NULL;
    exe[n] = '\0';
    *strrchr(exe, '/') = '\0';
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        auto_free char *path = NULL, *real = NULL;

        if (places[i].tree && !is_build_folder(exe))
            continue;
        if (asprintf(&path, "%s%s/%s", exe, places[i].from, name) < 0)
            path = NULL;
        real = path ? realpath(path, NULL) : NULL;
        if (real)
            return arena_strdup(a, real);
    }
    return NULL;
}

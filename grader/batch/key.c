/* key.c - SHA-256 over what a result depends on. */
#include "batch/key.h"

#include <dirent.h>
#include <nettle/sha2.h>
#include <string.h>
#include <sys/stat.h>

#include "core/version.h"
#include "report/report.h"
#include "sandbox/cgroup.h"
#include "sandbox/tier.h"

enum { TOOL_MAX = 128 << 20 };

static void text(struct sha256_ctx *h, const char *s)
{
    sha256_update(h, strlen(s) + 1, (const uint8_t *)s);
}

static void finish(struct sha256_ctx *h, char ret[static KEY_HEX])
{
    uint8_t d[SHA256_DIGEST_SIZE];

    sha256_digest(h, sizeof d, d);
    for (size_t i = 0; i < sizeof d; i++)
        snprintf(ret + 2 * i, 3, "%02x", d[i]);
}

void key_hash(const void *data, size_t len, char ret[static KEY_HEX])
{
    struct sha256_ctx h;

    sha256_init(&h);
    sha256_update(&h, len, data);
    finish(&h, ret);
}

/* Name and bytes of a file; one that is not there is a fact as well. */
static int file(struct sha256_ctx *h, const char *name, const char *path, struct err *e)
{
    auto_free char *bytes = NULL;
    size_t len = 0;

    text(h, name);
    if (access(path, F_OK) == 0 && slurp(path, TOOL_MAX, &bytes, &len, e) < 0)
        return -1;
    text(h, bytes ? "file" : "none");
    sha256_update(h, len, (const uint8_t *)(bytes ? bytes : ""));
    return 0;
}

static int folder(struct sha256_ctx *h, const char *dir, struct err *e)
{
    struct dirent **names = NULL;
    int n = scandir(dir, &names, NULL, alphasort), rc = 0;

    if (n < 0)
        return err_errno(e, "cannot read the folder '%s'", dir);
    for (int i = 0; i < n; i++) {
        auto_free char *path = NULL;
        struct stat st;

        if (asprintf(&path, "%s/%s", dir, names[i]->d_name) < 0)
            path = NULL;
        if (!path)
            rc = err_oom(e);
        else if (rc == 0 && lstat(path, &st) == 0 && S_ISREG(st.st_mode))
            rc = file(h, names[i]->d_name, path, e);
        free(names[i]);
    }
    free(names);
    return rc;
}

static int grader(const struct unit_options *o, char ret[static KEY_HEX], struct err *e)
{
    static const char *const tools[] = {
        "/usr/bin/gcc",
        "/usr/bin/objcopy",
        "/usr/bin/valgrind.bin",
        "/usr/libexec/valgrind/helgrind-amd64-linux",
        "/usr/libexec/valgrind/memcheck-amd64-linux",
        "/lib/x86_64-linux-gnu/libc.so.6",
        "/usr/lib/x86_64-linux-gnu/libcheck.a",
    };
    struct sha256_ctx h;

    sha256_init(&h);
    text(&h, RESULT_FORMAT " " LOCKSTEP_VERSION);
    text(&h, tier_name(sandbox_tier()));
    text(&h, cgroup_works() ? "whole" : "each");
    text(&h, o->secret ? o->secret : "");
    if (file(&h, "lockstep", "/proc/self/exe", e) < 0 || folder(&h, o->course->runtime, e) < 0)
        return -1;
    for (size_t i = 0; i < ARRAY_SIZE(tools); i++)
        if (file(&h, tools[i], tools[i], e) < 0)
            return -1;
    finish(&h, ret);
    return 0;
}

static int exercise(const struct unit_options *o, const struct exercise *x, struct arena *a,
                    char ret[static KEY_HEX], struct err *e)
{
    const char *solution = course_solution(o->course, x, a);
    const char *dir =
        solution ? arena_strndup(a, solution, (size_t)(strrchr(solution, '/') - solution))
                 : NULL;
    struct sha256_ctx h;

    sha256_init(&h);
    text(&h, x->id);
    if (folder(&h, x->dir, e) < 0 || (dir && folder(&h, dir, e) < 0))
        return -1;
    finish(&h, ret);
    return 0;
}

int key_prepare(const struct unit_options *o, const struct exercise *const *list,
                struct arena *a, struct key_base *ret, struct err *e)
{
    struct key_base b = {.list = list};
    size_t n = 0;

    while (list[n])
        n++;
    b.exercises = arena_zalloc(a, (n + 1) * sizeof *b.exercises);
    if (!b.exercises)
        return err_oom(e);
    if (grader(o, b.grader, e) < 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (exercise(o, list[i], a, b.exercises[i], e) < 0)
            return -1;
    *ret = b;
    return 0;
}

void key_of(const struct key_base *b, int exercise_index, const char *source,
            char ret[static KEY_HEX])
{
    struct sha256_ctx h;

    sha256_init(&h);
    text(&h, b->grader);
    text(&h, b->exercises[exercise_index]);
    text(&h, source ? source : "");
    finish(&h, ret);
}

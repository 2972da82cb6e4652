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

static int is_header(const struct dirent *d)
{
    const size_t n = strlen(d->d_name);

    return n > 2 && strcmp(d->d_name + n - 2, ".h") == 0;
}

static int files_of(struct sha256_ctx *h, const char *dir, int (*which)(const struct dirent *),
                    struct err *e)
{
    struct dirent **names = NULL;
    int n = scandir(dir, &names, which, alphasort), rc = 0;

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

static int folder(struct sha256_ctx *h, const char *dir, struct err *e)
{
    return files_of(h, dir, NULL, e);
}

/* All that compile.c lays beside a submission. */
static int headers(struct sha256_ctx *h, const char *dir, struct err *e)
{
    return files_of(h, dir, is_header, e);
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
    text(&h, o->no_oracle ? "without oracle" : "");
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

/* What the runs of an exercise depend on: everything but words and points. */
static int kin(const struct unit_options *o, const struct exercise *x, struct arena *a,
               char ret[static KEY_HEX], struct err *e)
{
    const struct rubric *r = &x->rubric;
    const struct limits *l = &r->limits;
    const char *suite = arena_printf(a, "check_%s.c", x->cname);
    const char *solution = course_solution(o->course, x, a);
    struct sha256_ctx h;
    char line[256];

    if (!suite)
        return err_oom(e);
    sha256_init(&h);
    text(&h, x->id);
    text(&h, r->edit);
    for (int i = 0; r->api[i]; i++)
        text(&h, r->api[i]);
    text(&h, "forbidden:");
    for (int i = 0; r->forbidden[i]; i++)
        text(&h, r->forbidden[i]);
    text(&h, "allowed:");
    for (int i = 0; r->allowed[i]; i++)
        text(&h, r->allowed[i]);
    snprintf(line, sizeof line, "%ld %ld %ld %ld %ld %ld", l->cpu_s, l->wall_s, l->memory_mb,
             l->processes, l->output_kb, l->file_mb);
    text(&h, line);
    for (int i = 0; i < r->test_count; i++) {
        snprintf(line, sizeof line, "%.200s %x", r->tests[i].id, r->tests[i].modes);
        text(&h, line);
    }
    if (file(&h, suite, arena_printf(a, "%s/%s", x->dir, suite), e) < 0 ||
        headers(&h, x->dir, e) < 0 || file(&h, "hidden", x->hidden ? x->hidden : "", e) < 0 ||
        file(&h, "reference", solution ? solution : "", e) < 0)
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
    b.kins = arena_zalloc(a, (n + 1) * sizeof *b.kins);
    if (!b.exercises || !b.kins)
        return err_oom(e);
    if (grader(o, b.grader, e) < 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (exercise(o, list[i], a, b.exercises[i], e) < 0 ||
            kin(o, list[i], a, b.kins[i], e) < 0)
            return -1;
    *ret = b;
    return 0;
}

static void name_of(const struct key_base *b, const char *exercise, const char *source,
                    char ret[static KEY_HEX])
{
    struct sha256_ctx h;

    sha256_init(&h);
    text(&h, b->grader);
    text(&h, exercise);
    text(&h, source ? source : "");
    finish(&h, ret);
}

void key_of(const struct key_base *b, int exercise_index, const char *source,
            char ret[static KEY_HEX])
{
    name_of(b, b->exercises[exercise_index], source, ret);
}

void key_kin(const struct key_base *b, int exercise_index, const char *source,
             char ret[static KEY_HEX])
{
    name_of(b, b->kins[exercise_index], source, ret);
}

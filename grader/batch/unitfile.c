/* unitfile.c - grade in a worker, pass the result on, read the course secret. */
#include "batch/unitfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "batch/key.h"
#include "core/version.h"
#include "report/report.h"
#include "sandbox/tier.h"

enum { RESULT_MAX = 64 << 20 };

const char *submission_file(const char *dir, const struct exercise *x, struct arena *a)
{
    static const char *const below[] = {"", "/exercises"};
    struct stat st;

    for (size_t i = 0; i < ARRAY_SIZE(below); i++) {
        const char *path = arena_printf(a, "%s%s/%s/%s", dir, below[i], x->id, x->rubric.edit);

        /* one that cannot be looked at is not missing: let the grading say so */
        if (path && (lstat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR)))
            return path;
    }
    return arena_printf(a, "%s/%s", dir, x->rubric.edit);
}

int unitfile_grade(const struct unit_options *o, const struct exercise *x, const char *file,
                   const char *path, struct err *e)
{
    struct arena a = {0};
    struct unit_result u = {.exercise = x};
    struct err why = {0};
    json_t *result = NULL, *timing = NULL, *both = NULL;
    struct buf b = {0};
    int rc;

    if (unit_grade(o, x, file, &a, &u, &why) < 0) {
        u = (struct unit_result){.exercise = x,
                                 .not_graded = why.msg,
                                 .max = rubric_max(&x->rubric),
                                 .tier = sandbox_tier()};
        if (why.kind == ERR_STOPPED) {
            arena_release(&a);
            *e = why;
            return -1;
        }
    }
    rc = report_json(&u, 1, &result, e);
    if (rc == 0)
        rc = report_timing(&u, 1, &timing, e);
    if (rc == 0)
        both = json_pack("{s:o, s:o}", "result", result, "timing", timing);
    if (rc == 0 && !both)
        rc = err_oom(e);
    if (rc == 0)
        rc = report_dump(both, &b, e);
    if (rc == 0)
        rc = write_whole(path, b.data, b.len, e);
    json_decref(both);
    buf_release(&b);
    arena_release(&a);
    return rc < 0 ? -1 : u.not_graded != NULL;
}

int unitfile_read(const char *path, struct graded *ret, struct err *e)
{
    json_error_t why;
    auto_free char *text = NULL;
    struct graded g;
    size_t len;
    json_t *j;

    if (slurp(path, RESULT_MAX, &text, &len, e) < 0) /* a pipe would be waited for */
        return -1;
    j = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
    if (!j)
        return err_set(e, ERR_SYSTEM, "cannot read '%s': %s", path, why.text);
    g.result = json_incref(json_object_get(j, "result"));
    g.timing = json_incref(json_object_get(j, "timing"));
    json_decref(j);
    if (!g.result || !g.timing) {
        graded_release(&g);
        return err_set(e, ERR_SYSTEM, "'%s' is no unit result", path);
    }
    *ret = g;
    return 0;
}

static bool is(const json_t *j, const char *key, const char *want)
{
    const char *s = json_string_value(json_object_get(j, key));

    return s && strcmp(s, want) == 0;
}

static bool is_number(const json_t *j, const char *key, json_int_t most)
{
    const json_t *n = json_object_get(j, key);

    return json_is_integer(n) && json_integer_value(n) >= 0 && json_integer_value(n) <= most;
}

static bool has_tests(const json_t *unit)
{
    const json_t *tests = json_object_get(unit, "tests"), *t;
    size_t i;

    json_array_foreach(tests, i, t) if (!json_is_string(json_object_get(t, "id")) ||
                                        !json_is_string(json_object_get(t, "verdict")) ||
                                        !is_number(t, "points", RUBRIC_POINTS)) return false;
    return json_array_size(tests) > 0;
}

bool graded_is_of(const struct graded *g, const char *exercise, const char *source)
{
    const json_t *all = json_object_get(g->result, "exercises"), *u = json_array_get(all, 0);
    const char *hash = json_string_value(json_object_get(u, "submission"));
    const bool plain = source && strcmp(source, NO_PLAIN_FILE) != 0;
    enum tier t;

    return is(g->result, "format", RESULT_FORMAT) &&
           is(g->result, "grader", LOCKSTEP_VERSION) &&
           tier_parse(json_string_value(json_object_get(g->result, "tier")), &t) &&
           json_is_object(json_object_get(g->timing, "exercises")) &&
           json_array_size(all) == 1 && is(u, "id", exercise) &&
           is(u, "status", source ? "graded" : "missing") &&
           (plain ? hash && strcmp(hash, source) == 0 : !hash) &&
           is_number(u, "max", RUBRIC_POINTS) &&
           is_number(u, "score", json_integer_value(json_object_get(u, "max"))) && has_tests(u);
}

void graded_release(struct graded *g)
{
    json_decref(g->result);
    json_decref(g->timing);
    *g = (struct graded){0};
}

struct typical timing_typical(const json_t *timing)
{
    struct typical sum = {0};
    const char *id, *stage;
    json_t *x, *spent;

    json_object_foreach(json_object_get(timing, "exercises"), id, x)
    {
        json_object_foreach(x, stage, spent)
        {
            sum.cpu_s += json_number_value(json_object_get(spent, "cpu_s"));
            sum.wall_s += json_number_value(json_object_get(spent, "wall_s"));
        }
    }
    return sum;
}

static int make_secret(const char *path, struct err *e)
{
    unsigned char raw[32];
    char hex[2 * sizeof raw + 2];
    auto_close int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return err_errno(e, "cannot make the course secret '%s'", path);
    if (getrandom(raw, sizeof raw, 0) != (ssize_t)sizeof raw)
        return err_errno(e, "cannot get random numbers");
    for (size_t i = 0; i < sizeof raw; i++)
        snprintf(hex + 2 * i, 3, "%02x", raw[i]);
    strcat(hex, "\n");
    return write_all(fd, hex, strlen(hex)) < 0 ? err_errno(e, "cannot write '%s'", path) : 0;
}

int secret_load(const char *path, bool create, char **ret, struct err *e)
{
    auto_free char *text = NULL;
    size_t len;

    if (create && access(path, F_OK) < 0 && errno == ENOENT && make_secret(path, e) < 0)
        return -1;
    if (slurp(path, 4096, &text, &len, e) < 0)
        return err_wrap(e, "no course secret");
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        text[--len] = '\0';
    if (len < 16)
        return err_set(e, ERR_USAGE, "the course secret in '%s' is shorter than 16 characters",
                       path);
    *ret = steal_ptr(&text);
    return 0;
}

/* unitfile.c - grade in a worker, pass the result on, read the course secret. */
#include "batch/unitfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "report/report.h"

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
        u = (struct unit_result){.exercise = x, .not_graded = why.msg, .max = RUBRIC_POINTS};
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
    json_t *j = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    struct graded g;

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

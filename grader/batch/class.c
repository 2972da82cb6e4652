/* class.c - scan, grade in the pool, join per student, write the gradebook. */
#include "batch/class.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "core/escape.h"
#include "report/report.h"

struct job {
    struct class_run *r;
    const char *work; /* unit files */
    int finished;
    struct err e;
};

static int visible(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

int class_scan(struct class_run *r, struct err *e)
{
    struct dirent **names = NULL;
    int n = scandir(r->in, &names, visible, alphasort);

    if (n < 0)
        return err_set(e, ERR_USAGE, "cannot read the folder '%s': %s", r->in, strerror(errno));
    r->students = arena_zalloc(r->a, (size_t)(n + 1) * sizeof *r->students);
    for (int i = 0; i < n; i++) {
        const char *dir = arena_printf(r->a, "%s/%s", r->in, names[i]->d_name);
        struct stat st;

        if (r->students && dir && lstat(dir, &st) == 0 && S_ISDIR(st.st_mode))
            r->students[r->student_count++] = (struct class_student){
                .name = arena_strdup(r->a, names[i]->d_name), .dir = dir};
        free(names[i]);
    }
    free(names);
    if (r->a->failed)
        return err_oom(e);
    if (r->student_count == 0)
        return err_set(e, ERR_USAGE, "'%s' holds no student folders", r->in);
    return 0;
}

static const char *unit_path(const struct job *j, int index, struct arena *a)
{
    return arena_printf(a, "%s/%d.json", j->work, index);
}

static int work(void *ctx, int index)
{
    struct job *j = ctx;
    const struct class_student *s = &j->r->students[index / j->r->exercise_count];
    const struct exercise *x = j->r->exercises[index % j->r->exercise_count];
    const char *path = unit_path(j, index, j->r->a);
    const char *file = submission_file(s->dir, x, j->r->a);
    struct unit_options o = j->r->unit;
    struct err e = {0};

    /* without a reference on this side there is nothing to compare with */
    o.oracle = course_solution(o.course, x, j->r->a) != NULL;
    return path && file && unitfile_grade(&o, x, file, path, &e) >= 0 ? 0 : 3;
}

/* A worker that died left no file: the unit is not graded, which is not zero. */
static int read_unit(const struct job *j, int index, struct graded *ret, struct err *e)
{
    struct arena a = {0};
    const struct exercise *x = j->r->exercises[index % j->r->exercise_count];
    struct unit_result u = {.exercise = x,
                            .max = RUBRIC_POINTS,
                            .not_graded = "the process that graded it ended unexpectedly"};
    const char *path = unit_path(j, index, &a);
    struct err ignored;
    int rc = 0;

    if (!path || unitfile_read(path, ret, &ignored) < 0) {
        struct graded g = {0};

        rc = report_json(&u, 1, &g.result, e);
        if (rc == 0)
            rc = report_timing(&u, 1, &g.timing, e);
        *ret = g;
    }
    arena_release(&a);
    return rc;
}

static int write_json(const char *dir, const char *name, const json_t *j, struct err *e)
{
    auto_free char *path = NULL;
    struct buf b = {0};
    int rc = report_dump(j, &b, e);

    if (asprintf(&path, "%s/%s", dir, name) < 0)
        path = NULL;
    if (rc == 0)
        rc = path ? write_whole(path, b.data, b.len, e) : err_oom(e);
    buf_release(&b);
    return rc;
}

static int write_report(const char *dir, const json_t *result, struct err *e)
{
    const struct text_options o = {.verbose = true};
    auto_free char *path = NULL;
    struct buf b = {0};
    int rc = report_text(result, &o, &b, e);

    if (asprintf(&path, "%s/report.txt", dir) < 0)
        path = NULL;
    if (rc == 0)
        rc = path ? write_whole(path, b.data, b.len, e) : err_oom(e);
    buf_release(&b);
    return rc;
}

/* Joins a student's units; `parts` and `results` have room for them. */
static int join_student(struct job *j, int student, struct graded *parts, json_t **results,
                        json_t **ret_timing, struct err *e)
{
    const int n = j->r->exercise_count;
    json_t *timing = json_object();
    int rc = timing ? 0 : err_oom(e);

    for (int i = 0; rc == 0 && i < n; i++) {
        rc = read_unit(j, student * n + i, &parts[i], e);
        if (rc < 0)
            break;
        results[i] = parts[i].result;
        json_object_update(timing, json_object_get(parts[i].timing, "exercises"));
    }
    if (rc == 0)
        rc = report_join(results, n, &j->r->students[student].result, e);
    if (rc == 0) {
        *ret_timing = json_pack("{s:s, s:O}", "format", TIMING_FORMAT, "exercises", timing);
        rc = *ret_timing ? 0 : err_oom(e);
    }
    json_decref(timing);
    return rc;
}

static int write_student(struct job *j, int student, struct err *e)
{
    struct class_run *r = j->r;
    struct class_student *s = &r->students[student];
    const int n = r->exercise_count;
    struct graded *parts = calloc((size_t)n, sizeof *parts);
    json_t **results = calloc((size_t)n, sizeof *results), *timing = NULL;
    const char *dir = arena_printf(r->a, "%s/students/%s", r->out, s->name);
    int rc = -1;

    if (!parts || !results || !dir)
        err_oom(e);
    else if (make_dirs(dir, e) == 0)
        rc = join_student(j, student, parts, results, &timing, e);
    if (rc == 0)
        rc = write_json(dir, "result.json", s->result, e);
    if (rc == 0)
        rc = write_report(dir, s->result, e);
    if (rc == 0)
        rc = write_json(dir, "timing.json", timing, e);
    for (int i = 0; parts && i < n; i++)
        graded_release(&parts[i]);
    json_decref(timing);
    free(parts);
    free(results);
    return rc;
}

static void done(void *ctx, int index, int status)
{
    struct job *j = ctx;
    struct class_run *r = j->r;

    (void)status;
    if (r->progress)
        r->progress(++j->finished, r->student_count * r->exercise_count,
                    r->students[index / r->exercise_count].name,
                    r->exercises[index % r->exercise_count]->id);
}

/* ---- the gradebook ------------------------------------------------------------------- */

static void gradebook_row(struct class_run *r, const struct class_student *s, struct buf *b)
{
    const json_t *x;
    struct buf notes = {0};
    bool whole = true;
    size_t i;

    escape_csv(b, s->name, strlen(s->name));
    json_array_foreach(json_object_get(s->result, "exercises"), i, x)
    {
        const char *status = json_string_value(json_object_get(x, "status"));

        buf_puts(b, ",");
        if (strcmp(status, "not-graded") == 0) {
            whole = false;
            r->not_graded++;
            buf_printf(&notes, "%s%s not graded: %s", notes.len ? "; " : "",
                       json_string_value(json_object_get(x, "id")),
                       json_string_value(json_object_get(x, "reason")));
            continue; /* an empty cell is no zero */
        }
        buf_printf(b, "%lld", json_integer_value(json_object_get(x, "score")));
        if (strcmp(status, "missing") == 0)
            buf_printf(&notes, "%s%s nothing submitted", notes.len ? "; " : "",
                       json_string_value(json_object_get(x, "id")));
    }
    buf_puts(b, ",");
    if (whole)
        buf_printf(b, "%lld", json_integer_value(json_object_get(s->result, "score")));
    buf_printf(b, ",%lld,", json_integer_value(json_object_get(s->result, "max")));
    escape_csv(b, notes.data ? notes.data : "", notes.len);
    buf_puts(b, "\r\n");
    buf_release(&notes);
}

static int write_gradebook(struct class_run *r, struct err *e)
{
    const char *path = arena_printf(r->a, "%s/gradebook.csv", r->out);
    struct buf b = {0};
    int rc;

    buf_puts(&b, "student");
    for (int i = 0; i < r->exercise_count; i++)
        buf_printf(&b, ",%s", r->exercises[i]->id);
    buf_puts(&b, ",total,max,notes\r\n");
    for (int i = 0; i < r->student_count; i++)
        gradebook_row(r, &r->students[i], &b);
    rc = path && !b.failed ? write_whole(path, b.data, b.len, e) : err_oom(e);
    buf_release(&b);
    return rc;
}

int class_grade(struct class_run *r, struct err *e)
{
    struct job j = {.r = r};
    struct pool p = {.count = r->student_count * r->exercise_count,
                     .jobs = r->jobs,
                     .work = work,
                     .done = done,
                     .ctx = &j};
    struct err ignored;
    int rc;

    j.work = arena_printf(r->a, "%s/.units-%d", r->out, (int)getpid());
    if (!j.work)
        return err_oom(e);
    if (make_dirs(j.work, e) < 0)
        return -1;
    rc = pool_run(&p, e);
    for (int i = 0; rc == 0 && i < r->student_count; i++)
        rc = write_student(&j, i, e);
    if (rc == 0)
        rc = write_gradebook(r, e);
    remove_tree(j.work, &ignored);
    return rc;
}

void class_release(struct class_run *r)
{
    for (int i = 0; i < r->student_count; i++)
        json_decref(r->students[i].result);
}

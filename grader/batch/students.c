/* students.c - one student at a time, so that a class of any size fits into little memory. */
#include "batch/students.h"

#include <string.h>

#include "core/utf8.h"
#include "report/report.h"
#include "sandbox/tier.h"

struct writer {
    struct store *s;
    const struct table *t;
    const struct key_base *keys;
    const char *out;
    enum lang lang;
    bool due;       /* no deadline of the class is still to come */
    struct arena a; /* of the student at hand */
};

static const char *const files[] = {"result.json", "timing.json", "report.txt", "report.html"};

/* ---- has anything changed? ------------------------------------------------------------------
 */

static int fingerprint(struct writer *w, const struct row *r, char ret[static KEY_HEX],
                       struct err *e)
{
    struct buf b = {0};

    buf_printf(&b, "%s\n%s\n%s\n%d %d\n", w->keys->grader, r->student.name, r->student.number,
               (int)w->lang, w->due);
    for (int x = 0; x < w->t->exercise_count; x++) {
        const struct cell *c = &r->cells[x];

        buf_printf(&b, "%s %s %s\n", w->t->exercises[x]->id, c->key ? c->key : "-",
                   c->reason ? c->reason : "");
        table_note(w->t, r, x, &b);
    }
    buf_puts(&b, r->notes ? r->notes : "");
    key_hash(b.data ? b.data : "", b.len, ret);
    if (b.failed) {
        buf_release(&b);
        return err_oom(e);
    }
    buf_release(&b);
    return 0;
}

static bool is_written(struct writer *w, const struct row *r, const char *name,
                       const char *print)
{
    const char *was = store_get(w->s, name, &w->a);

    if (!was || strcmp(was, print) != 0)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        const char *path =
            arena_printf(&w->a, "%s/students/%s/%s", w->out, r->student.folder, files[i]);

        if (!path || access(path, F_OK) < 0)
            return false;
    }
    return true;
}

/* ---- joining --------------------------------------------------------------------------------
 */

static int unit_json(struct writer *w, const struct row *r, int x, json_t **ret,
                     json_t **ret_timing, struct err *e)
{
    const struct cell *c = &r->cells[x];
    const struct unit_result none = {.exercise = w->t->exercises[x],
                                     .max = rubric_max(&w->t->exercises[x]->rubric),
                                     .not_graded = c->reason ? c->reason : "not graded",
                                     .tier = sandbox_tier()};
    int rc;

    if (c->kind != CELL_NOT_GRADED && c->key) {
        rc = store_result(w->s, c->key, ret, ret_timing, e);
        if (rc != 0)
            return rc < 0 ? -1 : 0;
    }
    if (report_json(&none, 1, ret, e) < 0)
        return -1;
    if (report_timing(&none, 1, ret_timing, e) < 0) {
        json_decref(*ret);
        *ret = NULL;
        return -1;
    }
    return 0;
}

/* `parts` has room for a result an exercise. */
static int join(struct writer *w, const struct row *r, json_t **parts, json_t **ret,
                json_t **ret_timing, struct err *e)
{
    json_t *all = json_object(), *timing = NULL;
    int rc = all ? 0 : err_oom(e);

    for (int x = 0; rc == 0 && x < w->t->exercise_count; x++) {
        rc = unit_json(w, r, x, &parts[x], &timing, e);
        if (rc == 0)
            json_object_update(all, json_object_get(timing, "exercises"));
        json_decref(timing);
        timing = NULL;
    }
    if (rc == 0)
        rc = report_join(parts, w->t->exercise_count, ret, e);
    if (rc == 0) {
        *ret_timing = json_pack("{s:s, s:O}", "format", TIMING_FORMAT, "exercises", all);
        rc = *ret_timing ? 0 : err_oom(e);
    }
    json_decref(all);
    return rc;
}

/* ---- writing
 * --------------------------------------------------------------------------------- */

/* Where the file and its inputs come from, for who wants to see a schedule again. */
static const char behind[] = " --submission DIR --secret FILE";

static void late_line(const struct row *r, const char *notes, struct buf *b)
{
    if (notes && strstr(notes, " late "))
        buf_printf(b, "counted: %d/%d (%s)\n", r->score, r->max, notes);
}

/* The files that were graded, to be shown beside interleavings; NULL when memory is short. */
static json_t *sources_of(struct writer *w, const struct row *r)
{
    json_t *all = json_object();

    for (int x = 0; all && x < w->t->exercise_count; x++) {
        auto_free char *text = NULL;
        struct err missing = {0};
        struct buf clean = {0};
        size_t len;

        if (!r->cells[x].source ||
            store_source(w->s, r->cells[x].source, &text, &len, &missing) < 0 || !text)
            continue;
        utf8_clean(&clean, text, len, UTF8_JSON);
        json_object_set_new(all, w->t->exercises[x]->id,
                            json_stringn(clean.data ? clean.data : "", clean.len));
        buf_release(&clean);
    }
    return all;
}

static int render(struct writer *w, const struct row *r, size_t file, const json_t *result,
                  const json_t *timing, struct buf *b, struct err *e)
{
    const struct text_options text = {.verbose = true, .behind = behind, .lang = w->lang};
    json_t *sources = file == 3 ? sources_of(w, r) : NULL;
    struct html_options html = {.student = r->student.name,
                                .behind = behind,
                                .counted = r->score,
                                .lang = w->lang,
                                .sources = sources};
    struct buf notes = {0};
    int rc;

    for (int x = 0; x < w->t->exercise_count; x++) {
        table_note(w->t, r, x, &notes);
        html.late |= r->cells[x].counted != r->cells[x].score;
    }
    if (r->notes)
        buf_printf(&notes, "%s%s", notes.len ? "; " : "", r->notes);
    html.notes = notes.data;
    if (file == 0)
        rc = report_dump(result, b, e);
    else if (file == 1)
        rc = report_dump(timing, b, e);
    else if (file == 2)
        rc = report_text(result, &text, b, e);
    else
        rc = report_html(result, &html, b, e);
    if (rc == 0 && file == 2)
        late_line(r, notes.data, b);
    buf_release(&notes);
    json_decref(sources);
    return rc;
}

static int write_files(struct writer *w, const struct row *r, const json_t *result,
                       const json_t *timing, struct err *e)
{
    const char *dir = arena_printf(&w->a, "%s/students/%s", w->out, r->student.folder);

    if (!dir)
        return err_oom(e);
    if (make_dirs(dir, e) < 0)
        return -1;
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        const char *path = arena_printf(&w->a, "%s/%s", dir, files[i]);
        struct buf b = {0};
        int rc = path ? render(w, r, i, result, timing, &b, e) : err_oom(e);

        if (rc == 0)
            rc = write_whole(path, b.data, b.len, e);
        buf_release(&b);
        if (rc < 0)
            return -1;
    }
    return 0;
}

static int write_student(struct writer *w, const struct row *r, struct err *e)
{
    const char *name = arena_printf(&w->a, "report/%s", r->student.folder);
    json_t **parts = calloc((size_t)w->t->exercise_count, sizeof *parts);
    json_t *whole = NULL, *result = NULL, *timing = NULL;
    char print[KEY_HEX];
    int rc = name && parts ? fingerprint(w, r, print, e) : err_oom(e);

    if (rc == 0 && !is_written(w, r, name, print)) {
        rc = join(w, r, parts, &whole, &timing, e);
        if (rc == 0) /* reports are for the students; the class report has all */
            rc = report_for_student(whole, w->due, &result, e);
        if (rc == 0)
            rc = write_files(w, r, result, timing, e);
        if (rc == 0)
            rc = store_set(w->s, name, print, e);
    }
    for (int x = 0; parts && x < w->t->exercise_count; x++)
        json_decref(parts[x]);
    json_decref(whole);
    json_decref(result);
    json_decref(timing);
    free(parts);
    return rc;
}

/* Is every deadline over, so that "after_due_date" may be seen? */
static bool is_due(const struct table *t)
{
    const time_t now = time(NULL);
    time_t at;

    if (t->deadline.given)
        return now > t->deadline.at;
    for (int x = 0; x < t->exercise_count; x++)
        if (t->exercises[x]->deadline && time_parse(t->exercises[x]->deadline, &at) &&
            now <= at)
            return false;
    return true;
}

/* ---- who is gone
 * ------------------------------------------------------------------------------ */

static int forget(void *ctx, const char *const *columns, int count)
{
    struct writer *w = ctx;
    const char *folder = columns[0] + strlen("report/");

    (void)count;
    for (int i = 0; i < w->t->row_count; i++)
        if (strcmp(w->t->rows[i].student.folder, folder) == 0)
            return 0;
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        const char *path = arena_printf(&w->a, "%s/students/%s/%s", w->out, folder, files[i]);

        if (path)
            unlink(path);
    }
    rmdir(arena_printf(&w->a, "%s/students/%s", w->out, folder)); /* unless it holds more */
    return 0;
}

int students_write(struct store *s, const struct table *t, const struct key_base *keys,
                   const char *out, enum lang lang, struct err *e)
{
    struct writer w = {
        .s = s, .t = t, .keys = keys, .out = out, .lang = lang, .due = is_due(t)};
    int rc = 0;

    for (int i = 0; rc == 0 && i < t->row_count; i++) {
        rc = write_student(&w, &t->rows[i], e);
        arena_release(&w.a);
        w.a = (struct arena){0};
    }
    if (rc == 0)
        rc = store_query(s, "SELECT name FROM setting WHERE name LIKE 'report/%'", NULL, forget,
                         &w, e);
    arena_release(&w.a);
    return rc;
}

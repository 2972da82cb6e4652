/* class.c - the order of a batch's steps. */
#include "batch/class.h"

#include <string.h>
#include <sys/stat.h>

#include "batch/class_page.h"
#include "batch/students.h"

int class_open(struct class_run *r, struct err *e)
{
    const char *path = arena_printf(r->a, "%s/batch.db", r->out);

    if (!path)
        return err_oom(e);
    if (make_dirs(r->out, e) < 0 || store_open(path, &r->store, e) < 0)
        return -1;
    if (unit_open_work(r->a, &r->work_folder, e) < 0)
        return -1;
    /* runs as root have users of their own, who must get through to folders in it */
    return chmod(r->work_folder, 0711) < 0
               ? err_errno(e, "cannot open '%s' to runs", r->work_folder)
               : 0;
}

void class_close(struct class_run *r)
{
    struct err ignored;

    store_close(r->store);
    r->store = NULL;
    if (r->work_folder)
        remove_tree(r->work_folder, &ignored);
    r->work_folder = NULL;
    buf_release(&r->machines);
}

int class_take(struct class_run *r, struct err *e)
{
    r->intake = (struct intake){.course = r->unit.course,
                                .exercises = r->exercises,
                                .inputs = r->inputs,
                                .layout = r->layout,
                                .layout_given = r->layout_given,
                                .roster = r->roster,
                                .map = r->map,
                                .accept_names = r->accept_names,
                                .work = r->work_folder};
    if (intake_run(&r->intake, r->store, e) < 0)
        return -1;
    return store_set(r->store, "layout", layout_name(r->intake.found), e);
}

int class_grade(struct class_run *r, const char *only, bool bind, struct err *e)
{
    auto_free char *out = realpath(r->out, NULL);

    if (!r->keys.exercises && key_prepare(&r->unit, r->exercises, r->a, &r->keys, e) < 0)
        return -1;
    r->work = (struct work){.store = r->store,
                            .unit = r->unit,
                            .exercises = r->exercises,
                            .keys = &r->keys,
                            .jobs = r->jobs,
                            .engine = r->engine,
                            .out = out ? arena_strdup(r->a, out) : r->out,
                            .folder = r->work_folder,
                            .only = only,
                            .bind = bind,
                            .machines = &r->machines,
                            .progress = r->progress,
                            .ctx = r->ctx};
    return work_run(&r->work, e);
}

/* ---- writing
 * ------------------------------------------------------------------------------------
 */

static int add_note(void *ctx, int student, const char *kind, const char *text)
{
    buf_printf(ctx, "%d %s %s\n", student, kind, text);
    return 0;
}

/* What the class report says depends on this, and on nothing else. */
static int class_print(struct class_run *r, char ret[static KEY_HEX], struct err *e)
{
    const struct table *t = &r->table;
    struct buf b = {0};

    buf_printf(&b, "%s\n", r->keys.grader);
    for (int i = 0; i < t->row_count; i++) {
        buf_printf(&b, "%s\n", t->rows[i].student.folder);
        for (int x = 0; x < t->exercise_count; x++) {
            const struct cell *c = &t->rows[i].cells[x];

            buf_printf(&b, "%s %s %s %d %d\n", t->exercises[x]->id, c->key ? c->key : "-",
                       c->reason ? c->reason : "", c->counted, c->days);
        }
    }
    if (store_each_note(r->store, add_note, &b, e) < 0)
        b.failed = true;
    key_hash(b.data ? b.data : "", b.len, ret);
    if (b.failed) {
        buf_release(&b);
        return err_oom(e);
    }
    buf_release(&b);
    return 0;
}

/* Comparing everybody with everybody is dear: not again for the same class. */
static int write_page(struct class_run *r, struct err *e)
{
    const char *path = arena_printf(r->a, "%s/report.html", r->out);
    const char *was = store_get(r->store, "class", r->a);
    struct arena a = {0};
    struct looks looks;
    char print[KEY_HEX];
    int rc = path ? class_print(r, print, e) : err_oom(e);

    if (rc < 0)
        return -1;
    if (was && strcmp(was, print) == 0 && access(path, F_OK) == 0)
        return 0;
    rc = looks_find(r->store, &r->table, r->work_folder, &a, &looks, e);
    if (rc == 0)
        rc = class_page_write(r->store, &r->table, &looks, r->out, e);
    if (rc == 0)
        rc = store_set(r->store, "class", print, e);
    arena_release(&a);
    return rc;
}

/* What an earlier class of another platform left here is not this one's. */
static int write_imports(struct class_run *r, const char *layout, struct err *e)
{
    static const char *const platforms[] = {"canvas", "gradescope"};

    for (size_t i = 0; i < ARRAY_SIZE(platforms); i++) {
        const char *name = arena_printf(r->a, "import/%s", platforms[i]);
        const char *path = arena_printf(r->a, "%s/%s.csv", r->out, platforms[i]);

        if (!name || !path)
            return err_oom(e);
        if (strcmp(platforms[i], layout) == 0)
            continue;
        if (store_get(r->store, name, r->a))
            unlink(path);
        if (store_set(r->store, name, NULL, e) < 0)
            return -1;
    }
    if (lms_write(&r->table, layout, r->out, e) < 0)
        return -1;
    return store_set(r->store, arena_printf(r->a, "import/%s", layout), "written", e);
}

int class_write(struct class_run *r, struct err *e)
{
    const char *layout;

    if (table_read(r->store, r->exercises, &r->deadline, r->roster, r->a, &r->table, e) < 0 ||
        gradebook_write(&r->table, r->out, e) < 0 ||
        students_write(r->store, &r->table, &r->keys, r->out, r->lang, e) < 0 ||
        write_page(r, e) < 0)
        return -1;
    layout = store_get(r->store, "layout", r->a);
    if (write_imports(r, layout ? layout : "", e) < 0)
        return -1;
    for (int i = 0; i < CLASS_FILLS && r->fills[i]; i++)
        if (lms_fill(&r->table, r->fills[i], layout ? layout : "", r->out, &r->filled[i], e) <
            0)
            return -1;
    return 0;
}

/* ---- before and after
 * ----------------------------------------------------------------------------
 */

static int unit_of(struct class_run *r, const char *key, json_t **ret, struct err *e)
{
    json_t *timing = NULL;

    *ret = NULL;
    if (!key || store_result(r->store, key, ret, &timing, e) >= 0) {
        json_decref(timing);
        return 0;
    }
    return -1;
}

static const json_t *first_unit(const json_t *result)
{
    return json_array_get(json_object_get(result, "exercises"), 0);
}

static const char *verdict_of(const json_t *unit, const char *test)
{
    const json_t *t;
    size_t i;

    json_array_foreach(json_object_get(unit, "tests"), i,
                       t) if (strcmp(json_string_value(json_object_get(t, "id")), test) ==
                              0) return json_string_value(json_object_get(t, "verdict"));
    return NULL;
}

/* Tests of either side whose verdict is another now. */
static void list_tests(const json_t *before, const json_t *after, struct buf *ret)
{
    const json_t *sides[] = {after, before}, *t;

    for (int s = 0; s < 2; s++) {
        size_t i;

        json_array_foreach(json_object_get(sides[s], "tests"), i, t)
        {
            const char *id = json_string_value(json_object_get(t, "id"));
            const char *was = verdict_of(before, id), *is = verdict_of(after, id);

            if ((was && is && strcmp(was, is) == 0) || (s == 1 && is))
                continue;
            buf_printf(ret, "%s%s %s -> %s", ret->len ? ", " : "", id, was ? was : "absent",
                       is ? is : "absent");
        }
    }
}

static int score_of(const json_t *unit)
{
    return unit ? (int)json_integer_value(json_object_get(unit, "score")) : -1;
}

int class_compare(struct class_run *r, int exercise,
                  void (*f)(void *, const struct class_change *), void *ctx, struct err *e)
{
    const struct deadline none = {.given = false};
    struct table t;
    int rc = table_read(r->store, r->exercises, &none, NULL, r->a, &t, e);

    for (int i = 0; rc == 0 && i < t.row_count; i++) {
        const struct cell *c = &t.rows[i].cells[exercise];
        json_t *before = NULL, *after = NULL;
        struct buf tests = {0};
        char key[KEY_HEX];

        if (c->kind == CELL_NOT_GRADED && !c->source)
            continue; /* refused when it was taken in: not a matter of the suite */
        key_of(&r->keys, exercise, c->source, key);
        if ((c->key && strcmp(c->key, key) == 0) || (!c->key && !store_has(r->store, key)))
            continue;
        rc = unit_of(r, c->key, &before, e);
        if (rc == 0)
            rc = unit_of(r, key, &after, e);
        if (rc == 0) {
            const json_t *was = first_unit(before), *is = first_unit(after);

            list_tests(was, is, &tests);
            if (tests.len || score_of(was) != score_of(is))
                f(ctx, &(struct class_change){t.rows[i].student.name, score_of(was),
                                              score_of(is), tests.data ? tests.data : ""});
        }
        buf_release(&tests);
        json_decref(before);
        json_decref(after);
    }
    return rc;
}

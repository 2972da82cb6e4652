/* table.c - one query, one row a unit; then the gradebook. */
#include "batch/table.h"

#include <string.h>

#include "batch/layout.h"
#include "core/escape.h"

struct reader {
    struct table *t;
    struct arena *a;
    int row;
    const struct roster *roster; /* NULL: none */
    bool moodle;                 /* numbers are Moodle's own */
    time_t *due;                 /* by exercise; 0: no deadline */
};

/* --deadline is for all; without it course.yml's are. */
static int read_deadlines(struct reader *r, struct err *e)
{
    const struct table *t = r->t;

    r->due = arena_zalloc(r->a, (size_t)(t->exercise_count + 1) * sizeof *r->due);
    if (!r->due)
        return err_oom(e);
    for (int x = 0; x < t->exercise_count; x++) {
        const char *said = t->exercises[x]->deadline;

        if (t->deadline.given)
            r->due[x] = t->deadline.at;
        else if (said && !time_parse(said, &r->due[x]))
            return err_set(e, ERR_EXERCISE,
                           "course.yml: deadline of %s is '%.60s': expected a time like "
                           "'2026-03-01 23:59' or 2026-03-01T23:59:00Z",
                           t->exercises[x]->id, said);
    }
    return 0;
}

static int count_student(void *ctx, const struct stored_student *st)
{
    struct reader *r = ctx;
    (void)st;
    r->t->row_count++;
    return 0;
}

static int add_student(void *ctx, const struct stored_student *st)
{
    struct reader *r = ctx;
    struct row *row = &r->t->rows[r->row++];

    row->student = (struct stored_student){st->id,
                                           arena_strdup(r->a, st->name),
                                           arena_strdup(r->a, st->number),
                                           arena_strdup(r->a, st->email),
                                           arena_strdup(r->a, st->submission),
                                           arena_strdup(r->a, st->folder)};
    row->cells = arena_zalloc(r->a, (size_t)r->t->exercise_count * sizeof *row->cells);
    return row->cells ? 0 : -1;
}

static int exercise_of(const struct table *t, const char *id)
{
    for (int i = 0; i < t->exercise_count; i++)
        if (strcmp(t->exercises[i]->id, id) == 0)
            return i;
    return -1;
}

/* What came late by the platform's word alone is late by a day. */
static int days_late(const struct reader *r, const struct row *row, int x, long long when,
                     bool late)
{
    const struct roster_row *own =
        r->roster ? roster_find(r->roster, row->student.name,
                                r->moodle ? "" : row->student.number, row->student.email)
                  : NULL;
    int days = r->due[x] && when ? late_days(roster_deadline(own, r->due[x]), (time_t)when) : 0;

    if (own && r->due[x] && when && days == 0)
        return 0; /* by their own deadline it is in time, whatever the platform marks */

    return days == 0 && late ? 1 : days;
}

enum { STUDENT, EXERCISE, SOURCE, PATH, REFUSED, REASON, SCORE, MAX, WHEN, LATE, KEY };

static int add_unit(void *ctx, const char *const *c, int count)
{
    struct reader *r = ctx;
    struct table *t = r->t;
    long student, when, number;
    const int x = exercise_of(t, c[EXERCISE]);
    struct cell *cell;

    (void)count;
    if (x < 0 || !parse_long(c[STUDENT], 1, t->row_count, &student))
        return 0;
    cell = &t->rows[student - 1].cells[x];
    *cell = (struct cell){.kind = *c[SCORE] ? CELL_GRADED : CELL_NOT_GRADED,
                          .max = rubric_max(&t->exercises[x]->rubric),
                          .source = *c[SOURCE] ? arena_strdup(r->a, c[SOURCE]) : NULL,
                          .path = arena_strdup(r->a, c[PATH]),
                          .key = *c[KEY] ? arena_strdup(r->a, c[KEY]) : NULL};
    if (cell->kind == CELL_NOT_GRADED) {
        cell->reason = arena_strdup(r->a, *c[REFUSED]  ? c[REFUSED]
                                          : *c[REASON] ? c[REASON]
                                                       : "not yet graded");
        return 0;
    }
    if (parse_long(c[SCORE], 0, 1 << 30, &number))
        cell->score = (int)number;
    if (parse_long(c[MAX], 0, 1 << 30, &number))
        cell->max = (int)number;
    if (!cell->source)
        cell->kind = CELL_MISSING;
    else if (parse_long(c[WHEN], 0, 1l << 40, &when))
        cell->days = days_late(r, &t->rows[student - 1], x, when, *c[LATE] == '1');
    cell->counted = late_score(&t->deadline.rule, cell->score, cell->days);
    return 0;
}

static const char query[] =
    "SELECT u.student, u.exercise, u.source, u.path, u.refused, u.reason, r.score, r.max,"
    " u.moment, u.late, u.key FROM unit u LEFT JOIN result r ON r.key = u.key"
    " ORDER BY u.student, u.exercise";

/* What was noticed about a student's archive as such; ambiguous files stand with their
 * exercise. */
static int add_note(void *ctx, int student, const char *kind, const char *text)
{
    struct reader *r = ctx;
    struct row *row;

    if (student < 1 || student > r->t->row_count ||
        (strcmp(kind, "edited") != 0 && strcmp(kind, "signed") != 0 &&
         strcmp(kind, "named") != 0 && strcmp(kind, "group") != 0))
        return 0;
    row = &r->t->rows[student - 1];
    row->notes = row->notes ? arena_printf(r->a, "%s; %s: %s", row->notes, kind, text)
                            : arena_printf(r->a, "%s: %s", kind, text);
    return 0;
}

int table_read(struct store *s, const struct exercise *const *exercises,
               const struct deadline *deadline, const struct roster *roster, struct arena *a,
               struct table *ret, struct err *e)
{
    const char *layout;
    struct table t = {.exercises = exercises, .deadline = *deadline};
    struct reader r = {.t = &t, .a = a, .roster = roster};

    while (exercises[t.exercise_count])
        t.exercise_count++;
    layout = store_get(s, "layout", a);
    r.moodle = layout && strcmp(layout, layout_name(LAYOUT_MOODLE)) == 0;
    if (read_deadlines(&r, e) < 0)
        return -1;
    if (store_each_student(s, count_student, &r, e) < 0)
        return -1;
    t.rows = arena_zalloc(a, ((size_t)t.row_count + 1) * sizeof *t.rows);
    if (!t.rows)
        return err_oom(e);
    if (store_each_student(s, add_student, &r, e) < 0)
        return a->failed ? err_oom(e) : -1;
    if (store_query(s, query, NULL, add_unit, &r, e) < 0 ||
        store_each_note(s, add_note, &r, e) < 0)
        return -1;
    for (int i = 0; i < t.row_count; i++) {
        t.rows[i].whole = true;
        for (int x = 0; x < t.exercise_count; x++) {
            struct cell *c = &t.rows[i].cells[x];

            if (c->max == 0)
                c->max = rubric_max(
                    &exercises[x]
                         ->rubric); /* an exercise that the class was not taken in for */
            if (c->kind == CELL_NOT_GRADED && !c->reason)
                c->reason = "not taken in; run batch with the class again";
            t.rows[i].whole &= c->kind != CELL_NOT_GRADED;
            t.not_graded += c->kind == CELL_NOT_GRADED;
            t.rows[i].score += c->counted;
            t.rows[i].max += c->max;
        }
    }
    if (a->failed)
        return err_oom(e);
    *ret = t;
    return 0;
}

void table_note(const struct table *t, const struct row *r, int exercise, struct buf *ret)
{
    const struct cell *c = &r->cells[exercise];
    const char *id = t->exercises[exercise]->id, *sep = ret->len ? "; " : "";

    if (c->kind == CELL_NOT_GRADED)
        buf_printf(ret, "%s%s not graded: %s", sep, id, c->reason);
    else if (c->kind == CELL_MISSING)
        buf_printf(ret, "%s%s nothing submitted", sep, id);
    else if (c->days > 0 && c->counted != c->score)
        buf_printf(ret, "%s%s late %d day%s: %d -> %d", sep, id, c->days,
                   c->days > 1 ? "s" : "", c->score, c->counted);
    else if (c->days > 0)
        buf_printf(ret, "%s%s late %d day%s", sep, id, c->days, c->days > 1 ? "s" : "");
}

static void put_row(const struct table *t, const struct row *r, struct buf *b)
{
    struct buf notes = {0};

    escape_csv(b, r->student.name, strlen(r->student.name));
    buf_puts(b, ",");
    escape_csv(b, r->student.number, strlen(r->student.number));
    for (int x = 0; x < t->exercise_count; x++) {
        buf_puts(b, ",");
        if (r->cells[x].kind != CELL_NOT_GRADED) /* an empty cell is no zero */
            buf_printf(b, "%d", r->cells[x].counted);
        table_note(t, r, x, &notes);
    }
    if (r->notes)
        buf_printf(&notes, "%s%s", notes.len ? "; " : "", r->notes);
    buf_puts(b, ",");
    if (r->whole)
        buf_printf(b, "%d", r->score);
    buf_printf(b, ",%d,", r->max);
    escape_csv(b, notes.data ? notes.data : "", notes.len);
    buf_puts(b, "\r\n");
    b->failed |= notes.failed;
    buf_release(&notes);
}

int gradebook_write(const struct table *t, const char *out, struct err *e)
{
    auto_free char *path = NULL;
    struct buf b = {0};
    int rc;

    if (asprintf(&path, "%s/gradebook.csv", out) < 0) {
        path = NULL;
        return err_oom(e);
    }
    buf_puts(&b, "student,number");
    for (int x = 0; x < t->exercise_count; x++)
        buf_printf(&b, ",%s", t->exercises[x]->id);
    buf_puts(&b, ",total,max,notes\r\n");
    for (int i = 0; i < t->row_count; i++)
        put_row(t, &t->rows[i], &b);
    rc = b.failed ? err_oom(e) : write_whole(path, b.data, b.len, e);
    buf_release(&b);
    return rc;
}

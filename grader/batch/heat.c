/* heat.c - one path a colour, so that a page of 2,600 students stays small; see heat.h.
 *
 * A cell is one unit wide and high; the picture is stretched to the page's width. Texts would
 * be stretched as well: the exercises' names stand above it in HTML.
 */
#include "batch/heat.h"

#include <stdlib.h>
#include <string.h>

#include "report/page.h"

enum colour { GOOD, BAD, UNWRITTEN, UNGRADED, COLOURS };

static const struct {
    const char *class, *says;
} key[COLOURS] = {[GOOD] = {"pass", "passed"},
                  [BAD] = {"fail", "failed"},
                  [UNWRITTEN] = {"stub", "nothing written, or not compiled"},
                  [UNGRADED] = {"none", "not graded"}};

struct heat {
    const struct table *t;
    struct buf path[COLOURS];
    int *row_of; /* of table.rows[i], best first */
    int *column; /* the first of an exercise */
    long student;
    int at; /* index of `student` in table.rows; -1: unknown */
    bool any;
};

static int by_score(const void *a, const void *b, void *table)
{
    const struct table *sorted = table;
    const int x = *(const int *)a, y = *(const int *)b;
    const struct row *r = &sorted->rows[x], *q = &sorted->rows[y];

    return r->score != q->score ? (r->score < q->score) - (r->score > q->score) : x - y;
}

static int sort_rows(struct heat *h, struct err *e)
{
    auto_free int *order = calloc((size_t)h->t->row_count + 1, sizeof *order);

    h->row_of = calloc((size_t)h->t->row_count + 1, sizeof *h->row_of);
    h->column = calloc((size_t)h->t->exercise_count + 1, sizeof *h->column);
    if (!order || !h->row_of || !h->column)
        return err_oom(e);
    for (int i = 0; i < h->t->row_count; i++)
        order[i] = i;
    qsort_r(order, (size_t)h->t->row_count, sizeof *order, by_score, (void *)(uintptr_t)h->t);
    for (int i = 0; i < h->t->row_count; i++)
        h->row_of[order[i]] = i;
    for (int x = 0; x < h->t->exercise_count; x++)
        h->column[x + 1] = h->column[x] + h->t->exercises[x]->rubric.test_count;
    return 0;
}

static void fill(struct heat *h, enum colour c, int x, int y, int width)
{
    buf_printf(&h->path[c], "M%d %dh%dv1h-%dz", x, y, width, width);
    h->any = true;
}

static int exercise_named(const struct table *t, const char *id)
{
    for (int x = 0; x < t->exercise_count; x++)
        if (strcmp(t->exercises[x]->id, id) == 0)
            return x;
    return -1;
}

/* By name, not by place: a rubric may have got tests since the class was graded. */
static int test_named(const struct exercise *x, const char *id)
{
    for (int i = 0; i < x->rubric.test_count; i++)
        if (strcmp(x->rubric.tests[i].id, id) == 0)
            return i;
    return -1;
}

static int put_failure(void *ctx, const char *const *c, int count)
{
    struct heat *h = ctx;
    const long id = atol(c[0]);
    const int x = exercise_named(h->t, c[1]);
    const int k = x < 0 ? -1 : test_named(h->t->exercises[x], c[2]);

    (void)count;
    if (h->at < 0 || h->student != id)
        for (h->at = h->t->row_count - 1; h->at >= 0; h->at--)
            if (h->t->rows[h->at].student.id == id)
                break;
    h->student = id;
    if (h->at >= 0 && k >= 0)
        fill(h,
             strcmp(c[3], "not-implemented") == 0 || strcmp(c[3], "compile-error") == 0
                 ? UNWRITTEN
                 : BAD,
             h->column[x] + k, h->row_of[h->at], 1);
    return 0;
}

static void put_graded(struct heat *h)
{
    for (int i = 0; i < h->t->row_count; i++)
        for (int x = 0; x < h->t->exercise_count; x++) {
            const enum cell_kind kind = h->t->rows[i].cells[x].kind;

            if (kind != CELL_MISSING)
                fill(h, kind == CELL_GRADED ? GOOD : UNGRADED, h->column[x], h->row_of[i],
                     h->t->exercises[x]->rubric.test_count);
        }
}

static void put_names(struct buf *b, const struct heat *h)
{
    buf_puts(b, "<div class=\"heat\"><div class=\"names\">");
    for (int x = 0; x < h->t->exercise_count; x++) {
        buf_printf(b, "<span style=\"flex:%d\" title=\"",
                   h->t->exercises[x]->rubric.test_count);
        page_text(b, h->t->exercises[x]->id);
        buf_printf(b, "\">%.2s</span>", h->t->exercises[x]->id);
    }
    buf_puts(b, "</div>\n");
}

/* A student's name under the mouse. */
static void put_titles(struct buf *b, const struct heat *h, int width)
{
    for (int i = 0; i < h->t->row_count; i++) {
        const struct row *r = &h->t->rows[i];

        buf_printf(b, "<path class=\"over\" d=\"M0 %dh%dv1h-%dz\"><title>", h->row_of[i], width,
                   width);
        page_text(b, r->student.name);
        buf_printf(b, ": %d/%d</title></path>\n", r->score, r->max);
    }
}

static void put_picture(struct buf *b, const struct heat *h)
{
    const int width = h->column[h->t->exercise_count], rows = h->t->row_count;

    put_names(b, h);
    buf_printf(b,
               "<svg role=\"img\" aria-label=\"tests by student, best first\" viewBox=\"0 0 %d "
               "%d\" preserveAspectRatio=\"none\" style=\"height:%drem\">\n",
               width, rows,
               rows < 6    ? 3
               : rows < 60 ? rows / 2 + 1
                           : 32);
    for (int c = 0; c < COLOURS; c++)
        if (h->path[c].len)
            buf_printf(b, "<path class=\"%s\" d=\"%s\"/>\n", key[c].class, h->path[c].data);
    for (int x = 1; x < h->t->exercise_count; x++)
        buf_printf(b, "<path class=\"edge\" d=\"M%d 0v%d\"/>\n", h->column[x], rows);
    put_titles(b, h, width);
    buf_puts(b, "</svg></div>\n<p class=\"dim small heat\">");
    for (int c = 0; c < COLOURS; c++)
        if (h->path[c].len)
            buf_printf(b,
                       "<svg class=\"key\" viewBox=\"0 0 1 1\"><path class=\"%s\" "
                       "d=\"M0 0h1v1h-1z\"/></svg> %s &nbsp; ",
                       key[c].class, key[c].says);
    buf_puts(b, "</p>\n");
}

int heat_put(struct buf *b, struct store *s, const struct table *t, struct err *e)
{
    struct heat h = {.t = t, .at = -1};
    int rc = sort_rows(&h, e);

    if (rc == 0) {
        put_graded(&h);
        rc = store_query(
            s,
            "SELECT u.student, u.exercise, v.test, v.verdict FROM unit u JOIN verdict v"
            " ON v.key = u.key WHERE u.source IS NOT NULL AND v.points < v.max"
            " ORDER BY u.student, u.exercise, v.place",
            NULL, put_failure, &h, e);
    }
    if (rc == 0 && h.any) {
        buf_puts(b, "<h2>Tests and students</h2>\n<p class=\"dim small\">A row a student, best "
                    "first; a column a test.</p>\n");
        put_picture(b, &h);
    }
    for (int c = 0; c < COLOURS; c++) {
        if (h.path[c].failed)
            rc = err_oom(e);
        buf_release(&h.path[c]);
    }
    free(h.row_of);
    free(h.column);
    return rc;
}

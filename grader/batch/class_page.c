/* class_page.c - one section a question. */
#include "batch/class_page.h"

#include <string.h>

#include "batch/heat.h"
#include "report/page.h"

enum { BINS = 10, SIDE_BY_SIDE = 20, NAMES_SHOWN = 6 };

struct page {
    struct buf b;
    struct store *s;
    const struct table *t;
    char shown[64]; /* exercise of the row before */
    int rows;
};

static void cell(struct page *p, const char *text)
{
    buf_puts(&p->b, "<td>");
    page_text(&p->b, text);
    buf_puts(&p->b, "</td>");
}

static void number(struct page *p, long n)
{
    buf_printf(&p->b, "<td class=\"n\">%ld</td>", n);
}

static void table_begin(struct page *p, const char *head)
{
    buf_printf(&p->b, "<div class=\"wide\"><table>\n<tr>%s</tr>\n", head);
}

static void table_end(struct page *p)
{
    buf_puts(&p->b, "</table></div>\n");
}

/* ---- numbers
 * ---------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void put_distribution(struct page *p)
{
    int bins[BINS] = {0}, most = 1, whole = 0;

    for (int i = 0; i < p->t->row_count; i++) {
        const struct row *r = &p->t->rows[i];
        int k = r->max ? BINS * r->score / r->max : 0;

        if (!r->whole)
            continue;
        whole++;
        bins[k == BINS ? BINS - 1 : k]++;
    }
    for (int i = 0; i < BINS; i++)
        most = bins[i] > most ? bins[i] : most;
    buf_puts(&p->b,
             "<h2>Totals</h2>\n<div class=\"cols\" role=\"img\" aria-label=\"students by "
             "tenth of all points\">\n");
    for (int i = 0; i < BINS; i++)
        buf_printf(&p->b, "<span>%d<i style=\"height:%d%%\"></i>%d-%d%%</span>\n", bins[i],
                   80 * bins[i] / most, 10 * i, i == BINS - 1 ? 100 : 10 * i + 9);
    buf_printf(&p->b,
               "</div>\n<p class=\"dim small\">%d of %d students have a grade in every "
               "exercise.</p>\n",
               whole, p->t->row_count);
}

static void put_exercise(struct page *p, int x, int *scores)
{
    int n = 0, missing = 0, none = 0, full = 0, zero = 0;
    long sum = 0;

    for (int i = 0; i < p->t->row_count; i++) {
        const struct cell *c = &p->t->rows[i].cells[x];

        missing += c->kind == CELL_MISSING;
        none += c->kind == CELL_NOT_GRADED;
        if (c->kind != CELL_GRADED)
            continue;
        scores[n++] = c->score;
        sum += c->score;
        full += c->score == c->max;
        zero += c->score == 0;
    }
    qsort(scores, (size_t)n, sizeof *scores, by_value);
    buf_puts(&p->b, "<tr>");
    cell(p, p->t->exercises[x]->id);
    number(p, n);
    if (n) {
        buf_printf(&p->b, "<td class=\"n\">%.1f</td>", (double)sum / n);
        buf_printf(&p->b, "<td class=\"n\">%.1f</td>",
                   (scores[(n - 1) / 2] + scores[n / 2]) / 2.0);
    } else {
        buf_puts(&p->b, "<td class=\"n\">-</td><td class=\"n\">-</td>");
    }
    number(p, full);
    number(p, zero);
    number(p, missing);
    number(p, none);
    buf_puts(&p->b, "</tr>\n");
}

static int put_exercises(struct page *p, struct err *e)
{
    auto_free int *scores = calloc((size_t)p->t->row_count + 1, sizeof *scores);

    if (!scores)
        return err_oom(e);
    buf_puts(&p->b, "<h2>Exercises</h2>\n");
    table_begin(p,
                "<th>exercise</th><th class=\"n\">graded</th><th class=\"n\">mean</th>"
                "<th class=\"n\">median</th><th class=\"n\">full</th><th class=\"n\">zero</th>"
                "<th class=\"n\">missing</th><th class=\"n\">not graded</th>");
    for (int x = 0; x < p->t->exercise_count; x++)
        put_exercise(p, x, scores);
    table_end(p);
    return 0;
}

/* ---- tests and causes
 * ------------------------------------------------------------------------- */

static int put_rate(void *ctx, const char *const *c, int count)
{
    struct page *p = ctx;
    long good = 0, all = 1;

    (void)count;
    parse_long(c[2], 0, 1 << 30, &good);
    parse_long(c[3], 1, 1 << 30, &all);
    buf_puts(&p->b, "<tr>");
    cell(p, strcmp(p->shown, c[0]) == 0 ? "" : c[0]);
    snprintf(p->shown, sizeof p->shown, "%s", c[0]);
    cell(p, c[1]);
    buf_puts(&p->b, "<td>");
    page_bar(&p->b, (int)(100 * good / all));
    buf_printf(&p->b, "</td><td class=\"n\">%ld/%ld</td></tr>\n", good, all);
    return 0;
}

static int put_rates(struct page *p, struct err *e)
{
    int rc;

    buf_puts(&p->b, "<h2>Pass rates</h2>\n<p class=\"dim small\">Of those who handed something "
                    "in.</p>\n");
    table_begin(p, "<th>exercise</th><th>test</th><th></th><th class=\"n\">passed</th>");
    *p->shown = '\0';
    rc = store_query(p->s,
                     "SELECT u.exercise, v.test, sum(v.points = v.max), count(*) FROM unit u"
                     " JOIN verdict v ON v.key = u.key WHERE u.source IS NOT NULL"
                     " GROUP BY u.exercise, v.place ORDER BY u.exercise, v.place",
                     NULL, put_rate, p, e);
    table_end(p);
    return rc;
}

/* A row of texts; figures stand on the right. */
static int put_texts(void *ctx, const char *const *c, int count)
{
    struct page *p = ctx;

    buf_puts(&p->b, "<tr>");
    for (int i = 0; i < count; i++) {
        const bool figure = *c[i] && !c[i][strspn(c[i], "0123456789.")];

        buf_puts(&p->b, figure && i > 0 ? "<td class=\"n\">" : "<td>");
        page_text(&p->b, c[i]);
        buf_puts(&p->b, "</td>");
    }
    buf_puts(&p->b, "</tr>\n");
    p->rows++;
    return 0;
}

/* A section made of one query; left out when that has no rows. */
static int put_query(struct page *p, const char *title, const char *text, const char *head,
                     const char *sql, struct err *e)
{
    const size_t before = p->b.len;

    p->rows = 0;
    buf_printf(&p->b, "<h2>%s</h2>\n<p class=\"dim small\">%s</p>\n", title, text);
    table_begin(p, head);
    if (store_query(p->s, sql, NULL, put_texts, p, e) < 0)
        return -1;
    table_end(p);
    if (p->rows == 0 && !p->b.failed) {
        p->b.len = before;
        p->b.data[before] = '\0';
    }
    return 0;
}

static int put_causes(struct page *p, struct err *e)
{
    return put_query(
        p, "Most frequent causes", "Why tests failed: tests, and students who met it.",
        "<th>cause</th><th class=\"n\">tests</th><th class=\"n\">students</th>",
        "SELECT v.verdict, count(*), count(DISTINCT u.student) FROM unit u JOIN verdict v"
        " ON v.key = u.key WHERE u.source IS NOT NULL AND v.verdict <> 'pass'"
        " GROUP BY v.verdict ORDER BY 2 DESC, 1",
        e);
}

static int put_suspicious(struct page *p, struct err *e)
{
    return put_query(
        p, "Suspicious",
        "Submissions that interfere with the grading, or use what the exercise forbids. The "
        "second is often innocent: read the line.",
        "<th>student</th><th>exercise</th><th>verdict</th><th class=\"n\">tests</th>",
        "SELECT s.name, u.exercise, v.verdict, count(*) FROM unit u JOIN verdict v ON"
        " v.key = u.key JOIN student s ON s.id = u.student WHERE v.verdict IN ('tampering',"
        "'forbidden') GROUP BY u.student, u.exercise, v.verdict ORDER BY 3 DESC, 1, 2",
        e);
}

static int put_slowest(struct page *p, struct err *e)
{
    return put_query(
        p, "Slowest", "Processor seconds that grading took, the largest ten.",
        "<th>student</th><th>exercise</th><th class=\"n\">students</th><th class=\"n\">s</th>",
        "SELECT min(s.name), r.exercise, count(*), round(r.cpu, 1) FROM result r JOIN "
        "unit"
        " u ON u.key = r.key JOIN student s ON s.id = u.student WHERE u.source IS NOT NULL "
        "GROUP BY r.key"
        " ORDER BY r.cpu DESC, r.key LIMIT 10",
        e);
}

/* ---- people
 * ----------------------------------------------------------------------------------- */

/* A folder's name in a link: everything but letters and digits as %XX. */
static void put_link(struct page *p, const char *folder)
{
    for (const unsigned char *c = (const unsigned char *)folder; *c; c++) {
        if ((*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') ||
            *c == '-' || *c == '_' || *c == '.')
            buf_add(&p->b, c, 1);
        else
            buf_printf(&p->b, "%%%02X", *c);
    }
}

static void put_person(struct page *p, const struct row *r)
{
    buf_puts(&p->b, "<tr><td><a href=\"students/");
    put_link(p, r->student.folder);
    buf_puts(&p->b, "/report.html\">");
    page_text(&p->b, r->student.name);
    buf_puts(&p->b, "</a></td>");
    for (int x = 0; x < p->t->exercise_count; x++) {
        const struct cell *c = &r->cells[x];

        if (c->kind == CELL_GRADED)
            buf_printf(&p->b, "<td class=\"n\">%d%s</td>", c->counted, c->days ? "*" : "");
        else
            buf_printf(&p->b, "<td class=\"n dim\">%s</td>",
                       c->kind == CELL_MISSING ? "-" : "?");
    }
    if (r->whole)
        buf_printf(&p->b, "<td class=\"n\">%d/%d</td></tr>\n", r->score, r->max);
    else
        buf_puts(&p->b, "<td class=\"n dim\">?</td></tr>\n");
}

static void put_people(struct page *p)
{
    buf_puts(&p->b,
             "<h2>Students</h2>\n<p class=\"dim small\">- nothing submitted, ? not graded "
             "(not a zero), * late</p>\n<div class=\"wide\"><table>\n<tr><th>student</th>");
    for (int x = 0; x < p->t->exercise_count; x++) {
        buf_puts(&p->b, "<th class=\"n\" title=\"");
        page_text(&p->b, p->t->exercises[x]->id);
        buf_printf(&p->b, "\">%.2s</th>", p->t->exercises[x]->id);
    }
    buf_puts(&p->b, "<th class=\"n\">total</th></tr>\n");
    for (int i = 0; i < p->t->row_count; i++)
        put_person(p, &p->t->rows[i]);
    table_end(p);
}

static void put_not_graded(struct page *p)
{
    if (p->t->not_graded == 0)
        return;
    buf_puts(
        &p->b,
        "<h2>Not graded</h2>\n<p class=\"dim small\">The grader failed here, and these are "
        "not zeros. Fix the cause, then run batch again.</p>\n");
    table_begin(p, "<th>student</th><th>exercise</th><th>why</th>");
    for (int i = 0; i < p->t->row_count; i++)
        for (int x = 0; x < p->t->exercise_count; x++) {
            const struct row *r = &p->t->rows[i];

            if (r->cells[x].kind != CELL_NOT_GRADED)
                continue;
            buf_puts(&p->b, "<tr>");
            cell(p, r->student.name);
            cell(p, p->t->exercises[x]->id);
            cell(p, r->cells[x].reason);
            buf_puts(&p->b, "</tr>\n");
        }
    table_end(p);
}

static int put_intake(struct page *p, struct err *e)
{
    return put_query(
        p, "Taking the class in",
        "What was handed in and not used, and why. Nothing is guessed.",
        "<th>student</th><th>what</th><th></th>",
        "SELECT coalesce(s.name, '-'), n.kind, n.text FROM note n LEFT JOIN student s"
        " ON s.id = n.student ORDER BY n.kind, s.name, n.text",
        e);
}

/* ---- look-alikes
 * ------------------------------------------------------------------------------ */

static void put_names(struct page *p, int exercise, const char *source)
{
    int n = 0;

    for (int i = 0; i < p->t->row_count; i++) {
        const char *s = p->t->rows[i].cells[exercise].source;

        if (!s || strcmp(s, source) != 0)
            continue;
        if (n++ < NAMES_SHOWN) {
            buf_puts(&p->b, n > 1 ? ", " : "");
            page_text(&p->b, p->t->rows[i].student.name);
        }
    }
    if (n > NAMES_SHOWN)
        buf_printf(&p->b, " and %d more", n - NAMES_SHOWN);
}

static bool in_run(const struct look *l, int side, int line)
{
    for (int i = 0; i < l->run_count; i++)
        if (line >= l->runs[i].from[side] && line <= l->runs[i].to[side])
            return true;
    return false;
}

static int put_side(struct page *p, const struct look *l, int side, struct err *e)
{
    auto_free char *text = NULL;
    size_t len = 0;
    int line = 0;

    if (store_source(p->s, l->source[side], &text, &len, e) < 0)
        return -1;
    buf_puts(&p->b, "<div><p class=\"small\">");
    put_names(p, l->exercise, l->source[side]);
    buf_puts(&p->b, "</p><pre>");
    for (char *at = text ? text : (char *)"", *next; *at; at = next) {
        const size_t n = strcspn(at, "\n");
        const bool mark = in_run(l, side, ++line) && n > 0;

        next = at + n + (at[n] != '\0');
        at[n] = '\0';
        buf_printf(&p->b, "%4d %s", line, mark ? "<mark>" : "");
        page_text(&p->b, at);
        buf_puts(&p->b, mark ? "</mark>\n" : "\n");
    }
    buf_puts(&p->b, "</pre></div>\n");
    return 0;
}

static int put_pair(struct page *p, const struct look *l, bool whole, struct err *e)
{
    buf_printf(&p->b, "<details><summary><strong>%d%%</strong><span>", l->percent);
    page_text(&p->b, p->t->exercises[l->exercise]->id);
    buf_puts(&p->b, "</span><span class=\"grow\">");
    put_names(p, l->exercise, l->source[0]);
    buf_puts(&p->b, " &harr; ");
    put_names(p, l->exercise, l->source[1]);
    buf_puts(&p->b, "</span></summary><div>\n");
    if (whole) {
        buf_puts(&p->b, "<div class=\"two\">\n");
        if (put_side(p, l, 0, e) < 0 || put_side(p, l, 1, e) < 0)
            return -1;
        buf_puts(&p->b, "</div>");
    } else {
        buf_printf(&p->b,
                   "<p class=\"dim small\">Only the first %d pairs are shown side by "
                   "side.</p>",
                   SIDE_BY_SIDE);
    }
    buf_puts(&p->b, "</div></details>\n");
    return 0;
}

static int put_same(struct page *p, struct err *e)
{
    return put_query(
        p, "The same file",
        "Handed in by several students, the same to the byte; the largest groups.",
        "<th>exercise</th><th>one of them</th><th class=\"n\">students</th>",
        "SELECT u.exercise, min(s.name), count(*) AS n FROM unit u JOIN student s ON"
        " s.id = u.student WHERE u.source IS NOT NULL GROUP BY u.exercise, u.source"
        " HAVING n > 1 ORDER BY n DESC, 1, 2 LIMIT 40",
        e);
}

static int put_looks(struct page *p, const struct looks *looks, struct err *e)
{
    buf_puts(&p->b,
             "<h2>Look-alikes</h2>\n<p class=\"dim small\">How much of one is found in the "
             "other, starter code left out, names and layout ignored. Information, never "
             "points: a short exercise has few ways to be solved.</p>\n");
    if (looks->why) {
        buf_puts(&p->b, "<p>");
        page_text(&p->b, looks->why);
        buf_puts(&p->b, "</p>\n");
    } else if (looks->count == 0) {
        buf_puts(&p->b, "<p>None above 60%.</p>\n");
    }
    for (int i = 0; i < looks->count; i++)
        if (put_pair(p, &looks->list[i], i < SIDE_BY_SIDE, e) < 0)
            return -1;
    return put_same(p, e);
}

/* ---- the page
 * --------------------------------------------------------------------------------- */

static int put_all(struct page *p, const struct looks *looks, struct err *e)
{
    struct arena a = {0};

    page_begin(&p->b, "en", "Class report", NULL);
    buf_printf(&p->b, "<h1>Class report</h1>\n<p>%d students, %d exercises.</p>\n",
               p->t->row_count, p->t->exercise_count);
    if (store_get(p->s, "oracle", &a))
        buf_puts(&p->b, "<p><strong>Graded without comparing with the reference solutions: a "
                        "forged result would not have been noticed.</strong></p>\n");
    arena_release(&a);
    put_distribution(p);
    put_not_graded(p);
    if (put_exercises(p, e) < 0 || heat_put(&p->b, p->s, p->t, e) < 0 || put_causes(p, e) < 0)
        return -1;
    put_people(p);
    if (put_rates(p, e) < 0 || put_suspicious(p, e) < 0 || put_intake(p, e) < 0 ||
        put_slowest(p, e) < 0 || put_looks(p, looks, e) < 0)
        return -1;
    page_end(&p->b, NULL);
    return p->b.failed ? err_oom(e) : 0;
}

int class_page_write(struct store *s, const struct table *t, const struct looks *looks,
                     const char *out, struct err *e)
{
    struct page p = {.s = s, .t = t};
    auto_free char *path = NULL;
    int rc;

    if (asprintf(&path, "%s/report.html", out) < 0) {
        path = NULL;
        return err_oom(e);
    }
    rc = put_all(&p, looks, e);
    if (rc == 0)
        rc = write_whole(path, p.b.data, p.b.len, e);
    buf_release(&p.b);
    return rc;
}

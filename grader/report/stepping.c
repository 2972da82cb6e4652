/* stepping.c - one step of a schedule as a page: the rows around it, the code around its line,
 * and where everybody else stands. See report.h; the keys are the command's.
 */
#include <stdlib.h>
#include <string.h>

#include "report/interleaving.h"
#include "report/pen.h"
#include "report/rows.h"
#include "report/words.h"

enum { WIDTH = 80, HEIGHT = 24, AROUND = 6, CODE = 7, WHO = 18 };

/* Appends `text`, made harmless, in at most `room` columns. */
static void put_cut(struct pen *p, const char *text, int room)
{
    struct buf cut = {0};

    row_cut(&cut, text, room);
    pen_put(p, cut.data ? cut.data : "");
    buf_release(&cut);
}

static void put_row(struct pen *p, const struct row *r, bool here, int width)
{
    char text[2 * CELL], name[64];

    snprintf(name, sizeof name, "%s ", here ? ">" : " ");
    buf_puts(p->b, name);
    put_cut(p, r->who, WHO - 3);
    buf_printf(p->b, "%*s",
               WHO - 2 - (row_columns(r->who) < WHO - 3 ? row_columns(r->who) : WHO - 3), "");
    row_text(r, text, sizeof text, width - WHO - 1);
    if (here)
        pen_paint(p, STRONG, text);
    else
        pen_put(p, text);
    buf_puts(p->b, "\n");
}

/* The rows around `at`, as many as there is room for. */
static void put_rows(struct pen *p, const struct row *rows, int n, int at, int room, int width)
{
    int from = at - room / 2;

    from = from + room > n ? n - room : from;
    from = from < 0 ? 0 : from;
    for (int i = from; i < from + room; i++) {
        if (i < n)
            put_row(p, &rows[i], i == at, width);
        else
            buf_puts(p->b, "\n");
    }
}

/* ---- the code -------------------------------------------------------------------------- */

static const char *line_at(const char *text, long number)
{
    for (long i = 1; text && i < number; i++)
        if ((text = strchr(text, '\n')))
            text++;
    return text && *text ? text : NULL;
}

static void put_code_line(struct pen *p, const char *line, long number, bool here, int width)
{
    const size_t n = strcspn(line, "\r\n");
    struct buf code = {0};

    for (size_t i = 0; i < n; i++)
        buf_add(&code, line[i] == '\t' ? "    " : &line[i], line[i] == '\t' ? 4 : 1);
    buf_printf(p->b, "%s%5ld | ", here ? ">" : " ", number);
    put_cut(p, code.data ? code.data : "", width - 10);
    buf_puts(p->b, "\n");
    buf_release(&code);
}

static void put_code(struct pen *p, const struct row *r, const char *text, int width)
{
    const long line = strtol(r->line, NULL, 10);
    const long from = line > CODE / 2 ? line - CODE / 2 : 1;

    for (long i = from; i < from + CODE; i++) {
        const char *at = line > 0 ? line_at(text, i) : NULL;

        if (at) {
            put_code_line(p, at, i, i == line, width);
        } else if (i == from && line > 0 && r->file && !text) {
            buf_printf(p->b, tr(p->o->lang, "  %s:%ld is a line of the test's own\n"), r->file,
                       line);
        } else {
            buf_puts(p->b, "\n");
        }
    }
}

/* Where everybody is: of each task its last row so far. */
static void put_others(struct pen *p, const struct row *rows, int at, int width)
{
    struct buf all = {0};

    for (int t = 0; t < TASKS_SHOWN; t++)
        for (int i = at; i >= 0; i--) {
            if (rows[i].task != t)
                continue;
            buf_printf(&all, "%s%s: %s%s(%s)", all.len ? "   " : "", rows[i].who,
                       rows[i].line[0] == '0' ? "" : rows[i].line,
                       rows[i].line[0] == '0' ? "" : " ", rows[i].what);
            break;
        }
    put_cut(p, all.data ? all.data : "", width - 1);
    buf_puts(p->b, "\n");
    buf_release(&all);
}

/* ---- the page -------------------------------------------------------------------------- */

static const json_t *steps_of(const json_t *finding)
{
    return json_object_get(json_object_get(finding, "schedule"), "steps");
}

static struct row *rows_of(const json_t *finding, enum lang lang, int *n)
{
    const int max = (int)json_array_size(steps_of(finding));
    struct row *rows = calloc((size_t)max + 1, sizeof *rows);

    *n = rows ? rows_make(steps_of(finding), lang, rows, max) : 0;
    return rows;
}

const json_t *report_stepping_finding(const json_t *exploration)
{
    const json_t *f;
    size_t i;

    json_array_foreach(json_object_get(exploration, "findings"), i,
                       f) if (json_array_size(steps_of(f)) > 0 &&
                              !json_is_true(json_object_get(f, "advice"))) return f;
    return NULL;
}

int report_stepping_rows(const json_t *finding, enum lang lang)
{
    int n;

    free(rows_of(finding, lang, &n));
    return n;
}

int report_stepping_begin(const json_t *finding, enum lang lang)
{
    const json_t *stack;
    int n, first = -1;
    struct row *rows = rows_of(finding, lang, &n);
    size_t i;

    json_array_foreach(json_object_get(finding, "stacks"), i, stack)
    {
        const int at = interleaving_row(rows, n, stack);

        if (at >= 0 && (first < 0 || at < first))
            first = at;
    }
    free(rows);
    return first < 0 ? 0 : first;
}

int report_stepping_find(const json_t *finding, enum lang lang, const char *what, int from)
{
    int n, found = -1;
    struct row *rows = rows_of(finding, lang, &n);

    for (int k = 1; found < 0 && k <= n; k++) {
        const struct row *r = &rows[(from + k) % n];
        char text[2 * CELL];

        row_text(r, text, sizeof text, 2 * CELL);
        if (strcasestr(text, what) || strcasestr(r->who, what))
            found = (from + k) % n;
    }
    free(rows);
    return found;
}

int report_stepping(const json_t *finding, const struct stepping *s, struct buf *ret,
                    struct err *e)
{
    const struct text_options o = {.color = s->color, .lang = s->lang};
    struct pen p = {.b = ret, .o = &o};
    const int width = s->width ? s->width : WIDTH, height = s->height ? s->height : HEIGHT;
    int room = height - AROUND - CODE, n;
    struct row *rows = rows_of(finding, s->lang, &n);
    struct buf said = {0};

    if (!rows)
        return err_oom(e);
    if (s->at >= 0 && s->at < n) {
        const char *file = rows[s->at].file;

        pen_paint(&p, BAD, get_str(finding, "title"));
        buf_puts(ret, "\n");
        say(&said, s->lang, get_str(finding, "text"));
        put_cut(&p, said.data ? said.data : "", width - 1);
        buf_puts(ret, "\n\n");
        put_rows(&p, rows, n, s->at, room < 3 ? 3 : room, width);
        buf_puts(ret, "\n");
        put_code(&p, &rows[s->at], file && s->text ? s->text(s->ctx, file) : NULL, width);
        put_others(&p, rows, s->at, width);
        buf_printf(ret, tr(s->lang, "step %d of %d"), s->at + 1, n);
        buf_puts(ret, "  ");
        pen_put(&p, s->below);
    }
    buf_release(&said);
    free(rows);
    return ret->failed ? err_oom(e) : 0;
}

/* interleaving.c - rows of steps to a table of fixed columns.
 *
 * Steps of one task in the same line of source become one row ("reads n, writes n"). With more
 * tasks than fit, a row names its task instead. The beginning of a very long schedule is left
 * out: it goes wrong at the end.
 */
#include "report/interleaving.h"

#include <string.h>

#include "core/utf8.h"
#include "report/page.h"

enum {
    WIDTH = 108,
    NAME = 24,
    NARROWEST = 36,
    WIDEST = 54,
    TASKS_SHOWN = 64,
    ROWS_MAX = 60,
    CELL = 200
};

struct row {
    int task;
    const char *who;
    char line[16];
    const char *source, *file;
    char what[CELL];
};

static const char *str(const json_t *j, const char *key)
{
    return json_string_value(json_object_get(j, key));
}

/* Screen columns of UTF-8: one a code point is near enough for code; wide ones count two. */
static int columns(const unsigned char *p, size_t *bytes)
{
    *bytes = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
    return *p >= 0xe3 ? 2 : 1;
}

static void put_cell(struct buf *b, const char *text, int width, bool pad)
{
    struct buf clean = {0};
    int used = 0;

    utf8_clean(&clean, text, strlen(text), UTF8_TERMINAL);
    for (const unsigned char *p = (const unsigned char *)(clean.data ? clean.data : ""); *p;) {
        size_t n;
        const int w = columns(p, &n);

        if (used + w > width - 1) {
            break;
        }
        buf_add(b, p, strnlen((const char *)p, n));
        used += w;
        p += strnlen((const char *)p, n);
    }
    for (; pad && used < width; used++)
        buf_puts(b, " ");
    buf_release(&clean);
}

/* Reading and writing in one line is one thing to a reader; waiting and being woken is not. */
static bool is_access(const char *what)
{
    static const char *const words[] = {"reads", "writes", "loads", "stores", "updates"};

    for (size_t i = 0; what && i < ARRAY_SIZE(words); i++)
        if (strncmp(what, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

static bool same_place(const struct row *r, const json_t *step)
{
    const json_t *at = json_object_get(step, "at");
    char line[16];

    snprintf(line, sizeof line, "%d", (int)json_integer_value(json_object_get(at, "line")));
    return r->task == (int)json_integer_value(json_object_get(step, "task")) &&
           strcmp(r->line, line) == 0;
}

static void append_what(struct row *r, const char *what)
{
    const size_t used = strlen(r->what), n = strlen(what);

    if (used >= n && strcmp(r->what + used - n, what) == 0)
        return; /* the same again */
    if (used + n + 3 < sizeof r->what)
        snprintf(r->what + used, sizeof r->what - used, "%s%s", used ? ", " : "", what);
}

static int make_rows(const json_t *steps, struct row *rows, int max)
{
    const json_t *st;
    size_t i;
    int n = 0;

    json_array_foreach((json_t *)steps, i, st)
    {
        const json_t *at = json_object_get(st, "at");
        const char *what = str(st, "what");

        if (!what)
            continue;
        if (n > 0 && same_place(&rows[n - 1], st) && strcmp(rows[n - 1].what, what) == 0)
            continue; /* looked again, and nothing had changed */
        if (n == 0 || !same_place(&rows[n - 1], st) || !is_access(what) ||
            !is_access(rows[n - 1].what)) {
            if (n == max)
                return n;
            rows[n] = (struct row){.task = (int)json_integer_value(json_object_get(st, "task")),
                                   .who = str(st, "who") ? str(st, "who") : ""};
            snprintf(rows[n].line, sizeof rows[n].line, "%d",
                     (int)json_integer_value(json_object_get(at, "line")));
            rows[n].file = str(at, "file");
            rows[n++].source = str(at, "source");
        }
        append_what(&rows[n - 1], what);
    }
    return n;
}

static void row_text(const struct row *r, char *ret, size_t size, int width)
{
    const int what = (int)strlen(r->what);
    int room = width - what - (int)strlen(r->line) - 7;

    if (r->line[0] == '0' || !r->file) {
        snprintf(ret, size, "(%s)", r->what);
        return;
    }
    if (!r->source) { /* not the student's: the test's own line */
        snprintf(ret, size, "(%s)  %s:%s", r->what, r->file, r->line);
        return;
    }
    if (room < 10)
        room = 10;
    snprintf(ret, size, "%s: %.*s  (%s)", r->line, room, r->source, r->what);
}

static const char *who(const struct row *rows, int n, int task)
{
    for (int i = 0; i < n; i++)
        if (rows[i].task == task)
            return rows[i].who;
    return "";
}

/* Which column a task has: those that appear, in order of number. */
static int make_columns(const struct row *rows, int n, int *column)
{
    int count = 0;

    for (int t = 0; t < TASKS_SHOWN; t++) {
        column[t] = -1;
        for (int i = 0; i < n; i++)
            if (rows[i].task == t) {
                column[t] = count++;
                break;
            }
    }
    for (int i = 0; i < n; i++)
        if (rows[i].task >= TASKS_SHOWN)
            return TASKS_SHOWN;
    return count;
}

static void put_list(struct buf *b, const struct row *rows, int n, const char *indent)
{
    for (int i = 0; i < n; i++) {
        char text[2 * CELL];

        row_text(&rows[i], text, sizeof text, WIDTH - NAME);
        buf_puts(b, indent);
        put_cell(b, rows[i].who, NAME, true);
        put_cell(b, text, WIDTH - NAME, false);
        buf_puts(b, "\n");
    }
}

static void put_columns(struct buf *b, const struct row *rows, int n, const int *column,
                        int count, const char *indent)
{
    int width = WIDTH / count;

    width = width > WIDEST ? WIDEST : width;
    buf_puts(b, indent);
    for (int t = 0; t < TASKS_SHOWN; t++) {
        if (column[t] >= 0)
            put_cell(b, who(rows, n, t), width, column[t] < count - 1);
    }
    buf_puts(b, "\n");
    for (int i = 0; i < n; i++) {
        char text[2 * CELL];

        buf_puts(b, indent);
        for (int c = 0; c < column[rows[i].task]; c++)
            buf_printf(b, "%*s", width, "");
        row_text(&rows[i], text, sizeof text, width);
        put_cell(b, text, width, false);
        buf_puts(b, "\n");
    }
}

void interleaving_table(struct buf *b, const json_t *schedule, const char *indent, bool whole)
{
    const json_t *steps = json_object_get(schedule, "steps");
    const int max = (int)json_array_size(steps);
    struct row *rows = max ? calloc((size_t)max, sizeof *rows) : NULL;
    int column[TASKS_SHOWN], n, count, skip;

    if (!rows)
        return;
    n = make_rows(steps, rows, max);
    skip = n > ROWS_MAX && !whole ? n - ROWS_MAX : 0;
    if (skip)
        buf_printf(b, "%s(%d rows before these)\n", indent, skip);
    count = make_columns(rows + skip, n - skip, column);
    if (count * NARROWEST > WIDTH)
        put_list(b, rows + skip, n - skip, indent);
    else if (count)
        put_columns(b, rows + skip, n - skip, column, count, indent);
    free(rows);
}

/* ---- HTML
 * ------------------------------------------------------------------------------------ */

static void html_row(struct buf *b, const struct row *r, int column, int count)
{
    char text[2 * CELL];

    buf_puts(b, "<tr>");
    for (int c = 0; c < count; c++) {
        if (c != column) {
            buf_puts(b, "<td></td>");
            continue;
        }
        row_text(r, text, sizeof text, WIDTH);
        buf_puts(b, "<td class=\"at\">");
        page_text(b, text);
        buf_puts(b, "</td>");
    }
    buf_puts(b, "</tr>\n");
}

void interleaving_html(struct buf *b, const json_t *schedule)
{
    const json_t *steps = json_object_get(schedule, "steps");
    const int max = (int)json_array_size(steps);
    struct row *rows = max ? calloc((size_t)max, sizeof *rows) : NULL, *first = rows;
    int column[TASKS_SHOWN], n, count;

    if (!rows)
        return;
    n = make_rows(steps, rows, max);
    buf_puts(b, "<div class=\"wide\"><table class=\"steps\">\n");
    if (n > ROWS_MAX) {
        buf_printf(b, "<caption class=\"dim small\">%d rows before these</caption>\n",
                   n - ROWS_MAX);
        first = rows + n - ROWS_MAX;
        n = ROWS_MAX;
    }
    count = make_columns(first, n, column);
    buf_puts(b, "<tr>");
    for (int t = 0; t < TASKS_SHOWN; t++) {
        if (column[t] < 0)
            continue;
        buf_puts(b, "<th>");
        page_text(b, who(first, n, t));
        buf_puts(b, "</th>");
    }
    buf_puts(b, "</tr>\n");
    for (int i = 0; i < n; i++)
        if (first[i].task < TASKS_SHOWN)
            html_row(b, &first[i], column[first[i].task], count);
    buf_puts(b, "</table></div>\n");
    free(rows);
}

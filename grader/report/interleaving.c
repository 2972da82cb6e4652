/* interleaving.c - a schedule as a terminal's table of fixed columns, one a task.
 *
 * With more tasks than fit, a row names its task instead. The beginning of a very long schedule
 * is left out: it goes wrong at the end.
 */
#include "report/interleaving.h"

#include <string.h>

#include "core/utf8.h"
#include "report/rows.h"
#include "report/words.h"

enum { WIDTH = 118, NARROW = 50, NAME = 24, NARROWEST = 34, WIDEST = 54 };

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

/* With no room for columns: who, and what. */
static void put_list(struct buf *b, const struct row *rows, int n, const char *indent,
                     int width)
{
    int name = 0;

    for (int i = 0; i < n; i++) {
        const int used = row_columns(rows[i].who) + 2;

        name = used > name ? used : name;
    }
    name = name > NAME ? NAME : name;
    for (int i = 0; i < n; i++) {
        char text[2 * CELL];

        row_text(&rows[i], text, sizeof text, width - name);
        buf_puts(b, indent);
        put_cell(b, rows[i].who, name, true);
        put_cell(b, text, width - name + 1, false);
        buf_puts(b, "\n");
    }
}

static void put_columns(struct buf *b, const struct row *rows, int n, const int *column,
                        int count, const char *indent, int width)
{
    const int each = width / count > WIDEST ? WIDEST : width / count;

    buf_puts(b, indent);
    for (int t = 0; t < TASKS_SHOWN; t++) {
        if (column[t] >= 0)
            put_cell(b, rows_who(rows, n, t), each, column[t] < count - 1);
    }
    buf_puts(b, "\n");
    for (int i = 0; i < n; i++) {
        char text[2 * CELL];
        int room;

        buf_puts(b, indent);
        for (int c = 0; c < column[rows[i].task]; c++)
            buf_printf(b, "%*s", each, "");
        room = width - each * column[rows[i].task]; /* the columns behind are empty here */
        row_text(&rows[i], text, sizeof text, room);
        put_cell(b, text, room + 1, false);
        buf_puts(b, "\n");
    }
}

void interleaving_table(struct buf *b, const json_t *schedule, const struct interleaving *o)
{
    const json_t *steps = json_object_get(schedule, "steps");
    const int max = (int)json_array_size(steps);
    struct row *rows = max ? calloc((size_t)max, sizeof *rows) : NULL;
    int width = (o->width ? o->width : WIDTH) - (int)strlen(o->indent);
    int column[TASKS_SHOWN], n, count, skip;

    if (!rows)
        return;
    width = width < NARROW ? NARROW : width;
    n = rows_make(steps, o->lang, rows, max);
    if (o->rows != INTERLEAVING_ALL)
        n = rows_fold(rows, n, o->lang);
    skip = o->rows != INTERLEAVING_ALL && n > o->rows ? n - o->rows : 0;
    if (skip)
        buf_printf(b, tr(o->lang, "%s(%d rows before these)\n"), o->indent, skip);
    count = rows_columns(rows + skip, n - skip, column);
    if (count * NARROWEST > width)
        put_list(b, rows + skip, n - skip, o->indent, width);
    else if (count)
        put_columns(b, rows + skip, n - skip, column, count, o->indent, width);
    free(rows);
}

/* interleaving.c - a schedule as a terminal's table of fixed columns, one a task.
 *
 * With more tasks than fit, a row names its task instead. The beginning of a very long schedule
 * is left out: it goes wrong at the end.
 */
#include "report/interleaving.h"

#include <string.h>

#include "core/utf8.h"
#include "report/causes.h"
#include "report/get.h"
#include "report/rows.h"
#include "report/words.h"

enum { NARROW = 50, NAME = 24, NARROWEST = 34, WIDEST = 54 };

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

int interleaving_row(const struct row *rows, int end, const json_t *stack)
{
    const json_t *f = causes_own_frame(stack);
    const char *label = get_str(stack, "label");
    char line[16];

    snprintf(line, sizeof line, "%ld", get_num(f, "line"));
    for (int i = end - 1; f && i >= 0; i--) {
        const size_t n = strlen(rows[i].name);
        const bool anybodys = strncmp(label, "the last ", 9) == 0; /* signal, sent here, ... */

        if (strcmp(rows[i].line, line) == 0 && rows[i].source &&
            (anybodys || (strncmp(label, rows[i].name, n) == 0 && label[n] == ' ')))
            return i;
    }
    return -1;
}

static void gap(struct row *r, const struct row *next, int left, enum lang lang)
{
    *r = *next;
    strcpy(r->line, "0");
    r->source = r->file = NULL;
    snprintf(r->what, sizeof r->what,
             left == 1 ? tr(lang, "%d row is not shown") : tr(lang, "%d rows are not shown"),
             left);
}

/* Keeps the last `o->rows` and of those before them the ones that places name; in the place of
 * what is left out stands how many. Returns a new array, NULL: there is no room. */
static struct row *shorten(const struct row *rows, int *n, const struct interleaving *o)
{
    const int skip = *n > o->rows ? *n - o->rows : 0;
    struct row *ret = calloc((size_t)*n + 2, sizeof *ret);
    bool *kept = calloc((size_t)*n + 1, sizeof *kept);
    const json_t *place;
    int count = 0, left = 0;
    size_t i;

    json_array_foreach((json_t *)o->places, i, place)
    {
        const int at = kept ? interleaving_row(rows, *n, place) : -1;

        if (at >= 0 && i < 4)
            kept[at] = true;
    }
    for (int k = 0; ret && kept && k < *n; k++) {
        if (k < skip && !kept[k]) {
            left++;
            continue;
        }
        if (left)
            gap(&ret[count++], &rows[k], left, o->lang);
        left = 0;
        ret[count++] = rows[k];
    }
    free(kept);
    *n = count;
    return ret;
}

void interleaving_table(struct buf *b, const json_t *schedule, const struct interleaving *o)
{
    const json_t *steps = json_object_get(schedule, "steps");
    const int max = (int)json_array_size(steps);
    struct row *rows = max ? calloc((size_t)max, sizeof *rows) : NULL, *all;
    int width = (o->width ? o->width : INTERLEAVING_WIDTH) - (int)strlen(o->indent);
    int column[TASKS_SHOWN], n, count;

    if (!rows)
        return;
    width = width < NARROW ? NARROW : width;
    n = rows_make(steps, o->lang, rows, max);
    if (o->rows != INTERLEAVING_ALL) {
        n = rows_fold(rows, n, o->lang);
        all = rows;
        rows = shorten(all, &n, o);
        free(all);
        if (!rows) {
            b->failed = true;
            return;
        }
    }
    count = rows_columns(rows, n, column);
    if (count * NARROWEST > width)
        put_list(b, rows, n, o->indent, width);
    else if (count)
        put_columns(b, rows, n, column, count, o->indent, width);
    free(rows);
}

/* lanes.c - marks coloured by what is done there, joined in the order of the schedule. */
#include "report/lanes.h"

#include <string.h>

#include "report/page.h"
#include "report/words.h"

/* NAMES: width of the lanes' names; STEP, LANE: of one step, of one lane; all in units of the
 * picture. */
enum { NAMES = 130, STEP = 12, LANE = 24, LANES_MAX = 12, MARK = 8 };

/* By the English words of steps (runtime/explore/op.h, emit.c). */
static const char *kind_of(const struct row *r)
{
    static const struct {
        const char *word, *kind;
    } kinds[] = {{"waits forever", "stuck"}, {"unlocks", "unlock"},    {"locks", "lock"},
                 {"begins to wait", "wait"}, {"returns from", "wait"}, {"is woken", "wait"},
                 {"signals", "wake"},        {"broadcasts", "wake"},   {"posts", "wake"},
                 {"sends ", "wake"},         {"arrives", "wake"},      {"returns E", "failed"},
                 {"writes", "write"},        {"updates", "write"}};

    if (strncmp(r->step, "SIG", 3) == 0)
        return "wake";
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (strncmp(r->step, kinds[i].word, strlen(kinds[i].word)) == 0)
            return kinds[i].kind;
    return "other";
}

static double x_of(int i)
{
    return NAMES + STEP * (i + 0.5);
}

static double y_of(int lane)
{
    return LANE * (lane + 0.5);
}

static void put_lanes(struct buf *b, const struct row *rows, int n, const int *column)
{
    for (int t = 0; t < TASKS_SHOWN; t++) {
        if (column[t] < 0)
            continue;
        buf_printf(b, "<text x=\"0\" y=\"%.0f\">", y_of(column[t]) + 4);
        page_text(b, rows_who(rows, n, t));
        buf_printf(b, "</text><path class=\"lane\" d=\"M%d %.1fH%d\"/>\n", NAMES,
                   y_of(column[t]), NAMES + STEP * n);
    }
}

/* From who ran to who runs now. */
static void put_switches(struct buf *b, const struct row *rows, int n, const int *column)
{
    buf_puts(b, "<path class=\"switch\" d=\"");
    for (int i = 1; i < n; i++)
        if (rows[i].task != rows[i - 1].task)
            buf_printf(b, "M%.0f %.0fL%.0f %.0f", x_of(i - 1), y_of(column[rows[i - 1].task]),
                       x_of(i), y_of(column[rows[i].task]));
    buf_puts(b, "\"/>\n");
}

static void put_mark(struct buf *b, const struct row *r, int i, int lane)
{
    char text[2 * CELL];

    row_text(r, text, sizeof text, 2 * CELL);
    buf_printf(b, "<rect class=\"%s\" x=\"%.0f\" y=\"%.0f\" width=\"%d\" height=\"%d\"><title>",
               kind_of(r), x_of(i) - MARK / 2.0, y_of(lane) - MARK / 2.0, MARK, MARK);
    page_text(b, r->who);
    buf_puts(b, ": ");
    page_text(b, text);
    buf_puts(b, "</title></rect>\n");
}

static void put_key(struct buf *b, enum lang lang)
{
    static const struct {
        const char *kind, *name;
    } key[] = {{"lock", N_("locks")},         {"unlock", N_("unlocks")},
               {"wait", N_("a wait")},        {"wake", N_("a signal, a post")},
               {"write", N_("writes")},       {"stuck", N_("waits forever")},
               {"other", N_("anything else")}};

    buf_puts(b, "<p class=\"dim small lanes\">");
    for (size_t i = 0; i < ARRAY_SIZE(key); i++)
        buf_printf(b,
                   "<svg class=\"lanes key\" viewBox=\"0 0 8 8\"><rect class=\"%s\" "
                   "width=\"8\" height=\"8\"/></svg> %s ",
                   key[i].kind, tr(lang, key[i].name));
    buf_puts(b, "</p>\n");
}

void lanes_picture(struct buf *b, const struct row *rows, int n, enum lang lang)
{
    int column[TASKS_SHOWN];
    const int count = rows_columns(rows, n, column);

    if (count < 2 || count > LANES_MAX)
        return;
    buf_printf(b,
               "<div class=\"wide\"><svg class=\"lanes\" role=\"img\" width=\"%d\" "
               "height=\"%d\" viewBox=\"0 0 %d %d\"><title>%s</title>\n",
               NAMES + STEP * n, LANE * count, NAMES + STEP * n, LANE * count,
               tr(lang, "who ran when, from left to right"));
    put_lanes(b, rows, n, column);
    put_switches(b, rows, n, column);
    for (int i = 0; i < n; i++)
        put_mark(b, &rows[i], i, column[rows[i].task]);
    buf_puts(b, "</svg></div>\n");
    put_key(b, lang);
}

/* rows.c - steps of a schedule to rows: those of one task in the same line become one
 * ("reads n, writes n").
 */
#include "report/rows.h"

#include <string.h>

#include "core/text.h"
#include "report/words.h"

static const char *str(const json_t *j, const char *key)
{
    return json_string_value(json_object_get(j, key));
}

/* Reading and writing in one line is one thing to a reader; waiting and being woken is not. */
static bool is_access(const char *what)
{
    static const char *const words[] = {"reads", "writes", "updates"};

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

static bool has_item(const char *list, const char *item)
{
    const size_t n = strlen(item);

    for (const char *p = list; (p = strstr(p, item)); p += n)
        if ((p == list || p[-1] == ' ') && (p[n] == '\0' || p[n] == ','))
            return true;
    return false;
}

/* "reads, writes", and if there is more of the same "reads, writes, ...". */
static void append_what(struct row *r, const char *what)
{
    static const char more[] = ", ...";
    const size_t used = strlen(r->what), n = strlen(what);

    if (has_item(r->what, what)) {
        if (used > n && strcmp(r->what + used - n, what) != 0 &&
            used + sizeof more <= sizeof r->what &&
            strcmp(r->what + used - strlen(more), more) != 0)
            strcpy(r->what + used, more);
        return;
    }
    if (used + n + 3 < sizeof r->what)
        snprintf(r->what + used, sizeof r->what - used, "%s%s", used ? ", " : "", what);
}

static void put_who(struct row *r, enum lang lang, const char *who)
{
    struct buf said = {0};

    say(&said, lang, who);
    snprintf(r->who, sizeof r->who, "%s", said.data ? said.data : "");
    buf_release(&said);
}

int rows_make(const json_t *steps, enum lang lang, struct row *rows, int max)
{
    const json_t *st;
    size_t i;
    int n = 0;

    json_array_foreach((json_t *)steps, i, st)
    {
        const json_t *at = json_object_get(st, "at");
        const char *what = str(st, "what");
        struct buf said = {0};

        if (!what)
            continue;
        say(&said, lang, what);
        if (n > 0 && same_place(&rows[n - 1], st) && strcmp(rows[n - 1].what, said.data) == 0) {
            buf_release(&said);
            continue; /* looked again, and nothing had changed */
        }
        if (n == 0 || !same_place(&rows[n - 1], st) || !is_access(what) ||
            !rows[n - 1].access) {
            if (n == max) {
                buf_release(&said);
                return n;
            }
            rows[n] = (struct row){.task = (int)json_integer_value(json_object_get(st, "task")),
                                   .access = is_access(what)};
            put_who(&rows[n], lang, str(st, "who"));
            rows[n].step = what;
            rows[n].name = str(st, "who") ? str(st, "who") : "";
            snprintf(rows[n].line, sizeof rows[n].line, "%d",
                     (int)json_integer_value(json_object_get(at, "line")));
            rows[n].file = str(at, "file");
            rows[n++].source = str(at, "source");
        }
        append_what(&rows[n - 1], said.data ? said.data : "");
        buf_release(&said);
    }
    return n;
}

/* ---- folding ------------------------------------------------------------------------- */

static bool same_row(const struct row *a, const struct row *b)
{
    return a->task == b->task && strcmp(a->line, b->line) == 0 && strcmp(a->what, b->what) == 0;
}

/* How often rows[0..length) come again right behind themselves. */
static int turns(const struct row *rows, int n, int length)
{
    int count = 0;

    for (int i = length; i < n && same_row(&rows[i], &rows[i - length]); i++)
        count += (i - length) % length == length - 1;
    return count;
}

static int drop_the_suites(struct row *rows, int n)
{
    int left = 0;

    for (int i = 0; i < n; i++)
        if (rows[i].source || !rows[i].access)
            rows[left++] = rows[i];
    return left;
}

/* Behind a cycle, in the column of its last row. */
static void put_again(struct row *r, const struct row *last, int length, int again,
                      enum lang lang)
{
    *r = *last;
    strcpy(r->line, "0");
    r->source = r->file = NULL;
    r->access = false;
    if (length == 1)
        snprintf(r->what, sizeof r->what, tr(lang, "repeats %d times"), again);
    else
        snprintf(r->what, sizeof r->what, tr(lang, "the last %d rows repeat %d times"), length,
                 again);
}

int rows_fold(struct row *rows, int n, enum lang lang)
{
    enum { LONGEST_CYCLE = 12 };
    int left = 0;

    n = drop_the_suites(rows, n);
    for (int i = 0; i < n;) {
        int length = 1, again = 0;

        for (int l = 1; l <= LONGEST_CYCLE; l++) {
            const int k = turns(rows + i, n - i, l);

            if (k * l > 2 && k * l > again * length) {
                again = k;
                length = l;
            }
        }
        if (again == 0) {
            rows[left++] = rows[i++];
            continue;
        }
        memmove(rows + left, rows + i, (size_t)length * sizeof *rows);
        left += length;
        put_again(&rows[left], &rows[left - 1], length, again, lang);
        left++;
        i += length * (again + 1);
    }
    return left;
}

/* ---- to text ------------------------------------------------------------------------- */

int row_columns(const char *s)
{
    int n = 0;

    for (; *s; s++)
        n += (*s & 0xc0) == 0x80 ? 0 : (unsigned char)*s >= 0xe3 ? 2 : 1;
    return n;
}

/* At most `room` columns of it, an ellipsis where it is cut; a number that is cut would be
 * another number. */
void row_cut(struct buf *b, const char *s, int room)
{
    int used = 0;

    if (row_columns(s) <= room) {
        buf_puts(b, s);
        return;
    }
    for (const char *p = s; *p;) {
        const size_t n = text_utf8_char((const unsigned char *)p);
        const int w = (unsigned char)*p >= 0xe3 ? 2 : 1;

        if (n == 0 || used + w > room - 1)
            break;
        buf_add(b, p, n);
        used += w;
        p += n;
    }
    buf_puts(b, "…");
}

/* The place stays whole, then what is done; code gives way first. */
void row_text(const struct row *r, char *ret, size_t size, int width)
{
    const bool placed = r->line[0] != '0' && r->file;
    struct buf b = {0};
    int room;

    if (placed && r->source) {
        room = width - row_columns(r->what) - (int)strlen(r->line) - 7;
        buf_printf(&b, "%s: ", r->line);
        row_cut(&b, r->source, room < 10 ? 10 : room);
        room = width - row_columns(b.data ? b.data : "") - 5;
        buf_puts(&b, "  (");
        row_cut(&b, r->what, room < 8 ? 8 : room);
        buf_puts(&b, ")");
    } else {
        room = placed ? width - row_columns(r->file) - (int)strlen(r->line) - 6 : width - 3;
        buf_puts(&b, "(");
        row_cut(&b, r->what, room < 8 ? 8 : room);
        buf_puts(&b, ")");
        if (placed) /* not the student's: the test's own line */
            buf_printf(&b, "  %s:%s", r->file, r->line);
    }
    snprintf(ret, size, "%s", b.data ? b.data : "");
    buf_release(&b);
}

const char *rows_who(const struct row *rows, int n, int task)
{
    for (int i = 0; i < n; i++)
        if (rows[i].task == task)
            return rows[i].who;
    return "";
}

/* Which column a task has: those that appear, in order of number. */
int rows_columns(const struct row *rows, int n, int column[static TASKS_SHOWN])
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

/* csvfile.c - cells as slices of the text, so that what is not touched cannot change. */
#include "batch/csvfile.h"

#include <string.h>
#include <strings.h>

#include "core/text.h"

enum { CSV_MAX = 64 << 20 };

/* Behind the cell that begins at p; *ret_open when its quote never ends. */
static const char *cell_end(const char *p, const char *end, char separator, bool *ret_open)
{
    if (p < end && *p == '"') {
        for (p++; p < end; p++) {
            if (*p != '"')
                continue;
            if (p + 1 < end && p[1] == '"')
                p++;
            else
                break;
        }
        if (p == end) {
            *ret_open = true;
            return end;
        }
        p++;
    }
    while (p < end && *p != separator && *p != '\n' && *p != '\r')
        p++;
    return p;
}

static const char *unquoted(struct arena *a, const char *raw, size_t len)
{
    char *v, *to;

    if (len < 2 || *raw != '"')
        return arena_strndup(a, raw, len);
    v = to = arena_zalloc(a, len + 1);
    for (size_t i = 1; v && i + 1 < len; i++) {
        *to++ = raw[i];
        if (raw[i] == '"' && raw[i + 1] == '"')
            i++;
    }
    return v;
}

static char find_separator(const char *p, const char *end)
{
    int commas = 0, semicolons = 0;

    for (bool quoted = false; p < end && *p != '\n'; p++) {
        quoted ^= *p == '"';
        commas += !quoted && *p == ',';
        semicolons += !quoted && *p == ';';
    }
    return semicolons > commas ? ';' : ',';
}

static int count_lines(const char *p, const char *end)
{
    int n = 1;

    for (; p < end; p++)
        n += *p == '\n' || *p == '\r';
    return n;
}

static int count_cells(const char *p, const char *end, char separator)
{
    int n = 1;
    bool open = false;

    for (; p < end; p++, n++) {
        p = cell_end(p, end, separator, &open);
        if (p == end || *p != separator)
            break;
    }
    return n;
}

static int read_line(struct csv_file *f, const char **p, const char *end, struct err *e)
{
    struct csv_line *l = &f->lines[f->count];
    const int room = count_cells(*p, end, f->separator);
    bool open = false;

    *l = (struct csv_line){.cells = arena_zalloc(f->a, (size_t)room * sizeof *l->cells)};
    if (!l->cells)
        return err_oom(e);
    for (;;) {
        const char *q = cell_end(*p, end, f->separator, &open);

        if (open)
            return err_set(e, ERR_USAGE, "line %d: a quote is opened and never closed",
                           f->count + 1);
        l->cells[l->count] = (struct csv_cell){.raw = *p, .raw_len = (size_t)(q - *p)};
        l->cells[l->count].value = unquoted(f->a, *p, (size_t)(q - *p));
        l->count++;
        *p = q;
        if (q == end || *q != f->separator || l->count == room)
            break;
        ++*p;
    }
    l->end = *p;
    if (*p < end && **p == '\r')
        ++*p;
    if (*p < end && **p == '\n')
        ++*p;
    l->end_len = (size_t)(*p - l->end);
    f->count++;
    return 0;
}

static int read_csv(const char *path, bool decode, struct arena *a, struct csv_file *ret,
                    struct err *e)
{
    static const char bom[] = "\xef\xbb\xbf";
    struct csv_file f = {.a = a};
    const char *p, *end;
    size_t len;
    int rc = 0;

    if (slurp(path, CSV_MAX, &f.text, &len, e) < 0) {
        if (decode) /* a list of the instructor's: a wrong name on the command line */
            e->kind = ERR_USAGE;
        return -1;
    }
    if (decode) {
        char *text = NULL;
        const enum text_kind kind = text_decode(f.text, len, &text, &len);

        if (kind != TEXT_AS_IT_IS && kind != TEXT_BINARY) {
            free(f.text);
            f.text = text;
        }
    }
    p = f.text;
    end = p + len;
    if (len >= 3 && memcmp(p, bom, 3) == 0)
        f.mark = 3;
    p += f.mark;
    f.separator = find_separator(p, end);
    f.lines = arena_zalloc(a, (size_t)count_lines(p, end) * sizeof *f.lines);
    if (!f.lines)
        rc = err_oom(e);
    while (rc == 0 && p < end)
        rc = read_line(&f, &p, end, e);
    if (rc == 0 && f.count == 0)
        rc = err_set(e, ERR_USAGE, "it is empty");
    if (rc == 0 && a->failed)
        rc = err_oom(e);
    if (rc < 0) {
        err_wrap(e, "'%s'", path);
        free(f.text);
        return -1;
    }
    *ret = f;
    return 0;
}

int csv_read(const char *path, struct arena *a, struct csv_file *ret, struct err *e)
{
    return read_csv(path, false, a, ret, e);
}

int csv_read_text(const char *path, struct arena *a, struct csv_file *ret, struct err *e)
{
    return read_csv(path, true, a, ret, e);
}

void csv_release(struct csv_file *f)
{
    free(f->text);
    *f = (struct csv_file){0};
}

static bool is_header(const char *cell, const char *name)
{
    const size_t n = strlen(name);

    cell += strspn(cell, " ");
    return strncasecmp(cell, name, n) == 0 && cell[n + strspn(cell + n, " ")] == '\0';
}

int csv_column(const struct csv_file *f, const char *const *names)
{
    for (; *names; names++)
        for (int i = 0; i < f->lines[0].count; i++)
            if (is_header(f->lines[0].cells[i].value, *names))
                return i;
    return -1;
}

struct csv_cell *csv_at(const struct csv_file *f, int line, int column)
{
    return column >= 0 && column < f->lines[line].count ? &f->lines[line].cells[column] : NULL;
}

static void put_fresh(const struct csv_file *f, const char *s, struct buf *ret)
{
    if (!s[strcspn(s, "\",;\r\n")] && !strchr(s, f->separator)) {
        buf_puts(ret, s);
        return;
    }
    buf_puts(ret, "\"");
    for (; *s; s++)
        buf_add(ret, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1);
    buf_puts(ret, "\"");
}

void csv_print(const struct csv_file *f, struct buf *ret)
{
    buf_add(ret, f->text, f->mark);
    for (int i = 0; i < f->count; i++) {
        const struct csv_line *l = &f->lines[i];

        for (int k = 0; k < l->count; k++) {
            if (k > 0)
                buf_add(ret, &f->separator, 1);
            if (l->cells[k].fresh)
                put_fresh(f, l->cells[k].fresh, ret);
            else
                buf_add(ret, l->cells[k].raw, l->cells[k].raw_len);
        }
        buf_add(ret, l->end, l->end_len);
    }
}

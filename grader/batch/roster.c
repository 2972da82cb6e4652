/* roster.c - reads the instructor's lists. */
#include "batch/roster.h"

#include <string.h>
#include <strings.h>

#include "batch/csvfile.h"
#include "batch/late.h"

static const char *cell(const struct csv_file *f, int line, int column)
{
    const struct csv_cell *c = csv_at(f, line, column);

    const char *v = c && c->value ? c->value : "";
    static char trimmed[1024];
    size_t n;

    v += strspn(v, " \t");
    n = strlen(v);
    while (n > 0 && (v[n - 1] == ' ' || v[n - 1] == '\t'))
        n--;
    snprintf(trimmed, sizeof trimmed, "%.*s", (int)n, v); /* until the next call */
    return trimmed;
}

static bool is_empty_line(const struct csv_file *f, int line)
{
    for (int k = 0; k < f->lines[line].count; k++)
        if (*f->lines[line].cells[k].value)
            return false;
    return true;
}

/* "2d", "36h", "2026-03-05 23:59". */
static bool read_extension(const char *text, struct roster_row *r)
{
    const size_t n = strlen(text);
    char number[16];
    long v;

    if (n == 0)
        return true;
    if (n < sizeof number && (text[n - 1] == 'd' || text[n - 1] == 'h')) {
        snprintf(number, sizeof number, "%.*s", (int)n - 1, text);
        if (!parse_long(number, 0, 100000, &v))
            return false;
        r->extra_s = v * (text[n - 1] == 'd' ? 24 * 3600l : 3600l);
        return true;
    }
    return time_parse(text, &r->until);
}

int roster_read(const char *path, struct arena *a, struct roster *ret, struct err *e)
{
    static const char *const ids[] = {"id", "number", "student id", "sid", NULL},
                             *const names[] = {"name", "student", "full name", NULL},
                             *const emails[] = {"email", "email address", "e-mail", NULL},
                             *const groups[] = {"group", NULL},
                             *const extensions[] = {"extension", NULL};
    struct csv_file f;
    struct roster r = {0};
    int id, name, rc = 0;

    if (csv_read_text(path, a, &f, e) < 0)
        return -1;
    id = csv_column(&f, ids);
    name = csv_column(&f, names);
    r.rows = arena_zalloc(a, (size_t)f.count * sizeof *r.rows);
    if (id < 0 && name < 0)
        rc = err_set(e, ERR_USAGE,
                     "'%s': the first line names no column 'id' or 'name' (roster: "
                     "id,name,email,group,extension)",
                     path);
    for (int i = 1; rc == 0 && r.rows && i < f.count; i++) {
        struct roster_row *row = &r.rows[r.count];
        const char *extension = arena_strdup(a, cell(&f, i, csv_column(&f, extensions)));

        if (is_empty_line(&f, i))
            continue;
        *row =
            (struct roster_row){.id = arena_strdup(a, cell(&f, i, id)),
                                .name = arena_strdup(a, cell(&f, i, name)),
                                .email = arena_strdup(a, cell(&f, i, csv_column(&f, emails))),
                                .group = arena_strdup(a, cell(&f, i, csv_column(&f, groups)))};
        r.count++;
        for (int k = 0; rc == 0 && *row->id && k + 1 < r.count; k++)
            if (strcasecmp(row->id, r.rows[k].id) == 0)
                rc = err_set(e, ERR_USAGE, "'%s', line %d: the id '%.60s' stands twice", path,
                             i + 1, row->id);
        if (rc == 0 && (!extension || !read_extension(extension, row)))
            rc = err_set(e, ERR_USAGE,
                         "'%s', line %d: extension '%.60s': expected 2d, 36h or a time like "
                         "'2026-03-05 23:59'",
                         path, i + 1, extension);
    }
    csv_release(&f);
    if (rc == 0 && (!r.rows || a->failed))
        rc = err_oom(e);
    if (rc == 0)
        *ret = r;
    return rc;
}

int map_read(const char *path, const struct course *c, struct arena *a, struct map *ret,
             struct err *e)
{
    static const char *const students[] = {"student", "name", "id", "email", NULL},
                             *const exercises[] = {"exercise", NULL},
                             *const paths[] = {"path", "file", NULL};
    struct csv_file f;
    struct map m = {0};
    int student, exercise, file, rc = 0;

    if (csv_read_text(path, a, &f, e) < 0)
        return -1;
    student = csv_column(&f, students);
    exercise = csv_column(&f, exercises);
    file = csv_column(&f, paths);
    m.rows = arena_zalloc(a, (size_t)f.count * sizeof *m.rows);
    if (student < 0 || exercise < 0 || file < 0)
        rc =
            err_set(e, ERR_USAGE, "'%s': the first line must be 'student,exercise,path'", path);
    for (int i = 1; rc == 0 && m.rows && i < f.count; i++) {
        struct map_row *row = &m.rows[m.count];

        if (is_empty_line(&f, i))
            continue;
        *row = (struct map_row){.student = arena_strdup(a, cell(&f, i, student)),
                                .path = arena_strdup(a, cell(&f, i, file)),
                                .x = course_find(c, cell(&f, i, exercise)),
                                .line = i + 1};
        m.count++;
        if (!row->x)
            rc = err_set(e, ERR_USAGE, "'%s', line %d: unknown exercise '%.60s'", path, i + 1,
                         cell(&f, i, exercise));
    }
    csv_release(&f);
    if (rc == 0 && (!m.rows || a->failed))
        rc = err_oom(e);
    if (rc == 0)
        *ret = m;
    return rc;
}

static bool same(const char *a, const char *b)
{
    return *a && strcasecmp(a, b) == 0;
}

const struct roster_row *roster_find(const struct roster *r, const char *name,
                                     const char *number, const char *email)
{
    /* numbers and addresses are sure; a name alone only where nobody else has it */
    for (int i = 0; i < r->count; i++)
        if (same(number, r->rows[i].id) || same(email, r->rows[i].email) ||
            same(name, r->rows[i].id) || same(name, r->rows[i].email))
            return &r->rows[i];
    for (int i = 0; i < r->count; i++)
        if (same(name, r->rows[i].name)) {
            for (int k = i + 1; k < r->count; k++)
                if (same(name, r->rows[k].name))
                    return NULL;
            return &r->rows[i];
        }
    return NULL;
}

time_t roster_deadline(const struct roster_row *row, time_t deadline)
{
    if (!row)
        return deadline;
    if (row->until > deadline)
        return row->until;
    return deadline + row->extra_s;
}

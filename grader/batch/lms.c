/* lms.c - which kind of file, whose row, which cell, what number. */
#include "batch/lms.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "batch/csvfile.h"
#include "batch/filelist.h"
#include "core/escape.h"

struct filler {
    const struct table *t;
    struct csv_file f;
    struct arena a;
    struct lms_told told;
    const char *column;                         /* asked for, NULL */
    int number, email, submission, name, login; /* columns, -1: none */
    int grade, most, feedback, locked, first;   /* first: the first row of a person */
    int most_line; /* canvas: where Points Possible stand, 0: none */
    const char *layout;
    int *seen; /* rows of the file, by row of t */
};

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* ---- whose row
 * ------------------------------------------------------------------------------- */

static const char *text_at(struct filler *f, int line, int column)
{
    const struct csv_cell *c = csv_at(&f->f, line, column);

    return c ? c->value : "";
}

/* "Participant 17": Moodle's importer takes what stands behind the word, in any language. */
static const char *digits_of(const char *identifier)
{
    const char *p = identifier + strlen(identifier);

    while (p > identifier && isdigit((unsigned char)p[-1]))
        p--;
    return p;
}

static bool is_row(struct filler *f, const struct row *r, int line)
{
    const char *number = text_at(f, line, f->number);
    const char *submission = r->student.submission;

    if (strcmp(f->told.kind, "moodle") == 0)
        number = digits_of(number);
    if (strncmp(submission, "submission_", 11) == 0)
        submission += 11;
    if (*r->student.number && strcmp(f->layout, f->told.kind) == 0)
        return strcmp(number, r->student.number) == 0 ||
               (*submission && strcmp(text_at(f, line, f->submission), submission) == 0);
    if (*r->student.email && strcasecmp(text_at(f, line, f->email), r->student.email) == 0)
        return true;
    return strcmp(text_at(f, line, f->login), r->student.name) == 0 ||
           strcmp(text_at(f, line, f->name), r->student.name) == 0;
}

/* -1: nobody's; -2: more than one person fits, so nobody is chosen. */
static int row_of(struct filler *f, int line)
{
    int found = -1;

    for (int i = 0; i < f->t->row_count; i++)
        if (is_row(f, &f->t->rows[i], line))
            found = found == -1 ? i : -2;
    return found;
}

/* ---- what number
 * ------------------------------------------------------------------------------ */

/* "100", "100.00", "100,00" in hundredths; -1 when it is none. */
static long long hundredths(const char *s, char *ret_mark)
{
    long long whole = 0;
    int digits = 0, behind = 0;

    s += strspn(s, " ");
    for (; isdigit((unsigned char)*s) && digits < 9; s++, digits++)
        whole = 10 * whole + (*s - '0');
    if (digits == 0)
        return -1;
    if (*s == ',' && strspn(s + 1, "0123456789") == 3) { /* "1,000" is a thousand */
        for (s++; isdigit((unsigned char)*s); s++)
            whole = 10 * whole + (*s - '0');
    }
    if (*s == '.' || *s == ',') {
        *ret_mark = *s++;
        for (; isdigit((unsigned char)*s); s++)
            if (behind < 2) {
                whole = 10 * whole + (*s - '0');
                behind++;
            }
    }
    while (behind++ < 2)
        whole *= 10;
    return *s && *s != ' ' ? -1 : whole;
}

static const char *grade_text(struct filler *f, const struct row *r, const char *most)
{
    char mark = '.';
    long long max = hundredths(most, &mark), v;

    if (max < 0)
        max = 100ll * r->max;
    v = r->max ? (2 * r->score * max + r->max) / (2 * r->max) : 0;
    if (v % 100 == 0)
        return arena_printf(&f->a, "%lld", v / 100);
    if (v % 10 == 0)
        return arena_printf(&f->a, "%lld%c%lld", v / 100, mark, v % 100 / 10);
    return arena_printf(&f->a, "%lld%c%02lld", v / 100, mark, v % 100);
}

/* Moodle shows this to the student as HTML. */
static const char *feedback_text(struct filler *f, const struct row *r)
{
    struct buf b = {0}, note = {0};
    const char *all;

    for (int x = 0; x < f->t->exercise_count; x++) {
        const struct cell *c = &r->cells[x];

        buf_printf(&b, "%s%s: %d/%d", x ? "<br>" : "", f->t->exercises[x]->id, c->counted,
                   c->max);
    }
    for (int x = 0; x < f->t->exercise_count; x++)
        table_note(f->t, r, x, &note);
    if (note.len) {
        buf_puts(&b, "<br>");
        escape_html(&b, note.data, note.len);
    }
    all = b.failed || note.failed ? NULL : arena_strdup(&f->a, b.data);
    buf_release(&b);
    buf_release(&note);
    return all;
}

/* ---- which kind
 * -------------------------------------------------------------------------------- */

static bool is_moodle(struct filler *f)
{
    f->number = csv_column(&f->f, NAMES("Identifier"));
    f->grade = csv_column(&f->f, NAMES("Grade"));
    if (f->number < 0 || f->grade < 0)
        return false;
    f->told.kind = "moodle";
    f->name = csv_column(&f->f, NAMES("Full name"));
    f->login = csv_column(&f->f, NAMES("ID number", "Username"));
    f->email = csv_column(&f->f, NAMES("Email address"));
    f->most = csv_column(&f->f, NAMES("Maximum grade"));
    f->feedback = csv_column(&f->f, NAMES("Feedback comments"));
    f->locked = csv_column(&f->f, NAMES("Grade can be changed"));
    return true;
}

/* "Homework 3 (98765)", and not a column that Canvas computes itself. */
static bool is_assignment(const char *header)
{
    const size_t n = strlen(header);
    const char *open = strrchr(header, '(');

    return open && n > 2 && header[n - 1] == ')' && open[1] != ')' &&
           strspn(open + 1, "0123456789") == n - (size_t)(open - header) - 2;
}

static int canvas_column(struct filler *f, struct err *e)
{
    const struct csv_line *head = &f->f.lines[0];
    char list[300] = "";
    int found = -1, count = 0;

    for (int i = 0; i < head->count; i++) {
        const size_t used = strlen(list);

        if (!is_assignment(head->cells[i].value))
            continue;
        found = i;
        count++;
        snprintf(list + used, sizeof list - used, "%s'%.80s'", used ? ", " : "",
                 head->cells[i].value);
    }
    if (count == 1)
        return found;
    return err_set(e, ERR_USAGE, "%s; say which with --fill FILE:COLUMN",
                   count ? list : "no assignment column");
}

static bool is_points_row(const char *name)
{
    return strcmp(name + strspn(name, " "), "Points Possible") == 0;
}

static int is_canvas(struct filler *f, struct err *e)
{
    const int student = csv_column(&f->f, NAMES("Student"));

    f->number = csv_column(&f->f, NAMES("ID"));
    if (student < 0 || f->number < 0)
        return 0;
    f->told.kind = "canvas";
    f->name = student;
    f->login = csv_column(&f->f, NAMES("SIS Login ID", "SIS User ID"));
    f->grade = f->column ? csv_column(&f->f, NAMES(f->column)) : canvas_column(f, e);
    for (int i = 1; i < f->f.count && i < 4; i++)
        if (is_points_row(text_at(f, i, student)) && !*text_at(f, i, f->number))
            f->most_line = i;
    f->first = f->most_line ? f->most_line + 1 : 1;
    return f->grade < 0 && !f->column ? -1 : 1;
}

static bool is_gradescope(struct filler *f)
{
    f->number = csv_column(&f->f, NAMES("SID"));
    f->grade = csv_column(&f->f, NAMES("Total Score"));
    if (f->number < 0 || f->grade < 0)
        return false;
    f->told.kind = "gradescope";
    f->email = csv_column(&f->f, NAMES("Email"));
    f->name = csv_column(&f->f, NAMES("Name"));
    f->submission = csv_column(&f->f, NAMES("Submission ID"));
    f->most = csv_column(&f->f, NAMES("Max Points"));
    return true;
}

static int find_kind(struct filler *f, const char *path, struct err *e)
{
    int canvas;

    f->number = f->email = f->submission = f->name = f->login = -1;
    f->grade = f->most = f->feedback = f->locked = -1;
    f->first = 1;
    if (is_moodle(f))
        return 0;
    f->number = f->grade = -1;
    canvas = is_canvas(f, e);
    if (canvas < 0)
        return err_wrap(e, "'%s'", path);
    if (canvas == 0) {
        f->number = f->grade = -1;
        if (!is_gradescope(f))
            return err_set(
                e, ERR_USAGE,
                "'%s' is no grade file that Lockstep knows: Moodle's has the columns "
                "Identifier and Grade, Canvas's Student and ID, Gradescope's SID and "
                "Total Score (export it in English)",
                path);
    }
    if (f->column && canvas == 0)
        f->grade = csv_column(&f->f, NAMES(f->column));
    if (f->grade < 0)
        return err_set(e, ERR_USAGE, "'%s' has no column '%s'", path, f->column);
    return 0;
}

/* ---- filling
 * ----------------------------------------------------------------------------------- */

/* Excused, or anything else that a person wrote there. */
static bool is_word(const char *value)
{
    char mark;

    return *value && strcmp(value, "-") != 0 && hundredths(value, &mark) < 0;
}

static void fill_line(struct filler *f, int line)
{
    struct csv_cell *grade = csv_at(&f->f, line, f->grade),
                    *feedback = csv_at(&f->f, line, f->feedback);
    const int i = row_of(f, line);
    const char *most =
        text_at(f, f->most_line ? f->most_line : line, f->most_line ? f->grade : f->most);

    if (f->f.lines[line].count == 1 && !*text_at(f, line, 0))
        return; /* an empty line */
    if (i < 0) {
        f->told.unknown++;
        return;
    }
    if (!f->t->rows[i].whole || !grade || f->seen[i] > 1 || is_word(grade->value) ||
        strcasecmp(text_at(f, line, f->locked), "No") == 0) {
        f->told.left++;
        return;
    }
    grade->fresh = grade_text(f, &f->t->rows[i], most);
    if (feedback)
        feedback->fresh = feedback_text(f, &f->t->rows[i]);
    f->told.filled++;
}

static void count_absent(struct filler *f)
{
    for (int i = 0; i < f->t->row_count; i++) {
        if (f->seen[i])
            continue;
        if (f->told.absent++ == 0)
            snprintf(f->told.who, sizeof f->told.who, "%s", f->t->rows[i].student.name);
    }
}

static int write_copy(const char *out, const char *name, const struct buf *b, struct err *e)
{
    auto_free char *path = NULL;

    if (b->failed || asprintf(&path, "%s/%s", out, name) < 0) {
        path = NULL;
        return err_oom(e);
    }
    return write_whole(path, b->data ? b->data : "", b->len, e);
}

static int fill(struct filler *f, const char *path, const char *out, struct err *e)
{
    struct buf b = {0};
    int rc;

    if (csv_read(path, &f->a, &f->f, e) < 0)
        return -1;
    f->seen = arena_zalloc(&f->a, ((size_t)f->t->row_count + 1) * sizeof *f->seen);
    if (!f->seen)
        return err_oom(e);
    if (find_kind(f, path, e) < 0)
        return -1;
    for (int i = f->first; i < f->f.count; i++) {
        const int row = row_of(f, i);

        if (row >= 0)
            f->seen[row]++; /* twice: nobody knows which one it is */
    }
    for (int i = f->first; i < f->f.count; i++)
        fill_line(f, i);
    count_absent(f);
    csv_print(&f->f, &b);
    rc = f->a.failed ? err_oom(e) : write_copy(out, filelist_base(path), &b, e);
    buf_release(&b);
    return rc;
}

/* FILE or FILE:COLUMN. */
static const char *split(struct filler *f, const char *wanted)
{
    const char *colon = strrchr(wanted, ':');

    if (!colon || access(wanted, F_OK) == 0)
        return wanted;
    f->column = colon + 1;
    return arena_strndup(&f->a, wanted, (size_t)(colon - wanted));
}

int lms_check(const char *wanted, struct err *e)
{
    struct filler f = {0};
    const char *path = split(&f, wanted);
    int rc = path ? 0 : err_oom(e);

    if (rc == 0 && access(path, R_OK) < 0)
        rc = err_set(e, ERR_USAGE, "cannot open '%s': %s", path, strerror(errno));
    if (rc == 0)
        rc = csv_read(path, &f.a, &f.f, e);
    if (rc == 0)
        rc = find_kind(&f, path, e);
    csv_release(&f.f);
    arena_release(&f.a);
    return rc;
}

int lms_fill(const struct table *t, const char *wanted, const char *layout, const char *out,
             struct lms_told *ret, struct err *e)
{
    struct filler f = {.t = t, .layout = layout};
    const char *path = split(&f, wanted);
    int rc = path ? fill(&f, path, out, e) : err_oom(e);

    if (rc == 0)
        *ret = f.told;
    csv_release(&f.f);
    arena_release(&f.a);
    return rc;
}

/* ---- writing one from nothing
 * ------------------------------------------------------------------ */

static void put(struct buf *b, const char *text, bool last)
{
    escape_csv(b, text, strlen(text));
    buf_puts(b, last ? "\r\n" : ",");
}

static void canvas(const struct table *t, struct filler *f, struct buf *b)
{
    buf_puts(b, "Student,ID,SIS User ID,SIS Login ID,Section,Lockstep\r\n"
                "    Points Possible,,,,,");
    buf_printf(b, "%d\r\n", t->row_count ? t->rows[0].max : 0);
    for (int i = 0; i < t->row_count; i++) {
        const struct row *r = &t->rows[i];

        put(b, r->student.name, false);
        put(b, r->student.number, false);
        buf_puts(b, ",,,");
        put(b, r->whole ? grade_text(f, r, "") : "", true);
    }
}

static void gradescope(const struct table *t, struct filler *f, struct buf *b)
{
    buf_puts(b, "Name,SID,Email,Total Score,Max Points,Status,Submission ID\r\n");
    for (int i = 0; i < t->row_count; i++) {
        const struct row *r = &t->rows[i];
        const char *id = strchr(r->student.submission, '_');

        put(b, r->student.name, false);
        put(b, r->student.number, false);
        put(b, r->student.email, false);
        put(b, r->whole ? grade_text(f, r, "") : "", false);
        buf_printf(b, "%d,%s,", r->max, r->whole ? "Graded" : "Ungraded");
        put(b, id ? id + 1 : "", true);
    }
}

int lms_write(const struct table *t, const char *layout, const char *out, struct err *e)
{
    struct filler f = {.t = t};
    struct buf b = {0};
    int rc = 0;

    if (strcmp(layout, "canvas") == 0) {
        canvas(t, &f, &b);
        rc = write_copy(out, "canvas.csv", &b, e);
    } else if (strcmp(layout, "gradescope") == 0) {
        gradescope(t, &f, &b);
        rc = write_copy(out, "gradescope.csv", &b, e);
    }
    buf_release(&b);
    arena_release(&f.a);
    return rc;
}

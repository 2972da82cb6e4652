/* fixture.c - reads `// expect:` lines and holds results against them. */
#include "batch/fixture.h"

#include <string.h>

static int bad(const struct fixture *f, int line, struct err *e, const char *what)
{
    return err_set(e, ERR_EXERCISE, "%s:%d: %s", f->path, line, what);
}

/* The line that carries the mark, outside of the expectations themselves. */
static int find_mark(const char *text, const char *mark)
{
    const size_t n = strlen(mark);
    int line = 1;

    for (const char *p = text; *p; line++) {
        const size_t len = strcspn(p, "\n");
        const char *at = memmem(p, len, mark, n);

        if (strncmp(p, "//", 2) != 0 && at && (at[n] == ' ' || at[n] == '\n' || at[n] == '*'))
            return line;
        p += len + (p[len] == '\n');
    }
    return 0;
}

static int read_expect(struct fixture *f, const char *text, const char *words, int line,
                       bool later, struct err *e)
{
    struct expectation *x = &f->expects[f->expect_count];
    char verdict[32], mark[32] = "";
    int n = 0;

    if (f->expect_count == FIXTURE_EXPECTS)
        return bad(f, line, e, "too many expectations");
    if (sscanf(words, "%63s %31s at %31s%n", x->test, verdict, mark, &n) < 2)
        return bad(f, line, e, "expected 'expect: TEST VERDICT [at @mark]'");
    if (!verdict_parse(verdict, &x->verdict))
        return bad(f, line, e, "unknown verdict");
    if (strcmp(x->test, "*") != 0 && f->exercise && !rubric_find(&f->exercise->rubric, x->test))
        return bad(f, line, e, "no such test in this exercise");
    if (*mark && !(x->line = find_mark(text, mark)))
        return bad(f, line, e, "the mark is nowhere in the code");
    x->later = later;
    f->expect_count++;
    return 0;
}

static int read_never(struct fixture *f, const char *words, int line, struct err *e)
{
    char word[32];
    int n;

    while (sscanf(words, "%31s%n", word, &n) == 1) {
        enum verdict v;

        if (!verdict_parse(word, &v))
            return bad(f, line, e, "unknown verdict after 'never:'");
        f->never |= 1u << v;
        words += n;
    }
    return 0;
}

static int read_line(const struct course *c, struct fixture *f, const char *text, char *l,
                     int line, struct err *e)
{
    if (strncmp(l, "// exercise:", 12) == 0) {
        f->exercise = course_find(c, l + 12 + strspn(l + 12, " "));
        return f->exercise ? 0 : bad(f, line, e, "unknown exercise");
    }
    if (strncmp(l, "// expect:", 10) == 0)
        return read_expect(f, text, l + 10, line, false, e);
    if (strncmp(l, "// expect-later:", 16) == 0)
        return read_expect(f, text, l + 16, line, true, e);
    if (strncmp(l, "// never:", 9) == 0)
        return read_never(f, l + 9, line, e);
    return 0;
}

static int check_kind(struct fixture *f, struct err *e)
{
    int later = 0;

    if (!f->exercise)
        return bad(f, 1, e, "needs a line '// exercise: NN-slug'");
    for (int i = 0; i < f->expect_count; i++)
        later += f->expects[i].later;
    if (f->kind == FIXTURE_PASS)
        return f->expect_count ? bad(f, 1, e, "a pass fixture expects nothing") : 0;
    if (!f->expect_count || !f->never)
        return bad(f, 1, e, "a wrong fixture states an 'expect:' and a 'never:'");
    if (later == f->expect_count)
        f->kind = FIXTURE_LATER;
    return 0;
}

int fixture_read(const struct course *c, struct fixture *f, struct err *e)
{
    auto_free char *text = NULL, *copy = NULL;
    char *save = NULL;
    int line = 0;

    if (slurp(f->path, 1 << 20, &text, NULL, e) < 0)
        return -1;
    copy = strdup(text);
    if (!copy)
        return err_oom(e);
    /* strtok would skip empty lines and lose count */
    for (char *l = copy; l; l = save) {
        save = strchr(l, '\n');
        if (save)
            *save++ = '\0';
        if (read_line(c, f, text, l, ++line, e) < 0)
            return -1;
    }
    return check_kind(f, e);
}

/* ---- comparing ------------------------------------------------------------------------ */

static const char *str(const json_t *j, const char *key)
{
    const char *s = json_string_value(json_object_get(j, key));

    return s ? s : "";
}

static bool shows_line(const struct fixture *f, const json_t *test, const struct expectation *x)
{
    const json_t *ev, *s, *fr;
    size_t i, k, n;

    json_array_foreach(json_object_get(test, "evidence"), i, ev)
    {
        if (strcmp(str(ev, "verdict"), verdict_name(x->verdict)) != 0)
            continue;
        json_array_foreach(json_object_get(ev, "stacks"), k, s)
        {
            json_array_foreach(json_object_get(s, "frames"), n,
                               fr) if (strcmp(str(fr, "file"), f->exercise->rubric.edit) == 0 &&
                                       json_integer_value(json_object_get(fr, "line")) ==
                                           x->line) return true;
        }
    }
    return false;
}

/* What this test is expected to get; NULL when it must pass. */
static const struct expectation *expected(const struct fixture *f, const char *id)
{
    const struct expectation *all = NULL;

    for (int i = 0; i < f->expect_count; i++) {
        if (strcmp(f->expects[i].test, id) == 0)
            return &f->expects[i];
        if (strcmp(f->expects[i].test, "*") == 0)
            all = &f->expects[i];
    }
    return all;
}

static void check_never(const struct fixture *f, const json_t *test, struct buf *why)
{
    const json_t *also = json_object_get(test, "also"), *v;
    size_t i;

    for (int k = 0; k < VERDICT_COUNT; k++) {
        const char *name = verdict_name((enum verdict)k);
        bool got = strcmp(str(test, "verdict"), name) == 0;

        json_array_foreach(also, i, v) got |= strcmp(json_string_value(v), name) == 0;
        if (got && f->never & 1u << k)
            buf_printf(why, "%s: %s, which it must never get\n", str(test, "id"), name);
    }
}

static void check_test(const struct fixture *f, const json_t *test, struct buf *why)
{
    const char *id = str(test, "id"), *got = str(test, "verdict");
    const struct expectation *x = expected(f, id);
    const char *want = x ? verdict_name(x->verdict) : "pass";

    if (f->kind == FIXTURE_STUB)
        want = verdict_name(VERDICT_NOT_IMPLEMENTED);
    if (x && x->later && strcmp(got, "pass") == 0)
        return;
    if (strcmp(got, want) != 0) {
        const json_t *ev = json_array_get(json_object_get(test, "evidence"), 0);

        buf_printf(why, "%s: got %s where %s is stated (%s: %s)\n", id, got, want,
                   str(ev, "title"), str(ev, "text"));
    } else if (x && x->line && !shows_line(f, test, x)) {
        buf_printf(why, "%s: %s, but line %d is not in its evidence\n", id, got, x->line);
    }
    check_never(f, test, why);
}

bool fixture_check(const struct fixture *f, const json_t *result, struct buf *why)
{
    const json_t *x = json_array_get(json_object_get(result, "exercises"), 0), *t;
    const size_t before = why->len;
    size_t i;

    if (strcmp(str(x, "status"), "graded") != 0) {
        buf_printf(why, "%s: %s\n", str(x, "status"), str(x, "reason"));
        return false;
    }
    if (f->kind == FIXTURE_STUB && str(x, "compiler_output")[0])
        buf_printf(why, "the stub does not compile without a warning\n");
    json_array_foreach(json_object_get(x, "tests"), i, t) check_test(f, t, why);
    return why->len == before;
}

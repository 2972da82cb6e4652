/* test_batch.c - CSV cells, fixture grammar, the worker pool. */
#include "batch/class.h"
#include "batch/fixture.h"
#include "batch/pool.h"
#include "core/escape.h"
#include "tests/unit/suites.h"

#include <string.h>

static const struct {
    const char *in, *out;
} cells[] = {
    {"plain", "plain"},
    {"a,b", "\"a,b\""},
    {"say \"hi\"", "\"say \"\"hi\"\"\""},
    {"=SUM(A1)", "\"'=SUM(A1)\""},
    {"-1", "\"'-1\""},
    {"@x", "\"'@x\""},
    {"two\nlines", "\"two\nlines\""},
    {"", ""},
    {"张三", "张三"},
};

START_TEST(cells_are_quoted_and_never_formulas)
{
    struct buf b = {0};

    escape_csv(&b, cells[_i].in, strlen(cells[_i].in));
    ck_assert_str_eq(b.data ? b.data : "", cells[_i].out);
    buf_release(&b);
}
END_TEST

static struct rubric_test one_test[] = {{.id = "a"}};
static struct exercise x = {.id = "99-x",
                            .rubric = {.edit = "x.c", .tests = one_test, .test_count = 1}};

static const struct {
    const char *text, *msg; /* msg NULL: accepted */
} fixtures[] = {
    {"// expect: a deadlock at @m\n// never: pass\nint x; /* @m */\n", NULL},
    {"// expect-later: a data-race\n// never: crash\n", NULL},
    {"// expect: a deadlock\n", ":1: a wrong fixture states an 'expect:' and a 'never:'"},
    {"// never: leak\n", ":1: a wrong fixture states an 'expect:' and a 'never:'"},
    {"\n// expect: b leak\n// never: pass\n", ":2: no such test in this exercise"},
    {"// expect: a slow\n// never: pass\n", ":1: unknown verdict"},
    {"// expect: a leak at @m\n// never: pass\n", ":1: the mark is nowhere in the code"},
    {"// expect: a leak\n// never: fun\n", ":2: unknown verdict after 'never:'"},
    {"// exercise: 12-none\n", ":1: unknown exercise"},
};

START_TEST(fixtures_are_read_or_refused_with_a_line)
{
    const struct course none = {0};
    struct fixture f = {
        .exercise = &x, .path = temp_file(fixtures[_i].text), .kind = FIXTURE_WRONG};
    struct err e = {0};
    char want[256];

    if (!fixtures[_i].msg) {
        ck_assert_msg(fixture_read(&none, &f, &e) == 0, "%s", e.msg);
        return;
    }
    snprintf(want, sizeof want, "%s%s", f.path, fixtures[_i].msg);
    ck_assert_int_eq(fixture_read(&none, &f, &e), -1);
    ck_assert_str_eq(e.msg, want);
}
END_TEST

/* A result with test `a` at this verdict. */
static bool holds(struct fixture *f, const char *verdict, const char *also)
{
    json_t *r =
        json_pack("{s:[{s:s, s:[{s:s, s:s, s:[s*], s:[]}]}]}", "exercises", "status", "graded",
                  "tests", "id", "a", "verdict", verdict, "also", also, "evidence");
    struct buf why = {0};
    bool ok = fixture_check(f, r, &why);

    ck_assert_int_eq(ok, why.len == 0);
    json_decref(r);
    buf_release(&why);
    return ok;
}

START_TEST(a_fixture_holds_only_as_stated)
{
    struct fixture f = {
        .exercise = &x, .kind = FIXTURE_WRONG, .expect_count = 1, .never = 1u << VERDICT_LEAK};

    strcpy(f.expects[0].test, "a");
    f.expects[0].verdict = VERDICT_DEADLOCK;
    ck_assert(holds(&f, "deadlock", NULL));
    ck_assert(!holds(&f, "pass", NULL));
    ck_assert(!holds(&f, "timeout", NULL));
    ck_assert(!holds(&f, "deadlock", "leak"));
    f.expects[0].line = 7; /* no evidence names it */
    ck_assert(!holds(&f, "deadlock", NULL));
    f.expect_count = 0;
    f.kind = FIXTURE_PASS;
    ck_assert(holds(&f, "pass", NULL));
    ck_assert(!holds(&f, "data-race", NULL));
}
END_TEST

static int half(void *ctx, int index)
{
    (void)ctx;
    if (index == 3)
        abort();
    return index % 2;
}

static int count(void *ctx, int index, int status, struct err *e)
{
    int *sum = ctx;

    ck_assert_int_eq(status, index == 3 ? -1 : index % 2);
    ++*sum;
    return *sum == 100 ? err_set(e, ERR_BUG, "more than there are") : 0;
}

START_TEST(the_pool_runs_all_and_tells_a_killed_worker)
{
    int sum = 0;
    struct pool p = {.count = 9, .jobs = 2, .work = half, .done = count, .ctx = &sum};
    struct err e = {0};

    ck_assert_int_eq(pool_run(&p, &e), 0);
    ck_assert_int_eq(sum, 9);
}
END_TEST

Suite *batch_suite(void)
{
    Suite *s = suite_create("batch");
    TCase *tc = tcase_create("tables");

    tcase_add_loop_test(tc, cells_are_quoted_and_never_formulas, 0, ARRAY_SIZE(cells));
    tcase_add_loop_test(tc, fixtures_are_read_or_refused_with_a_line, 0, ARRAY_SIZE(fixtures));
    suite_add_tcase(s, tc);
    add_test(s, "holds", a_fixture_holds_only_as_stated);
    add_test(s, "pool", the_pool_runs_all_and_tells_a_killed_worker);
    return s;
}

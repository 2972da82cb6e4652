/* test_report.c - one result, three faces; scores and precedence. */
#include "report/report.h"
#include "tests/unit/suites.h"

#include <string.h>

static struct rubric_test tests[2] = {
    {.id = "first",
     .title = {"one", "一"},
     .points = 60,
     .modes = 1u << MODE_NATIVE,
     .hints = {{"q", "d", "a"}, {"q", "d", "a"}}},
    {.id = "second",
     .title = {"two", "二"},
     .points = 40,
     .modes = 1u << MODE_NATIVE,
     .hints = {{"q", "d", "a"}, {"q", "d", "a"}}},
};

static struct exercise x = {
    .id = "99-x",
    .cname = "x",
    .rubric = {
        .id = "99-x", .title = {"X", "某"}, .edit = "x.c", .tests = tests, .test_count = 2}};

static struct unit_result unit(struct arena *a)
{
    struct unit_result u;
    struct err e = {0};

    ck_assert_int_eq(result_init(a, &x, &u, &e), 0);
    return u;
}

START_TEST(the_first_verdict_of_the_table_is_shown)
{
    struct arena a = {0};
    struct unit_result u = unit(&a);

    result_prove(&a, &u.tests[0], MODE_NATIVE, VERDICT_LEAK, "leak");
    result_prove(&a, &u.tests[0], MODE_HELGRIND, VERDICT_DATA_RACE, "race");
    result_prove(&a, &u.tests[1], MODE_HELGRIND, VERDICT_DATA_RACE, "race")->advice = true;
    result_score(&u);
    ck_assert_int_eq(u.tests[0].verdict, VERDICT_DATA_RACE);
    ck_assert_uint_eq(u.tests[0].also, 1u << VERDICT_LEAK);
    ck_assert_int_eq(u.tests[0].points, 0);
    ck_assert_int_eq(u.tests[1].verdict, VERDICT_PASS); /* advice costs nothing */
    ck_assert_int_eq(u.score, 40);
    arena_release(&a);
}
END_TEST

/* Bytes a student can put on a line or in a message. */
static const char hostile[] = "</failure>]]>\x1b]0;x\x07\xff\n::error::x <&\"'\x01";

static struct unit_result hostile_unit(struct arena *a)
{
    struct unit_result u = unit(a);
    struct evidence *ev =
        result_prove(a, &u.tests[0], MODE_NATIVE, VERDICT_WRONG_RESULT, hostile);
    struct stack *s = evidence_stack(a, ev, hostile, 1);

    ev->text = hostile;
    s->frames[0] = (struct frame){hostile, hostile, hostile, 1};
    s->count = 1;
    u.compiler_output = hostile;
    result_score(&u);
    return u;
}

START_TEST(hostile_bytes_survive_every_format)
{
    struct arena a = {0};
    struct unit_result u = hostile_unit(&a);
    struct buf json = {0}, junit = {0}, text = {0};
    struct text_options o = {.verbose = true};
    struct err e = {0};
    json_t *j, *back;

    ck_assert_int_eq(report_json(&u, 1, &j, &e), 0);
    ck_assert_int_eq(report_dump(j, &json, &e), 0);
    ck_assert_int_eq(report_junit(j, NULL, &junit, &e), 0);
    ck_assert_int_eq(report_text(j, &o, &text, &e), 0);
    back = json_loads(json.data, 0, NULL);
    ck_assert(json_equal(back, j));
    ck_assert_ptr_null(strstr(junit.data, "</failure>]]>"));
    ck_assert_ptr_null(strchr(junit.data, '\x1b'));
    ck_assert_ptr_null(strchr(text.data, '\x1b'));
    ck_assert_ptr_null(strstr(text.data, "\xff"));
    for (int width = 0; width < 300; width += 50) {
        text.len = 0;
        o = (struct text_options){.width = width, .first = width == 100, .height = width / 5};
        ck_assert_int_eq(report_text(j, &o, &text, &e), 0);
        ck_assert_ptr_null(strchr(text.data, '\x1b'));
        ck_assert_ptr_null(strstr(text.data, "\xff"));
    }
    json_decref(j);
    json_decref(back);
    buf_release(&json);
    buf_release(&junit);
    buf_release(&text);
    arena_release(&a);
}
END_TEST

START_TEST(not_graded_is_no_zero_and_no_failure)
{
    struct unit_result u = {.exercise = &x, .not_graded = "the disk is full", .max = 100};
    struct buf junit = {0}, text = {0};
    struct err e = {0};
    json_t *j;

    ck_assert_int_eq(report_json(&u, 1, &j, &e), 0);
    ck_assert_int_eq(report_junit(j, NULL, &junit, &e), 0);
    ck_assert_int_eq(report_text(j, &(struct text_options){0}, &text, &e), 0);
    ck_assert_ptr_nonnull(strstr(junit.data, "failures=\"0\" errors=\"1\""));
    ck_assert_ptr_nonnull(strstr(junit.data, "type=\"grader-error\""));
    ck_assert_ptr_nonnull(strstr(text.data, "NOT GRADED"));
    ck_assert_ptr_null(strstr(text.data, "FAIL"));
    json_decref(j);
    buf_release(&junit);
    buf_release(&text);
}
END_TEST

Suite *report_suite(void)
{
    Suite *s = suite_create("report");

    add_test(s, "precedence", the_first_verdict_of_the_table_is_shown);
    add_test(s, "hostile", hostile_bytes_survive_every_format);
    add_test(s, "not-graded", not_graded_is_no_zero_and_no_failure);
    return s;
}

/* test_rubric.c - a rubric is read whole or refused with line and column. */
#include "core/rubric.h"
#include "tests/unit/suites.h"

#include <string.h>

#define HEAD                                                                                   \
    "format: lockstep/exercise/1\nid: 99-x\ntitle: {en: X, zh: X}\nedit: x.c\napi: [x_f]\n"
#define TEST                                                                                   \
    "tests:\n  - id: a-b\n    title: {en: T, zh: T}\n    points: 100\n    modes: [native]\n"   \
    "    hints: {en: [a, b, c], zh: [a, b, c]}\n"

static const struct {
    const char *text, *where_and_what;
} refused[] = {
    {"", ":1:1: the file is empty"},
    {"a: [", ":2:1: did not find expected node content while parsing a flow node"},
    {"- 1\n", ":1:1: 'the file' must be a mapping of keys to values"},
    {"format: lockstep/exercise/2\n", ":1:9: 'format' must be lockstep/exercise/1"},
    {"id: a\nid: b\n", ":2:1: 'id' stands twice"},
    {"colour: red\n", ":1:1: unknown key 'colour'"},
    {"edit: ../x.c\n", ":1:7: 'edit' must name one .c file, made of a-z, 0-9 and underscores"},
    {"draft: maybe\n", ":1:8: 'draft' must be yes or no"},
    {"limits: {cpu: 0}\n", ":1:15: 'cpu' must be a whole number from 1 to 600"},
    {"limits: {cpu: 1.5}\n", ":1:15: 'cpu' must be a whole number from 1 to 600"},
    {"limits: {cpus: 1}\n", ":1:10: unknown limit 'cpus'"},
    {"tests: []\n", ":1:8: 'tests' must be a list of at least one test"},
    {"tests:\n  - id: A B\n", ":2:9: 'id' is made of a-z, 0-9 and dashes"},
    {"tests:\n  - id: a\n    points: ten\n",
     ":3:13: 'points' must be a whole number from 1 to 100"},
    {"tests:\n  - id: a\n    modes: [helgrind]\n", ":3:12: 'modes' must name native"},
    {"tests:\n  - id: a\n    modes: [native, tsan]\n",
     ":3:12: unknown mode 'tsan', expected native, helgrind, memcheck or explore"},
    {"tests:\n  - id: a\n    hints: {en: [a, b]}\n",
     ":3:17: 'hints' needs three steps: a question, a direction, almost there"},
    {"tests:\n  - id: a\n    hints: {fr: [a, b, c]}\n",
     ":3:13: unknown language 'fr', expected en or zh"},
    {"tests:\n  - id: a\n", ":2:5: a test needs id, points and modes"},
    {HEAD "tests: &x\n  - *x\n", ":6:8: 'tests' must be a mapping of keys to values"},
    {HEAD, ":1:1: needs id, title, edit, api and tests"},
};

START_TEST(refuses_with_line_and_column)
{
    const char *path = temp_file(refused[_i].text);
    struct arena a = {0};
    struct rubric untouched = {.id = "untouched"}, r = untouched;
    struct err e = {0};
    char want[512];

    ck_assert_int_eq(rubric_load(path, "visible", &a, &r, &e), -1);
    snprintf(want, sizeof want, "%s%s", path, refused[_i].where_and_what);
    ck_assert_str_eq(e.msg, want);
    ck_assert_int_eq(e.kind, ERR_EXERCISE);
    ck_assert_str_eq(r.id, "untouched");
    arena_release(&a);
}
END_TEST

START_TEST(reads_everything)
{
    const char *path = temp_file(HEAD "forbidden: [fork, 'sem_*']\nlimits: {cpu: 7}\n" TEST);
    struct arena a = {0};
    struct rubric r;
    struct err e = {0};

    ck_assert_msg(rubric_load(path, "visible", &a, &r, &e) == 0, "%s", e.msg);
    ck_assert_str_eq(r.id, "99-x");
    ck_assert_str_eq(r.api[0], "x_f");
    ck_assert_ptr_null(r.api[1]);
    ck_assert_int_eq(r.limits.cpu_s, 7);
    ck_assert_int_eq(r.limits.processes, 64); /* the default stays */
    ck_assert_int_eq(r.limits.all_s, 600);
    ck_assert_int_eq(r.test_count, 1);
    ck_assert_int_eq(r.tests[0].points, 100);
    ck_assert_uint_eq(r.tests[0].modes, 1u << MODE_NATIVE);
    ck_assert_str_eq(r.tests[0].hints[LANG_ZH][2], "c");
    ck_assert(rubric_forbids(&r, "sem_wait"));
    ck_assert(!rubric_forbids(&r, "assemble"));
    ck_assert_ptr_eq(rubric_find(&r, "a-b"), &r.tests[0]);
    ck_assert_ptr_null(rubric_find(&r, "a"));
    arena_release(&a);
}
END_TEST

Suite *rubric_suite(void)
{
    Suite *s = suite_create("rubric");
    TCase *tc = tcase_create("refusals");

    tcase_add_loop_test(tc, refuses_with_line_and_column, 0, ARRAY_SIZE(refused));
    suite_add_tcase(s, tc);
    add_test(s, "reads-everything", reads_everything);
    return s;
}

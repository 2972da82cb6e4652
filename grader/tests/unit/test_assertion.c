/* test_assertion.c - libcheck's failures as sentences: each relation, strings that contain what
 * separates, and messages that are something else.
 */
#include "stages/assertion.h"
#include "tests/unit/suites.h"

static const struct {
    const char *message, *said;
} rows[] = {
    {"Assertion 'event_wait(e, 0) == 0' failed: event_wait(e, 0) == -1, 0 == 0",
     "event_wait(e, 0) returned -1 instead of 0"},
    {"Assertion 'get(a) == want' failed: get(a) == 1, want == 2",
     "get(a) returned 1 instead of 2 (want)"},
    {"Assertion 'f(a) + g(b) == 2' failed: f(a) + g(b) == 1, 2 == 2",
     "f(a) + g(b) is 1, but should be 2"},
    {"Assertion 'sum == 20 * n' failed: sum == 78, 20 * n == 80",
     "sum is 78, but should be 80 (20 * n)"},
    {"Assertion '0 == f()' failed: 0 == 0, f() == -1", "f() returned -1 instead of 0"},
    {"Assertion '3 < n' failed: 3 == 3, n == 2", "n is 2, but should be more than 3"},
    {"Assertion 'n >= 4' failed: n == 2, 4 == 4", "n is 2, but should be at least 4"},
    {"Assertion 'n != m' failed: n == 2, m == 2", "n is 2, but should not be 2 (m)"},
    {"Assertion 's == \"a, b == c\"' failed: s == \"x\", \"a, b == c\" == \"a, b == c\"",
     "s is \"x\", but should be \"a, b == c\""},
    /* two places at which it could be split say the same, or nothing is said */
    {"Assertion 'f(a == b) == 1' failed: f(a == b) == 0, 1 == 1",
     "f(a == b) returned 0 instead of 1"},
    {"Assertion 's == t' failed: s == \"1, t == 2\", t == \"3\"",
     "Assertion 's == t' failed: s == \"1, t == 2\", t == \"3\""},
    {"Assertion 'p != NULL' failed: p == 0", "Assertion 'p != NULL' failed: p == 0"},
    {"Assertion 'n > 0' failed", "Assertion 'n > 0' failed"},
    {"two threads are called 'x'", "two threads are called 'x'"},
    {"Assertion '", "Assertion '"},
    {"", ""},
};

START_TEST(failures_are_said_as_sentences)
{
    struct arena a = {0};

    ck_assert_str_eq(assertion_say(&a, rows[_i].message), rows[_i].said);
    ck_assert_ptr_null(assertion_say(&a, NULL));
    arena_release(&a);
}
END_TEST

Suite *assertion_suite(void)
{
    Suite *s = suite_create("assertion");
    TCase *tc = tcase_create("sentences");

    tcase_add_loop_test(tc, failures_are_said_as_sentences, 0, (int)ARRAY_SIZE(rows));
    suite_add_tcase(s, tc);
    return s;
}

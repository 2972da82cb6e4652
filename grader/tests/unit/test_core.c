/* test_core.c - errors, files, strings, verdict names. */
#include "core/utf8.h"
#include "core/util.h"
#include "core/verdict.h"
#include "tests/unit/suites.h"

#include <string.h>

static const struct {
    const char *path, *msg;
} refused[] = {
    {"/nonexistent", "cannot open '/nonexistent': No such file or directory"},
    {"/dev", "'/dev' is not a regular file"},
    {"/dev/zero", "'/dev/zero' is not a regular file"},
    {"/bin/sh", "'/bin/sh' is larger than 16 bytes"},
};

START_TEST(slurp_refuses_and_says_why)
{
    char *untouched = (char *)1, *got = untouched;
    struct err e = {0};

    ck_assert_int_eq(slurp(refused[_i].path, 16, &got, NULL, &e), -1);
    ck_assert_str_eq(e.msg, refused[_i].msg);
    ck_assert_ptr_eq(got, untouched); /* never clobber a result on failure */
}
END_TEST

START_TEST(write_whole_leaves_nothing_half)
{
    struct err e = {0};

    ck_assert_int_eq(write_whole("/dev/full/x", "a", 1, &e), -1);
    ck_assert_ptr_nonnull(strstr(e.msg, "cannot write '/dev/full/x'"));
    ck_assert_int_eq(e.kind, ERR_SYSTEM);
}
END_TEST

static const struct {
    const char *s;
    bool ok;
} numbers[] = {{"0", true},   {"-5", true},   {"100", true},  {"101", false},
               {"-6", false}, {"", false},    {"-", false},   {" 1", false},
               {"1 ", false}, {"0x1", false}, {"1e2", false}, {"99999999999999999999", false}};

START_TEST(numbers_are_strict)
{
    long v = 42;

    ck_assert_int_eq(parse_long(numbers[_i].s, -5, 100, &v), numbers[_i].ok);
    if (!numbers[_i].ok)
        ck_assert_int_eq(v, 42);
}
END_TEST

START_TEST(errors_wrap_outside_in)
{
    struct err e = {0};

    err_set(&e, ERR_EXERCISE, "inner '%d'", 1);
    ck_assert_int_eq(err_wrap(&e, "outer"), -1);
    ck_assert_str_eq(e.msg, "outer: inner '1'");
    ck_assert_int_eq(e.kind, ERR_EXERCISE);
}
END_TEST

/* Stored in gradebooks: a change here breaks every course in progress. */
START_TEST(verdict_names_and_order_are_frozen)
{
    static const char *const names[] = {
        "grader-error", "compile-error", "forbidden", "tampering",       "not-implemented",
        "early-exit",   "crash",         "deadlock",  "lost-wakeup",     "livelock",
        "data-race",    "signal-unsafe", "misuse",    "order-violation", "wrong-result",
        "zombie",       "leak",          "busy-wait", "too-strict",      "resource-limit",
        "timeout",      "pass"};

    ck_assert_int_eq(VERDICT_COUNT, ARRAY_SIZE(names));
    for (int i = 0; i < VERDICT_COUNT; i++) {
        enum verdict v;

        ck_assert_str_eq(verdict_name((enum verdict)i), names[i]);
        ck_assert(verdict_parse(names[i], &v));
        ck_assert_int_eq(v, i);
        ck_assert_int_gt(strlen(verdict_headline((enum verdict)i)), 0);
    }
    ck_assert(!verdict_parse("passed", &(enum verdict){0}));
    ck_assert_int_eq(verdict_first(VERDICT_TIMEOUT, VERDICT_DEADLOCK), VERDICT_DEADLOCK);
}
END_TEST

static const struct {
    const char *in, *json, *terminal, *xml;
} cleaned[] = {
    {"plain \xe4\xb8\x80", "plain \xe4\xb8\x80", "plain \xe4\xb8\x80", "plain \xe4\xb8\x80"},
    {"a\x1b[31mb", "a\x1b[31mb", "a\xef\xbf\xbd[31mb", "a\xef\xbf\xbd[31mb"},
    {"\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbd",
     "\xef\xbf\xbd\xef\xbf\xbd"},
    {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbd",
     "\xef\xbf\xbd\xef\xbf\xbd"},
    {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"x\xe2\x80\xaey", "x\xe2\x80\xaey", "x\xef\xbf\xbdy", "x\xe2\x80\xaey"},
    {"\xe4\xb8", "\xef\xbf\xbd\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbd",
     "\xef\xbf\xbd\xef\xbf\xbd"},
};

START_TEST(foreign_bytes_are_made_harmless)
{
    const char *want[] = {cleaned[_i].json, cleaned[_i].terminal, cleaned[_i].xml};

    for (int use = UTF8_JSON; use <= UTF8_XML; use++) {
        struct buf b = {0};

        utf8_clean(&b, cleaned[_i].in, strlen(cleaned[_i].in), (enum utf8_for)use);
        ck_assert_str_eq(b.data, want[use]);
        buf_release(&b);
    }
}
END_TEST

Suite *core_suite(void)
{
    Suite *s = suite_create("core");
    TCase *tc = tcase_create("tables");

    tcase_add_loop_test(tc, slurp_refuses_and_says_why, 0, ARRAY_SIZE(refused));
    tcase_add_loop_test(tc, numbers_are_strict, 0, ARRAY_SIZE(numbers));
    tcase_add_loop_test(tc, foreign_bytes_are_made_harmless, 0, ARRAY_SIZE(cleaned));
    suite_add_tcase(s, tc);
    add_test(s, "write-whole", write_whole_leaves_nothing_half);
    add_test(s, "err-wrap", errors_wrap_outside_in);
    add_test(s, "verdicts", verdict_names_and_order_are_frozen);
    return s;
}

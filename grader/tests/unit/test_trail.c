/* test_trail.c - which assertions each run of a test comes by, and none that it may miss. */
#include "stages/trail.h"
#include "tests/unit/suites.h"

#include <stdio.h>
#include <string.h>

#define TEST(body)                                                                             \
    "#define X 1\nSTART_TEST(other)\n{ ck_assert(0); }\nEND_TEST\n"                            \
    "START_TEST(it)\n{\n" body "}\nEND_TEST\nSTART_TEST(last)\n{\nck_assert(1);\n}\n"

/* The body begins in line 7 of each. */
static const struct {
    const char *text, *due;
} suites[] = {
    {TEST("ck_assert(1);\nck_assert_int_eq(f(),\n  2);\n"), "check_x.c:7-7,check_x.c:8-9"},
    {TEST("int a = 1;\n\nck_assert(a); ck_assert(!a);\n"), "check_x.c:9-9"},
    {TEST("if (a)\n ck_assert(1);\nelse\n ck_assert(2);\nck_assert(3);\n"), "check_x.c:11-11"},
    {TEST("if (a) {\n ck_assert(1);\n} else {\n ck_assert(2);\n}\nck_assert(3);\n"),
     "check_x.c:12-12"},
    {TEST("for (i = 0; i < 3; i++)\n ck_assert(1);\nck_assert(2);\n"), "check_x.c:9-9"},
    {TEST("while (f())\n ck_assert(1);\ndo ck_assert(2); while (0);\n"), NULL},
    {TEST("int a[] = {1, 2}, b;\nck_assert(a);\n"), "check_x.c:8-8"},
    {TEST("switch (a) {\ncase 1:\n ck_assert(1);\n}\n"), NULL},
    {TEST("ck_assert(1);\nif (a)\n return;\nck_assert(2);\n"), "check_x.c:7-7"},
    {TEST("if (a)\n goto out;\nck_assert(1);\nout:\nck_assert(2);\n"), NULL},
    {TEST("SKIP_IF(a);\nck_assert(1);\n"), NULL},
    {TEST("FOREACH(a)\n ck_assert(1);\n"), NULL},
    {TEST("#if A\nck_assert(1);\n#endif\nck_assert(2);\n"), NULL},
    {TEST(
         "f(\"; ck_assert(1);\");\n// ck_assert(1);\n/* ;\n ck_assert(2); */\nck_assert(3);\n"),
     "check_x.c:11-11"},
    {TEST("g(';', \"\\\";\"); ck_assert(\n';');\n"), "check_x.c:7-8"},
    {TEST("a ? (void)0 : ck_assert(1);\nx = ({ int b = 1; ck_assert(b); b; });\n"), NULL},
    {TEST("#line 1 \"./hidden_x.c\"\nck_assert(1);\n"), "hidden_x.c:1-1"},
    {TEST("ck_assert_msg(({ if (a) return; 1; }), \"x\");\nck_assert(2);\n"), NULL},
    {"#define bail_if(x) if (x) \\\n  return\n#define N 3\n" TEST(
         "ck_assert_int_eq(N, 3);\nfor (;;) {\n  bail_if(a);\n}\nck_assert(2);\n"),
     "check_x.c:10-10"},
    {TEST("ck_assert_mine(1);\nck_assert_int_equal(1, 1);\nck_assert_ptr_nonnull(p);\n"),
     "check_x.c:9-9"},
    {"", NULL},
    {"START_TEST(it)\n{\n ck_assert(", NULL},
    {"START_TEST", NULL},
    {"/* START_TEST(it) { ck_assert(1); }", NULL},
    {"\"", NULL},
};

START_TEST(due_are_those_on_every_way)
{
    struct arena a = {0};
    struct trail_due *due = arena_zalloc(&a, sizeof *due);
    const char *text;

    trail_read(suites[_i].text, "/exercises/check_x.c", "it", due);
    text = trail_text(due, &a);
    if (suites[_i].due)
        ck_assert_pstr_eq(text, suites[_i].due);
    else
        ck_assert_msg(!text, "row %d: %s", _i, text);
    arena_release(&a);
}
END_TEST

static const struct {
    const char *was; /* file's letter and line of each */
    int missed;      /* line; 0: none */
} runs[] = {
    {"x7 x9 x12", 0}, {"x5 x7 x8 x8 x9 x10 x12 x30", 0},
    {"x7 x9", 12},    {"", 7},
    {"x9 x7 x12", 9}, {"x7 y9 x12", 9},
    {"x12", 7},
};

START_TEST(missed_is_the_first)
{
    static struct trail was;
    static struct trail_due due;
    const struct trail_span *missed;
    const char *p = runs[_i].was;
    char file;

    was.count = 0;
    trail_read(TEST("ck_assert(1);\nck_assert_msg(\n1);\nf(); g();\n\nck_assert(2);\n"), "x",
               "it", &due);
    ck_assert_int_eq(due.count, 3);
    for (int n, line; sscanf(p, " %c%d%n", &file, &line, &n) == 2; p += n) {
        snprintf(was.list[was.count].file, sizeof was.list->file, "%c", file);
        was.list[was.count++].line = line;
    }
    missed = trail_missed(&due, &was);
    ck_assert_int_eq(missed ? missed->last : 0, runs[_i].missed);
}
END_TEST

/* More places than are kept say nothing. */
START_TEST(a_full_trail_says_nothing)
{
    static struct trail was = {.count = TRAIL_MAX};
    static const struct trail_due due = {.list = {{"x", 1, 1}}, .count = 1};

    ck_assert_ptr_null(trail_missed(&due, &was));
    was.count = TRAIL_MAX - 1;
    ck_assert_ptr_nonnull(trail_missed(&due, &was));
}
END_TEST

Suite *trail_suite(void)
{
    Suite *s = suite_create("trail");
    TCase *tc = tcase_create("due");

    tcase_add_loop_test(tc, due_are_those_on_every_way, 0, ARRAY_SIZE(suites));
    tcase_add_loop_test(tc, missed_is_the_first, 0, ARRAY_SIZE(runs));
    tcase_add_test(tc, a_full_trail_says_nothing);
    suite_add_tcase(s, tc);
    return s;
}

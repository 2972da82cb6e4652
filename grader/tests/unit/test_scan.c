/* test_scan.c - what the screen finds in a source, and what it must never find in an honest
 * one. */
#include "core/util.h"
#include "stages/scan.h"
#include "tests/unit/suites.h"

#include <string.h>

#define HEAD "# 0 \"event.c\"\n# 1 \"event.c\"\n"

static const struct {
    const char *text, *what;
    int line;
} preprocessed[] = {
    {HEAD "int read(int n) { return n; }\nint send, section, alias, weak, target;\n", NULL, 0},
    {HEAD "static void __attribute__((noreturn, unused)) f(void);\n", NULL, 0},
    {HEAD "void f(void) { int __attribute__((cleanup(weak))) x; }\n", NULL, 0},
    {HEAD "const char *s = \"asm __asm__\"; char c = '\"'; int asmx, my_asm;\n", NULL, 0},
    {HEAD "#pragma GCC diagnostic ignored \"-Wx\"\nint a[3]; int b = a[a[0]];\n", NULL, 0},
    {HEAD "# 1 \"/usr/include/x.h\" 1 3 4\nextern int f() __asm__(\"g\");\n# 2 \"event.c\" 2\n",
     NULL, 0},
    {HEAD "# 1 \"event.h\" 1\nint event;\n# 2 \"event.c\" 2\nint x;\n", NULL, 0},
    {HEAD "const char *s = R\"x(\n asm __attribute__((weak)) )\" )x\"; int x;\n", NULL, 0},
    {HEAD "const char *s = R\"(\n)\"; void f(void) { asm(\"\"); }\n", "inline assembly", 2},
    {HEAD "# 1 \"././event.h\" 1\nint event;\n# 2 \"event.c\" 2\nint x;\n", NULL, 0},
    {HEAD "int x;\n\nvoid f(void) { asm(\"nop\"); }\n", "inline assembly", 3},
    {HEAD "# 1 \"/usr/include/x.h\" 1 3 4\nint f;\n# 2 \"event.c\" 2\n__asm__(\"\");\n",
     "inline assembly", 2},
    {HEAD "__attribute__((unused, __constructor__)) void f(void);\n",
     "a function that runs before main", 1},
    {HEAD "[[gnu::destructor]] void f(void);\n", "a function that runs after main", 1},
    {HEAD "int x __attribute__ ( ( section ( \"s\" ) ) );\n", "a section of its own", 1},
    {HEAD "# 1 \"/etc/passwd\" 1\nroot\n# 2 \"event.c\" 2\n", "a file it includes", 1},
    {HEAD "# 1 \"/usr/include/../../etc/passwd\" 1\nroot\n", "a file it includes", 1},
    {HEAD "# 1 \"event.c\" 1\n", "a file it includes", 1},
    {HEAD "#pragma weak x\n", "a weak symbol", 1},
    {HEAD "void *p = __builtin_frame_address(0);\n", "a frame's address", 1},
    {HEAD "__attribute__((", NULL, 0},
    {"", NULL, 0},
};

static bool own(void *ctx, const char *name)
{
    (void)ctx;
    return strcmp(name, "event.h") == 0;
}

static void compare(bool found, const struct scan_hit *hit, const char *what, int line, int row)
{
    ck_assert_msg(found == (what != NULL), "row %d: %s", row, found ? hit->what : "no hit");
    if (!found)
        return;
    ck_assert_msg(strcmp(hit->what, what) == 0, "row %d: %s", row, hit->what);
    ck_assert_msg(hit->line == line, "row %d: line %d", row, hit->line);
    ck_assert_ptr_nonnull(hit->why);
}

START_TEST(tokens_are_told_apart)
{
    const char *text = preprocessed[_i].text;
    struct scan_hit hit;

    compare(scan_preprocessed(text, strlen(text), own, NULL, &hit), &hit, preprocessed[_i].what,
            preprocessed[_i].line, _i);
}
END_TEST

Suite *scan_suite(void)
{
    Suite *s = suite_create("scan");
    TCase *tc = tcase_create("constructs");

    tcase_add_loop_test(tc, tokens_are_told_apart, 0, ARRAY_SIZE(preprocessed));
    suite_add_tcase(s, tc);
    return s;
}

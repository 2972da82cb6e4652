/* test_uncovered.c - which accesses of gcc's assembly get a hook, and which have theirs. */
#include <stdlib.h>
#include <string.h>

#include "stages/uncovered.h"
#include "tests/unit/suites.h"

static int hooks(const char *assembly, const char *expected)
{
    struct buf b = {0};
    const int n = uncovered_add_hooks(assembly, &b);

    ck_assert_msg(!expected || (b.data && strstr(b.data, expected)), "%s", b.data);
    buf_release(&b);
    return n;
}

START_TEST(what_is_announced_gets_none)
{
    ck_assert_int_eq(hooks("\tcall\t__tsan_read4@PLT\n\tmovl\tx(%rip), %eax\n", NULL), 0);
    ck_assert_int_eq(hooks("\tcall\t__tsan_unaligned_volatile_write8@PLT\n"
                           "\tmovq\t-8(%rbp), %rax\n\tmovq\t$1, (%rax)\n",
                           NULL),
                     0);
    ck_assert_int_eq(hooks("\tmovl\t$24, %esi\n\tcall\t__tsan_read_range@PLT\n"
                           "\tmovq\ta(%rip), %rax\n\tmovq\t8+a(%rip), %rax\n"
                           "\tmovq\t16+a(%rip), %rax\n",
                           NULL),
                     0);
    ck_assert_int_eq(hooks("\tcall\t__tsan_write8@PLT\n\tcall\t__tsan_read8@PLT\n"
                           "\taddq\t$1, x(%rip)\n",
                           NULL),
                     0);
    ck_assert_int_eq(hooks("\tmovq\t%rdx, %rsi\n\tcall\t__tsan_write_range@PLT\n"
                           "\trep stosq\n",
                           NULL),
                     0);
    ck_assert_int_eq(hooks("\tcall\t__tsan_volatile_read4@PLT\n.LVL3:\n\t.loc 1 7 5\n"
                           "\tmovl\tn(%rip), %eax\n", /* a label for the debugger alone */
                           NULL),
                     0);
    ck_assert_int_eq(hooks("\tcall\t__tsan_read4@PLT\n.L3:\n\tmovl\tn(%rip), %eax\n", NULL), 1);
}
END_TEST

START_TEST(what_is_not_gets_one)
{
    ck_assert_int_eq(hooks("\tcall\tnext\n\tmovq\t%rax, shared(%rip)\n",
                           "\tleaq\tshared(%rip), %rdi\n\tpushq\t$520\n\tcall\tls_touch\n"),
                     1);
    ck_assert_int_eq(hooks("\tpushq\t8(%rax)\n", "pushq\t$264\n"), 1); /* by value */
    ck_assert_int_eq(hooks("\taddl\t$1, (%rax,%rdx,4)\n", "pushq\t$772\n"), 1);
    ck_assert_int_eq(hooks("\trep movsq\n", "pushq\t$2824\n"), 1);
    ck_assert_int_eq(hooks("\tmovzbl\t(%rdi), %eax\n", "pushq\t$257\n"), 1);
    ck_assert_int_eq(hooks("\tmovsd\t%xmm0, 8(%rdi)\n", "pushq\t$520\n"), 1);
    ck_assert_int_eq(hooks("\tmovups\t%xmm0, 8(%rdi)\n", "pushq\t$528\n"), 1);
}
END_TEST

/* Its address to return to stands apart from its frame. */
START_TEST(a_realigned_function_says_so)
{
    static const char entry[] = "\tcall\t__tsan_func_entry@PLT\n";
    static const char text[] = "f:\n\tleaq\t8(%rsp), %r10\n\tandq\t$-64, %rsp\n"
                               "\tcall\t__tsan_func_entry@PLT\n.L3:\n"
                               "\tcall\t__tsan_func_exit@PLT\n\tret\ng:\n"
                               "\tcall\t__tsan_func_entry@PLT\n";

    ck_assert_int_eq(hooks(text, ".L3:\n\tcall\tls_realigned_exit\n"), 2);
    ck_assert_int_eq(hooks(text, "\tcall\tls_realigned_entry\n.L3:\n"), 2);
    ck_assert_int_eq(hooks(text, "g:\n\tcall\t__tsan_func_entry@PLT\n"), 2);
    ck_assert_int_eq(hooks(entry, entry), 0);
}
END_TEST

/* More than is touched would be a race that is none. */
START_TEST(no_size_is_too_large)
{
    ck_assert_int_eq(hooks("\tvmovdqu\t(%rax), %ymm0\n", "pushq\t$288\n"), 1);
    ck_assert_int_eq(hooks("\tvmovups\t%zmm1, (%rax)\n", "pushq\t$576\n"), 1);
    ck_assert_int_eq(hooks("\tvmovq\t(%rax), %xmm0\n", "pushq\t$264\n"), 1);
    ck_assert_int_eq(hooks("\tvmovss\t(%rax), %xmm0\n", "pushq\t$260\n"), 1);
    ck_assert_int_eq(hooks("\tcvttss2siq\t(%rax), %rax\n", "pushq\t$260\n"), 1);
    ck_assert_int_eq(hooks("\tfilds\t(%rax)\n", "pushq\t$257\n"), 1); /* of two bytes one */
}
END_TEST

START_TEST(a_label_and_a_call_void_what_was_announced)
{
    ck_assert_int_eq(hooks("\tcall\t__tsan_read4@PLT\n.L2:\n\tmovl\tx(%rip), %eax\n", NULL), 1);
    ck_assert_int_eq(hooks("\tcall\t__tsan_write8@PLT\n\tcall\tf@PLT\n"
                           "\tmovq\t%rax, x(%rip)\n",
                           NULL),
                     1);
    ck_assert_int_eq(hooks("\tcall\t__tsan_write4@PLT\n\tmovq\t%rax, x(%rip)\n", NULL), 1);
    ck_assert_int_eq(hooks("\tcall\t__tsan_atomic32_load@PLT\n\tmovl\tx(%rip), %eax\n", NULL),
                     1);
}
END_TEST

START_TEST(the_own_frame_and_constants_get_none)
{
    ck_assert_int_eq(hooks("\tmovq\t%rax, -16(%rbp)\n\tmovl\t-64(%rbp,%rax,4), %eax\n"
                           "\tmovq\t%rax, 8(%rsp)\n",
                           NULL),
                     0);
    ck_assert_int_eq(hooks("\tmovsd\t.LC1(%rip), %xmm0\n\tleaq\tx(%rip), %rax\n"
                           "\tmovq\tenviron@GOTPCREL(%rip), %rax\n\tjmp\t*%rax\n"
                           "\tmovq\t%fs:x@tpoff, %rax\n\tnopw\t0(%rax,%rax,1)\n",
                           NULL),
                     0);
    ck_assert_int_eq(hooks("#APP\n\tmovl\tx(%rip), %eax\n#NO_APP\n\t.quad\tx\n", NULL), 0);
    ck_assert_int_eq(hooks("", NULL), 0);
    hooks("\tmovl\n\t\n\tmovl\t(,,\n\trep\n\tcall\n", NULL);
}
END_TEST

Suite *uncovered_suite(void)
{
    Suite *s = suite_create("uncovered");

    add_test(s, "realigned", a_realigned_function_says_so);
    add_test(s, "announced", what_is_announced_gets_none);
    add_test(s, "not-announced", what_is_not_gets_one);
    add_test(s, "size", no_size_is_too_large);
    add_test(s, "void", a_label_and_a_call_void_what_was_announced);
    add_test(s, "frame", the_own_frame_and_constants_get_none);
    return s;
}

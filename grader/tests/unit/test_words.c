/* test_words.c - a result's sentences in Chinese: whole, from templates, around names. */
#include "report/words.h"
#include "tests/unit/suites.h"

#include <string.h>

static const struct {
    const char *english, *chinese;
} rows[] = {
    /* whole */
    {"a task sleeps and nothing will ever wake it", "线程或进程在睡眠，而永远不会被唤醒"},
    {"main", "主线程"},
    /* a template, and its parts */
    {"Still running after 2 seconds of processor time.", "用了 2 秒处理器时间后仍在运行。"},
    {"thread 2 waits for thread 1 to end", "线程 2 等待线程 1 结束"},
    {"This exercise does not allow 'sem_wait'. The exercise asks for a solution without it.",
     "这个练习不允许使用“sem_wait”。这个练习就是要求不用它。"},
    /* arguments in another order */
    {"reads 3 bytes from descriptor 7", "从描述符 7 读 3 字节"},
    {"thread 2 of process 1", "进程 1 的线程 2"},
    /* who, then what */
    {"thread 12 writes here", "线程 12 在此写"},
    {"main atomically reads here", "主线程在此原子地读"},
    {"thread 3 read here, holding no lock", "线程 3 在此读，没有持有锁"},
    {"check_x.c:7: f(e, 0) returned -1 instead of 0",
     "check_x.c:7: f(e, 0) 返回了 -1，而不是 0"},
    /* something in front, something behind */
    {"event.c:31: the event does not work any more after a wait timed out",
     "event.c:31: 一次等待超时之后，事件就不再起作用"},
    {"two threads access the same 4 bytes without synchronisation: 'count'",
     "两个线程在没有同步的情况下访问同样的 4 个字节：'count'"},
    /* what a suite says is told without the verdict in front of it */
    {"event_set() does not end a wait that has a time limit",
     "event_set() 没有结束带时限的等待"},
    /* names that look like sentences or formats stay what they are */
    {"locks %s%n", "加锁 %s%n"},
    {"something nobody has ever said", "something nobody has ever said"},
    {"%s", "%s"},
    {"", ""},
};

START_TEST(sentences_are_said_in_chinese)
{
    struct buf b = {0};

    say(&b, LANG_ZH, rows[_i].english);
    ck_assert_str_eq(b.data ? b.data : "", rows[_i].chinese);
    buf_release(&b);
    say(&b, LANG_EN, rows[_i].english);
    ck_assert_str_eq(b.data ? b.data : "", rows[_i].english);
    buf_release(&b);
}
END_TEST

/* A name of many spaces and "waits in" could make a matcher try for hours. */
START_TEST(hostile_sentences_end)
{
    struct buf evil = {0}, b = {0};

    for (int i = 0; i < 2000; i++)
        buf_puts(&evil, "thread 1 waits in x for a mutex that thread 1 holds: ");
    say(&b, LANG_ZH, evil.data);
    ck_assert_int_gt(b.len, 0);
    buf_release(&b);
    buf_release(&evil);
    buf_puts(&evil, "event.c:3: ");
    for (int i = 0; i < 2000; i++) /* each ": " could begin a sentence */
        buf_puts(&evil, ": ");
    say(&b, LANG_ZH, evil.data);
    ck_assert_int_gt(b.len, 0);
    buf_release(&b);
    buf_release(&evil);
}
END_TEST

START_TEST(own_sentences_are_looked_up)
{
    ck_assert_str_eq(tr(LANG_ZH, "no bug found\n"), "没有发现错误\n");
    ck_assert_str_eq(tr(LANG_EN, "no bug found\n"), "no bug found\n");
    ck_assert_str_eq(tr(LANG_ZH, "never heard of"), "never heard of");
    ck_assert(words_know(LANG_ZH, "thread 3"));
    ck_assert(!words_know(LANG_ZH, "never heard of"));
}
END_TEST

Suite *words_suite(void)
{
    Suite *s = suite_create("words");
    TCase *tc = tcase_create("sentences");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, sentences_are_said_in_chinese, 0, (int)ARRAY_SIZE(rows));
    suite_add_tcase(s, tc);
    add_test(s, "hostile", hostile_sentences_end);
    add_test(s, "own", own_sentences_are_looked_up);
    return s;
}

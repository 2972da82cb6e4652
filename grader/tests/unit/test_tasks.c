/* test_tasks.c - "nobody can run" is said only when it is so. Pure looks, no processes. */
#include "sandbox/tasks.h"
#include "tests/unit/suites.h"

#include <string.h>

static struct task_tree was, is;

static void two(enum task_wait a, enum task_wait b)
{
    memset(&was, 0, sizeof was);
    was.count = 2;
    was.tasks[0] = (struct task){.pid = 10, .tid = 10, .wait = a, .switches = 5};
    was.tasks[1] = (struct task){.pid = 10, .tid = 11, .wait = b, .switches = 7};
    is = was;
}

START_TEST(stuck_when_all_wait_for_others)
{
    two(TASK_FOREVER, TASK_STOPPED);
    ck_assert(tasks_stuck(&was, &is));
    two(TASK_FOREVER, TASK_DEAD);
    ck_assert(tasks_stuck(&was, &is));
}
END_TEST

START_TEST(not_stuck_while_somebody_may_run)
{
    two(TASK_FOREVER, TASK_RUNS);
    ck_assert(!tasks_stuck(&was, &is));
    two(TASK_FOREVER, TASK_TIMED);
    ck_assert(!tasks_stuck(&was, &is));
    ck_assert(tasks_still(&was, &is)); /* though it stood still between the looks */
}
END_TEST

START_TEST(not_stuck_when_somebody_ran_in_between)
{
    two(TASK_FOREVER, TASK_FOREVER);
    is.tasks[1].switches++;
    ck_assert(!tasks_stuck(&was, &is));
    two(TASK_FOREVER, TASK_FOREVER);
    is.tasks[1].tid = 12; /* one went, one came */
    ck_assert(!tasks_stuck(&was, &is));
    two(TASK_FOREVER, TASK_FOREVER);
    is.count = 1;
    ck_assert(!tasks_stuck(&was, &is));
}
END_TEST

START_TEST(nobody_is_not_stuck)
{
    two(TASK_DEAD, TASK_DEAD);
    ck_assert(!tasks_stuck(&was, &is));
    was.count = is.count = 0;
    ck_assert(!tasks_stuck(&was, &is));
}
END_TEST

Suite *tasks_suite(void)
{
    Suite *s = suite_create("tasks");

    add_test(s, "stuck", stuck_when_all_wait_for_others);
    add_test(s, "may-run", not_stuck_while_somebody_may_run);
    add_test(s, "ran", not_stuck_when_somebody_ran_in_between);
    add_test(s, "nobody", nobody_is_not_stuck);
    return s;
}

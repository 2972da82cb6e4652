/* check_driver_conductor.c - the visible suite of exercise 13-driver-conductor.
 *
 * Each test starts the program as the foreground job of a small shell on a real
 * pseudo-terminal and types keys on it (lockstep.h). Nothing sleeps: a key is typed when
 * both processes wait, or on purpose before, a line is awaited until all have settled, and
 * where the order of two processes matters one of them is stopped.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>

#include "driver_conductor.h"
#include "lockstep.h"

#define DRIVES "老司机开车了"
#define FAST "车速有点快，系好安全带"
#define ARRIVED "到站了，请下车"

static pid_t driver, conductor;

/* The program as the shell starts it. What it answers is its exit status. */
static int program(void)
{
    int rc = driver_conductor();

    return rc == 0 ? 0 : errno == ENOSYS ? 100 : 1;
}

/* "the driver was killed by SIGINT" */
static const char *how(const struct ls_leaving *l)
{
    static char text[128];
    const char *who = l->pid == driver ? LS_SAYS("the driver") : LS_SAYS("the conductor");

    if (WIFSIGNALED(l->status))
        snprintf(text, sizeof text, LS_SAYS("%s was killed by SIG%s"), who,
                 sigabbrev_np(WTERMSIG(l->status)));
    else
        snprintf(text, sizeof text, LS_SAYS("%s left with %d"), who, WEXITSTATUS(l->status));
    return text;
}

static void start(void)
{
    struct ls_leaving l;

    driver = ls_terminal_start(program);
    ls_settle();
    if (ls_terminal_left(&l)) {
        if (WIFEXITED(l.status) && WEXITSTATUS(l.status) == 100)
            errno = ENOSYS;
        ck_abort_msg("%s before anything was typed", how(&l));
    }
    ck_assert_msg(ls_children(driver, &conductor, 1) == 1, "the driver has no conductor");
}

/* The same, but the first key comes as soon as there is a conductor. */
static void start_in_a_hurry(void)
{
    driver = ls_terminal_start(program);
    conductor = ls_first_child(driver);
    ck_assert_msg(conductor > 0, "the driver has no conductor");
}

static void must_say(const char *want)
{
    const char *line = ls_terminal_line();

    struct ls_leaving l;

    if (!line && ls_terminal_left(&l))
        ck_abort_msg("nothing was printed where '%s' was expected: %s", want, how(&l));
    ck_assert_msg(line != NULL, "nothing was printed where '%s' was expected", want);
    ck_assert_msg(strcmp(line, want) == 0, "'%s' was printed instead of '%s'", line, want);
}

/* After a key that came before anybody was at rest. */
static void must_say_in_spite_of_the_hurry(const char *want)
{
    const char *line = ls_terminal_line();
    struct ls_leaving l;
    pid_t c;

    if (!line && ls_terminal_left(&l))
        ck_abort_msg("order-violation: a key came right after the fork: %s", how(&l));
    if (!line && ls_children(driver, &c, 1) == 0)
        ck_abort_msg("order-violation: a key came right after the fork and killed the conductor");
    ck_assert_msg(line != NULL, "lost-wakeup: a key came right after the fork, and '%s' never did",
                  want);
    ck_assert_msg(strcmp(line, want) == 0, "'%s' was printed instead of '%s'", line, want);
}

/* Two keys in a row: both lines come, in either order. */
static void must_say_both(const char *a, const char *b)
{
    for (int i = 0; i < 2; i++) {
        const char *line = ls_terminal_line();

        ck_assert_msg(line != NULL, "lost-wakeup: two keys came in a row, and '%s' never did",
                      a ? a : b);
        if (a && strcmp(line, a) == 0)
            a = NULL;
        else if (b && strcmp(line, b) == 0)
            b = NULL;
        else
            ck_abort_msg("'%s' was printed instead of '%s'", line, a ? a : b);
    }
}

static void must_be_silent(void)
{
    const char *line = ls_terminal_line();

    ck_assert_msg(line == NULL, "'%s' was printed where nothing was expected", line);
}

static void must_both_be_there(void)
{
    struct ls_leaving l;
    pid_t c;

    if (ls_terminal_left(&l))
        ck_abort_msg("order-violation: %s, too early", how(&l));
    ck_assert_msg(ls_children(driver, &c, 1) == 1 && c == conductor,
                  "order-violation: the conductor left too early");
    ck_assert_msg(!ls_stopped(driver), "the driver was stopped by a key");
    ck_assert_msg(!ls_stopped(conductor), "the conductor was stopped by a key");
}

static void must_have_left(void)
{
    struct ls_leaving l;

    ck_assert_msg(ls_terminal_left(&l), "the driver is still there after Ctrl-Z");
    ck_assert_msg(l.pid == driver, "order-violation: the driver did not wait for the conductor");
    ck_assert_msg(WIFEXITED(l.status) && WEXITSTATUS(l.status) == 0,
                  "the driver did not return 0 after Ctrl-Z: %s", how(&l));
}

/* Ctrl-Z, then: the line, the conductor gone, the driver gone with 0. */
static void must_arrive(void)
{
    key('Z');
    must_say(ARRIVED);
    must_have_left();
}

START_TEST(ctrl_c_drives)
{
    start();
    key('C');
    must_say(DRIVES);
    must_be_silent();
    must_both_be_there();
    must_arrive();
    ls_terminal_end();

    start_in_a_hurry();
    key('C');
    must_say_in_spite_of_the_hurry(DRIVES);
    must_both_be_there();
    must_arrive();
    ls_terminal_end();
}
END_TEST

START_TEST(ctrl_backslash_fast)
{
    start();
    key('\\');
    must_say(FAST);
    must_be_silent();
    must_both_be_there();
    must_arrive();
    ls_terminal_end();
}
END_TEST

START_TEST(ctrl_z_arrives)
{
    start();
    must_be_silent();
    must_arrive();
    must_be_silent();
    ls_terminal_end();
}
END_TEST

/* The conductor is held still, so it cannot leave: a driver that leaves now leaves first. */
START_TEST(leaves_in_order)
{
    struct ls_leaving l;

    start();
    kill(conductor, SIGSTOP);
    ls_settle();
    key('Z');
    ck_assert_msg(!ls_terminal_left(&l), "order-violation: the driver left before the conductor");
    must_be_silent();
    kill(conductor, SIGCONT);
    must_say(ARRIVED);
    ck_assert_msg(ls_terminal_left(&l), "the driver is still there after the conductor left");
    ck_assert_msg(l.pid == driver, "order-violation: the driver left before the conductor");
    ck_assert_msg(!ls_terminal_left(&l), "zombie: the driver never waited for the conductor");
    ls_terminal_end();
}
END_TEST

/* Each side alone gets what is the other's: nothing may happen. */
START_TEST(keeps_its_own)
{
    start();
    kill(driver, SIGINT);
    must_be_silent();
    kill(driver, SIGQUIT);
    must_be_silent();
    kill(conductor, SIGTSTP);
    must_be_silent();
    must_both_be_there();
    must_arrive();
    ls_terminal_end();
}
END_TEST

/* The messages between them, without the terminal. */
START_TEST(answers_its_signals)
{
    start();
    kill(driver, SIGUSR2);
    must_say(FAST);
    kill(driver, SIGUSR1);
    must_say(DRIVES);
    /* held still, the driver cannot have said it: who speaks is part of the story */
    kill(driver, SIGSTOP);
    kill(conductor, SIGINT);
    must_be_silent();
    kill(driver, SIGCONT);
    must_say(DRIVES);
    kill(conductor, SIGQUIT);
    must_say(FAST);
    must_both_be_there();
    kill(driver, SIGTSTP);
    must_say(ARRIVED);
    must_have_left();
    ls_terminal_end();
}
END_TEST

/* A whole ride: many keys, each line in its turn. */
START_TEST(ride_story)
{
    int64_t keys = ls_input("keys", 5, 12), drove = 0;

    start();
    for (int64_t i = 0; i < keys; i++) {
        /* each key at least once, in either order */
        const bool c = i == 1 ? !drove : ls_input("key", 0, 1);

        key(c ? 'C' : '\\');
        must_say(c ? DRIVES : FAST);
        drove += c;
    }
    ls_observe("drove", drove);
    key('C');
    key('\\');
    must_say_both(DRIVES, FAST);
    must_be_silent();
    must_both_be_there();
    must_arrive();
    ls_terminal_end();
}
END_TEST

Suite *lockstep_suite(void)
{
    Suite *suite = suite_create("13-driver-conductor");

    ls_test(suite, "ctrl-c-drives", ctrl_c_drives);
    ls_test(suite, "ctrl-backslash-fast", ctrl_backslash_fast);
    ls_test(suite, "ctrl-z-arrives", ctrl_z_arrives);
    ls_test(suite, "leaves-in-order", leaves_in_order);
    ls_test(suite, "keeps-its-own", keeps_its_own);
    ls_test(suite, "answers-its-signals", answers_its_signals);
    ls_test(suite, "ride-story", ride_story);
    return suite;
}

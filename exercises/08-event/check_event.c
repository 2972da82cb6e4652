/* check_event.c - the visible suite of exercise 08-event.
 *
 * Ordinary libcheck, one TCase a test. Nothing here sleeps or looks at the wall clock for a
 * verdict: "it blocks" is ls_settle() and then a look, "it wakes" is a join that comes back.
 * Each wrong answer a test is made for is named above it.
 */
#include <pthread.h>

#include "event.h"
#include "lockstep.h"

enum { MAX_WAITERS = 8 };

struct waiter {
    pthread_t thread;
    struct event *e;
    long timeout_ms;
    int got;
    int returned; /* atomic: looked at while the thread may still run */
};

static void *wait_once(void *arg)
{
    struct waiter *w = arg;

    w->got = event_wait(w->e, w->timeout_ms);
    __atomic_store_n(&w->returned, 1, __ATOMIC_RELEASE);
    return NULL;
}

static void start(struct waiter *w, struct event *e, long timeout_ms)
{
    *w = (struct waiter){.e = e, .timeout_ms = timeout_ms};
    ck_assert_int_eq(pthread_create(&w->thread, NULL, wait_once, w), 0);
}

static bool is_back(struct waiter *w)
{
    return __atomic_load_n(&w->returned, __ATOMIC_ACQUIRE);
}

static int join(struct waiter *w)
{
    ck_assert_int_eq(pthread_join(w->thread, NULL), 0);
    return w->got;
}

static struct event *create(void)
{
    struct event *e = event_create();

    ck_assert_msg(e != NULL, "event_create() returned NULL");
    return e;
}

/* The flag is a flag. */
START_TEST(flag_is_a_flag)
{
    struct event *e = create();
    int64_t steps = ls_input("steps", 6, 12);
    bool want = false;

    ck_assert_msg(!event_is_set(e), "a new event must be clear");
    for (int64_t i = 0; i < steps; i++) {
        want = ls_input("set", 0, 1);
        ck_assert_int_eq(want ? event_set(e) : event_clear(e), 0);
        ck_assert_msg(event_is_set(e) == want, "event_is_set() is wrong after event_%s()",
                      want ? "set" : "clear");
    }
    ls_observe("last", event_is_set(e));
    event_destroy(e);
}
END_TEST

/* Set before the wait: an event remembers, a bare condition variable does not. */
START_TEST(set_before_wait)
{
    struct event *e = create();

    ck_assert_int_eq(event_set(e), 0);
    ck_assert_int_eq(event_wait(e, -1), 1);
    ck_assert_int_eq(event_wait(e, ls_input("timeout", 1, 50)), 1);
    ck_assert_int_eq(event_wait(e, 0), 1);
    event_destroy(e);
}
END_TEST

/* A waiter sleeps until the set; not before, not by polling. */
START_TEST(wait_blocks)
{
    struct event *e = create();
    struct waiter w;

    start(&w, e, -1);
    ls_settle();
    ck_assert_msg(!is_back(&w), "event_wait() returned although nobody has set the event");
    ck_assert_int_eq(event_set(e), 0);
    ck_assert_int_eq(join(&w), 1);
    event_destroy(e);
}
END_TEST

/* Broadcast, not signal. */
START_TEST(set_wakes_all)
{
    struct event *e = create();
    int n = (int)ls_input("waiters", 3, MAX_WAITERS), sum = 0;
    struct waiter w[MAX_WAITERS];

    for (int i = 0; i < n; i++)
        start(&w[i], e, -1);
    ls_settle();
    ck_assert_int_eq(event_set(e), 0);
    for (int i = 0; i < n; i++)
        sum += join(&w[i]);
    ck_assert_int_eq(sum, n);
    ls_observe("released", sum);
    event_destroy(e);
}
END_TEST

/* Cleared at once after the set: those who waited go all the same. On one core, with waiters
 * that do not push the setter aside, the clear comes before any of them has run; and twenty
 * times, in case the setter's time on the core ended just in between. */
static void *wait_politely(void *arg)
{
    ls_polite();
    return wait_once(arg);
}

START_TEST(set_then_clear_releases)
{
    struct event *e = create();
    int n = (int)ls_input("waiters", 2, 4), sum = 0;

    ls_stay_on(0);
    for (int round = 0; round < 20; round++) {
        struct waiter w[MAX_WAITERS];

        for (int i = 0; i < n; i++) {
            w[i] = (struct waiter){.e = e, .timeout_ms = -1};
            ck_assert_int_eq(pthread_create(&w[i].thread, NULL, wait_politely, &w[i]), 0);
        }
        ls_settle();
        ck_assert_int_eq(event_set(e), 0);
        ck_assert_int_eq(event_clear(e), 0);
        for (int i = 0; i < n; i++)
            sum += join(&w[i]);
    }
    ck_assert_int_eq(sum, 20 * n);
    ls_observe("released", sum);
    event_destroy(e);
}
END_TEST

/* After a clear, the next wait waits again. */
START_TEST(clear_blocks_again)
{
    struct event *e = create();
    struct waiter w;

    ck_assert_int_eq(event_set(e), 0);
    ck_assert_int_eq(event_wait(e, -1), 1);
    ck_assert_int_eq(event_clear(e), 0);
    start(&w, e, -1);
    ls_settle();
    ck_assert_msg(!is_back(&w), "event_wait() returned although the event was cleared");
    ck_assert_int_eq(event_set(e), 0);
    ck_assert_int_eq(join(&w), 1);
    event_destroy(e);
}
END_TEST

/* Times out with 0, and never before its time (later is the machine's business). */
START_TEST(wait_times_out)
{
    struct event *e = create();
    int64_t timeout = ls_past_next_second(), began = ls_now_ns();

    ck_assert_int_eq(event_wait(e, 0), 0);
    ck_assert_int_eq(event_wait(e, (long)timeout), 0);
    ck_assert_msg(ls_now_ns() - began >= timeout * 1000000, "event_wait() gave up before its time was over");
    ck_assert_int_eq(event_set(e), 0);
    ck_assert_msg(event_is_set(e), "the event does not work any more after a wait timed out");
    event_destroy(e);
}
END_TEST

/* A wait with a limit, too, ends with the set: nobody waits for the hour. */
START_TEST(timed_wait_wakes)
{
    struct event *e = create();
    struct waiter w;

    start(&w, e, 3600 * 1000);
    ls_settle();
    ck_assert_msg(!is_back(&w), "event_wait() returned although nobody has set the event");
    ck_assert_int_eq(event_set(e), 0);
    ls_settle();
    ck_assert_msg(is_back(&w), "lost-wakeup: event_set() does not end a wait that has a time limit");
    ck_assert_int_eq(join(&w), 1);
    event_destroy(e);
}
END_TEST

/* All functions at once, watched by Helgrind: is_set without the lock is a race. */
static void *look_often(void *arg)
{
    for (int i = 0; i < 20; i++)
        event_is_set(arg);
    return NULL;
}

static void *flip_often(void *arg)
{
    for (int i = 0; i < 20; i++) {
        event_set(arg);
        event_clear(arg);
    }
    return NULL;
}

START_TEST(all_at_once)
{
    struct event *e = create();
    pthread_t look, flip;

    ck_assert_int_ne(event_wait(e, 0), 1);
    ck_assert_int_eq(pthread_create(&look, NULL, look_often, e), 0);
    ck_assert_int_eq(pthread_create(&flip, NULL, flip_often, e), 0);
    for (int i = 0; i < 5; i++)
        event_wait(e, 0);
    pthread_join(look, NULL);
    pthread_join(flip, NULL);
    ck_assert_msg(!event_is_set(e), "the last call was event_clear(), but the event is set");
    ck_assert_int_eq(event_set(e), 0);
    ck_assert_int_eq(event_wait(e, -1), 1);
    event_destroy(e);
}
END_TEST

/* The lesson's story: Bar says the password, then sets the event; main reads it after the
 * wait. That the password is seen whole is the event's doing: `s` has no lock of its own. */
static const char *s;

static void *bar(void *arg)
{
    ls_settle(); /* the lesson sleeps here: main is waiting by now */
    s = "天王盖地虎";
    ck_assert_int_eq(event_set(arg), 0);
    return NULL;
}

START_TEST(password_story)
{
    struct event *e = create();
    const char *answer = "打死他";
    pthread_t b;

    s = NULL;
    ck_assert_int_eq(pthread_create(&b, NULL, bar, e), 0);
    ck_assert_int_eq(event_wait(e, -1), 1);
    if (s && strcmp(s, "天王盖地虎") == 0)
        answer = "确认过眼神，你是对的人";
    puts(answer);
    ck_assert_int_eq(event_clear(e), 0);
    ck_assert_int_eq(pthread_join(b, NULL), 0);
    ck_assert_str_eq(answer, "确认过眼神，你是对的人");
    event_destroy(e);
}
END_TEST

/* What create took, destroy gives back; destroying nothing is fine. */
START_TEST(gives_back)
{
    int64_t n = ls_input("events", 2, 6);

    for (int64_t i = 0; i < n; i++) {
        struct event *e = create();

        ck_assert_int_eq(event_set(e), 0);
        ck_assert_int_eq(event_wait(e, 0), 1);
        event_destroy(e);
    }
    event_destroy(NULL);
}
END_TEST

Suite *lockstep_suite(void)
{
    Suite *suite = suite_create("08-event");

    ls_test(suite, "flag-is-a-flag", flag_is_a_flag);
    ls_test(suite, "set-before-wait", set_before_wait);
    ls_test(suite, "wait-blocks", wait_blocks);
    ls_test(suite, "set-wakes-all", set_wakes_all);
    ls_test(suite, "set-then-clear-releases", set_then_clear_releases);
    ls_test(suite, "clear-blocks-again", clear_blocks_again);
    ls_test(suite, "wait-times-out", wait_times_out);
    ls_test(suite, "timed-wait-wakes", timed_wait_wakes);
    ls_test(suite, "all-at-once", all_at_once);
    ls_test(suite, "password-story", password_story);
    ls_test(suite, "gives-back", gives_back);
    return suite;
}

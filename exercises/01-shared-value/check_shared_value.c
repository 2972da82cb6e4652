/* check_shared_value.c - the visible suite of exercise 01-shared-value.
 *
 * Ordinary libcheck, one TCase a test. "Blocked" is ls_settle() and a look; order between
 * processes is made with pipes, never with sleeping.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "lockstep.h"
#include "shared_value.h"

static struct shared_value *open_value(int initial)
{
    struct shared_value *v = shared_value_open(initial);

    ck_assert_msg(v != NULL, "shared_value_open() returned NULL");
    return v;
}

static int random_int(const char *label)
{
    return (int)ls_input(label, -1000000, 1000000);
}

/* One process: it holds the number it was given, any number. */
START_TEST(holds_a_number)
{
    const int numbers[] = {random_int("first"), 0, -1, 2147483647, -2147483647 - 1};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct shared_value *v = open_value(numbers[i]);

        ck_assert_int_eq(shared_value_get(v), numbers[i]);
        shared_value_set(v, 7);
        ck_assert_int_eq(shared_value_get(v), 7);
        ck_assert_int_eq(shared_value_add(v, -9), -2);
        ck_assert_int_eq(shared_value_get(v), -2);
        shared_value_close(v);
    }
    shared_value_close(NULL);
}
END_TEST

struct hand_over {
    struct shared_value *v;
    int from_parent, from_child;
};

static int answer_in_child(void *arg)
{
    struct hand_over *h = arg;

    ck_assert_msg(shared_value_get(h->v) == h->from_parent,
                  "the child does not see the number that the parent wrote");
    shared_value_set(h->v, h->from_child);
    shared_value_close(h->v);
    return 0;
}

/* Two processes, both directions: private memory and MAP_PRIVATE fail here. */
START_TEST(seen_by_both)
{
    struct hand_over h = {.from_parent = random_int("parent"), .from_child = random_int("child")};

    h.v = open_value(0);
    shared_value_set(h.v, h.from_parent);
    ck_assert_int_eq(ls_reap(ls_spawn(answer_in_child, &h)), 0);
    ck_assert_msg(shared_value_get(h.v) == h.from_child,
                  "the parent does not see the number that the child wrote");
    ls_observe("number", shared_value_get(h.v));
    shared_value_close(h.v);
}
END_TEST

/* Two values are two numbers. */
START_TEST(values_are_separate)
{
    struct shared_value *a = open_value(1), *b = open_value(2);

    shared_value_add(a, 10);
    ck_assert_int_eq(shared_value_get(b), 2);
    ck_assert_int_eq(shared_value_lock(a), 0);
    ck_assert_int_eq(shared_value_lock(b), 0);
    ck_assert_int_eq(shared_value_unlock(a), 0);
    ck_assert_int_eq(shared_value_unlock(b), 0);
    shared_value_close(a);
    ck_assert_int_eq(shared_value_add(b, 1), 3);
    shared_value_close(b);
}
END_TEST

/* Two processes add at the same time, each on its own core: nothing may be lost. */
static void add_one(void *v, int me)
{
    (void)me;
    shared_value_add(v, 1);
}

START_TEST(adds_are_whole)
{
    struct shared_value *v = open_value(0);
    int64_t turns[2];

    ls_alongside(add_one, v, turns);
    ck_assert_msg(shared_value_get(v) == turns[0] + turns[1],
                  "two processes added at the same time and adds were lost");
    shared_value_close(v);
}
END_TEST

/* Two threads of one process, under Helgrind: an add without a lock is a race. On one core,
 * so that the native run says nothing by luck: overlap is adds-are-whole's business. */
static void *add_in_thread(void *v)
{
    for (int i = 0; i < 10; i++) {
        shared_value_add(v, 1);
        shared_value_get(v);
    }
    return NULL;
}

START_TEST(threads_too)
{
    struct shared_value *v = open_value(0);
    pthread_t a, b;

    ls_stay_on(0);
    ck_assert_int_eq(pthread_create(&a, NULL, add_in_thread, v), 0);
    ck_assert_int_eq(pthread_create(&b, NULL, add_in_thread, v), 0);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    ck_assert_int_eq(shared_value_get(v), 20);
    shared_value_close(v);
}
END_TEST

struct locked {
    struct shared_value *v;
    int start[2], entered[2];
};

/* The child exists before anybody has the lock; it starts when told, and tells through the
 * other pipe when it is inside. */
static int enter_in_child(void *arg)
{
    struct locked *l = arg;
    char c;

    ck_assert_int_eq(read(l->start[0], &c, 1), 1);
    ck_assert_int_eq(shared_value_lock(l->v), 0);
    ck_assert_int_eq(write(l->entered[1], "i", 1), 1);
    shared_value_set(l->v, shared_value_get(l->v) + 1);
    ck_assert_int_eq(shared_value_unlock(l->v), 0);
    return 0;
}

/* While we hold the lock another process sleeps; when we give it back it goes on. */
START_TEST(lock_keeps_out)
{
    struct locked l = {.v = open_value((int)ls_input("number", 0, 1000))};
    int before = shared_value_get(l.v);
    char c;
    pid_t child;

    ck_assert_int_eq(pipe(l.start), 0);
    ck_assert_int_eq(pipe2(l.entered, O_NONBLOCK), 0);
    child = ls_spawn(enter_in_child, &l);
    ck_assert_int_eq(shared_value_lock(l.v), 0);
    ck_assert_int_eq(write(l.start[1], "s", 1), 1);
    ls_settle();
    ck_assert_msg(read(l.entered[0], &c, 1) != 1,
                  "order-violation: a second process got the lock while the first held it");
    ck_assert_msg(shared_value_get(l.v) == before, "the number changed although it was locked");
    ck_assert_int_eq(shared_value_unlock(l.v), 0);
    ck_assert_int_eq(ls_reap(child), 0);
    ck_assert_int_eq(shared_value_get(l.v), before + 1);
    ls_observe("number", shared_value_get(l.v));
    for (int i = 0; i < 2; i++) {
        close(l.start[i]);
        close(l.entered[i]);
    }
    shared_value_close(l.v);
}
END_TEST

static int die_inside(void *arg)
{
    ck_assert_int_eq(shared_value_lock(arg), 0);
    shared_value_set(arg, 4711);
    ls_kill_self();
}

/* A process dies while it holds the lock: the next one is told, and all goes on. */
START_TEST(holder_dies)
{
    struct shared_value *v = open_value(0);

    ck_assert_int_eq(ls_reap(ls_spawn(die_inside, v)), 128 + SIGKILL);
    ck_assert_msg(shared_value_lock(v) == 1,
                  "shared_value_lock() must return 1 when the holder died with the lock");
    ck_assert_int_eq(shared_value_get(v), 4711);
    ck_assert_int_eq(shared_value_unlock(v), 0);
    ck_assert_int_eq(shared_value_lock(v), 0);
    ck_assert_int_eq(shared_value_unlock(v), 0);
    shared_value_close(v);
}
END_TEST

/* The lesson's purse: one earns thirty times, one spends thirty times. One core, as above. */
START_TEST(purse_story)
{
    enum { TIMES = 30 };
    int earned[TIMES], spent[TIMES], end, want = 40000;

    for (int i = 0; i < TIMES; i++) {
        earned[i] = (int)ls_input("earned", 1, 1000);
        spent[i] = (int)ls_input("spent", 100, 900);
        want += earned[i] - spent[i];
    }
    ls_stay_on(0);
    end = family_purse(40000, earned, spent, TIMES);
    ck_assert_msg(end == want, "the purse holds %d; 40000 and all that was earned and spent is %d",
                  end, want);
    ls_observe("purse", end);
    printf("%d\n", end);
}
END_TEST

/* Open and close a thousand times: nothing may pile up. */
START_TEST(gives_back)
{
    int before, after;

    shared_value_close(open_value(0)); /* the first time may warm something up */
    before = ls_mappings();
    for (int i = 0; i < 1000; i++) {
        struct shared_value *v = open_value(i);

        ck_assert_int_eq(shared_value_get(v), i);
        shared_value_close(v);
    }
    after = ls_mappings();
    ck_assert_msg(after < before + 100, "leak: shared_value_close() does not give the memory back");
}
END_TEST

Suite *lockstep_suite(void)
{
    Suite *suite = suite_create("01-shared-value");

    ls_test(suite, "holds-a-number", holds_a_number);
    ls_test(suite, "seen-by-both", seen_by_both);
    ls_test(suite, "values-are-separate", values_are_separate);
    ls_test(suite, "adds-are-whole", adds_are_whole);
    ls_test(suite, "threads-too", threads_too);
    ls_test(suite, "lock-keeps-out", lock_keeps_out);
    ls_test(suite, "holder-dies", holder_dies);
    ls_test(suite, "purse-story", purse_story);
    ls_test(suite, "gives-back", gives_back);
    return suite;
}

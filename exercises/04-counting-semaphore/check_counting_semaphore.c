
/* check_counting_semaphore.c - the visible suite of exercise 04-counting-semaphore.
 *
 * "Blocked" is ls_settle() and a look at a counter in shared memory; nothing sleeps. Each
 * wrong answer a test is made for is named above it.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

#include "counting_semaphore.h"
#include "lockstep.h"

/* What parent and children see of each other. */
struct scene {
    struct counting_semaphore *s;
    volatile int through; /* atomic: how many got a permit */
    long timeout_ms;
};

static struct counting_semaphore *opened(int permits)
{
    struct counting_semaphore *s = counting_semaphore_open(permits);

    ck_assert_msg(s != NULL, "counting_semaphore_open() returned NULL");
    return s;
}

static struct scene *scene(int permits)
{
    struct scene *c =
        mmap(NULL, sizeof *c, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    ck_assert_ptr_ne(c, MAP_FAILED);
    c->s = opened(permits);
    return c;
}

static void end(struct scene *c)
{
    counting_semaphore_close(c->s);
    munmap(c, sizeof *c);
}

static int through(struct scene *c)
{
    return __atomic_load_n(&c->through, __ATOMIC_ACQUIRE);
}

static int go_through(void *arg)
{
    struct scene *c = arg;
    int rc = c->timeout_ms ? counting_semaphore_acquire_for(c->s, c->timeout_ms)
                           : counting_semaphore_acquire(c->s);

    ck_assert_msg(rc == 0, "the acquire failed: %s", strerror(errno));
    __atomic_add_fetch(&c->through, 1, __ATOMIC_ACQ_REL);
    return 0;
}

static void must_try(struct counting_semaphore *s, bool free_one)
{
    int rc;

    errno = 0;
    rc = counting_semaphore_try(s);
    if (free_one)
        ck_assert_msg(rc == 0, "there is a permit, but try does not get it");
    else
        ck_assert_msg(rc == -1 && errno == EAGAIN, "try must say EAGAIN when there is no permit");
}

/* One process: arithmetic. */
START_TEST(counts)
{
    int value = (int)ls_input("permits", 1, 20);
    struct counting_semaphore *s = opened(value);

    ck_assert_int_eq(counting_semaphore_get_value(s), value);
    for (int64_t steps = ls_input("steps", 5, 30); steps > 0; steps--) {
        int n = (int)ls_input("release", -3, 3);

        if (n >= 1) {
            ck_assert_int_eq(counting_semaphore_release(s, n), 0);
            value += n;
        } else if (value > 0) {
            ck_assert_int_eq(counting_semaphore_acquire(s), 0);
            value--;
        }
        ck_assert_int_eq(counting_semaphore_get_value(s), value);
    }
    ls_observe("value", value);
    counting_semaphore_close(s);
}
END_TEST

/* Nothing there: the child sleeps, and a release wakes it. Not shared: it never wakes. */
START_TEST(zero_blocks)
{
    struct scene *c = scene(0);
    pid_t child = ls_spawn(go_through, c);

    ls_settle();
    ck_assert_msg(through(c) == 0, "order-violation: a permit was acquired although none was available");
    ck_assert_int_eq(counting_semaphore_release(c->s, 1), 0);
    ck_assert_int_eq(ls_reap(child), 0);
    ck_assert_int_eq(counting_semaphore_get_value(c->s), 0);
    end(c);
}
END_TEST

/* Try looks once and goes. */
START_TEST(try_never_waits)
{
    struct counting_semaphore *s = opened(2);

    must_try(s, true);
    must_try(s, true);
    must_try(s, false);
    ck_assert_int_eq(counting_semaphore_get_value(s), 0);
    ck_assert_int_eq(counting_semaphore_release(s, 1), 0);
    must_try(s, true);
    counting_semaphore_close(s);
}
END_TEST

/* ETIMEDOUT, never before its time, and all goes on afterwards. */
START_TEST(times_out)
{
    struct counting_semaphore *s = opened(0);
    int64_t timeout = ls_past_next_second(), began = ls_now_ns();

    errno = 0;
    ck_assert_int_eq(counting_semaphore_acquire_for(s, 0), -1);
    ck_assert_int_eq(errno, ETIMEDOUT);
    errno = 0;
    ck_assert_int_eq(counting_semaphore_acquire_for(s, (long)timeout), -1);
    ck_assert_int_eq(errno, ETIMEDOUT);
    ck_assert_msg(ls_now_ns() - began >= timeout * 1000000, "the wait gave up before its time was over");
    ck_assert_int_eq(counting_semaphore_get_value(s), 0);
    ck_assert_int_eq(counting_semaphore_release(s, 2), 0);
    ck_assert_int_eq(counting_semaphore_acquire_for(s, 0), 0);
    ck_assert_int_eq(counting_semaphore_get_value(s), 1);
    counting_semaphore_close(s);
}
END_TEST

/* Nobody waits for the hour when a permit comes. */
START_TEST(timed_wait_wakes)
{
    struct scene *c = scene(0);
    pid_t child;

    c->timeout_ms = 3600 * 1000;
    child = ls_spawn(go_through, c);
    ls_settle();
    ck_assert_msg(through(c) == 0, "order-violation: a permit was acquired although none was available");
    ck_assert_int_eq(counting_semaphore_release(c->s, 1), 0);
    ls_settle();
    ck_assert_msg(through(c) == 1, "lost-wakeup: a release does not end a wait with a limit");
    ck_assert_int_eq(ls_reap(child), 0);
    end(c);
}
END_TEST

/* Two sleepers are held still; two permits come one by one, the second when the first is still
 * there: who signals only when the value was zero wakes one. */
static void two_one_by_one(void)
{
    struct scene *c = scene(0);
    pid_t child[2];

    for (int i = 0; i < 2; i++)
        child[i] = ls_spawn(go_through, c);
    ls_settle();
    for (int i = 0; i < 2; i++)
        kill(child[i], SIGSTOP);
    ls_settle();
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(counting_semaphore_release(c->s, 1), 0);
    for (int i = 0; i < 2; i++)
        kill(child[i], SIGCONT);
    ls_settle();
    ck_assert_msg(through(c) == 2, "lost-wakeup: two permits were released one by one, and %d of two "
                                   "waiters went on", through(c));
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(ls_reap(child[i]), 0);
    end(c);
}

/* Three sleep, two permits come: one signal wakes too few, a missing loop lets all go. */
START_TEST(as_many_as_permits)
{
    struct scene *c = scene(0);
    pid_t child[3];

    for (int i = 0; i < 3; i++)
        child[i] = ls_spawn(go_through, c);
    ls_settle();
    ck_assert_int_eq(through(c), 0);
    ck_assert_msg(counting_semaphore_get_value(c->s) == 0, "with three waiters the value is %d",
                  counting_semaphore_get_value(c->s));
    ck_assert_int_eq(counting_semaphore_release(c->s, 2), 0);
    ls_settle();
    ck_assert_msg(through(c) >= 2, "lost-wakeup: two permits were released, %d of three waiters "
                                   "went on", through(c));
    ck_assert_msg(through(c) == 2, "order-violation: two permits were released, and %d went on",
                  through(c));
    ck_assert_int_eq(counting_semaphore_get_value(c->s), 0);
    ck_assert_int_eq(counting_semaphore_release(c->s, 1), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(ls_reap(child[i]), 0);
    end(c);
    two_one_by_one();
}
END_TEST

/* The sleeper is held still; a permit comes; we take it; only then the sleeper may run. With
 * `if` in place of `while` it believes that the permit is still there. A semaphore that hands
 * permits over to waiters is fine: then try gets nothing, and the sleeper goes on. */
START_TEST(never_below_zero)
{
    struct scene *c = scene(0);
    pid_t child = ls_spawn(go_through, c);
    bool taken;

    ls_settle();
    kill(child, SIGSTOP);
    ls_settle();
    ck_assert_int_eq(counting_semaphore_release(c->s, 1), 0);
    taken = counting_semaphore_try(c->s) == 0;
    kill(child, SIGCONT);
    ls_settle();
    ck_assert_msg(through(c) == !taken, "order-violation: one permit was released, and %d waiters acquired it",
                  through(c) + taken);
    ck_assert_msg(counting_semaphore_get_value(c->s) == 0, "there are %d permits, not 0",
                  counting_semaphore_get_value(c->s));
    if (taken)
        ck_assert_int_eq(counting_semaphore_release(c->s, 1), 0);
    ck_assert_int_eq(ls_reap(child), 0);
    end(c);
}
END_TEST

static void in_and_out(void *s, int me)
{
    (void)me;
    if (counting_semaphore_acquire(s) != 0 || counting_semaphore_release(s, 1) != 0)
        ck_abort_msg("acquire or release failed: %s", strerror(errno));
}

static int close_mine(void *s)
{
    counting_semaphore_close(s);
    return 0;
}

/* Two processes at once, a permit for each: nothing may be lost or won. */
START_TEST(nothing_is_lost)
{
    struct counting_semaphore *s = opened(1000);
    int64_t turns[2];

    ck_assert_int_eq(ls_reap(ls_spawn(close_mine, s)), 0); /* others may go on */
    ls_alongside(in_and_out, s, turns);
    ck_assert_msg(counting_semaphore_get_value(s) == 1000,
                  "two processes acquired and released alike, and permits were lost or won");
    counting_semaphore_close(s);
}
END_TEST

static int work(void *arg)
{
    printf("%d 想执行事件\n", getpid());
    fflush(stdout);
    go_through(arg);
    printf("%d 执行想执行的事件\n", getpid());
    fflush(stdout);
    return 0;
}

/* The lesson's story: five workers, three permits, three more later; one is left. */
START_TEST(workers_story)
{
    struct scene *c = scene(3);
    pid_t worker[5];

    for (int i = 0; i < 5; i++)
        worker[i] = ls_spawn(work, c);
    ls_settle();
    ck_assert_msg(through(c) == 3, "three permits, and %d workers are inside", through(c));
    for (int released = 1; released <= 3; released++) {
        const int want = 3 + released < 5 ? 3 + released : 5;

        ck_assert_int_eq(counting_semaphore_release(c->s, 1), 0);
        ls_settle();
        ck_assert_msg(through(c) == want, "after %d of the three releases, %d workers should have begun, and %d have",
                      released, want, through(c));
    }
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(ls_reap(worker[i]), 0);
    ck_assert_int_eq(counting_semaphore_get_value(c->s), 1);
    printf("%d\n", counting_semaphore_get_value(c->s));
    ls_observe("left", counting_semaphore_get_value(c->s));
    end(c);
}
END_TEST

/* Threads, under Helgrind; on one core, so that the native run says nothing by luck. */
static void *use_in_thread(void *s)
{
    for (int i = 0; i < 10; i++) {
        counting_semaphore_release(s, 1);
        counting_semaphore_acquire(s);
        counting_semaphore_try(s);
        counting_semaphore_release(s, 1);
    }
    return NULL;
}

/* Nothing but looks: a lock taken for something else would order them. */
static void *look_in_thread(void *s)
{
    for (int i = 0; i < 10; i++)
        counting_semaphore_get_value(s);
    return NULL;
}

START_TEST(threads_too)
{
    struct counting_semaphore *s = opened(100);
    pthread_t one, two, look;

    ls_stay_on(0);
    ck_assert_int_eq(pthread_create(&one, NULL, use_in_thread, s), 0);
    ck_assert_int_eq(pthread_create(&two, NULL, use_in_thread, s), 0);
    ck_assert_int_eq(pthread_create(&look, NULL, look_in_thread, s), 0);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    pthread_join(look, NULL);
    ck_assert_int_eq(counting_semaphore_get_value(s), 100);
    counting_semaphore_close(s);
}
END_TEST

static void refused(int rc, int want)
{
    ck_assert_msg(rc == -1, "a number that makes no sense was accepted");
    ck_assert_int_eq(errno, want);
}

/* Refusals; then open and close five hundred times: nothing may pile up. */
START_TEST(gives_back)
{
    struct counting_semaphore *s = opened(COUNTING_SEMAPHORE_MAX - 1);
    int before, after;

    refused(counting_semaphore_release(s, 2), EOVERFLOW);
    refused(counting_semaphore_release(s, 2147483647), EOVERFLOW);
    refused(counting_semaphore_release(s, 0), EINVAL);
    refused(counting_semaphore_release(s, -1), EINVAL);
    ck_assert_int_eq(counting_semaphore_get_value(s), COUNTING_SEMAPHORE_MAX - 1);
    ck_assert_int_eq(counting_semaphore_release(s, 1), 0);
    counting_semaphore_close(s);
    refused(counting_semaphore_open(-1) ? 0 : -1, EINVAL);
    refused(counting_semaphore_open(COUNTING_SEMAPHORE_MAX + 1) ? 0 : -1, EINVAL);
    before = ls_mappings();
    for (int i = 0; i < 500; i++)
        counting_semaphore_close(opened(i));
    after = ls_mappings();
    ck_assert_msg(after < before + 100, "leak: close does not give the memory back");
    counting_semaphore_close(NULL);
}
END_TEST

Suite *lockstep_suite(void)
{
    Suite *suite = suite_create("04-counting-semaphore");

    ls_test(suite, "counts", counts);
    ls_test(suite, "zero-blocks", zero_blocks);
    ls_test(suite, "try-never-waits", try_never_waits);
    ls_test(suite, "times-out", times_out);
    ls_test(suite, "timed-wait-wakes", timed_wait_wakes);
    ls_test(suite, "as-many-as-permits", as_many_as_permits);
    ls_test(suite, "never-below-zero", never_below_zero);
    ls_test(suite, "nothing-is-lost", nothing_is_lost);
    ls_test(suite, "workers-story", workers_story);
    ls_test(suite, "threads-too", threads_too);
    ls_test(suite, "gives-back", gives_back);
    return suite;
}

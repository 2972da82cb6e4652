
/* check_lock.c - the visible suite of exercise 09-lock.
 *
 * Whoever must wait waits for a lock that the test itself holds, so that the order is made and
 * not hoped for. Each wrong answer a test is made for is named above it.
 */
#define _GNU_SOURCE
#include <pthread.h>

#include "lock.h"
#include "lockstep.h"

static struct lock *created(void)
{
    struct lock *l = lock_create();

    ck_assert_msg(l != NULL, "lock_create() returned NULL");
    return l;
}

static struct account *opened(long balance)
{
    struct account *a = account_open(balance);

    ck_assert_msg(a != NULL, "account_open() returned NULL");
    return a;
}

static void must_be_free(struct lock *l, const char *when)
{
    ck_assert_msg(lock_acquire_for(l, 0) == 0, "the lock is still held %s", when);
    ck_assert_int_eq(lock_release(l), 0);
}

static void refused(int rc, int want, const char *what)
{
    ck_assert_msg(rc == -1, "%s must be refused", what);
    ck_assert_msg(errno == want, "%s must set errno to %s, not %s", what, strerrorname_np(want),
                  strerrorname_np(errno));
}

/* A thread that does one thing and says when it is back. */
struct doer {
    pthread_t thread;
    struct lock *l;
    struct account *from, *to;
    long amount, timeout_ms;
    int *shared;
    int rc, error, back;
};

static void come_back(struct doer *d, int rc)
{
    d->rc = rc;
    d->error = errno;
    __atomic_store_n(&d->back, 1, __ATOMIC_RELEASE);
}

static bool is_back(struct doer *d)
{
    return __atomic_load_n(&d->back, __ATOMIC_ACQUIRE);
}

static void start(struct doer *d, void *(*what)(void *))
{
    ck_assert_int_eq(pthread_create(&d->thread, NULL, what, d), 0);
}

static void finish(struct doer *d)
{
    ck_assert_int_eq(pthread_join(d->thread, NULL), 0);
}

static void *hold_for_a_moment(void *arg)
{
    struct doer *d = arg;
    int rc = d->timeout_ms ? lock_acquire_for(d->l, d->timeout_ms) : lock_acquire(d->l);

    if (rc == 0) {
        (*d->shared)++;
        rc = lock_release(d->l);
    }
    come_back(d, rc);
    return NULL;
}

/* Two wait while we hold it; Helgrind sees that the counter needs the lock and has it. */
START_TEST(keeps_out)
{
    int shared = 0;
    struct doer d[2] = {{.shared = &shared}, {.shared = &shared}};
    struct lock *l = created();

    ck_assert_int_eq(lock_acquire(l), 0);
    for (int i = 0; i < 2; i++) {
        d[i].l = l;
        start(&d[i], hold_for_a_moment);
    }
    ls_settle();
    ck_assert_msg(!is_back(&d[0]) && !is_back(&d[1]),
                  "order-violation: a second thread got the lock while the first held it");
    ck_assert_int_eq(shared, 0);
    ck_assert_int_eq(lock_release(l), 0);
    for (int i = 0; i < 2; i++) {
        finish(&d[i]);
        ck_assert_int_eq(d[i].rc, 0);
    }
    ck_assert_int_eq(shared, 2);
    lock_destroy(l);
    lock_destroy(NULL);
}
END_TEST

static void *give_up(void *arg)
{
    struct doer *d = arg;
    int64_t began = ls_now_ns();
    int rc;

    errno = 0;
    rc = lock_acquire_for(d->l, d->timeout_ms);
    come_back(d, rc);
    if (rc == -1 && ls_now_ns() - began < d->timeout_ms * 1000000)
        d->rc = -2;
    return NULL;
}

/* Not early, not forever; and a wait with a limit ends with the release. */
START_TEST(gives_up_in_time)
{
    struct lock *l = created();
    const long limits[] = {0, (long)ls_past_next_second()};
    int shared = 0;
    struct doer late = {.l = l, .timeout_ms = 3600 * 1000, .shared = &shared};

    ck_assert_int_eq(lock_acquire_for(l, 0), 0);
    for (int i = 0; i < 2; i++) {
        struct doer d = {.l = l, .timeout_ms = limits[i]};

        start(&d, give_up);
        finish(&d);
        ck_assert_msg(d.rc != 0, "order-violation: a second thread got the lock");
        ck_assert_msg(d.rc != -2, "lock_acquire_for() gave up before its time was over");
        errno = d.error;
        refused(d.rc, ETIMEDOUT, "a wait whose time is over");
    }
    start(&late, hold_for_a_moment);
    ls_settle();
    ck_assert_int_eq(lock_release(l), 0);
    ls_settle();
    ck_assert_msg(is_back(&late), "lost-wakeup: a release does not end a wait with a limit");
    finish(&late);
    ck_assert_int_eq(late.rc, 0);
    lock_destroy(l);
}
END_TEST

static void *release_it(void *arg)
{
    struct doer *d = arg;

    errno = 0;
    come_back(d, lock_release(d->l));
    return NULL;
}

/* Nobody's lock, and somebody else's. */
START_TEST(release_is_checked)
{
    struct lock *l = created();
    struct doer d = {.l = l};
    int shared = 0;
    struct doer waits = {.l = l, .shared = &shared};

    errno = 0;
    refused(lock_release(l), EPERM, "releasing a lock that is free");
    ck_assert_int_eq(lock_acquire(l), 0);
    start(&d, release_it);
    finish(&d);
    errno = d.error;
    refused(d.rc, EPERM, "releasing the lock of another thread");
    start(&waits, hold_for_a_moment);
    ls_settle();
    ck_assert_msg(!is_back(&waits), "order-violation: the lock was free after a release that "
                                    "was refused");
    ck_assert_int_eq(lock_release(l), 0);
    finish(&waits);
    errno = 0;
    refused(lock_release(l), EPERM, "releasing a lock for the second time");
    lock_destroy(l);
}
END_TEST

START_TEST(again_is_refused)
{
    struct lock *l = created();

    ck_assert_int_eq(lock_acquire(l), 0);
    errno = 0;
    refused(lock_acquire(l), EDEADLK, "acquiring a lock that one holds");
    for (long limit = 0; limit <= 20; limit += 20) {
        errno = 0;
        refused(lock_acquire_for(l, limit), EDEADLK, "acquiring a lock that one holds, with a limit");
    }
    ck_assert_int_eq(lock_release(l), 0);
    must_be_free(l, "after one acquire, one refused, and one release");
    lock_destroy(l);
}
END_TEST

static int leave_by_return(struct lock *l)
{
    WITH_LOCK(l)
    {
        return 7;
    }
    return 0;
}

static int leave_in_a_loop(struct lock *l)
{
    int rounds = 0;

    for (int i = 0; i < 3; i++) {
        WITH_LOCK(l)
        {
            rounds++;
            if (i == 0)
                continue; /* the block's own loop: leaves the block */
            break;
        }
    }
    return rounds;
}

static int leave_by_goto(struct lock *l)
{
    WITH_LOCK(l)
    {
        goto out;
    }
    return 0;
out:
    return 9;
}

/* Every way out of the block; nested; and a lock that one holds already. */
START_TEST(with_releases)
{
    struct lock *l = created(), *inner = created();
    int ran = 0;

    WITH_LOCK(l)
    {
        ran++;
        errno = 0;
        refused(lock_acquire(l), EDEADLK, "acquiring the lock inside its own with block");
        WITH_LOCK(inner)
        {
            ran++;
        }
        must_be_free(inner, "after the inner block");
        WITH_LOCK(l)
        {
            ran += 100;
        }
        errno = 0;
        refused(lock_acquire(l), EDEADLK, "a block that was not run has released the lock: this");
    }
    ck_assert_msg(ran == 2, "the blocks ran %d times, not 2", ran);
    must_be_free(l, "after the block");
    ck_assert_int_eq(leave_by_return(l), 7);
    must_be_free(l, "after return");
    ck_assert_int_eq(leave_in_a_loop(l), 3);
    must_be_free(l, "after break and continue");
    ck_assert_int_eq(leave_by_goto(l), 9);
    must_be_free(l, "after goto");
    lock_destroy(inner);
    lock_destroy(l);
}
END_TEST

static void must_have(struct account *a, long balance)
{
    ck_assert_int_eq(account_balance(a), balance);
}

/* Amounts; all of it; not enough; nothing; to oneself. */
START_TEST(transfer_moves)
{
    long has = (long)ls_input("balance", 100, 1000), some = (long)ls_input("amount", 1, 99);
    struct account *a = opened(has), *b = opened(5);

    ck_assert_int_eq(account_transfer(a, b, some), 0);
    must_have(a, has - some);
    must_have(b, 5 + some);
    ck_assert_int_eq(account_transfer(a, b, has - some + 1), 1);
    ck_assert_int_eq(account_transfer(a, b, 0), 0);
    errno = 0;
    refused(account_transfer(b, a, -1), EINVAL, "a transfer of less than nothing");
    ck_assert_int_eq(account_transfer(a, a, 1), 0);
    ck_assert_int_eq(account_transfer(a, a, has - some + 1), 1);
    must_have(a, has - some);
    must_have(b, 5 + some);
    ck_assert_int_eq(account_transfer(a, b, has - some), 0);
    must_have(a, 0);
    must_have(b, 5 + has);
    ls_observe("b", account_balance(b));
    account_close(a);
    account_close(b);
    account_close(NULL);
}
END_TEST

/* An early return keeps the lock, and the next one waits forever. */
START_TEST(refusal_lets_go)
{
    struct account *a = opened(1), *b = opened(1);

    ck_assert_int_eq(account_transfer(a, b, 2), 1);
    must_be_free(account_lock(a), "after a transfer that was refused");
    must_be_free(account_lock(b), "after a transfer that was refused");
    ck_assert_int_eq(account_transfer(b, a, 2), 1);
    ck_assert_int_eq(account_transfer(a, b, -1), -1);
    ck_assert_int_eq(account_transfer(a, a, 2), 1);
    ck_assert_int_eq(account_transfer(a, b, 1), 0);
    must_be_free(account_lock(a), "after a transfer");
    must_be_free(account_lock(b), "after a transfer");
    account_close(a);
    account_close(b);
}
END_TEST

static void *transfer(void *arg)
{
    struct doer *d = arg;

    come_back(d, account_transfer(d->from, d->to, d->amount));
    return NULL;
}

/* We hold both locks; one transfer waits in each direction. Then the locks are given back, one
 * after the other: if each takes the lock of its own `from` first, each has one and waits for
 * the other's. */
START_TEST(opposite_transfers)
{
    for (int first = 0; first < 2; first++) {
        struct account *a = opened(10), *b = opened(10);
        struct doer there = {.from = a, .to = b, .amount = 3}, back = {.from = b, .to = a, .amount = 4};

        ck_assert_int_eq(lock_acquire(account_lock(a)), 0);
        ck_assert_int_eq(lock_acquire(account_lock(b)), 0);
        start(&there, transfer);
        start(&back, transfer);
        ls_settle();
        ck_assert_int_eq(lock_release(account_lock(first ? a : b)), 0);
        ls_settle();
        ck_assert_msg(!is_back(&there) && !is_back(&back),
                      "order-violation: money moved although one account was locked");
        ck_assert_int_eq(lock_release(account_lock(first ? b : a)), 0);
        finish(&there);
        finish(&back);
        ck_assert_int_eq(there.rc + back.rc, 0);
        must_have(a, 11);
        must_have(b, 9);
        account_close(a);
        account_close(b);
    }
}
END_TEST

/* One lock for all accounts would stop everybody; so would one that is held while a transfer waits
 * for its account. */
START_TEST(others_go_on)
{
    struct account *locked = opened(1), *other = opened(1), *c = opened(10), *d = opened(0);
    struct doer t = {.from = c, .to = d, .amount = 10},
                waits = {.from = other, .to = locked, .amount = 1};

    ck_assert_int_eq(lock_acquire(account_lock(locked)), 0);
    start(&waits, transfer);
    ls_settle();
    start(&t, transfer);
    ls_settle();
    ck_assert_msg(is_back(&t),
                  "too-strict: a transfer between two accounts waits for the lock of a third");
    ck_assert_int_eq(lock_release(account_lock(locked)), 0);
    finish(&t);
    finish(&waits);
    ck_assert_int_eq(t.rc, 0);
    must_have(d, 10);
    must_have(locked, 2);
    account_close(locked);
    account_close(other);
    account_close(c);
    account_close(d);
}
END_TEST

/* Both want all of it, and wait for its lock. Who looked before he had the lock believes that it
 * is still there. */
static void both_want_all(bool hold_to)
{
    struct account *a = opened(100), *b = opened(0), *c = hold_to ? b : opened(0);
    struct doer one = {.from = a, .to = b, .amount = 100}, two = {.from = a, .to = c, .amount = 100};
    struct lock *held = account_lock(hold_to ? b : a);

    ck_assert_int_eq(lock_acquire(held), 0);
    start(&one, transfer);
    start(&two, transfer);
    ls_settle();
    ck_assert_int_eq(lock_release(held), 0);
    finish(&one);
    finish(&two);
    ck_assert_msg(one.rc + two.rc == 1, "two transfers of 100 from an account with 100: %d and %d",
                  one.rc, two.rc);
    must_have(a, 0);
    ck_assert_int_eq(account_balance(b) + (hold_to ? 0 : account_balance(c)), 100);
    account_close(a);
    account_close(b);
    if (!hold_to)
        account_close(c);
}

/* With the paying account locked, and with the one that is paid. */
START_TEST(check_and_act)
{
    both_want_all(false);
    both_want_all(true);
}
END_TEST

struct stage {
    struct pair pair;
    struct account *a, *b;
    bool differed;
    long seen[2];
};

static void *step(void *arg)
{
    struct stage *s = arg;

    for (int i = 0; i < 30; i++) {
        pair_step(&s->pair);
        account_transfer(s->a, s->b, 1);
    }
    return NULL;
}

/* Nothing but looks: a lock taken for something else would order them. */
static void *look_at_pair(void *arg)
{
    struct stage *s = arg;

    for (int i = 0; i < 30; i++)
        s->differed |= pair_differs(&s->pair, s->seen);
    return NULL;
}

static void *look_at_account(void *arg)
{
    struct stage *s = arg;

    for (int i = 0; i < 30; i++)
        account_balance(s->b);
    return NULL;
}

/* The lesson's a and b, with Helgrind watching every access; on one core, so that the native
 * run says nothing by luck. */
START_TEST(ab_story)
{
    struct stage s = {.a = opened(1000), .b = opened(0)};
    void *(*const parts[])(void *) = {step, look_at_pair, look_at_account, step};
    pthread_t t[4];

    ls_stay_on(0);
    ck_assert_int_eq(pair_init(&s.pair), 0);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&t[i], NULL, parts[i], &s), 0);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_join(t[i], NULL), 0);
    if (s.differed)
        printf("a=%ld,b=%ld\n", s.seen[0], s.seen[1]);
    ck_assert_msg(!s.differed, "a and b were seen different");
    ck_assert_msg(s.pair.a == 60 && s.pair.b == 60, "after 60 steps a=%ld,b=%ld", s.pair.a, s.pair.b);
    s.pair.a++;
    ck_assert_msg(pair_differs(&s.pair, s.seen) && s.seen[0] == 61 && s.seen[1] == 60,
                  "a=61,b=60 differ, and pair_differs() must say so");
    must_have(s.b, 60);
    pair_destroy(&s.pair);
    account_close(s.a);
    account_close(s.b);
}
END_TEST

Suite *lockstep_suite(void)
{
    Suite *suite = suite_create("09-lock");

    ls_test(suite, "keeps-out", keeps_out);
    ls_test(suite, "gives-up-in-time", gives_up_in_time);
    ls_test(suite, "release-is-checked", release_is_checked);
    ls_test(suite, "again-is-refused", again_is_refused);
    ls_test(suite, "with-releases", with_releases);
    ls_test(suite, "transfer-moves", transfer_moves);
    ls_test(suite, "refusal-lets-go", refusal_lets_go);
    ls_test(suite, "opposite-transfers", opposite_transfers);
    ls_test(suite, "others-go-on", others_go_on);
    ls_test(suite, "check-and-act", check_and_act);
    ls_test(suite, "ab-story", ab_story);
    return suite;
}


/* check_thread.c - the visible suite of exercise 05-thread.
 *
 * Targets wait at gates of the suite, so that the order is made and not hoped for. Each wrong
 * answer a test is made for is named above it.
 */
#include <pthread.h>

#include "lockstep.h"
#include "thread.h"

static struct thread *start(thread_target *target, int argc, void *const argv[], int kwargc,
                            const struct thread_kwarg kwargs[])
{
    struct thread *t = thread_start(target, argc, argv, kwargc, kwargs);

    ck_assert_msg(t != NULL, "thread_start() returned NULL");
    return t;
}

static void *join(struct thread *t)
{
    void *result = NULL;

    ck_assert_msg(thread_join(t, -1, &result) == 0, "thread_join() failed: %s", strerror(errno));
    return result;
}

struct run {
    struct ls_gate *gate;
    pthread_t who;
    int times;
};

static void *note_who(const struct thread_args *args)
{
    struct run *r = thread_positional(args, 0);

    ls_gate_pass(r->gate);
    r->who = pthread_self();
    r->times++;
    return r;
}

/* In another thread, once, while thread_start() is long back. */
START_TEST(runs_in_a_thread)
{
    struct run r = {.gate = ls_gate_new()};
    struct thread *t = start(note_who, 1, (void *[]){&r}, 0, NULL);

    ls_settle();
    ck_assert_int_eq(ls_gate_arrived(r.gate), 1);
    ls_gate_open(r.gate);
    ck_assert_ptr_eq(join(t), &r);
    ck_assert_int_eq(r.times, 1);
    ck_assert_msg(!pthread_equal(r.who, pthread_self()), "the target ran in the caller's thread");
    thread_free(t);
    ls_gate_free(r.gate);
}
END_TEST

static void *add_up(const struct thread_args *args)
{
    long sum = 0;

    for (int i = 0; i < 4; i++)
        sum = sum * 100 + *(int *)thread_positional(args, i);
    errno = 0;
    if (thread_positional(args, 4) || errno != EINVAL || thread_positional(args, -1))
        sum = -1;
    return (void *)sum;
}

/* Four positions, in order; none before, none behind. */
START_TEST(positional_arguments)
{
    int v[4];
    long want = 0;
    struct thread *t;

    for (int i = 0; i < 4; i++) {
        v[i] = (int)ls_input("value", 10, 99);
        want = want * 100 + v[i];
    }
    t = start(add_up, 4, (void *[]){&v[0], &v[1], &v[2], &v[3]}, 0, NULL);
    ck_assert_int_eq((long)join(t), want);
    ls_observe("sum", want);
    thread_free(t);
}
END_TEST

static void *look_up(const struct thread_args *args)
{
    char name[8] = "song"; /* the same letters at another address */

    errno = 0;
    if (thread_named(args, "nobody") || errno != EINVAL)
        return LS_SAYS("a name that was not passed must give NULL with EINVAL");
    if (thread_positional(args, 0))
        return LS_SAYS("a named argument is not a positional one");
    if (thread_named(args, "son") || thread_named(args, "songs"))
        return LS_SAYS("a name is only itself, not a part of another");
    if (!thread_named(args, name))
        return LS_SAYS("the argument \"song\" was not found");
    return thread_named(args, name);
}

/* By name, whatever the order. */
START_TEST(named_arguments)
{
    const struct thread_kwarg kwargs[] = {{"sec", "3"}, {"song", "凉凉"}, {"name", "Tedu"}};
    struct thread *t = start(look_up, 0, NULL, 3, kwargs);

    ck_assert_str_eq(join(t), "凉凉");
    thread_free(t);
}
END_TEST

static void *look_late(const struct thread_args *args)
{
    struct ls_gate *g = thread_positional(args, 0);

    ls_gate_pass(g);
    if (thread_positional(args, 0) != g)
        return LS_SAYS("the positional argument changed after thread_start() was back");
    if (!thread_named(args, "late"))
        return LS_SAYS("the named argument is gone after thread_start() was back");
    return thread_named(args, "late");
}

/* The lists are overwritten and freed while the thread still waits at the gate. */
START_TEST(arguments_are_copied)
{
    struct ls_gate *g = ls_gate_new();
    void **argv = malloc(sizeof *argv);
    struct thread_kwarg *kwargs = malloc(sizeof *kwargs);
    char *name = strdup("late");
    struct thread *t;

    ck_assert(argv && kwargs && name);
    argv[0] = g;
    kwargs[0] = (struct thread_kwarg){name, "as it was"};
    t = start(look_late, 1, argv, 1, kwargs);
    ls_settle(); /* it has found its gate, and waits there */
    argv[0] = "changed";
    kwargs[0].value = "changed";
    memset(name, 'X', 4);
    free(argv);
    free(kwargs);
    free(name);
    ls_gate_open(g);
    ck_assert_str_eq(join(t), "as it was");
    thread_free(t);
    ls_gate_free(g);
}
END_TEST

static void *wait_and_return(const struct thread_args *args)
{
    ls_gate_pass(thread_positional(args, 0));
    return thread_positional(args, 1);
}

struct joiner {
    struct thread *t;
    void *result;
    long timeout_ms;
    int rc, error, back;
};

static void *join_in_thread(void *arg)
{
    struct joiner *j = arg;

    j->rc = thread_join(j->t, j->timeout_ms, &j->result);
    j->error = errno;
    __atomic_store_n(&j->back, 1, __ATOMIC_RELEASE);
    return NULL;
}

/* The joiner sleeps as long as the target is at the gate, then it has the result. */
START_TEST(join_waits)
{
    struct ls_gate *g = ls_gate_new();
    struct joiner j = {.timeout_ms = -1};
    int value = 0;
    pthread_t other;

    j.t = start(wait_and_return, 2, (void *[]){g, &value}, 0, NULL);
    ck_assert_int_eq(pthread_create(&other, NULL, join_in_thread, &j), 0);
    ls_settle();
    ck_assert_msg(!__atomic_load_n(&j.back, __ATOMIC_ACQUIRE),
                  "order-violation: thread_join() returned while the target still ran");
    ls_gate_open(g);
    ck_assert_int_eq(pthread_join(other, NULL), 0);
    ck_assert_int_eq(j.rc, 0);
    ck_assert_ptr_eq(j.result, &value);
    thread_free(j.t);
    ls_gate_free(g);
}
END_TEST

static void *join_myself(const struct thread_args *args)
{
    struct ls_gate *g = thread_positional(args, 0);
    struct thread **me = thread_positional(args, 1);
    struct ls_gate *tried = thread_positional(args, 2);
    long error;

    ls_gate_pass(g);
    errno = 0;
    error = thread_join(*me, -1, NULL) == -1 ? errno : 0;
    if (thread_join(*me, 0, NULL) == 0 || errno != EDEADLK)
        error = 0;
    ls_gate_open(tried); /* one thread at a time joins an object */
    return (void *)error;
}

/* Once is enough. */
START_TEST(join_twice)
{
    struct ls_gate *g = ls_gate_new(), *closed = ls_gate_new(), *tried = ls_gate_new();
    struct thread *t = start(wait_and_return, 2, (void *[]){g, g}, 0, NULL), *self = NULL;
    void *result = closed;

    ls_gate_open(g);
    ck_assert_ptr_eq(join(t), g);
    errno = 0;
    ck_assert_msg(thread_join(t, -1, &result) == -1, "a thread was joined twice");
    ck_assert_int_eq(errno, EINVAL);
    ck_assert_msg(result == closed, "a join that fails must not touch *result");
    thread_free(t);
    self = start(join_myself, 3, (void *[]){closed, &self, tried}, 0, NULL);
    ls_gate_open(closed);
    ls_gate_pass(tried);
    ck_assert_int_eq((long)join(self), EDEADLK);
    thread_free(self);
    ls_gate_free(g);
    ls_gate_free(closed);
    ls_gate_free(tried);
}
END_TEST

/* Not early; the thread goes on; a join with an hour's limit ends with the thread. */
START_TEST(join_times_out)
{
    struct ls_gate *g = ls_gate_new();
    struct joiner j = {.timeout_ms = 3600 * 1000};
    int64_t timeout, began;
    pthread_t other;
    void *result = NULL;

    j.t = start(wait_and_return, 2, (void *[]){g, g}, 0, NULL);
    errno = 0;
    ck_assert_msg(thread_join(j.t, 0, &result) == -1, "a thread was joined while it still ran");
    ck_assert_int_eq(errno, ETIMEDOUT);
    timeout = ls_past_next_second();
    began = ls_now_ns();
    errno = 0;
    ck_assert_msg(thread_join(j.t, (long)timeout, &result) == -1,
                  "a thread was joined while it still ran");
    ck_assert_int_eq(errno, ETIMEDOUT);
    ck_assert_msg(ls_now_ns() - began >= timeout * 1000000, "thread_join() gave up before its time was over");
    ck_assert_ptr_null(result);
    ck_assert_int_eq(pthread_create(&other, NULL, join_in_thread, &j), 0);
    ls_settle();
    ls_gate_open(g);
    ls_settle();
    ck_assert_msg(__atomic_load_n(&j.back, __ATOMIC_ACQUIRE),
                  "lost-wakeup: the end of the target does not end a join with a limit");
    pthread_join(other, NULL);
    ck_assert_msg(j.rc == 0, "a join after one that timed out failed: %s", strerror(j.error));
    ck_assert_ptr_eq(j.result, g);
    thread_free(j.t);
    ls_gate_free(g);
}
END_TEST

enum { CREW_MAX = 6 };

static struct ls_gate *crew_gate;

struct crew {
    int n, rc, error;
    thread_target *target;
    void *results[CREW_MAX];
};

static void *run_crew(void *arg)
{
    struct crew *c = arg;

    c->rc = thread_crew(c->target, "t", c->n, c->results);
    c->error = errno;
    return NULL;
}

/* All of them are at the gate together, or the crew does not run at the same time. */
static void gather(struct crew *c)
{
    pthread_t other;
    int came;

    crew_gate = ls_gate_new();
    ck_assert_int_eq(pthread_create(&other, NULL, run_crew, c), 0);
    ls_settle();
    came = ls_gate_arrived(crew_gate);
    ck_assert_msg(came == 0 || came == c->n,
                  "too-strict: a crew of %d should run at the same time, but only %d ran while they were held",
                  c->n, came);
    ls_gate_open(crew_gate);
    ck_assert_int_eq(pthread_join(other, NULL), 0);
    errno = c->error; /* its own thread's */
    ck_assert_msg(c->rc == 0 && came == c->n, "thread_crew() failed");
    ls_gate_free(crew_gate);
}

static void *come_together(const struct thread_args *args)
{
    ls_gate_pass(crew_gate);
    return thread_positional(args, 0) ? "here" : NULL;
}

START_TEST(crew_at_once)
{
    struct crew c = {.target = come_together};

    c.n = (int)ls_input("threads", 3, CREW_MAX);
    gather(&c);
    for (int i = 0; i < c.n; i++)
        ck_assert_str_eq(c.results[i], "here");
}
END_TEST

/* The lesson's global, without a lock: start and join order everything. */
static int a;

static void *music(const struct thread_args *args)
{
    (void)args;
    a = a == 1 ? 10000 : -1;
    puts("播放学猫叫");
    return NULL;
}

START_TEST(music_story)
{
    struct thread *t;

    a = 1;
    t = start(music, 0, NULL, 0, NULL);
    puts("播放卡路里");
    join(t);
    printf("main thread a: %d\n", a);
    ck_assert_int_eq(a, 10000);
    thread_free(t);
}
END_TEST

static char heard[CREW_MAX][8];
static int number[CREW_MAX];

/* Looks only when all are started: by then a loop variable has moved on. */
static void *say_name(const struct thread_args *args)
{
    const char *name = thread_named(args, "name");
    int i;

    ls_gate_pass(crew_gate);
    i = *(int *)thread_positional(args, 0);
    if (i < 0 || i >= 3 || !name)
        return NULL;
    number[i]++;
    memcpy(heard[i], name, 3);
    return heard[i];
}

START_TEST(three_names_story)
{
    struct crew c = {.target = say_name, .n = 3};

    gather(&c);
    for (int i = 0; i < 3; i++) {
        char want[8];

        snprintf(want, sizeof want, "t%d", i);
        ck_assert_msg(number[i] == 1, "%d threads got number %d, not one", number[i], i);
        ck_assert_msg(strcmp(heard[i], want) == 0, "thread %d was told its name is '%s'", i, heard[i]);
        ck_assert_msg(c.results[i] == heard[i], "the results are not in the order of the crew");
        printf("%s线程执行完毕\n", heard[i]);
    }
}
END_TEST

static void *longest(const struct thread_args *args)
{
    return (void *)strlen(thread_named(args, "name"));
}

static void *nothing(const struct thread_args *args)
{
    return thread_named(args, "b");
}

/* Many threads, one after the other: nothing may pile up, and a thread that was never joined
 * (or detached) keeps its stack. */
START_TEST(gives_back)
{
    const struct thread_kwarg kwargs[] = {{"a", NULL}, {"b", "b"}};

    char prefix[101];
    void *results[1];
    int before = 0;

    memset(prefix, 'p', sizeof prefix - 1);
    prefix[sizeof prefix - 1] = 0;
    for (int i = 0; i < 120; i++) {
        struct thread *t = start(nothing, 2, (void *[]){heard, number}, 2, kwargs);

        ck_assert_str_eq(join(t), "b");
        thread_free(t);
        if (i == 19)
            before = ls_mappings();
    }
    ck_assert_int_eq(thread_crew(longest, prefix, 1, results), 0);
    ck_assert_msg((long)results[0] == 101, "a name of 101 letters came as %ld", (long)results[0]);
    ck_assert_msg(ls_mappings() < before + 80,
                  "leak: a hundred threads were joined and freed, and their stacks are still there");
    thread_free(NULL);
}
END_TEST

Suite *lockstep_suite(void)
{
    Suite *suite = suite_create("05-thread");

    ls_test(suite, "runs-in-a-thread", runs_in_a_thread);
    ls_test(suite, "positional-arguments", positional_arguments);
    ls_test(suite, "named-arguments", named_arguments);
    ls_test(suite, "arguments-are-copied", arguments_are_copied);
    ls_test(suite, "join-waits", join_waits);
    ls_test(suite, "join-twice", join_twice);
    ls_test(suite, "join-times-out", join_times_out);
    ls_test(suite, "crew-at-once", crew_at_once);
    ls_test(suite, "music-story", music_story);
    ls_test(suite, "three-names-story", three_names_story);
    ls_test(suite, "gives-back", gives_back);
    return suite;
}

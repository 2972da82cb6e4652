
/* check_thread_attributes.c - the visible suite of exercise 06-thread-attributes.
 *
 * Threads are held at gates, so that "while it runs" is made and not hoped for. The end of main
 * is tried in child processes: what a daemon may not hold is a process.
 */
#define _GNU_SOURCE
#include <pthread.h>

#include "lockstep.h"
#include "thread_attributes.h"

static struct attr_thread *made(void (*target)(void *), void *arg, const char *name)
{
    struct attr_thread *t = attr_thread_new(target, arg, name);

    ck_assert_msg(t != NULL, "attr_thread_new() returned NULL");
    return t;
}

static void start(struct attr_thread *t)
{
    ck_assert_msg(attr_thread_start(t) == 0, "attr_thread_start() failed: %s", strerror(errno));
}

static void join(struct attr_thread *t)
{
    ck_assert_msg(attr_thread_join(t) == 0, "attr_thread_join() failed: %s", strerror(errno));
}

static void must_be_called(struct attr_thread *t, const char *want)
{
    char name[ATTR_THREAD_NAME_MAX + 1] = "";

    attr_thread_get_name(t, name, sizeof name);
    ck_assert_msg(strcmp(name, want) == 0, "the thread is called '%s', not '%s'", name, want);
}

static void refused(int rc, int want, const char *what)
{
    ck_assert_msg(rc == -1, "%s must be refused", what);
    ck_assert_msg(errno == want, "%s must set errno to %s, not %s", what, strerrorname_np(want),
                  strerrorname_np(errno));
}

static void nothing(void *arg)
{
    (void)arg;
}

static void pass_gate(void *gate)
{
    ls_gate_pass(gate);
}

START_TEST(default_names)
{
    struct attr_thread *t[5];
    int named = (int)ls_input("which has a name", 1, 3), next = 1;
    char want[32];

    for (int i = 0; i < 5; i++)
        t[i] = made(nothing, NULL, i == named ? "Tarena" : NULL);
    for (int i = 0; i < 5; i++) {
        snprintf(want, sizeof want, "Thread-%d", next);
        must_be_called(t[i], i == named ? "Tarena" : want);
        next += i != named;
        attr_thread_free(t[i]);
    }
    t[0] = made(nothing, NULL, NULL);
    must_be_called(t[0], "Thread-5");
    attr_thread_free(t[0]);
    attr_thread_free(NULL);
}
END_TEST

enum { MAKERS = 3, EACH = 8 };

static struct attr_thread *all[MAKERS][EACH];

static void *make_some(void *arg)
{
    struct attr_thread **mine = arg;

    for (int i = 0; i < EACH; i++)
        mine[i] = attr_thread_new(nothing, NULL, NULL);
    return NULL;
}

/* Under Helgrind a counter without a lock is a race; on one core, so that the native run says
 * nothing by luck. */
START_TEST(no_number_twice)
{
    bool seen[MAKERS * EACH + 1] = {false};
    pthread_t maker[MAKERS];

    ls_stay_on(0);
    for (int m = 0; m < MAKERS; m++)
        ck_assert_int_eq(pthread_create(&maker[m], NULL, make_some, all[m]), 0);
    for (int m = 0; m < MAKERS; m++)
        ck_assert_int_eq(pthread_join(maker[m], NULL), 0);
    errno = ENOSYS * !all[0][0]; /* what the makers saw is in their own errno */
    for (int i = 0; i < MAKERS * EACH; i++) {
        struct attr_thread *t = all[i / EACH][i % EACH];
        char name[ATTR_THREAD_NAME_MAX + 1] = "";
        int n = 0;

        ck_assert_msg(t != NULL, "attr_thread_new() returned NULL");
        attr_thread_get_name(t, name, sizeof name);
        ck_assert_msg(sscanf(name, "Thread-%d", &n) == 1 && n >= 1 && n <= MAKERS * EACH,
                      "a nameless thread is called '%s'", name);
        ck_assert_msg(!seen[n], "two threads are called '%s'", name);
        seen[n] = true;
        attr_thread_free(t);
    }
}
END_TEST

START_TEST(set_name)
{
    char longest[ATTR_THREAD_NAME_MAX + 2], buf[8];
    struct attr_thread *t = made(nothing, NULL, "a");

    memset(longest, 'n', sizeof longest);
    longest[ATTR_THREAD_NAME_MAX] = 0;
    ck_assert_int_eq(attr_thread_set_name(t, longest), 0);
    must_be_called(t, longest);
    longest[ATTR_THREAD_NAME_MAX] = 'n';
    longest[ATTR_THREAD_NAME_MAX + 1] = 0;
    errno = 0;
    refused(attr_thread_set_name(t, longest), ENAMETOOLONG, "a name that is too long");
    errno = 0;
    refused(attr_thread_new(nothing, NULL, longest) ? 0 : -1, ENAMETOOLONG,
            "a new thread whose name is too long");
    longest[ATTR_THREAD_NAME_MAX] = 0;
    must_be_called(t, longest);
    ck_assert_int_eq(attr_thread_set_name(t, "播放器"), 0);
    must_be_called(t, "播放器");
    start(t);
    ck_assert_int_eq(attr_thread_set_name(t, "Tedu-2024"), 0);
    memset(buf, '#', sizeof buf);
    attr_thread_get_name(t, buf, 5);
    ck_assert_msg(memcmp(buf, "Tedu\0##", 7) == 0, "a name cut to 5 bytes must be 'Tedu' and a zero");
    join(t);
    must_be_called(t, "Tedu-2024");
    attr_thread_free(t);
}
END_TEST

static void *rename_often(void *t)
{
    for (int i = 0; i < 20; i++)
        attr_thread_set_name(t, i % 2 ? "Tarena" : "Tedu");
    return NULL;
}

static void *ask_often(void *t)
{
    char name[ATTR_THREAD_NAME_MAX + 1];

    for (int i = 0; i < 20; i++)
        attr_thread_get_name(t, name, sizeof name);
    return NULL;
}

/* Under Helgrind; on one core, so that the native run says nothing by luck. */
START_TEST(name_is_whole)
{
    struct attr_thread *t = made(nothing, NULL, "Tedu");
    pthread_t set, get;

    ls_stay_on(0);
    must_be_called(t, "Tedu");
    ck_assert_int_eq(pthread_create(&set, NULL, rename_often, t), 0);
    ck_assert_int_eq(pthread_create(&get, NULL, ask_often, t), 0);
    pthread_join(set, NULL);
    pthread_join(get, NULL);
    must_be_called(t, "Tarena");
    attr_thread_free(t);
}
END_TEST

static void *ask_alive(void *t)
{
    for (int i = 0; i < 20; i++)
        attr_thread_is_alive(t);
    return NULL;
}

static void *ask_daemon(void *t)
{
    for (int i = 0; i < 20; i++)
        attr_thread_is_daemon(t);
    return NULL;
}

/* Started by threads that have done nothing before: a lock taken for something else would order
 * them. */
static void *start_and_wait(void *t)
{
    attr_thread_start(t);
    attr_thread_join(t);
    return NULL;
}

static void start_two_at_once(void)
{
    struct attr_thread *t[2];
    pthread_t starter[2];

    for (int i = 0; i < 2; i++)
        t[i] = made(nothing, NULL, NULL);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&starter[i], NULL, start_and_wait, t[i]), 0);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_join(starter[i], NULL), 0);
    for (int i = 0; i < 2; i++)
        attr_thread_free(t[i]);
}

/* Before, while it is at the gate, after; and somebody who asks all the time. */
START_TEST(alive)
{
    struct ls_gate *g = ls_gate_new();
    struct attr_thread *t = made(pass_gate, g, NULL);
    pthread_t asker, other;

    ck_assert_msg(!attr_thread_is_alive(t), "a thread is alive before it was started");
    ck_assert_int_eq(pthread_create(&asker, NULL, ask_alive, t), 0);
    ck_assert_int_eq(pthread_create(&other, NULL, ask_daemon, t), 0);
    ck_assert_int_eq(attr_thread_set_daemon(t, false), 0);
    start(t);
    ck_assert_msg(attr_thread_is_alive(t), "a thread is not alive although start is back");
    ls_settle();
    ck_assert_msg(attr_thread_is_alive(t), "a thread is not alive although its target runs");
    ls_gate_open(g);
    join(t);
    ck_assert_msg(!attr_thread_is_alive(t), "a thread is alive after it was joined");
    pthread_join(asker, NULL);
    pthread_join(other, NULL);
    attr_thread_free(t);
    t = made(nothing, NULL, NULL);
    start(t);
    ls_settle();
    ck_assert_msg(!attr_thread_is_alive(t), "a thread is alive although its target has returned");
    join(t);
    attr_thread_free(t);
    ls_gate_free(g);
    start_two_at_once();
}
END_TEST

struct self {
    struct ls_gate *gate;
    struct attr_thread *seen;
};

static void find_myself(void *arg)
{
    struct self *s = arg;

    ls_gate_pass(s->gate);
    s->seen = attr_thread_current();
}

static void *find_nobody(void *arg)
{
    *(struct attr_thread **)arg = attr_thread_current();
    return NULL;
}

/* Two at once, main, and a thread that is none of ours. */
START_TEST(current)
{
    struct ls_gate *g = ls_gate_new();
    struct self s[2] = {{g, NULL}, {g, NULL}};
    struct attr_thread *t[2], *foreign = NULL;
    pthread_t other;

    for (int i = 0; i < 2; i++) {
        t[i] = made(find_myself, &s[i], NULL);
        start(t[i]);
    }
    ls_gate_open(g);
    for (int i = 0; i < 2; i++) {
        join(t[i]);
        ck_assert_msg(s[i].seen == t[i], "a thread found another object than its own");
    }
    ck_assert_msg(attr_thread_current() == NULL, "main is none of these threads");
    foreign = t[0];
    ck_assert_int_eq(pthread_create(&other, NULL, find_nobody, &foreign), 0);
    ck_assert_int_eq(pthread_join(other, NULL), 0);
    ck_assert_msg(foreign == NULL, "a thread that attr_thread_start() did not make has an object");
    for (int i = 0; i < 2; i++)
        attr_thread_free(t[i]);
    ls_gate_free(g);
}
END_TEST

struct joiner {
    struct attr_thread *t;
    int rc, back;
};

static void *join_in_thread(void *arg)
{
    struct joiner *j = arg;

    j->rc = attr_thread_join(j->t);
    __atomic_store_n(&j->back, 1, __ATOMIC_RELEASE);
    return NULL;
}

START_TEST(start_and_join)
{
    struct ls_gate *g = ls_gate_new();
    struct joiner j = {.t = made(pass_gate, g, NULL)};
    pthread_t other;

    errno = 0;
    refused(attr_thread_join(j.t), EINVAL, "a join before the start");
    start(j.t);
    errno = 0;
    refused(attr_thread_start(j.t), EBUSY, "a second start");
    ck_assert_int_eq(pthread_create(&other, NULL, join_in_thread, &j), 0);
    ls_settle();
    ck_assert_msg(!__atomic_load_n(&j.back, __ATOMIC_ACQUIRE),
                  "order-violation: attr_thread_join() returned while the target still ran");
    ls_gate_open(g);
    ck_assert_int_eq(pthread_join(other, NULL), 0);
    ck_assert_int_eq(j.rc, 0);
    errno = 0;
    refused(attr_thread_join(j.t), EINVAL, "a second join");
    refused(attr_thread_start(j.t), EBUSY, "a start after the join");
    attr_thread_free(j.t);
    ls_gate_free(g);
}
END_TEST

START_TEST(daemon_before_start)
{
    struct ls_gate *g = ls_gate_new();
    struct attr_thread *t = made(pass_gate, g, NULL);

    ck_assert_msg(!attr_thread_is_daemon(t), "a new thread is a daemon");
    ck_assert_int_eq(attr_thread_set_daemon(t, true), 0);
    ck_assert(attr_thread_is_daemon(t));
    ck_assert_int_eq(attr_thread_set_daemon(t, false), 0);
    start(t);
    ls_settle();
    errno = 0;
    refused(attr_thread_set_daemon(t, true), EBUSY, "setting the daemon flag after the start");
    ck_assert_msg(!attr_thread_is_daemon(t), "a refused change has changed the daemon flag");
    ls_gate_open(g);
    join(t);
    errno = 0;
    refused(attr_thread_set_daemon(t, true), EBUSY, "setting the daemon flag after the join");
    attr_thread_free(t);
    ls_gate_free(g);
}
END_TEST

/* A program whose main ends: in a child process. */
struct program {
    struct ls_gate *daemon_gate, *gate, *late_gate, *ended;
};

static int main_with_daemon(void *arg)
{
    struct program *p = arg;
    struct attr_thread *d = made(pass_gate, p->daemon_gate, "daemon"),
                       *idle = made(nothing, NULL, "never started");

    ck_assert_int_eq(attr_thread_set_daemon(d, true), 0);
    start(d);
    attr_thread_end_of_main();
    ls_gate_open(p->ended);
    ls_gate_pass(p->ended); /* counted: the parent sees that it was this that ended */
    attr_thread_free(idle);
    return 0; /* and the daemon, still at its gate, ends with the process */
}

START_TEST(daemon_does_not_hold)
{
    struct program p = {.daemon_gate = ls_gate_new(), .ended = ls_gate_new()};

    attr_thread_free(made(nothing, NULL, NULL));
    ck_assert_int_eq(ls_reap(ls_spawn(main_with_daemon, &p)), 0);
    ck_assert_msg(ls_gate_arrived(p.ended) == 1, "the program ended before main did");
    ls_gate_free(p.daemon_gate);
    ls_gate_free(p.ended);
}
END_TEST

static struct attr_thread *late;

static void start_another(void *arg)
{
    struct program *p = arg;

    ls_gate_pass(p->gate);
    late = made(pass_gate, p->late_gate, "late");
    start(late);
}

static int main_with_others(void *arg)
{
    struct program *p = arg;
    struct attr_thread *d = made(pass_gate, p->daemon_gate, "daemon"),
                       *joined = made(nothing, NULL, "joined"),
                       *first = made(start_another, p, "first");

    ck_assert_int_eq(attr_thread_set_daemon(d, true), 0);
    start(joined);
    start(d);
    start(first);
    join(joined);
    attr_thread_end_of_main();
    ls_gate_open(p->ended);
    ls_gate_pass(p->ended); /* counted: this is how the parent sees that main has ended */
    errno = 0;
    refused(attr_thread_join(first), EINVAL, "a join after the end of main has waited: it");
    attr_thread_free(first);
    attr_thread_free(joined);
    attr_thread_free(late);
    return 0;
}

/* One thread that holds; the one that it starts in the meantime holds, too; a daemon does not. */
START_TEST(others_hold)
{
    struct program p = {ls_gate_new(), ls_gate_new(), ls_gate_new(), ls_gate_new()};
    pid_t child;

    attr_thread_free(made(nothing, NULL, NULL));
    child = ls_spawn(main_with_others, &p);
    ls_settle();
    ck_assert_msg(ls_gate_arrived(p.ended) == 0,
                  "order-violation: main ended while a thread that is no daemon still ran");
    ck_assert_int_eq(ls_gate_arrived(p.gate), 1);
    ls_gate_open(p.gate);
    ls_settle();
    ck_assert_msg(ls_gate_arrived(p.ended) == 0,
                  "order-violation: main ended while a thread started in the meantime still ran");
    ck_assert_int_eq(ls_gate_arrived(p.late_gate), 1);
    ls_gate_open(p.late_gate);
    ck_assert_int_eq(ls_reap(child), 0);
    ls_gate_free(p.daemon_gate);
    ls_gate_free(p.gate);
    ls_gate_free(p.late_gate);
    ls_gate_free(p.ended);
}
END_TEST

static char said[64];

static void say_name(void *gate)
{
    char name[ATTR_THREAD_NAME_MAX + 1];

    ls_gate_pass(gate);
    attr_thread_get_name(attr_thread_current(), name, sizeof name);
    snprintf(said, sizeof said, "执行%.40s线程", name);
    puts(said);
    puts("线程属性测试");
}

START_TEST(tarena_story)
{
    struct ls_gate *g = ls_gate_new();
    struct attr_thread *t = made(say_name, g, "Tarena");

    ck_assert_int_eq(attr_thread_set_daemon(t, true), 0);
    ck_assert_int_eq(attr_thread_set_daemon(t, false), 0);
    must_be_called(t, "Tarena");
    start(t);
    ck_assert_int_eq(attr_thread_set_name(t, "Tedu"), 0);
    must_be_called(t, "Tedu");
    ck_assert_msg(attr_thread_is_alive(t), "the thread is not alive while it waits at the gate");
    puts("主线程结束");
    ls_gate_open(g);
    attr_thread_end_of_main();
    ck_assert_str_eq(said, "执行Tedu线程");
    attr_thread_free(t);
    ls_gate_free(g);
}
END_TEST

Suite *lockstep_suite(void)
{
    Suite *suite = suite_create("06-thread-attributes");

    ls_test(suite, "default-names", default_names);
    ls_test(suite, "no-number-twice", no_number_twice);
    ls_test(suite, "set-name", set_name);
    ls_test(suite, "name-is-whole", name_is_whole);
    ls_test(suite, "alive", alive);
    ls_test(suite, "current", current);
    ls_test(suite, "start-and-join", start_and_join);
    ls_test(suite, "daemon-before-start", daemon_before_start);
    ls_test(suite, "daemon-does-not-hold", daemon_does_not_hold);
    ls_test(suite, "others-hold", others_hold);
    ls_test(suite, "tarena-story", tarena_story);
    return suite;
}


/* check_custom_thread.c - the visible suite of exercise 07-custom-thread.
 *
 * Threads are held at gates, so that the order is made and not hoped for; the player's rest is
 * a function of the suite, so nothing sleeps.
 */
#define _GNU_SOURCE
#include <pthread.h>

#include "custom_thread.h"
#include "lockstep.h"

struct note {
    struct ls_gate *gate; /* or NULL */
    pthread_t who;
    int times;
};

static void take_note(void *arg)
{
    struct note *n = arg;

    if (n->gate)
        ls_gate_pass(n->gate);
    n->who = pthread_self();
    n->times++;
}

static void prepare(struct custom_thread *t, void (*target)(void *), void *arg)
{
    memset(t, 0x5a, sizeof *t); /* whatever was on the stack */
    ck_assert_msg(custom_thread_init(t, target, arg) == 0, "custom_thread_init() failed");
}

static void run_and_join(struct custom_thread *t)
{
    ck_assert_msg(custom_thread_start(t) == 0, "custom_thread_start() failed: %s", strerror(errno));
    ck_assert_msg(custom_thread_join(t) == 0, "custom_thread_join() failed: %s", strerror(errno));
    ls_settle(); /* a join that does not wait is join-waits' business, not luck */
}

/* The base alone: with a target, and without one. */
START_TEST(base_calls_target)
{
    struct custom_thread t, idle;
    struct note n = {0};

    prepare(&t, take_note, &n);
    ck_assert_msg(t.run == custom_thread_run, "after init, run is not custom_thread_run");
    run_and_join(&t);
    ck_assert_msg(n.times == 1, "the target was called %d times, not once", n.times);
    custom_thread_destroy(&t);
    prepare(&idle, NULL, NULL);
    run_and_join(&idle);
    custom_thread_destroy(&idle);
}
END_TEST

/* Derived: fields behind the base, a run of its own that calls the base's in the middle. */
struct derived {
    struct custom_thread base;
    char order[4];
    int len;
};

static void middle(void *arg)
{
    struct derived *d = arg;

    d->order[d->len++] = 'm';
}

static void around(struct custom_thread *self)
{
    struct derived *d = (struct derived *)self;

    d->order[d->len++] = 'b';
    custom_thread_run(self);
    d->order[d->len++] = 'e';
}

START_TEST(run_is_overridable)
{
    struct derived d = {.order = ""}, silent = {.order = ""};

    prepare(&d.base, middle, &d);
    d.base.run = around;
    run_and_join(&d.base);
    ck_assert_msg(strcmp(d.order, "bme") == 0,
                  "run was overridden; 'bme' should have happened, but '%s' did", d.order);
    custom_thread_destroy(&d.base);
    prepare(&silent.base, NULL, NULL);
    silent.base.run = around;
    run_and_join(&silent.base);
    ck_assert_str_eq(silent.order, "be");
    custom_thread_destroy(&silent.base);
}
END_TEST

/* start is back while run still stands at the gate. */
START_TEST(own_thread)
{
    struct custom_thread t;
    struct note n = {.gate = ls_gate_new()};

    prepare(&t, take_note, &n);
    ck_assert_int_eq(custom_thread_start(&t), 0);
    ls_settle();
    ck_assert_int_eq(ls_gate_arrived(n.gate), 1);
    ls_gate_open(n.gate);
    ck_assert_int_eq(custom_thread_join(&t), 0);
    ls_settle();
    ck_assert_msg(!pthread_equal(n.who, pthread_self()), "run ran in the thread that called start");
    custom_thread_destroy(&t);
    ls_gate_free(n.gate);
}
END_TEST

static void refused(int rc, int want, const char *what)
{
    ck_assert_msg(rc == -1, "%s must be refused", what);
    ck_assert_msg(errno == want, "%s must set errno to %s, not %s", what, strerrorname_np(want),
                  strerrorname_np(errno));
}

START_TEST(start_once)
{
    struct custom_thread t;
    struct note n = {0};

    prepare(&t, take_note, &n);
    errno = 0;
    refused(custom_thread_join(&t), EINVAL, "a join before the start");
    ck_assert_int_eq(custom_thread_start(&t), 0);
    errno = 0;
    refused(custom_thread_start(&t), EBUSY, "a second start");
    ck_assert_int_eq(custom_thread_join(&t), 0);
    errno = 0;
    refused(custom_thread_join(&t), EINVAL, "a second join");
    refused(custom_thread_start(&t), EBUSY, "a start after the join");
    ls_settle();
    ck_assert_int_eq(n.times, 1);
    custom_thread_destroy(&t);
}
END_TEST

struct joiner {
    struct custom_thread *t;
    int rc, back;
};

static void *join_in_thread(void *arg)
{
    struct joiner *j = arg;

    j->rc = custom_thread_join(j->t);
    __atomic_store_n(&j->back, 1, __ATOMIC_RELEASE);
    return NULL;
}

START_TEST(join_waits)
{
    struct custom_thread t;
    struct note n = {.gate = ls_gate_new()};
    struct joiner j = {.t = &t};
    pthread_t other;

    prepare(&t, take_note, &n);
    ck_assert_int_eq(custom_thread_start(&t), 0);
    ck_assert_int_eq(pthread_create(&other, NULL, join_in_thread, &j), 0);
    ls_settle();
    ck_assert_msg(!__atomic_load_n(&j.back, __ATOMIC_ACQUIRE),
                  "order-violation: custom_thread_join() returned while run still ran");
    ls_gate_open(n.gate);
    ck_assert_int_eq(pthread_join(other, NULL), 0);
    ck_assert_int_eq(j.rc, 0);
    ck_assert_int_eq(n.times, 1);
    custom_thread_destroy(&t);
    ls_gate_free(n.gate);
}
END_TEST

/* What a player plays, and how it rests. */
struct listener {
    struct ls_gate *gate; /* the first rest waits here; or NULL */
    char *text;
    size_t size;
    FILE *out;
    struct player *player;
    int rests, seconds;
    bool early;
};

static void rest(int seconds, void *arg)
{
    struct listener *l = arg;
    int lines = 0;

    l->rests++;
    l->seconds += seconds;
    fflush(l->out);
    for (const char *p = l->text; (p = strchr(p, '\n')); p++)
        lines++;
    l->early |= lines != l->rests;
    if (l->gate && l->rests == 1)
        ls_gate_pass(l->gate);
}

static void listen(struct listener *l, int seconds, const char *song)
{
    char *words = strdup(song);

    l->out = open_memstream(&l->text, &l->size);
    ck_assert(words && l->out);
    l->player = player_new(seconds, words, l->out, rest, l);
    ck_assert_msg(l->player != NULL, "player_new() returned NULL");
    memset(words, 'X', strlen(words)); /* the player has a copy */
    free(words);
    ck_assert_int_eq(custom_thread_start(&l->player->base), 0);
}

static void must_have_played(struct listener *l, int seconds, const char *song)
{
    char want[64];
    int lines = 0;

    ck_assert_int_eq(custom_thread_join(&l->player->base), 0);
    ls_settle();
    player_delete(l->player);
    fclose(l->out);
    snprintf(want, sizeof want, "Playing %s:", song);
    for (char *p = l->text, *end; *p; p = end + 1, lines++) {
        end = strchr(p, '\n');
        ck_assert_msg(end != NULL, "the last line has no line break");
        ck_assert_msg(strncmp(p, want, strlen(want)) == 0, "line %d begins '%.30s', not '%s'",
                      lines + 1, p, want);
        ck_assert_msg(end - p == (long)strlen(want) + 24,
                      "line %d does not end with a time as ctime() writes it", lines + 1);
    }
    ck_assert_msg(lines == PLAYER_LINES, "%d lines were played, not %d", lines, PLAYER_LINES);
    ck_assert_msg(l->rests == lines, "%d lines, but %d rests", lines, l->rests);
    ck_assert_msg(!l->early, "a rest came before the line that it belongs to");
    ck_assert_msg(l->seconds == lines * seconds, "the rests were not of %d seconds each", seconds);
    free(l->text);
}

/* Two players, both in the middle of their first rest: no field may be shared. */
START_TEST(fields_are_own)
{
    struct ls_gate *g = ls_gate_new();
    struct listener one = {.gate = g}, two = {.gate = g};
    int seconds = (int)ls_input("seconds", 1, 9);

    listen(&one, seconds, "凉凉");
    listen(&two, seconds + 1, "卡路里");
    ls_settle();
    ck_assert_int_eq(ls_gate_arrived(g), 2);
    ls_gate_open(g);
    must_have_played(&one, seconds, "凉凉");
    must_have_played(&two, seconds + 1, "卡路里");
    ls_gate_free(g);
}
END_TEST

START_TEST(player_story)
{
    struct listener l = {0};

    listen(&l, 3, "凉凉");
    must_have_played(&l, 3, "凉凉");
}
END_TEST

/* Never started, and started: all of it comes back. */
START_TEST(gives_back)
{
    struct custom_thread t;
    struct note n = {0};

    prepare(&t, take_note, &n);
    custom_thread_destroy(&t);
    player_delete(player_new(1, "unheard", stdout, rest, NULL));
    player_delete(NULL);
    for (int i = 0; i < 5; i++) {
        prepare(&t, take_note, &n);
        run_and_join(&t);
        custom_thread_destroy(&t);
    }
    ck_assert_int_eq(n.times, 5);
}
END_TEST

Suite *lockstep_suite(void)
{
    Suite *suite = suite_create("07-custom-thread");

    ls_test(suite, "base-calls-target", base_calls_target);
    ls_test(suite, "run-is-overridable", run_is_overridable);
    ls_test(suite, "own-thread", own_thread);
    ls_test(suite, "start-once", start_once);
    ls_test(suite, "join-waits", join_waits);
    ls_test(suite, "fields-are-own", fields_are_own);
    ls_test(suite, "player-story", player_story);
    ls_test(suite, "gives-back", gives_back);
    return suite;
}

/* test_strategies.c - strategies driven with arrays: no program, no pthreads, counts by hand.
 *
 * A toy program is a list of events a task, carried out whenever the strategy says so.
 * Depth-first search must visit each interleaving once (multinomial coefficients), the partial
 * order reduction each Mazurkiewicz trace once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/strategies/strategy.h"
#include "suites.h"

enum { TASKS_MAX = 6, EVENTS_MAX = 8, STEPS_MAX = TASKS_MAX * EVENTS_MAX, TRACES_MAX = 4096 };

/* r/w NAME: read, write; l/u NAME: lock, unlock; - : touches nothing. Blanks between. */
struct toy {
    const char *name;
    const char *task[TASKS_MAX];
    unsigned interleavings, traces;
};

static const struct toy toys[] = {
    {"one task", {"rx wx ly uy"}, 1, 1},
    {"two that touch nothing", {"- -", "- -"}, 6, 1},
    {"two writes of one cell", {"wx", "wx"}, 2, 2},
    {"two reads of one cell", {"rx", "rx"}, 2, 1},
    {"writes of two cells", {"wx", "wy"}, 2, 1},
    {"a writer and two readers", {"wx", "rx", "rx"}, 6, 4},
    {"increments that are not atomic", {"rx wx", "rx wx"}, 6, 4},
    {"two writes each", {"wx wx", "wx wx"}, 6, 6},
    {"three writers", {"wx", "wx", "wx"}, 6, 6},
    {"store buffering", {"wx ry", "wy rx"}, 6, 3}, /* both reads first: a cycle */
    {"message passing", {"wx wy", "ry rx"}, 6, 3}, /* y seen, x not: a cycle */
    {"two under one lock", {"lm um", "lm um"}, 2, 2},
    {"three under one lock", {"lm um", "lm um", "lm um"}, 6, 6},
    {"two locks apart", {"lm um", "ln un"}, 6, 1},
    {"a lock each, then a cell each", {"lm wx um", "lm wx um"}, 2, 2},
    {"lastzero of two", {"rx rx ry", "rx wx", "rx wy"}, 210, 0},
};

struct state {
    const struct toy *toy;
    int at[TASKS_MAX]; /* index of the next event's first letter */
    int owner[128];
    uint32_t released[128];
    int steps;
    char order[STEPS_MAX + 1][4];
};

static const char *next_event(const struct state *s, int t)
{
    const char *p = s->toy->task[t];

    return p && p[s->at[t]] ? p + s->at[t] : NULL;
}

static bool enabled(const struct state *s, int t)
{
    const char *e = next_event(s, t);

    return e && !(*e == 'l' && s->owner[(int)e[1]] >= 0);
}

static void describe(const struct state *s, int t, struct event *ret)
{
    const char *e = next_event(s, t);

    *ret = (struct event){.task = (int16_t)t, .stable = (uint32_t)t, .place = (uint32_t)t};
    ret->mask = 0xff;
    ret->object = *e == '-' ? 0 : (uint64_t)e[1];
    ret->effect = *e == 'r'   ? EFFECT_READ
                  : *e == 'w' ? EFFECT_WRITE
                  : *e == 'l' ? EFFECT_ACQUIRE
                  : *e == 'u' ? EFFECT_RELEASE
                              : EFFECT_NONE;
    ret->interesting = *e != '-' && *e != 'u';
    if (*e == 'l')
        ret->after = s->released[(int)e[1]];
}

static void carry_out(struct state *s, int t)
{
    const char *e = next_event(s, t);

    s->steps++;
    if (*e == 'l')
        s->owner[(int)e[1]] = t;
    if (*e == 'u') {
        s->owner[(int)e[1]] = -1;
        s->released[(int)e[1]] = (uint32_t)s->steps;
    }
    s->order[s->steps - 1][0] = (char)('0' + t);
    s->order[s->steps - 1][1] = e[0];
    s->order[s->steps - 1][2] = *e == '-' ? '\0' : e[1];
    s->at[t] += *e == '-' ? 1 : 2;
    if (s->toy->task[t][s->at[t]] == ' ')
        s->at[t]++;
}

/* One schedule. false: abandoned by the strategy. */
static bool run_once(const struct strategy *st, void *self, struct state *s)
{
    int last = -1;

    memset(s->owner, -1, sizeof s->owner);
    for (;;) {
        struct event events[TASKS_MAX];
        struct choice c = {.enabled = events, .current = -1};
        int i;

        for (int t = 0; t < TASKS_MAX; t++)
            if (enabled(s, t)) {
                if (t == last)
                    c.current = c.n;
                describe(s, t, &events[c.n++]);
            }
        if (c.n == 0)
            return true;
        i = st->pick(self, &c);
        if (i == -1)
            return false;
        ck_assert_int_ge(i, 0);
        ck_assert_int_lt(i, c.n);
        last = events[i].task;
        carry_out(s, last);
    }
}

/* The trace as a word that is equal for equivalent schedules: the events in the least order (by
 * task) that respects all conflicts. */
static void canonical(const struct state *s, char *ret, size_t size)
{
    bool used[STEPS_MAX] = {false};
    struct state again = {.toy = s->toy};
    struct event ev[STEPS_MAX];
    size_t n = 0;

    memset(again.owner, -1, sizeof again.owner);
    for (int i = 0; i < s->steps; i++) {
        const int t = s->order[i][0] - '0';

        describe(&again, t, &ev[i]);
        carry_out(&again, t);
    }
    ret[0] = '\0';
    for (int done = 0; done < s->steps; done++) {
        int best = -1;

        for (int i = 0; i < s->steps; i++) {
            bool first = !used[i];

            for (int k = 0; k < i && first; k++)
                if (!used[k] &&
                    (ev[k].task == ev[i].task || events_conflict(&ev[k], &ev[i]) ||
                     (ev[k].object == ev[i].object && ev[k].effect == EFFECT_RELEASE &&
                      ev[i].effect == EFFECT_ACQUIRE)))
                    first = false;
            if (first && (best < 0 || ev[i].task < ev[best].task))
                best = i;
        }
        used[best] = true;
        n += (size_t)snprintf(ret + n, size - n, "%s,", s->order[best]);
    }
}

struct tally {
    unsigned schedules, different, cut;
};

static struct tally explore_all(const struct strategy *st, const struct toy *toy, int bound,
                                bool traces)
{
    void *self = calloc(1, st->size);
    static char seen[TRACES_MAX][STEPS_MAX * 4 + 1];
    struct knowledge k = {.preemptions = bound};
    struct tally n = {0};

    ck_assert_ptr_nonnull(self);
    st->reset(self);
    while (st->begin(self, &k)) {
        struct state s = {.toy = toy};
        struct choice nobody = {.current = -1};
        char word[STEPS_MAX * 4 + 1] = "";
        bool new = true;

        if (!run_once(st, self, &s)) {
            n.cut++;
            continue;
        }
        n.schedules++;
        st->finish(self, &nobody, false);
        if (traces)
            canonical(&s, word, sizeof word);
        else
            for (int i = 0; i < s.steps; i++)
                strcat(word, s.order[i]);
        for (unsigned i = 0; i < n.different && new; i++)
            new = strcmp(seen[i], word) != 0;
        ck_assert_uint_lt(n.different, TRACES_MAX);
        if (new)
            strcpy(seen[n.different++], word);
    }
    ck_assert(st->complete(self));
    free(self);
    return n;
}

START_TEST(depth_first_visits_each_interleaving_once)
{
    const struct toy *toy = &toys[_i];
    const struct tally n = explore_all(&strategy_dfs, toy, -1, false);

    ck_assert_msg(n.schedules == toy->interleavings && n.different == n.schedules,
                  "%s: %u schedules, %u different, counted by hand: %u", toy->name, n.schedules,
                  n.different, toy->interleavings);
}
END_TEST

START_TEST(reduction_visits_each_trace_once)
{
    const struct toy *toy = &toys[_i];
    const struct tally n = explore_all(&strategy_dpor, toy, -1, true);
    const struct tally all = explore_all(&strategy_dfs, toy, -1, true);
    const unsigned want = toy->traces ? toy->traces : all.different;

    ck_assert_msg(n.schedules == want && n.different == want && all.different == want,
                  "%s: %u schedules, %u different traces, all: %u, counted by hand: %u",
                  toy->name, n.schedules, n.different, all.different, toy->traces);
}
END_TEST

/* Two tasks of two steps: 2 orders without a preemption, 2 more with one, all 6 with two... */
START_TEST(bounds_count_preemptions)
{
    static const struct toy toy = {.name = "bounded", .task = {"wx wx", "wx wx"}};
    static const unsigned want[] = {2, 4, 6};

    for (int bound = 0; bound < 3; bound++) {
        ck_assert_uint_eq(explore_all(&strategy_dfs, &toy, bound, false).schedules,
                          want[bound]);
        ck_assert_uint_eq(explore_all(&strategy_dpor, &toy, bound, true).different,
                          want[bound]);
    }
}
END_TEST

/* The same seed, the same schedule; and over some seeds, not always the same. */
START_TEST(sampling_is_deterministic)
{
    static const struct strategy *const samplers[] = {&strategy_walk, &strategy_pct,
                                                      &strategy_pos, &strategy_surw};
    static const struct toy toy = {.task = {"rx wx rx", "wx - wx", "lm wx um", "lm rx um"}};
    const struct strategy *st = samplers[_i];
    uint32_t count[1024] = {3, 2, 2, 2}, parent[1024] = {0};
    void *self = calloc(1, st->size);
    unsigned different = 0;

    ck_assert_ptr_nonnull(self);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct knowledge k = {.seed = seed, .count = count, .parent = parent, .stable = 4};
        struct state a = {.toy = &toy}, b = {.toy = &toy}, first = {.toy = &toy};

        k.steps = 12;
        ck_assert(st->begin(self, &k) && run_once(st, self, &a));
        ck_assert(st->begin(self, &k) && run_once(st, self, &b));
        ck_assert_int_eq(memcmp(a.order, b.order, sizeof a.order), 0);
        k.seed = 1;
        ck_assert(st->begin(self, &k) && run_once(st, self, &first));
        different += memcmp(a.order, first.order, sizeof a.order) != 0;
    }
    ck_assert_uint_gt(different, 10);
    free(self);
}
END_TEST

/* n tasks at one lock: SURW's choice is uniform over the 6 orders of three events. */
START_TEST(surw_is_uniform)
{
    static const struct toy toy = {.task = {"wx", "wx", "wx"}};
    uint32_t count[1024] = {1, 1, 1}, parent[1024] = {0};
    void *self = calloc(1, strategy_surw.size);
    unsigned first[3] = {0};

    ck_assert_ptr_nonnull(self);
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct knowledge k = {.seed = strategy_seed(seed), .count = count, .parent = parent};
        struct state s = {.toy = &toy};

        k.stable = 3;
        ck_assert(strategy_surw.begin(self, &k) && run_once(&strategy_surw, self, &s));
        first[s.order[0][0] - '0']++;
    }
    for (int t = 0; t < 3; t++)
        ck_assert_msg(first[t] > 900 && first[t] < 1100, "task %d was first %u times of 3000",
                      t, first[t]);
    free(self);
}
END_TEST

START_TEST(conflicts_are_symmetric)
{
    for (int i = 0; i <= EFFECT_READ_ALL; i++)
        for (int k = 0; k <= EFFECT_READ_ALL; k++) {
            struct event a = {.effect = (uint8_t)i, .object = 8, .mask = 0xff};
            struct event b = {.effect = (uint8_t)k, .object = 8, .mask = 0x0f};

            ck_assert_int_eq(events_conflict(&a, &b), events_conflict(&b, &a));
            b.object = 16;
            ck_assert(!events_conflict(&a, &b));
            b.object = 8;
            a.mask = 0xf0;
            ck_assert(!events_conflict(&a, &b));
        }
}
END_TEST

Suite *strategies_suite(void)
{
    Suite *s = suite_create("strategies");
    TCase *all = tcase_create("counts");

    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, depth_first_visits_each_interleaving_once, 0,
                        (int)(sizeof toys / sizeof toys[0]));
    tcase_add_loop_test(all, reduction_visits_each_trace_once, 0,
                        (int)(sizeof toys / sizeof toys[0]));
    tcase_add_loop_test(all, sampling_is_deterministic, 0, 4);
    suite_add_tcase(s, all);
    add_test(s, "bounds_count_preemptions", bounds_count_preemptions);
    add_test(s, "surw_is_uniform", surw_is_uniform);
    add_test(s, "conflicts_are_symmetric", conflicts_are_symmetric);
    return s;
}

/* plan.c - which strategy has the next schedule, and what it gets to know.
 *
 * The default plan, with what a trial on 67 buggy programs taught:
 *   the first schedules, with scheduling points at synchronisation only, find races;
 *   then SURW and POS take turns, two to one, where plain accesses count only if they have
 * raced; every tenth schedule has all points; some have what is no turn (odd.c): a wake-up
 * for no reason, a time limit that passes; a search that can be completed (dpor) is tried
 * early: small tests end with a proof. Everything follows from seed and number: no clock, no
 * luck.
 */
#include <string.h>

#include "runtime/explore/driver.h"

static void *memory_of(const struct strategy *s)
{
    enum { KINDS = 8 };
    static struct memory {
        const struct strategy *strategy;
        void *self;
    } * all;

    if (!all)
        all = keep_alloc(KINDS * sizeof *all);
    for (int i = 0; i < KINDS; i++) {
        if (all[i].strategy == s)
            return all[i].self;
        if (!all[i].strategy) {
            all[i].strategy = s;
            all[i].self = region_alloc(s->size);
            return all[i].self;
        }
    }
    return NULL;
}

static const struct strategy *const every[] = {&strategy_walk, &strategy_pct, &strategy_pos,
                                               &strategy_surw, &strategy_dfs, &strategy_dpor};

const struct strategy *strategy_named(const char *name)
{
    for (size_t i = 0; i < sizeof every / sizeof every[0]; i++)
        if (strcmp(every[i]->name, name) == 0)
            return every[i];
    return NULL;
}

enum { SAMPLES_FIRST = 24 }; /* before the complete search is tried */

static struct plan_state {
    bool exhausted;    /* there is nothing more to try */
    bool complete;     /* everything was tried */
    bool search_off;   /* the complete search was too large for the budget */
    bool incomplete;   /* in some schedule something was left out: see world.bounded */
    uint64_t searched; /* schedules of the complete search */
    uint64_t samples;  /* the others */
    bool signals;      /* it sends some, or has timers */
    bool mixed;        /* the program forks, or sends signals */
    uint64_t races_seen;
    uint64_t failure_at; /* schedule of the first failure that is no race */
    uint64_t spurious;   /* waits that have returned for no reason, and exchanges, one by one */
    bool newest;         /* signals have woken who came last */
    int alone;           /* tasks that have gone on alone, one by one */
    uint64_t limits;     /* schedules in which one time limit passed */
} * state;

enum { SPURIOUS_MAX = 64, ALONE_MAX = 8, LIMITS_MAX = 16, LIMIT_TIMES = 6 };

void plan_open(void)
{
    if (!state) { /* made in the process that all others come from */
        state = keep_alloc(sizeof *state);
        W->stable_count = keep_alloc(STABLE_MAX * sizeof *W->stable_count);
        W->stable_parent = keep_alloc(STABLE_MAX * sizeof *W->stable_parent);
        W->stable_hash = keep_alloc(STABLE_MAX * sizeof *W->stable_hash);
        W->this_count = keep_alloc(STABLE_MAX * sizeof *W->this_count);
        W->hot_objects = keep_alloc(STABLE_MAX * sizeof *W->hot_objects);
        for (size_t i = 0; i < sizeof every / sizeof every[0]; i++)
            memory_of(every[i]);
    }
    memset(state, 0, sizeof *state);
}

static bool searches(const struct strategy *s)
{
    return s->complete != NULL;
}

void plan_restart(void)
{
    if (W->strategy && searches(W->strategy))
        W->strategy->reset(W->strategy_memory);
}

/* With several processes or signals the moment often matters more than what is touched: there
 * every strategy has its turn. */
static const struct strategy *sampler(uint64_t n)
{
    static const struct strategy *const mixed[] = {&strategy_surw, &strategy_walk,
                                                   &strategy_surw, &strategy_pct,
                                                   &strategy_surw, &strategy_pos};

    if (state->mixed)
        return mixed[n % 6];
    return n % 6 == 5 ? &strategy_pos : &strategy_surw;
}

static const struct strategy *default_strategy(void)
{
    if (state->searched >= W->o.schedules / 2)
        state->search_off = true;
    if (state->samples >= SAMPLES_FIRST && !state->search_off &&
        state->searched < state->samples - SAMPLES_FIRST)
        return &strategy_dpor; /* in turn with samples: neither waits for the other's end */
    return sampler(state->samples);
}

/* What no search varies, one by one: false when each has been. A suite's own limits, and its
 * loops that look a bounded number of times, are made for real machines. */
static bool odd_set(void)
{
    if (state->spurious < W->waits_max && state->spurious < SPURIOUS_MAX) {
        W->odd.wake_at = ++state->spurious;
        return true;
    }
    if (!state->newest && W->waits_max > 1) {
        state->newest = W->odd.newest = true;
        return true;
    }
    if (W->o.suite)
        return false;
    if (state->alone < ALONE_MAX && (uint32_t)state->alone < W->known.tasks) {
        W->odd.alone = state->alone++;
        return true;
    }
    if (state->limits >=
        LIMIT_TIMES * (W->limits_max < LIMITS_MAX ? W->limits_max : LIMITS_MAX))
        return false;
    W->odd.limit_at = 1 + state->limits++ / LIMIT_TIMES;
    return true;
}

static void set_extras(uint64_t n)
{
    W->use_filter = !W->o.all_points;
    W->odd = (struct odd){.alone = -1, .late = -1};
    W->shuffle_signals = W->short_reads = false;
    W->dice = strategy_seed(W->known.seed ^ 0x5157);
    if (searches(W->strategy))
        return;
    if (n % 10 == 9 || n == 0)
        W->use_filter = false;
    W->odd.wakes = n % 8 == 7;
    W->odd.left = 1 + (int)(n / 8 % 3);
    W->odd.limits = n % 8 == 3 && !W->o.suite;
    W->shuffle_signals = n % 4 == 3;
    W->short_reads = n % 3 == 2;
}

static void tell_strategy(uint64_t n)
{
    struct knowledge *k = &W->known;

    k->seed = strategy_seed(W->o.seed * 0x9e3779b97f4a7c15u + n);
    k->schedule = n;
    k->count = W->stable_count;
    k->parent = W->stable_parent;
    k->stable = W->stable_used;
    k->objects = W->hot_objects;
    k->object_count = W->hot_object_count;
    k->preemptions = W->o.preemptions;
}

/* Behind a search: each has its own schedule before the end. */
static bool odd_next(void)
{
    if (W->o.strategy)
        return false;
    W->strategy = &strategy_walk;
    W->strategy_memory = memory_of(W->strategy);
    tell_strategy(state->samples);
    set_extras(state->samples);
    W->odd = (struct odd){.alone = -1, .late = -1};
    return odd_set() && W->strategy->begin(W->strategy_memory, &W->known);
}

/* The search has come to its end, one way or the other. */
static bool search_ended(void)
{
    if (W->strategy->complete(W->strategy_memory) && !state->incomplete) {
        state->exhausted = state->complete = true;
        return true;
    }
    state->search_off = true;
    if (W->o.strategy)
        state->exhausted = true;
    return state->exhausted;
}

bool plan_next(uint64_t n)
{
    if (state->failure_at && n >= state->failure_at + W->o.after)
        return false; /* it fails: more schedules would only say so again */
    if (state->exhausted)
        return odd_next();
    for (;;) {
        W->strategy = W->o.strategy ? W->o.strategy : default_strategy();
        if (state->signals && W->strategy == &strategy_dpor)
            W->strategy = sampler(state->samples); /* it knows nothing of moments */
        W->strategy_memory = memory_of(W->strategy);
        tell_strategy(searches(W->strategy) ? n : state->samples);
        W->known.schedule = n;
        set_extras(state->samples);
        if (!searches(W->strategy) && state->samples % 8 == 5)
            odd_set();
        if (W->strategy->begin(W->strategy_memory, &W->known))
            return true;
        if (!searches(W->strategy))
            return false;
        if (search_ended())
            return odd_next();
    }
}

static void learn_counts(bool cut)
{
    struct knowledge *k = &W->known;

    if (W->points > k->steps)
        k->steps = (uint32_t)W->points;
    if ((uint32_t)W->task_count > k->tasks)
        k->tasks = (uint32_t)W->task_count;
    if (cut && W->schedules_run >= 3)
        return;
    for (uint32_t i = 0; i < W->stable_used; i++)
        if (W->this_count[i] > W->stable_count[i])
            W->stable_count[i] = W->this_count[i];
}

void plan_learn(bool cut)
{
    learn_counts(cut);
    state->mixed |= W->forks || W->signals;
    state->signals |= W->signals;
    state->search_off |= W->signals && !W->o.strategy;
    if (searches(W->strategy)) {
        state->searched++;
        state->incomplete |= W->bounded || W->ending == END_BUG || W->ending == END_TOO_LARGE ||
                             W->ending == END_OUTSIDE;
        if (W->ending != END_PRUNED) {
            struct choice blocked = {.current = -1};

            blocked.n = blocked_events(&blocked.enabled);
            W->strategy->finish(W->strategy_memory, &blocked, cut);
        }
        if (W->races_new != state->races_seen)
            W->strategy->reset(W->strategy_memory); /* there are more points than it knew */
    } else {
        state->samples++;
    }
    state->races_seen = W->races_new;
    if (W->ending == END_BUG && !state->failure_at)
        state->failure_at = W->schedules_run;
}

const char *plan_extent(void)
{
    return state->complete && W->large == 0 && !W->interrupted ? "all" : "budget";
}

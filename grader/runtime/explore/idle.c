/* idle.c - nobody can run: whose time limit passes, who looks once more, what can never end.
 *
 * A task that has looked LOOKS times and seen nothing new is parked until something changes.
 * When only such tasks are left, each goes on alone for a while ("insists"): it gives up,
 * changes something, or is shown by loop.c to come back to the very same state. Only when every
 * task is blocked, or goes round in this way, and no time limit, timer or signal can come,
 * nothing will ever happen again: that is a livelock, or busy waiting where a suite waits for
 * rest. A task that computes is no such thing, however long it takes: it goes on until the
 * budget of steps ends the schedule, without a verdict.
 */
#include <string.h>

#include "runtime/explore/process.h"

enum {
    LOOKS = 3,           /* at the same thing, before a task is parked */
    LOOKS_ALONE = 200,   /* by the one that goes on alone in this schedule: odd.c */
    SAME_OLD = 1500,     /* hooks on the same memory without a change: the same */
    NAPS = 3,            /* time limits that passed without news: it polls */
    SOLO = 2000,         /* hooks alone before another one is tried */
    REST_NAPS = 200,     /* time limits that pass while a suite waits for rest: busy waiting */
    REST_HOOKS = 100000, /* hooks on the same memory by one that ought to rest: the same */
    WORK_STEP_MIN = 500, /* hooks after which time passes beside work, at last */
};
#define NAP ((int64_t)2000000000)
#define LONG_SLEEP ((int64_t)10000000000)

void changed(void)
{
    W->changes++;
    W->news++;
    W->insister = -1;
}

void moved(void)
{
    W->changes++;
}

void idle_park(struct task *t)
{
    t->spinning = true;
    t->spin_at = W->changes;
}

void look(uint64_t what)
{
    struct task *t = W->me;

    what = (what ^ what >> 29) * 0xbf58476d1ce4e5b9u;
    for (int i = 0; i < SPIN_RING; i++)
        if (t->seen[i] == what && t->seen_at[i] == W->changes + 1) {
            if (++t->seen_times[i] >= (W->odd.alone == t->id ? LOOKS_ALONE : LOOKS) &&
                W->insister != t->id)
                idle_park(t);
            return;
        }
    t->seen[t->seen_next % SPIN_RING] = what;
    t->seen_times[t->seen_next % SPIN_RING] = 1;
    t->seen_at[t->seen_next++ % SPIN_RING] = W->changes + 1;
}

bool idle_stuck(const struct task *t)
{
    return t->op.kind == OP_FOREVER || t->stuck_at == W->news + 1;
}

static void note_news(struct task *t)
{
    if (t->news_at == W->news)
        return;
    t->news_at = W->news;
    t->fresh_at = t->ops;
    t->naps = 0;
}

/* Naps of a task that has nothing new to see: what is pending there is only itself. */
static bool polls(const struct task *t)
{
    return t->news_at == W->news && t->naps >= NAPS;
}

static bool waits_for_time(const struct task *t, int64_t limit)
{
    return t->state == TASK_READY && t->op.timed && !t->expired && t->op.until <= limit &&
           !W->processes[t->process].stopped;
}

static struct task *earliest(int64_t limit)
{
    struct task *first = NULL;

    for (int i = 0; i < W->task_count; i++) {
        struct task *t = &W->tasks[i];

        if (waits_for_time(t, limit) && !idle_stuck(t) &&
            (!first || t->op.until < first->op.until))
            first = t;
    }
    return first;
}

static struct task *a_spinner(const struct task *but)
{
    struct task *best = NULL;

    for (int i = 0; i < W->task_count; i++) {
        struct task *t = &W->tasks[i];

        if (t != but && t->state == TASK_READY && t->spinning && !idle_stuck(t) &&
            !W->processes[t->process].stopped && (!best || t->ran_at < best->ran_at))
            best = t;
    }
    return best;
}

static struct task *a_stuck(void)
{
    for (int i = 0; i < W->task_count; i++)
        if (W->tasks[i].state == TASK_READY && idle_stuck(&W->tasks[i]) &&
            (W->tasks[i].op.kind == OP_FOREVER || W->tasks[i].spinning || W->tasks[i].op.timed))
            return &W->tasks[i];
    return NULL;
}

static void goes_alone(struct task *t)
{
    W->insister = t->id;
    W->solo_since = W->ops;
    t->spinning = false;
    memset(t->seen_at, 0, sizeof t->seen_at);
    W->bounded = true; /* how often it looks in vain is not searched */
    loop_begin();
}

static void __attribute__((noreturn)) spins_for_ever(enum bug bug, struct task *t)
{
    struct found *f = bug_begin(
        bug, "%s",
        bug == BUG_LIVELOCK ? "a task loops forever: what it reads will never change"
                            : "a task keeps polling instead of sleeping until it is woken");

    f->key = 1; /* wherever in its loop it is caught, it is the same finding */
    bug_stack_of(f, t, "loops here");
    if (bug == BUG_LIVELOCK)
        tell_others(f);
    bug_done(f);
}

/* A suite has said that everybody else must come to rest: who keeps waking up to look does not,
 * whatever it counts meanwhile, or reads of the clock. */
static void watch_rest(struct task *t)
{
    if (W->settling && (++W->rest_naps > REST_NAPS))
        spins_for_ever(BUG_BUSY_WAIT, t);
}

static void passes(struct task *t)
{
    note_news(t);
    watch_rest(t);
    t->naps++;
    if (t->op.until > W->now)
        W->now = t->op.until;
    t->expired = true;
}

/* To the next time limit or timer, if there is one. */
static bool clock_jumps(int64_t limit)
{
    struct task *t = earliest(limit);
    const int64_t timer = W->timers ? timers_next() : NEVER;

    if (timer <= limit && (!t || timer <= t->op.until)) {
        if (timer > W->now)
            W->now = timer;
        return timers_due();
    }
    if (!t)
        return false;
    passes(t);
    if (polls(t))
        goes_alone(t);
    return true;
}

/* The one that goes on alone sleeps: its own limit passes, unless somebody's who does not only
 * poll comes before. */
static bool own_nap(int64_t limit)
{
    struct task *me = W->insister >= 0 ? &W->tasks[W->insister] : NULL;
    const int64_t timer = W->timers ? timers_next() : NEVER;

    if (!me || !waits_for_time(me, limit) || idle_stuck(me) || timer <= me->op.until)
        return false;
    for (int i = 0; i < W->task_count; i++) {
        const struct task *t = &W->tasks[i];

        if (t != me && waits_for_time(t, me->op.until) && !idle_stuck(t) && !polls(t))
            return false;
    }
    if (W->ops - W->solo_since > SOLO && a_spinner(me))
        return false;
    passes(me);
    return true;
}

/* fcntl(2) tells the one whose wait would close a circle: the last that began to wait. */
static bool give_way(void)
{
    struct task *last = NULL;
    int n = 0;

    for (int i = 0; i < W->task_count; i++) {
        struct task *t = &W->tasks[i];

        if (t->state != TASK_READY || t->op.kind != OP_IO || !t->range_lock)
            continue;
        n++;
        if (!t->gave_way && (!last || t->io_seen > last->io_seen))
            last = t;
    }
    if (n < 2 || !last)
        return false;
    last->gave_way = true;
    last->io_seen = 0; /* it may look once more, and is told */
    return true;
}

/* Channels whose other end was used without a hook (stdio, a library): look once more. */
static bool look_again(void)
{
    bool any = false;

    if (W->io_retried == W->news + 1)
        return false;
    for (int i = 0; i < W->task_count; i++)
        any |= W->tasks[i].state == TASK_READY &&
               (W->tasks[i].op.kind == OP_IO || W->tasks[i].op.kind == OP_POLL);
    if (!any)
        return false;
    W->io_retried = W->news + 1;
    io_changed_all();
    return true;
}

void idle_unblock(void)
{
    struct task *t;

    if (W->insister >= 0) { /* blocked: the others may be able to run again */
        if (!own_nap(NEVER - 1))
            W->insister = -1;
        return;
    }
    if (look_again())
        return;
    t = a_spinner(NULL);
    if (t && !W->clock_turn) {
        W->clock_turn = true;
        goes_alone(t);
        return;
    }
    W->clock_turn = false;
    if (clock_jumps(NEVER - 1))
        return;
    if (t) {
        goes_alone(t);
        return;
    }
    if (give_way())
        return;
    outside_waits(); /* does not come back if somebody outside could go on with it */
    t = a_stuck();
    if (t)
        spins_for_ever(BUG_LIVELOCK, t);
    bug_deadlock();
}

bool idle_unrest(void)
{
    const int64_t horizon = W->now + NAP;
    struct task *t;

    if (W->insister >= 0) {
        if (!own_nap(horizon))
            W->insister = -1;
        return true;
    }
    if (look_again())
        return true;
    if ((t = a_stuck()))
        spins_for_ever(BUG_BUSY_WAIT, t);
    if ((t = a_spinner(NULL))) {
        goes_alone(t);
        return true;
    }
    return clock_jumps(horizon);
}

void idle_time_passes(void)
{
    const int64_t horizon = W->now + LONG_SLEEP, timer = W->timers ? timers_next() : NEVER;
    struct task *t = earliest(horizon);

    W->passed_at = W->ops;
    if (W->work_step > WORK_STEP_MIN)
        W->work_step = W->work_step * 3 / 4;
    if (t && t->op.kind != OP_SLEEP)
        t = NULL;
    if (timer <= horizon && (!t || timer <= t->op.until)) {
        W->bounded = true;
        W->now = timer > W->now ? timer : W->now;
        timers_due();
    } else if (t) {
        W->bounded = true;
        W->now = t->op.until > W->now ? t->op.until : W->now;
    }
}

/* Did its last plain write change anything? Known only afterwards. */
static void weigh_write(struct task *t)
{
    uint64_t v = 0;

    if (!t->wrote_size)
        return;
    memcpy(&v, (const void *)t->wrote_at, t->wrote_size);
    t->wrote_size = 0;
    if (v == t->wrote_over)
        return;
    t->fresh_at = t->ops;
    if (W->insister == t->id && cell_shared(t->wrote_at))
        changed();
}

bool idle_hook(uint32_t pc, int what)
{
    struct task *t = W->me;

    weigh_write(t);
    note_news(t);
    if (W->insister != t->id)
        t->stuck_at = 0; /* it has gone on since then */
    if (W->insister == t->id) {
        if (loop_recurs(pc, what)) {
            t->stuck_at = W->news + 1;
            W->insister = -1;
            idle_park(t);
            return true;
        }
        if (W->settling && t->ops - t->place_at > REST_HOOKS &&
            W->ops - W->solo_since > REST_HOOKS)
            spins_for_ever(BUG_BUSY_WAIT, t);
        if (W->ops - W->solo_since > SOLO &&
            (a_spinner(t) || (!W->settling && earliest(NEVER - 1)))) {
            W->insister = -1;
            idle_park(t);
            return true;
        }
        return false;
    }
    if (t->ops - t->fresh_at > SAME_OLD && !t->spinning) {
        t->fresh_at = t->ops; /* not at once again */
        idle_park(t);
        return true;
    }
    return false;
}

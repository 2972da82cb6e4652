/* sched.c - one task at a time: who could run, who is chosen, when the clock jumps.
 *
 *   step(op)     the running task announces what it is about to do
 *   collect()    every task whose announced operation could be carried out now
 *   choose()     a strategy, or the plan of a replay, picks one of them
 *   switch       if it is another one; the caller comes back when it is picked itself
 *
 * Nobody can run:  a waiter with a time limit gets it (the clock jumps to the earliest),
 *                  else those who spin may look once more, else it is a deadlock.
 * Spinning:        a task that sees the same value at the same place while nothing has changed
 *                  anywhere would see it for ever: it is left out until something changes.
 * A position in a schedule is (task, number of hooks it has passed), which depends neither on
 * the filter nor on the strategy; so a token holds only switches that would not happen anyway.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/explore/process.h"

enum {
    WATCH = 512,           /* hooks without a scheduling point before one is made */
    FAIR = 200000,         /* hooks in a row before the others get a turn */
    IDLE_SPINS = 10000,    /* rounds of looking at an unchanged world: a livelock */
    SETTLE_HOOKS = 100000, /* hooks of others while a task waits for rest: the same */
    LONG_WORK = 200000,    /* hooks after which time has passed, too */
    SETTLE_NAPS = 200,     /* naps of a task that should be blocked: busy waiting */
    CLOCK_READ_NS = 1000,  /* what a step of an idle world takes */
};
#define NAP ((int64_t)2000000000)
#define LONG_SLEEP ((int64_t)10000000000)

static int settle_naps(void);
static struct task *choose(void);

uint32_t program_pc(uintptr_t pc)
{
    const uintptr_t off = pc - W->base;

    return off < 0x7fffffff ? (uint32_t)off : 0;
}

void changed(void)
{
    W->changes++;
    W->idle_spins = 0;
}

void look(uint64_t what)
{
    struct task *t = W->me;

    what = (what ^ what >> 29) * 0xbf58476d1ce4e5b9u;
    for (int i = 0; i < SPIN_RING; i++)
        if (t->seen[i] == what && t->seen_at[i] == W->changes + 1) {
            t->spinning = true;
            t->spin_at = W->changes;
            return;
        }
    t->seen[t->seen_next % SPIN_RING] = what;
    t->seen_at[t->seen_next++ % SPIN_RING] = W->changes + 1;
}

static struct task **list; /* of collect(); not in .bss: snapshots stay small */

/* Channels whose other end was used without a hook (stdio, a library): look once more. */
static bool look_again(void)
{
    bool any = false;

    if (W->io_retried == W->changes + 1)
        return false;
    for (int i = 0; i < W->task_count; i++)
        any |= W->tasks[i].state == TASK_READY &&
               (W->tasks[i].op.kind == OP_IO || W->tasks[i].op.kind == OP_POLL);
    if (!any)
        return false;
    W->io_retried = W->changes + 1;
    io_changed_all();
    return true;
}

static int collect(void)
{
    struct task *settling = NULL;
    int n = 0;

    if (W->timers)
        timers_due();
    for (int i = 0; i < W->task_count; i++) {
        struct task *t = &W->tasks[i];

        if (t->state != TASK_READY)
            continue;
        if (t->op.kind == OP_SETTLE && !t->interrupted) {
            if (!settling)
                settling = t;
            continue;
        }
        if (task_enabled(t))
            list[n++] = t;
    }
    if (n == 0 && settling) {
        if (look_again() || settle_naps())
            return collect();
        list[n++] = settling;
    }
    return n;
}

/* ---- nobody can run ------------------------------------------------------------------------
 */

static struct task *earliest(int64_t limit)
{
    struct task *first = NULL;

    for (int i = 0; i < W->task_count; i++) {
        struct task *t = &W->tasks[i];

        if (t->state == TASK_READY && t->op.timed && !t->expired && t->op.until <= limit &&
            !W->processes[t->process].stopped && (!first || t->op.until < first->op.until))
            first = t;
    }
    return first;
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
    if (t->op.until > W->now)
        W->now = t->op.until;
    t->expired = true;
    return true;
}

static struct task *release_spinners(void)
{
    struct task *one = NULL;

    for (int i = 0; i < W->task_count; i++) {
        struct task *t = &W->tasks[i];

        if (t->state == TASK_READY && t->spinning) {
            t->spinning = false;
            memset(t->seen_at, 0, sizeof t->seen_at);
            W->bounded = true;
            one = t;
        }
    }
    return one;
}

static void __attribute__((noreturn)) spins_for_ever(enum bug bug, struct task *t)
{
    struct found *f = bug_begin(
        bug, "%s",
        bug == BUG_LIVELOCK ? "a task loops for ever: what it looks at will not change any more"
                            : "a task keeps looking instead of waiting until it is woken");

    f->key = 1; /* wherever in its loop it is caught, it is the same finding */
    bug_stack_of(f, t, "loops here");
    bug_done(f);
}

/* A task that ought to be blocked naps or spins: give it time to come to rest, then say so.
 * Waits with a distant limit are rest. */
static int settle_naps(void)
{
    struct task *t = earliest(W->now + NAP);
    struct task *spinner = NULL;
    const bool timer = W->timers && timers_next() <= W->now + NAP;

    if (t || timer)
        clock_jumps(W->now + NAP);
    else
        spinner = release_spinners();
    if (timer && !t)
        return 1;
    if (!t && !spinner)
        return 0;
    if (++W->naps > SETTLE_NAPS)
        spins_for_ever(BUG_BUSY_WAIT, t ? t : spinner);
    return 1;
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

/* Something must become possible, or the schedule ends here. */
static void unblock(void)
{
    struct task *t;

    if (look_again() || clock_jumps(NEVER - 1))
        return;
    t = release_spinners();
    if (!t && give_way())
        return;
    if (!t)
        bug_deadlock();
    W->now += (int64_t)CLOCK_READ_NS << (W->idle_spins / 400);
    if (++W->idle_spins > IDLE_SPINS)
        spins_for_ever(BUG_LIVELOCK, t);
}

/* ---- the choice -------------------------------------------------------------------------- */

static struct event *events;

void sched_open(void)
{
    list = keep_alloc(TASK_MAX * sizeof *list);
    events = keep_alloc(TASK_MAX * sizeof *events);
}

static int ask_strategy(int n, int current)
{
    struct choice c = {.enabled = events, .n = n, .current = current};
    int i;

    for (i = 0; i < n; i++)
        event_of(list[i], &events[i]);
    i = W->strategy->pick(W->strategy_memory, &c);
    if (i == -1)
        schedule_end(END_PRUNED);
    if (i < 0 || i >= n)
        broken("strategy %s picked %d of %d", W->strategy->name, i, n);
    return i;
}

/* POSIX lets a condition wait return for no reason, so now and then one does. */
static void wake_for_no_reason(void)
{
    int to = -1, n = 0;

    if (W->replaying) {
        to = planned('w');
    } else if (W->wake_spuriously && W->spurious_left > 0) {
        for (int i = 0; i < W->task_count; i++) {
            struct task *t = &W->tasks[i];

            if (t->state == TASK_READY && t->op.kind == OP_COND_WAKE && !t->notified &&
                !t->expired && !t->spurious && strategy_below(&W->dice, (uint32_t)++n) == 0)
                to = i;
        }
        if (n == 0 || strategy_below(&W->dice, 4) != 0)
            return;
        W->spurious_left--;
    }
    if (to < 0 || to >= W->task_count || W->tasks[to].op.kind != OP_COND_WAKE)
        return;
    W->tasks[to].spurious = true;
    take('w', to);
}

static struct task *choose(void)
{
    struct task *me = W->me;
    int n, current = -1, usual, i;

    wake_for_no_reason();
    while ((n = collect()) == 0)
        unblock();
    if (me && me->excluded && n > 1) {
        for (i = 0; i < n && list[i] != me; i++)
            ;
        for (; i < n - 1; i++)
            list[i] = list[i + 1];
        n -= i == n - 1 && n > 1;
    }
    if (me)
        me->excluded = false;
    for (i = 0; i < n; i++)
        if (list[i] == me)
            current = i;
    usual = current >= 0 ? current : 0;
    if (W->replaying) {
        const int to = planned('>');

        for (i = 0; i < n && list[i]->id != to; i++)
            ;
        if (i == n)
            i = usual;
    } else {
        i = W->signals && !W->strategy->complete ? delivery_wanted(list, n) : -1;
        if (i < 0)
            i = ask_strategy(n, current);
    }
    if (i != usual)
        take('>', list[i]->id);
    return list[i];
}

static void count_event(const struct task *t)
{
    if (is_interesting(&t->op))
        W->this_count[t->stable]++;
}

static void log_step(const struct task *t)
{
    int *n = &W->log_count[W->log_side];

    if (t->op.kind == OP_READ || t->op.kind == OP_WRITE || *n >= W->log_max)
        return;
    W->log[W->log_side][(*n)++] =
        (struct logged){.pc = t->op.pc, .task = (int16_t)t->id, .kind = t->op.kind};
}

/* A signal comes to `t`: a handler begins, or the default action is taken. */
void trace_signal(const struct task *t, int sig, enum arrival how)
{
    struct trace_step *s;

    if (!W->tracing || W->trace_count >= W->trace_max)
        return;
    s = &W->trace[W->trace_count++];
    *s = (struct trace_step){.task = t->id, .node = task_node(t)};
    s->op = (struct op){.kind = OP_DELIVER, .pc = t->op.pc ? t->op.pc : t->last_pc};
    s->value = (uint64_t)sig;
    s->has_value = true;
    s->size = (uint8_t)how;
}

/* A wait that a handler has ended. */
static void trace_interrupted(const struct task *t)
{
    trace_signal(t, 0, ARRIVAL_ENDS_WAIT);
}

/* The waits that nobody will end: the last lines of a deadlock's table. */
void trace_stuck(const struct task *t)
{
    struct trace_step *s;

    if (!W->tracing || W->trace_count >= W->trace_max || !t->op.pc)
        return;
    s = &W->trace[W->trace_count++];
    *s = (struct trace_step){.task = t->id, .op = t->op, .node = task_node(t), .stuck = true};
}

static void trace_step(const struct task *t)
{
    struct trace_step *s;

    if (!W->tracing || W->trace_count >= W->trace_max)
        return;
    s = &W->trace[W->trace_count++];
    *s = (struct trace_step){.task = t->id, .op = t->op, .node = task_node(t)};
    s->spurious = t->op.kind == OP_COND_WAKE && t->spurious;
}

/* A mailman was picked: a handler will run in the task returned, or somebody else is. */
static struct task *past_mailmen(struct task *next)
{
    while (next->mailman) {
        struct task *me = W->me, *to;
        struct process *p = process_of(next);

        next->ops++;
        W->points++;
        if (me) { /* each choice has a place of its own */
            me->ops++;
            W->ops++;
        }
        delivery_done(next);
        to = signal_deliver(p);
        next = to ? to : choose();
    }
    return next;
}

/* The running task was picked: what it announced is what happens now. */
static void arrived(void)
{
    struct task *me;

    if (!W->running) /* the schedule has ended: in its first process, to schedule_run() */
        fiber_switch(NULL, &fiber_kernel);
    me = W->me;
    if (me->op.kind == OP_SETTLE)
        W->settling_since = 0;
    if (me->deliver)
        return; /* the handler comes first */
    count_event(me);
    log_step(me);
    trace_step(me);
}

/* To a task of this process by a switch of stacks, to one of another by handing it the baton;
 * back here when this process has it again, perhaps for another of its tasks. */
static void go_to(struct task *me, struct task *next)
{
    if (next->process != baton_here()) {
        baton_pass(next->process);
        baton_wait();
        if (!W->running)
            fiber_switch(NULL, &fiber_kernel);
        next = W->me;
    }
    if (next != me)
        fiber_switch(me ? me->fiber : &fiber_kernel, next->fiber);
}

/* Comes back when this task was picked; never, when it has ended. */
static void switch_if_needed(void)
{
    struct task *me = W->me, *next = past_mailmen(choose());

    W->points++;
    if (next != me) {
        W->switches++;
        W->me = next;
        next->run_since = next->ops;
        next->quiet = 0;
        go_to(me, next);
        if (!me)
            return; /* the schedule has ended: this is schedule_run() again */
    }
    arrived();
}

/* Handlers run where the task is; then it announces again what it was about to do. */
void handle_signals(void)
{
    struct task *t = W->me;

    while (t->deliver) {
        trace_signal(t, t->deliver, t->was_blocked ? ARRIVAL_IN_WAIT : ARRIVAL_BEFORE);
        signal_run_handler();
        t->ops++;
        W->ops++;
        if (t->interrupted) {
            trace_interrupted(t);
            return;
        }
        switch_if_needed();
    }
}

void task_arrived(void)
{
    arrived();
    handle_signals();
}

void baton_hand_on(void)
{
    struct task *next;

    if (baton_here() != 0 || !W->o.inline_run)
        close_all_descriptors();
    W->me->ops++; /* this choice has a place of its own */
    W->ops++;
    next = past_mailmen(choose());
    W->points++;
    W->switches++;
    W->me = next;
    next->run_since = next->ops;
    next->quiet = 0;
    baton_pass(next->process);
    baton_leave();
}

/* Somebody is there who could end a loop from outside: another process, a timer. */
bool may_be_ended(void)
{
    if (timers_next() != NEVER)
        return true;
    for (int i = 0; i < W->task_count; i++) {
        struct task *t = &W->tasks[i];

        if (t->state == TASK_READY && t->process != W->me->process && !t->mailman &&
            (t->op.timed || task_enabled(t)))
            return true;
    }
    return false;
}

/* A loop that changes nothing will never end; one that does may only be long. */
static void too_long(void)
{
    struct found *f;

    if (W->ops - W->written < W->o.steps / 2 || may_be_ended())
        too_much(
            "it has not ended after %llu steps; a smaller problem can be explored, one that "
            "never ends cannot",
            (unsigned long long)W->o.steps);
    W->o.after = 0; /* every further one would take as long */
    f = bug_begin(
        BUG_LIVELOCK,
        "it has not ended after %llu steps; the usual causes are a loop that waits for "
        "something that cannot happen, and tasks that give way to each other for ever",
        (unsigned long long)W->o.steps);
    for (int i = 0; i < W->task_count; i++)
        if (W->tasks[i].state == TASK_READY)
            bug_stack_of(f, &W->tasks[i], "is here");
    f->key = 1;
    bug_done(f);
}

/* Work takes time as well: after very much of it a timer or a short sleep is over, although
 * somebody could still run. Long limits are not: they mean "never". */
static void time_passes(void)
{
    const int64_t horizon = W->now + LONG_SLEEP, timer = W->timers ? timers_next() : NEVER;
    struct task *t = earliest(horizon);

    W->passed_at = W->ops;
    if (t && t->op.kind != OP_SLEEP)
        t = NULL;
    if (timer <= horizon && (!t || timer <= t->op.until)) {
        W->now = timer > W->now ? timer : W->now;
        timers_due();
    } else if (t) {
        W->now = t->op.until > W->now ? t->op.until : W->now;
    }
}

static void watch_budgets(struct task *t)
{
    if (W->ops - W->passed_at > LONG_WORK)
        time_passes();
    if (W->ops > W->o.steps)
        too_long();
    if (W->settling_since && W->ops - W->settling_since > SETTLE_HOOKS &&
        W->ops - W->fresh_at > SETTLE_HOOKS) { /* not if it is only working */
        W->o.after = 0;
        spins_for_ever(BUG_BUSY_WAIT, t);
    }
}

void step_op(const struct op *op)
{
    struct task *t = W->me;

    if (t->left_by_jump)
        signal_jumped((uintptr_t)__builtin_frame_address(0));
    if (t->signal_due)
        signal_due();
    t->op = *op;
    if (op->pc)
        t->last_pc = op->pc;
    if (op->kind != OP_READ && op->kind != OP_WRITE) { /* those have been counted */
        t->ops++;
        W->ops++;
        t->quiet = 0;
    }
    t->notified = t->expired = t->spurious = t->interrupted = t->errno_changed = false;
    if (op->kind == OP_SETTLE && !W->settling_since) {
        W->settling_since = W->ops;
        hooks_begin();
    }
    watch_budgets(t);
    if (t->ops - t->run_since > FAIR) {
        t->excluded = true;
        t->run_since = t->ops;
        W->bounded = true;
    }
    switch_if_needed();
    if (W->signals) {
        handle_signals();
        t->signal_due = signal_is_due(t);
    }
}

static const uint8_t effects[OP_COUNT] = {
#define X(name, effect, text) [OP_##name] = effect,
    OPS(X)
#undef X
};

uint8_t op_effect(enum op_kind kind)
{
    return effects[kind];
}

void step(enum op_kind kind, uint64_t obj, uintptr_t pc)
{
    struct op op = {
        .kind = (uint8_t)kind, .obj = key_of(obj), .mask = 0xff, .pc = program_pc(pc)};

    op.effect = effects[kind];
    step_op(&op);
}

enum quiet quiet_point(void)
{
    struct task *t = W->me;

    t->ops++;
    W->ops++;
    watch_budgets(t);
    if (++t->quiet >= WATCH)
        return QUIET_WATCH;
    return W->replaying && planned_here() ? QUIET_PLANNED : QUIET_NOTHING;
}

/* ---- a schedule ---------------------------------------------------------------------------
 */

int blocked_events(const struct event **ret)
{
    int n = 0;

    for (int i = 0; i < W->task_count; i++)
        if (W->tasks[i].state == TASK_READY)
            event_of(&W->tasks[i], &events[n++]);
    *ret = events;
    return n;
}

void task_finished(struct task *t)
{
    t->state = TASK_DONE;
    t->ended_at = (uint32_t)W->points;
    t->ops++;
    W->ops++;
    W->live--;
    changed();
    if (W->live == 0)
        schedule_end(END_FINISHED);
    if (--process_of(t)->live == 0) { /* its last thread: exit(0), pthread_exit(3) */
        W->live++;
        t->state = TASK_READY;
        process_over(0);
    }
    switch_if_needed();
    __builtin_trap();
}

void schedule_run(void (*first)(void *), void *arg)
{
    thread_main_begin(first, arg);
    W->running = true;
    switch_if_needed();
    /* schedule_end() comes back here through fiber_kernel. */
    if (W->forks)
        baton_finish();
    leftovers_remove();
}

void schedule_end(enum ending e)
{
    struct fiber nowhere;

    W->ending = e;
    W->running = false;
    if (baton_here() != 0) {
        baton_pass(0);
        _exit(0);
    }
    fiber_switch(&nowhere, &fiber_kernel);
    __builtin_unreachable();
}

/* sched.c - one task at a time: who could run, who is chosen.
 *
 *   step(op)     the running task announces what it is about to do
 *   collect()    every task whose announced operation could be carried out now
 *   choose()     a strategy, or the plan of a replay, picks one of them
 *   switch       if it is another one; the caller comes back when it is picked itself
 *
 * Nobody can run, or only those who look again and again: idle.c.
 * A position in a schedule is (task, number of hooks it has passed), which depends neither on
 * the filter nor on the strategy; so a token holds only switches that would not happen anyway.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/explore/driver.h"
#include "runtime/explore/probe.h"
#include "runtime/explore/process.h"

enum {
    WATCH = 512, /* hooks without a scheduling point before one is made */
    FAIR = 3000, /* times that a task which could run is passed over, before it has its turn */
};

static struct task *choose(void);

uint32_t program_pc(uintptr_t pc)
{
    const uintptr_t off = pc - W->base;

    return off < 0x7fffffff ? (uint32_t)off : 0;
}

static struct task **list; /* of collect(); not in .bss: snapshots stay small */

static int collect(void)
{
    struct task *settling = NULL;
    int n = 0;

    if (W->timers)
        timers_due();
    for (int i = 0; i < W->task_count; i++) {
        struct task *t = &W->tasks[i];

        if (t->state != TASK_READY ||
            (W->insister >= 0 && W->insister != i && t->op.kind != OP_SETTLE))
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
        if (idle_unrest())
            return collect();
        list[n++] = settling;
    }
    return n;
}

/* ---- the choice -------------------------------------------------------------------------- */

static struct event *events;

void sched_open(void)
{
    list = keep_alloc(TASK_MAX * sizeof *list);
    events = keep_alloc(TASK_MAX * sizeof *events);
    loop_open();
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

/* A sampler may pass over a task forever; the machine does not. A search must not do this:
 * what is enabled would depend on the path. */
static int fair(int n, int picked)
{
    int i = picked;

    if (W->strategy->complete)
        return picked;
    for (int k = 0; k < n; k++)
        if (++list[k]->passed_over > FAIR && list[k]->passed_over > list[i]->passed_over)
            i = k;
    return i;
}

static struct task *choose(void)
{
    struct task *me = W->me;
    int n, current = -1, usual, i;

    odd_happens();
    while ((n = collect()) == 0)
        idle_unblock();
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
        for (int k = 0; k < n && i < 0 && W->odd.alone >= 0; k++)
            if (list[k]->id == W->odd.alone)
                i = k;
        if (i < 0)
            i = ask_strategy(n, current);
        i = fair(n, i);
    }
    list[i]->ran_at = W->ops;
    list[i]->passed_over = 0;
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
        W->settling = false;
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
    if (W->loop_count)
        probe_hook();
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

enum { STOP_EVERY = 1 << 14 }; /* hooks between two looks at whether the search is to end */

static void watch_budgets(void)
{
    if (W->ops - W->passed_at > W->work_step)
        idle_time_passes();
    if (W->ops % STOP_EVERY == 0 && !W->replaying && progress_stopped()) {
        W->interrupted = true;
        too_much("the search was interrupted");
    }
    if (W->ops > W->o.steps)
        too_much(
            "it has not ended after %llu steps; a smaller problem can be explored, one that "
            "never ends cannot",
            (unsigned long long)W->o.steps);
}

void step_op(const struct op *op)
{
    struct task *t = W->me;

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
    t->notified = t->expired = t->spurious = t->interrupted = t->errno_changed = t->gave_up =
        false;
    if (op->timed)
        odd_limit(t);
    if (op->kind == OP_SETTLE && !W->settling) {
        W->settling = true;
        W->rest_naps = 0;
    }
    watch_budgets();
    if (op->kind != OP_READ && op->kind != OP_WRITE)
        idle_hook(op->pc, op->kind);
    switch_if_needed();
    if (W->signals) {
        handle_signals();
        t->signal_due = signal_is_due(t);
    }
    if (W->loop_count)
        probe_hook();
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
    watch_budgets();
    if (idle_hook(t->last_pc, -1) || ++t->quiet >= WATCH)
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
    t->fiber->dead = true;
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
        t->fiber->dead = false;
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
    capture_flush();
    if (baton_here() != 0) {
        baton_pass(0);
        _exit(0);
    }
    fiber_switch(&nowhere, &fiber_kernel);
    __builtin_unreachable();
}

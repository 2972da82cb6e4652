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

#include "runtime/explore/world.h"

enum {
    WATCH = 512,           /* hooks without a scheduling point before one is made */
    FAIR = 200000,         /* hooks in a row before the others get a turn */
    IDLE_SPINS = 10000,    /* rounds of looking at an unchanged world: a livelock */
    SETTLE_HOOKS = 100000, /* hooks of others while a task waits for rest: the same */
    SETTLE_NAPS = 200,     /* naps of a task that should be blocked: busy waiting */
    CLOCK_READ_NS = 1000,  /* what a step of an idle world takes */
};
#define NAP ((int64_t)2000000000)

static int settle_naps(void);

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

/* ---- who can run ------------------------------------------------------------------------ */

static bool lockable(const struct task *t, uint64_t addr)
{
    const struct object *m = object_find((void *)addr);

    return !m || m->owner < 0 || m->dead_owner || m->unrecoverable ||
           (m->owner == t->id && m->type != 0);
}

static bool op_ready(const struct task *t)
{
    const struct op *op = &t->op;
    const struct object *o;

    switch (op->kind) {
    case OP_LOCK:
        return lockable(t, op->obj);
    case OP_COND_WAKE:
        return (t->notified || t->spurious ||
                (t->cancel_pending && !t->cancel_disabled && !t->exiting)) &&
               lockable(t, op->obj2);
    case OP_JOIN:
        return W->tasks[op->obj].state == TASK_DONE;
    case OP_SEM_WAIT:
        return (o = object_find((void *)op->obj)) && o->count > 0;
    case OP_RDLOCK:
        return !(o = object_find((void *)op->obj)) || o->owner < 0;
    case OP_WRLOCK:
        return !(o = object_find((void *)op->obj)) || (o->owner < 0 && o->count == 0);
    case OP_BARRIER_WAKE:
        return t->notified;
    case OP_ONCE:
        return !(o = object_find((void *)op->obj)) || o->owner < 0;
    case OP_GATE:
        return (o = object_find((void *)op->obj)) && o->limit;
    case OP_SLEEP:
    case OP_PAUSE:
        return false;
    default:
        return true;
    }
}

/* Waits that a cancellation or a signal ends (condition waits: see op_ready). */
static bool interrupted(const struct task *t)
{
    const bool cancel = t->cancel_pending && !t->cancel_disabled && !t->exiting;

    switch (t->op.kind) {
    case OP_JOIN:
    case OP_SEM_WAIT:
    case OP_SLEEP:
    case OP_PAUSE:
        return cancel || ((t->sigpending & ~t->sigmask) && t->op.kind != OP_JOIN);
    default:
        return false;
    }
}

bool task_enabled(struct task *t)
{
    if (t->state != TASK_READY)
        return false;
    if (t->op.timed && t->op.until <= W->now)
        t->expired = true;
    /* At a plain access it goes on to its next operation proper: a replay has no point there.
     */
    if (t->spinning && t->op.kind != OP_READ && t->op.kind != OP_WRITE) {
        if (t->spin_at == W->changes && !t->expired)
            return false;
        t->spinning = false;
    }
    if (t->expired)
        return t->op.kind != OP_COND_WAKE || lockable(t, t->op.obj2);
    return op_ready(t) || interrupted(t);
}

static struct task **list; /* of collect(); not in .bss: snapshots stay small */

static int collect(void)
{
    struct task *settling = NULL;
    int n = 0;

    for (int i = 0; i < W->task_count; i++) {
        struct task *t = &W->tasks[i];

        if (t->state != TASK_READY)
            continue;
        if (t->op.kind == OP_SETTLE) {
            if (!settling)
                settling = t;
            continue;
        }
        if (task_enabled(t))
            list[n++] = t;
    }
    if (n == 0 && settling) {
        if (settle_naps())
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
            (!first || t->op.until < first->op.until))
            first = t;
    }
    return first;
}

static bool clock_jumps(int64_t limit)
{
    struct task *t = earliest(limit);

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
static uint64_t naps, naps_at;

static int settle_naps(void)
{
    struct task *t = earliest(W->now + NAP);
    struct task *spinner = NULL;

    if (naps_at != W->generation) {
        naps_at = W->generation;
        naps = 0;
    }
    if (t)
        clock_jumps(W->now + NAP);
    else
        spinner = release_spinners();
    if (!t && !spinner)
        return 0;
    if (++naps > SETTLE_NAPS)
        spins_for_ever(BUG_BUSY_WAIT, t ? t : spinner);
    return 1;
}

/* Something must become possible, or the schedule ends here. */
static void unblock(void)
{
    struct task *t;

    if (clock_jumps(NEVER - 1))
        return;
    t = release_spinners();
    if (!t)
        bug_deadlock();
    W->now += (int64_t)CLOCK_READ_NS << (W->idle_spins / 400);
    if (++W->idle_spins > IDLE_SPINS)
        spins_for_ever(BUG_LIVELOCK, t);
}

/* ---- the choice -------------------------------------------------------------------------- */

static bool is_interesting(const struct op *op)
{
    switch (op->kind) {
    case OP_READ:
    case OP_WRITE:
        return hot(op->obj);
    case OP_ATOMIC_LOAD:
    case OP_ATOMIC_STORE:
    case OP_ATOMIC_RMW:
    case OP_LOCK:
    case OP_TRYLOCK:
    case OP_SEM_WAIT:
    case OP_SEM_TRY:
    case OP_RDLOCK:
    case OP_WRLOCK:
    case OP_COND_SIGNAL:
    case OP_COND_BROADCAST:
        return true;
    default:
        return false;
    }
}

/* The number of the event without which this one could not be: see struct event. */
static uint32_t after_of(const struct task *t)
{
    const struct object *o;

    switch (t->op.kind) {
    case OP_START:
        return t->enabled_by;
    case OP_JOIN:
        return W->tasks[t->op.obj].ended_at;
    case OP_COND_WAKE:
        o = object_find((void *)t->op.obj2);
        return o && o->released_at > t->enabled_by ? o->released_at : t->enabled_by;
    case OP_BARRIER_WAKE:
        return t->enabled_by;
    case OP_SEM_WAIT:
        o = object_find((void *)t->op.obj);
        return o ? sem_after(o) : 0;
    case OP_LOCK:
    case OP_RDLOCK:
    case OP_WRLOCK:
    case OP_ONCE:
    case OP_GATE:
        o = object_find((void *)t->op.obj);
        return o ? o->released_at : 0;
    default:
        return 0;
    }
}

static void event_of(const struct task *t, struct event *ret)
{
    const struct op *op = &t->op;

    *ret = (struct event){.task = (int16_t)t->id, .stable = t->stable, .place = op->pc};
    ret->after = t->expired || op->kind == OP_SETTLE ? AFTER_ALL : after_of(t);
    ret->effect = op->effect;
    ret->mask = op->mask;
    ret->object = op->obj;
    ret->interesting = is_interesting(op);
    switch (op->kind) {
    case OP_READ:
    case OP_WRITE:
    case OP_ATOMIC_LOAD:
    case OP_ATOMIC_STORE:
    case OP_ATOMIC_RMW:
        ret->object = op->obj & ~(uint64_t)7;
        break;
    case OP_COND_WAIT:
        ret->object2 = op->obj2;
        ret->effect2 = EFFECT_RELEASE;
        break;
    case OP_COND_WAKE:
        ret->object = op->obj2;
        break;
    case OP_EXIT:
    case OP_TRYJOIN:
        ret->object = 0x1000 + op->obj;
        break;
    }
}

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

static void trace_step(const struct task *t)
{
    struct trace_step *s;

    if (!W->tracing || W->trace_count >= W->trace_max)
        return;
    s = &W->trace[W->trace_count++];
    *s = (struct trace_step){.task = t->id, .op = t->op, .node = task_node(t)};
    s->spurious = t->op.kind == OP_COND_WAKE && t->spurious;
}

/* Comes back when this task was picked; never, when it has ended. */
static void switch_if_needed(void)
{
    struct task *me = W->me, *next = choose();

    W->points++;
    if (next != me) {
        W->switches++;
        W->me = next;
        next->run_since = next->ops;
        next->quiet = 0;
        fiber_switch(me ? me->fiber : &fiber_kernel, next->fiber);
    }
    if (!W->running)
        return; /* the schedule has ended: this is schedule_run() again */
    me = W->me;
    if (me->op.kind == OP_SETTLE)
        W->settling_since = 0;
    count_event(me);
    log_step(me);
    trace_step(me);
}

/* A loop that changes nothing will never end; one that does may only be long. */
static void too_long(void)
{
    struct found *f;

    if (W->ops - W->written < W->o.steps / 2)
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

static void watch_budgets(struct task *t)
{
    if (W->ops > W->o.steps)
        too_long();
    if (W->settling_since && W->ops - W->settling_since > SETTLE_HOOKS) {
        W->o.after = 0;
        spins_for_ever(BUG_BUSY_WAIT, t);
    }
}

void step_op(const struct op *op)
{
    struct task *t = W->me;

    t->op = *op;
    if (op->pc)
        t->last_pc = op->pc;
    if (op->kind != OP_READ && op->kind != OP_WRITE) { /* those have been counted */
        t->ops++;
        W->ops++;
        t->quiet = 0;
    }
    t->notified = t->expired = t->spurious = false;
    if (op->kind == OP_SETTLE && !W->settling_since)
        W->settling_since = W->ops;
    watch_budgets(t);
    if (t->ops - t->run_since > FAIR) {
        t->excluded = true;
        t->run_since = t->ops;
        W->bounded = true;
    }
    switch_if_needed();
    if (W->me->sigpending & ~W->me->sigmask)
        deliver_signals();
}

static const uint8_t effects[OP_COUNT] = {
#define X(name, effect, text) [OP_##name] = effect,
    OPS(X)
#undef X
};

void step(enum op_kind kind, uint64_t obj, uintptr_t pc)
{
    struct op op = {.kind = (uint8_t)kind, .obj = obj, .mask = 0xff, .pc = program_pc(pc)};

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
    switch_if_needed();
    __builtin_trap();
}

void schedule_run(void (*first)(void *), void *arg)
{
    thread_main_begin(first, arg);
    W->running = true;
    switch_if_needed();
    /* schedule_end() comes back here through fiber_kernel. */
}

void schedule_end(enum ending e)
{
    struct fiber nowhere;

    W->ending = e;
    W->running = false;
    fiber_switch(&nowhere, &fiber_kernel);
    __builtin_unreachable();
}

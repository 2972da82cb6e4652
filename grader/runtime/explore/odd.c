/* odd.c - what a schedule may do beside turns: a condition wait returns for no reason, a weak
 * compare-exchange fails, a time limit passes while others could run, one task goes on alone.
 *
 * plan.c says which of them a schedule has (world.odd); a replay has them from its token. No
 * search branches on them yet: each is tried one by one behind a search that has come to its
 * end, and now and then by samplers. The claim names what was not varied.
 *
 * Time. POSIX bounds no delay, so a limit may pass while others could run; how long they are
 * then kept from running is the delay of the schedule. Beyond the patience nothing is tried:
 * three sleeps of four seconds in a row are no accusation. In suites no limit passes in this
 * way: theirs are chosen for real machines.
 */
#include <inttypes.h>
#include <stdio.h>

#include "runtime/explore/driver.h"
#include "runtime/explore/process.h"

enum { ONE_IN = 4 /* times that it may happen, it does */ };

void odd_begin(void)
{
    struct odd *o = &W->odd;

    o->delay = 0;
    o->late = -1;
    if (W->replaying) {
        *o = (struct odd){.late = -1};
        o->alone = planned('i');
    }
    if (o->alone >= 0)
        take('i', o->alone);
}

/* ---- without a reason ---------------------------------------------------------------------
 */

static bool waits_on(const struct task *t)
{
    return t->state == TASK_READY && t->op.kind == OP_COND_WAKE && !t->notified;
}

static int wakes_now(void)
{
    struct odd *o = &W->odd;
    int to = -1, n = 0;

    if (W->replaying)
        return planned('w');
    if (!o->wakes && !o->wake_at)
        return -1;
    for (int i = 0; i < W->task_count; i++) {
        const struct task *t = &W->tasks[i];

        if (!waits_on(t))
            continue;
        if (o->wake_at && t->wait_number == o->wake_at) {
            o->wake_at = 0; /* once */
            return i;
        }
        if (o->wakes && o->left > 0 && !t->expired && !t->spurious &&
            strategy_below(&W->dice, (uint32_t)++n) == 0)
            to = i;
    }
    if (to < 0 || strategy_below(&W->dice, ONE_IN) != 0)
        return -1;
    o->left--;
    return to;
}

/* POSIX lets a condition wait return for no reason, so now and then one does. */
static void wake_for_no_reason(void)
{
    const int to = wakes_now();

    if (to < 0 || to >= W->task_count || W->tasks[to].op.kind != OP_COND_WAKE)
        return;
    W->tasks[to].spurious = true;
    take('w', to);
}

bool odd_exchange(void)
{
    struct odd *o = &W->odd;
    bool fails;

    if (++W->waits > W->waits_max)
        W->waits_max = W->waits;
    if (W->replaying)
        fails = planned('x') >= 0;
    else
        fails = o->wake_at == W->waits ||
                (o->wakes && o->left > 0 && strategy_below(&W->dice, ONE_IN) == 0);
    if (!fails)
        return false;
    o->left -= o->wakes;
    o->wake_at = 0;
    take('x', W->me->id);
    if (W->tracing && W->trace_count)
        W->trace[W->trace_count - 1].spurious = true;
    return true;
}

/* ---- time ---------------------------------------------------------------------------------
 */

void odd_limit(struct task *t)
{
    t->limit_number = ++W->limits;
    if (W->limits > W->limits_max)
        W->limits_max = W->limits;
}

/* A limit counts only where it must be waited for: what is free is taken at once. */
static bool may_be_late(struct task *t)
{
    const int64_t left = W->replaying ? NEVER : W->o.patience - W->odd.delay;

    if (left <= 0 || t->state != TASK_READY || !t->op.timed || t->expired || t->notified ||
        t->op.until <= W->now || t->op.until - W->now > left ||
        W->processes[t->process].stopped)
        return false;
    /* A timer that expires earlier, or a signal that is there, ends the wait first. */
    if ((W->timers && timers_next() <= t->op.until) ||
        (W->signals && signal_deliverable(process_of(t))))
        return false;
    return !task_enabled(t);
}

static int late_now(void)
{
    struct odd *o = &W->odd;
    int to = -1, n = 0;

    if (W->replaying)
        return planned('l');
    if (!o->limits && !o->limit_at)
        return -1;
    for (int i = 0; i < W->task_count; i++) {
        struct task *t = &W->tasks[i];

        if (!may_be_late(t))
            continue;
        if (o->limit_at && t->limit_number == o->limit_at) {
            o->limit_at = 0;
            return i;
        }
        if (o->limits && strategy_below(&W->dice, (uint32_t)++n) == 0)
            to = i;
    }
    return to >= 0 && strategy_below(&W->dice, ONE_IN) == 0 ? to : -1;
}

static void limit_passes(void)
{
    const int to = late_now();
    struct task *t = to >= 0 && to < W->task_count ? &W->tasks[to] : NULL;

    if (!t || !may_be_late(t))
        return;
    W->odd.late = to;
    W->odd.late_pc = t->op.pc;
    W->odd.late_node = task_node(t);
    W->odd.delay += t->op.until - W->now;
    W->now = t->op.until;
    t->expired = true;
    if (t->op.kind == OP_COND_WAKE)
        cond_give_up(t);
    take('l', to);
}

void odd_happens(void)
{
    wake_for_no_reason();
    limit_passes();
}

/* "1 s", "20 ms", "100 us": three digits at most. */
static const char *duration(int64_t ns, char *buf, size_t size)
{
    static const struct {
        int64_t ns;
        const char *unit;
    } units[] = {{1000000000, "s"}, {1000000, "ms"}, {1000, "us"}, {1, "ns"}};
    size_t i = 0;

    while (i < 3 && ns < units[i].ns)
        i++;
    if (ns % units[i].ns && ns < 10 * units[i].ns)
        snprintf(buf, size, "%.1f %s", (double)ns / (double)units[i].ns, units[i].unit);
    else
        snprintf(buf, size, "%" PRId64 " %s", ns / units[i].ns, units[i].unit);
    return buf;
}

void odd_tell(struct found *f)
{
    const struct odd *o = &W->odd;
    char name[32], time[24];

    if (o->late < 0 || f->bug == BUG_DATA_RACE || f->bug == BUG_LOCK_ORDER)
        return;
    if (f->stack_count == FOUND_STACKS) /* rather this than the last of so many */
        f->stack_count--;
    bug_stack(f, o->late, o->late_pc, o->late_node,
              "%s waits here; this happens only if others do not run for %s",
              task_name(o->late, name), duration(o->delay, time, sizeof time));
}

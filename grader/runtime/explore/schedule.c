/* schedule.c - the beginning of a schedule and of each task in it. The rest of it is sched.c.
 */
#include <string.h>

#include "runtime/explore/world.h"

struct task *task_new(struct task *parent)
{
    struct task *t;
    uint32_t h;

    if (W->task_count >= TASK_MAX)
        return NULL;
    t = &W->tasks[W->task_count];
    memset(t, 0, sizeof *t);
    t->id = W->task_count++;
    t->joiner = -1;
    t->ran_at = W->ops;
    t->parent = parent ? parent->id : -1;
    h = parent ? (parent->stable * 31u + (uint32_t)++parent->children) * 2654435761u | 1u : 1u;
    for (t->stable = 0; t->stable < W->stable_used && W->stable_hash[t->stable] != h;)
        t->stable++;
    if (t->stable == STABLE_MAX - 1)
        too_much("it has more than %d different tasks over all schedules", STABLE_MAX - 1);
    if (t->stable == W->stable_used) {
        W->stable_hash[t->stable] = h;
        W->stable_parent[t->stable] = parent ? parent->stable : 0;
        W->stable_used++;
    }
    t->process = parent ? parent->process : 0;
    t->state = TASK_READY;
    W->live++;
    return t;
}

void schedule_begin(void)
{
    W->generation++;
    scratch_reset();
    W->task_count = W->live = 0;
    W->me = NULL;
    W->ops = W->points = W->switches = W->changes = W->news = 0;
    W->insister = -1;
    W->solo_since = 0;
    W->clock_turn = W->settling = false;
    W->work_step = 200000;
    W->waits = W->limits = 0;
    W->broken_pc = 0;
    W->now = 1000 * (int64_t)1000000000;
    W->ending = END_NONE;
    W->taken_count = W->trace_count = W->log_count[W->log_side] = 0;
    W->broken[0] = '\0';
    W->main_returned = W->bounded = W->forks = W->signals = W->timers = false;
    W->process_count = W->leavings = 0;
    W->io_epoch = W->io_retried = W->passed_at = 0;
    W->undo = false;
    W->dying = 0;
    space_begin();
    hooks_begin();
    W->exit_status = 0;
    W->random = 0x9e3779b97f4a7c15u;
    memset(W->this_count, 0, W->stable_used * sizeof *W->this_count);
    odd_begin();
}

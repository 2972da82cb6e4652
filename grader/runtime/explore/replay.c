/* replay.c - recording the switches of a schedule, and following those of another one.
 *
 * A position is (task, number of hooks it has passed), which depends neither on the filter nor
 * on the strategy; so only switches that would not happen anyway are recorded. token.c writes
 * them.
 */
#include <stdlib.h>

#include "runtime/explore/world.h"

void take(char what, int to)
{
    struct switch_at *s;

    if (W->taken_count >= W->taken_max)
        return; /* too long for a token; the seed still says it */
    s = &W->taken[W->taken_count++];
    *s = (struct switch_at){.task = W->me ? W->me->id : 0, .what = what, .to = to};
    s->op = W->me ? W->me->ops : 0;
}

/* The plan's first entry at or behind this task's place. Places only grow, and the plan is
 * sorted by task and place, so this looks at each entry once. */
static int plan_at(int task, uint64_t op)
{
    int i = W->plan_first[task];

    while (i < W->plan_count && W->plan[i].task == task && W->plan[i].op < op)
        i++;
    W->plan_first[task] = i;
    return i;
}

static bool is_here(int i, int task, uint64_t op)
{
    return i < W->plan_count && W->plan[i].task == task && W->plan[i].op == op;
}

/* What the plan says for this very place; -1: nothing. */
int planned(char what)
{
    const int task = W->me ? W->me->id : 0;
    const uint64_t op = W->me ? W->me->ops : 0;

    for (int i = plan_at(task, op); is_here(i, task, op); i++)
        if (W->plan[i].what == what)
            return W->plan[i].to;
    return -1;
}

bool planned_here(void)
{
    const struct task *t = W->me;

    return is_here(plan_at(t->id, t->ops), t->id, t->ops);
}

static int by_place(const void *a, const void *b)
{
    const struct switch_at *x = a, *y = b;

    if (x->task != y->task)
        return x->task - y->task;
    return (x->op > y->op) - (x->op < y->op);
}

void plan_sort(void)
{
    qsort(W->plan, (size_t)W->plan_count, sizeof *W->plan, by_place);
    for (int t = 0; t < TASK_MAX; t++)
        W->plan_first[t] = W->plan_count;
    for (int i = W->plan_count - 1; i >= 0; i--)
        W->plan_first[W->plan[i].task] = i;
}

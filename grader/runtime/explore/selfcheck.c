/* selfcheck.c - does the program do the same thing twice under the same schedule?
 *
 * The first schedule, and then ever fewer, are run twice: the second time from the switches
 * that the first one recorded. Both must do the same; if not, the first difference is named and
 * nothing is concluded. Compared is what is a scheduling point always: synchronisation and
 * atomics.
 */
#include <string.h>

#include "runtime/explore/driver.h"

bool check_is_due(void)
{
    uint64_t n = W->schedules_run;

    while (n >= 10 && n % 10 == 0)
        n /= 10;
    return n == 1 && !W->interrupted && W->ending != END_PRUNED &&
           W->taken_count < W->taken_max;
}

bool same_again(void (*run)(void))
{
    const int n = W->taken_count;

    memcpy(W->plan, W->taken, (size_t)n * sizeof *W->plan);
    W->plan_count = n;
    plan_sort();
    W->replaying = true;
    W->log_side = 1;
    run();
    W->log_side = 0;
    W->replaying = false;
    return W->log_count[0] == W->log_count[1] &&
           memcmp(W->log[0], W->log[1], (size_t)W->log_count[0] * sizeof *W->log[0]) == 0;
}

void tell_difference(void)
{
    int i = 0;
    char a[32], b[32];

    while (i < W->log_count[0] && i < W->log_count[1] &&
           memcmp(&W->log[0][i], &W->log[1][i], sizeof W->log[0][i]) == 0)
        i++;
    broken(
        "the program does not do the same thing twice: under one schedule, step %d is '%s %s' "
        "and then '%s %s'; something outside of it decides (an address, a file, a clock)",
        i + 1, i < W->log_count[0] ? task_name(W->log[0][i].task, a) : "the",
        i < W->log_count[0] ? op_name(W->log[0][i].kind) : "end",
        i < W->log_count[1] ? task_name(W->log[1][i].task, b) : "the",
        i < W->log_count[1] ? op_name(W->log[1][i].kind) : "end");
}

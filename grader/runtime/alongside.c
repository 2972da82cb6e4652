/* alongside.c - two processes that surely overlap, without a clock.
 *
 * A lost update needs two processes inside one call at once. Running each "often enough" is
 * luck; here each goes on until it has seen the other's counter move between two of its own
 * steps some thousand times. The counters are plain volatile words in shared memory, each
 * written by one process only: a stale look costs a turn, never a verdict.
 */
#include <sched.h>
#include <sys/mman.h>
#include <time.h>

#include "runtime/harness.h"
#include "runtime/lockstep.h"

enum { TURNS_MIN = 5000, OVERLAPS = 3000, TURNS_MAX = 4000000 };

struct pair {
    void (*step)(void *arg, int me);
    void *arg;
    volatile int64_t turns[2];
    volatile int left[2];
};

/* On one core there is little overlap to wait for: an end to trying, not a verdict. */
static bool tried_enough(int64_t turn)
{
    struct timespec t;

    if (turn % 64)
        return false;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec >= 1;
}

static void step_along(struct pair *p, int me)
{
    int64_t overlaps = 0, last = 0;

    ls_stay_on(me);
    for (int64_t i = 1; i <= TURNS_MAX && (i <= TURNS_MIN || overlaps < OVERLAPS); i++) {
        if (tried_enough(i) || (i > TURNS_MIN && p->left[!me]))
            break;
        p->step(p->arg, me);
        p->turns[me] = i;
        overlaps += p->turns[!me] != last;
        last = p->turns[!me];
    }
    p->left[me] = 1;
}

static int child(void *arg)
{
    step_along(arg, 1);
    return 0;
}

void ls_alongside(void (*step)(void *arg, int me), void *arg, int64_t turns[2])
{
    struct pair *p = harness_shared(sizeof *p);
    cpu_set_t before;
    pid_t pid;

    p->step = step;
    p->arg = arg;
    sched_getaffinity(0, sizeof before, &before);
    pid = ls_spawn(child, p);
    step_along(p, 0);
    ck_assert_int_eq(ls_reap(pid), 0);
    sched_setaffinity(0, sizeof before, &before);
    for (int me = 0; me < 2; me++)
        turns[me] = p->turns[me];
    munmap(p, sizeof *p);
}

/* alongside.c - two processes that surely overlap, without a clock.
 *
 * A lost update needs two processes inside one call at once. Running each "often enough" is
 * luck; here each goes on until it has seen the other's counter move between two of its own
 * steps some thousand times. The counters are plain volatile words in shared memory, each
 * written by one process only: a stale look costs a turn, never a verdict.
 */
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "runtime/harness.h"
#include "runtime/lockstep.h"

enum { TURNS_MIN = 5000, OVERLAPS = 3000, TURNS_MAX = 4000000, WAITS = 300 };

struct pair {
    void (*step)(void *arg, int me);
    void *arg;
    volatile int64_t turns[2];
    volatile int left[2];
};

/* Who had to wait inside its own step a few hundred times has met the other there: that is the
 * overlap, and on a busy machine each such wait takes long. On one core there is little to wait
 * for: processor time is an end to trying, not a verdict. */
static bool tried_enough(int64_t turn, const struct rusage *before)
{
    struct rusage u;

    if (turn % 32)
        return false;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_nvcsw - before->ru_nvcsw >= WAITS ||
           u.ru_utime.tv_sec + u.ru_stime.tv_sec -
                   (before->ru_utime.tv_sec + before->ru_stime.tv_sec) >=
               2;
}

static void step_along(struct pair *p, int me)
{
    int64_t overlaps = 0, last = 0;
    struct rusage before;

    ls_stay_on(me);
    getrusage(RUSAGE_SELF, &before);
    for (int64_t i = 1; i <= TURNS_MAX && (i <= TURNS_MIN || overlaps < OVERLAPS); i++) {
        if (tried_enough(i, &before) || (i > TURNS_MIN && p->left[!me]))
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

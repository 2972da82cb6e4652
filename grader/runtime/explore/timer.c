/* timer.c - alarms and interval timers on the virtual clock.
 *
 * A timer sends its signal when the clock gets there; the clock gets there when nobody can run,
 * or by being read. timerfd is not explored.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "runtime/explore/process.h"
#include "runtime/explore/sync.h"

#define SECOND ((int64_t)1000000000)

int64_t timers_next(void)
{
    int64_t next = NEVER;

    for (int i = 0; i < W->process_count; i++) {
        const struct process *p = &W->processes[i];

        for (int k = 0; k < TIMERS_MAX && p->state == PROCESS_RUNS; k++)
            if (p->timer[k].next < next)
                next = p->timer[k].next;
    }
    return next;
}

bool timers_due(void)
{
    bool any = false;

    for (int i = 0; i < W->process_count; i++) {
        struct process *p = &W->processes[i];

        for (int k = 0; k < TIMERS_MAX && p->state == PROCESS_RUNS; k++) {
            struct timer *t = &p->timer[k];

            if (t->next > W->now)
                continue;
            any = true;
            t->next = t->interval ? t->next + t->interval : NEVER;
            if (t->interval && t->next <= W->now) {
                const int64_t missed = (W->now - t->next) / t->interval + 1;

                t->overruns += (int)missed;
                t->next += missed * t->interval;
            }
            if (t->sig)
                signal_post(p, NULL, t->sig, SI_TIMER, t->value, 0);
        }
    }
    return any;
}

static int64_t ns_of(const struct timeval *t)
{
    return (int64_t)t->tv_sec * SECOND + (int64_t)t->tv_usec * 1000;
}

static struct timeval timeval_of(int64_t ns)
{
    return (struct timeval){ns / SECOND, ns % SECOND / 1000};
}

static int64_t left(const struct timer *t)
{
    return t->next == NEVER ? 0 : t->next > W->now ? t->next - W->now : 1000;
}

static void set(struct timer *t, int64_t first, int64_t interval)
{
    W->timers = W->bounded = true; /* that time passes beside work is not tried */
    t->sig = SIGALRM;
    t->next = first ? W->now + first : NEVER;
    t->interval = interval;
}

REPLACES(unsigned, alarm, unsigned seconds)
{
    struct timer *t;
    int64_t was;

    if (!RUNNING)
        return alarm(seconds);
    t = &process_me()->timer[0];
    was = left(t);
    set(t, seconds * SECOND, 0);
    return (unsigned)((was + SECOND - 1) / SECOND);
}

REPLACES(int, getitimer, int which, struct itimerval *ret)
{
    const struct timer *t;

    if (!RUNNING || which != ITIMER_REAL)
        return getitimer((enum __itimer_which)which, ret);
    t = &process_me()->timer[0];
    ret->it_value = timeval_of(left(t));
    ret->it_interval = timeval_of(t->interval);
    return 0;
}

REPLACES(int, setitimer, int which, const struct itimerval *new, struct itimerval *old)
{
    if (!RUNNING)
        return setitimer((enum __itimer_which)which, new, old);
    if (which != ITIMER_REAL)
        too_much("it sets a timer on processor time, which does not pass here");
    if (old)
        ls_x_getitimer(which, old);
    set(&process_me()->timer[0], ns_of(&new->it_value), ns_of(&new->it_interval));
    return 0;
}

REPLACES(useconds_t, ualarm, useconds_t us, useconds_t interval)
{
    struct timer *t;
    int64_t was;

    if (!RUNNING)
        return 0;
    t = &process_me()->timer[0];
    was = left(t);
    set(t, (int64_t)us * 1000, (int64_t)interval * 1000);
    return (useconds_t)(was / 1000);
}

/* ---- POSIX timers ---- */

static struct timer *timer_at(timer_t id)
{
    const size_t n = (size_t)id;
    struct process *p = process_me();

    if (n < 1 || n >= TIMERS_MAX || !p->timer[n].used) {
        errno = EINVAL;
        return NULL;
    }
    return &p->timer[n];
}

REPLACES(int, timer_create, clockid_t clock, struct sigevent *ev, timer_t *ret)
{
    struct process *p;

    if (!RUNNING)
        return timer_create(clock, ev, ret);
    if (ev && ev->sigev_notify == SIGEV_THREAD)
        too_much("it has a timer that starts a thread (SIGEV_THREAD)");
    p = process_me();
    for (size_t i = 1; i < TIMERS_MAX; i++) {
        struct timer *t = &p->timer[i];

        if (t->used)
            continue;
        W->timers = W->bounded = true;
        *t = (struct timer){.used = true, .next = NEVER, .clock = clock};
        t->sig = !ev ? SIGALRM : ev->sigev_notify == SIGEV_NONE ? 0 : ev->sigev_signo;
        t->value = ev ? (uint64_t)ev->sigev_value.sival_ptr : i;
        *ret = (timer_t)i;
        return 0;
    }
    too_much("it has more than %d timers", TIMERS_MAX - 1);
}

REPLACES(int, timer_gettime, timer_t id, struct itimerspec *ret)
{
    const struct timer *t;

    if (!RUNNING)
        return timer_gettime(id, ret);
    t = timer_at(id);
    if (!t)
        return -1;
    ret->it_value = (struct timespec){left(t) / SECOND, left(t) % SECOND};
    ret->it_interval = (struct timespec){t->interval / SECOND, t->interval % SECOND};
    return 0;
}

REPLACES(int, timer_settime, timer_t id, int flags, const struct itimerspec *new,
         struct itimerspec *old)
{
    struct timer *t;
    int64_t first;

    if (!RUNNING)
        return timer_settime(id, flags, new, old);
    t = timer_at(id);
    if (!t)
        return -1;
    if (old)
        ls_x_timer_gettime(id, old);
    if (!new->it_value.tv_sec && !new->it_value.tv_nsec)
        first = 0;
    else
        first = deadline_of(flags & TIMER_ABSTIME ? t->clock : CLOCK_MONOTONIC, &new->it_value);
    t->next = !first ? NEVER : flags & TIMER_ABSTIME ? first : W->now + first;
    t->interval = deadline_of(CLOCK_MONOTONIC, &new->it_interval);
    t->overruns = 0;
    return 0;
}

REPLACES(int, timer_getoverrun, timer_t id)
{
    const struct timer *t;

    if (!RUNNING)
        return timer_getoverrun(id);
    t = timer_at(id);
    return t ? t->overruns : -1;
}

REPLACES(int, timer_delete, timer_t id)
{
    struct timer *t;

    if (!RUNNING)
        return timer_delete(id);
    t = timer_at(id);
    if (!t)
        return -1;
    *t = (struct timer){.next = NEVER};
    return 0;
}

/* time.c - virtual time, and everything else that would differ from run to run.
 *
 * The clock stands still while tasks run and jumps when nobody can (sched.c), so five sleeps
 * of three seconds cost nothing and a time limit is exact. Reading it takes a microsecond, so a
 * loop that waits for a moment gets there. Process and thread numbers, and chance, are the same
 * in every run.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include "runtime/explore/sync.h"

#define SECOND ((int64_t)1000000000)
/* 2026-01-01 00:00:00 UTC at virtual second 1000. */
#define REAL_OFFSET ((int64_t)(1767225600 - 1000) * SECOND)

enum { READINGS = 3 }; /* at one place by one task that a search tells apart */

/* A loop that only waits for a moment gets there in few readings: the steps double every 16
 * times that one place reads the clock in a row. Who reads before whom can be seen in what is
 * read, so a reading is a step; from the fourth at one place on none that a search orders. */
static int64_t now_at(uintptr_t pc)
{
    struct task *t = W->me;
    struct op op = {.kind = OP_CLOCK, .mask = 0xff, .pc = program_pc(pc), .obj = THE_CLOCK};

    t->clock_reads = t->clock_pc == op.pc ? t->clock_reads + 1 : 1;
    t->clock_pc = op.pc;
    op.effect = t->clock_reads <= READINGS ? EFFECT_WRITE : EFFECT_NONE;
    if (t->clock_reads > READINGS)
        W->bounded = true;
    step_op(&op);
    if (W->insister == t->id)
        loop_disturb();
    W->now += (int64_t)1000 << (t->clock_reads / 16 < 17 ? t->clock_reads / 16 : 17);
    return W->now;
}

#define now() now_at(CALLER)

/* Work takes processor time, waiting does not. */
static int64_t processor_time(void)
{
    return (int64_t)W->ops * 100;
}

static bool is_real(int clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI;
}

int64_t deadline_of(int clock, const struct timespec *t)
{
    int64_t ns;

    if (__builtin_mul_overflow((int64_t)t->tv_sec, SECOND, &ns) ||
        __builtin_add_overflow(ns, (int64_t)t->tv_nsec, &ns))
        return t->tv_sec < 0 ? 0 : NEVER - 2;
    return is_real(clock) ? ns - REAL_OFFSET : ns;
}

REPLACES(int, clock_gettime, clockid_t clock, struct timespec *t)
{
    int64_t ns;

    if (!RUNNING)
        return clock_gettime(clock, t);
    if (clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID)
        ns = processor_time();
    else
        ns = now() + (is_real(clock) ? REAL_OFFSET : 0);
    access_range((uintptr_t)t, sizeof *t, true, CALLER);
    t->tv_sec = ns / SECOND;
    t->tv_nsec = ns % SECOND;
    return 0;
}

REPLACES(time_t, time, time_t *ret)
{
    time_t t;

    if (!RUNNING)
        return time(ret);
    t = (now() + REAL_OFFSET) / SECOND;
    if (ret) {
        access_range((uintptr_t)ret, sizeof *ret, true, CALLER);
        *ret = t;
    }
    return t;
}

REPLACES(int, gettimeofday, struct timeval *t, void *zone)
{
    int64_t ns;

    (void)zone;
    if (!RUNNING)
        return gettimeofday(t, NULL);
    ns = now() + REAL_OFFSET;
    access_range((uintptr_t)t, sizeof *t, true, CALLER);
    t->tv_sec = ns / SECOND;
    t->tv_usec = ns % SECOND / 1000;
    return 0;
}

REPLACES(int, timespec_get, struct timespec *t, int base)
{
    int64_t ns;

    if (!RUNNING || base != TIME_UTC)
        return timespec_get(t, base);
    ns = now() + REAL_OFFSET;
    t->tv_sec = ns / SECOND;
    t->tv_nsec = ns % SECOND;
    return base;
}

REPLACES(clock_t, clock, void)
{
    return RUNNING ? processor_time() / 1000 : clock();
}

REPLACES(clock_t, times, struct tms *t)
{
    if (!RUNNING)
        return times(t);
    memset(t, 0, sizeof *t);
    return now() / (SECOND / 100);
}

/* ---- sleeping ---------------------------------------------------------------------------- */

static int sleep_until(int64_t until, uintptr_t pc)
{
    const struct task *t = W->me;

    step_until(OP_SLEEP, 0, 0, until > W->now ? until : W->now, pc);
    cancel_point();
    return t->expired ? 0 : EINTR;
}

static int64_t after(const struct timespec *t)
{
    const int64_t d = deadline_of(CLOCK_MONOTONIC, t);

    return d > NEVER - 2 - W->now ? NEVER - 2 : W->now + d;
}

static void rest(int64_t until, struct timespec *left)
{
    const int64_t ns = until > W->now ? until - W->now : 0;

    if (left)
        *left = (struct timespec){ns / SECOND, ns % SECOND};
}

static bool bad(const struct timespec *t)
{
    return t->tv_sec < 0 || t->tv_nsec < 0 || t->tv_nsec >= SECOND;
}

REPLACES(int, nanosleep, const struct timespec *t, struct timespec *left)
{
    int64_t until;
    int rc;

    if (!RUNNING)
        return nanosleep(t, left);
    if (bad(t)) {
        errno = EINVAL;
        return -1;
    }
    until = after(t);
    if ((rc = sleep_until(until, CALLER)) == 0)
        return 0;
    errno = rc;
    rest(until, left);
    return -1;
}

REPLACES(int, clock_nanosleep, clockid_t clock, int flags, const struct timespec *t,
         struct timespec *left)
{
    int64_t until;
    int rc;

    if (!RUNNING)
        return clock_nanosleep(clock, flags, t, left);
    if (bad(t))
        return EINVAL;
    until = flags & TIMER_ABSTIME ? deadline_of(clock, t) : after(t);
    rc = sleep_until(until, CALLER);
    if (rc && !(flags & TIMER_ABSTIME))
        rest(until, left);
    return rc;
}

REPLACES(int, usleep, useconds_t us)
{
    int rc;

    if (!RUNNING)
        return usleep(us);
    rc = sleep_until(W->now + (int64_t)us * 1000, CALLER);
    if (rc == 0)
        return 0;
    errno = rc;
    return -1;
}

REPLACES(unsigned, sleep, unsigned s)
{
    int64_t until;

    if (!RUNNING)
        return sleep(s);
    until = W->now + (int64_t)s * SECOND;
    if (sleep_until(until, CALLER) == 0)
        return 0;
    return (unsigned)((until - W->now + SECOND - 1) / SECOND);
}

REPLACES(int, sched_yield, void)
{
    if (!RUNNING)
        return sched_yield();
    look(CALLER);
    step(OP_YIELD, 0, CALLER);
    return 0;
}

REPLACES(int, pthread_yield, void)
{
    if (!RUNNING)
        return sched_yield();
    look(CALLER);
    step(OP_YIELD, 0, CALLER);
    return 0;
}

/* ---- who am I, and chance ------------------------------------------------------------------
 */

REPLACES(int, sched_getcpu, void)
{
    return RUNNING ? 0 : sched_getcpu();
}

static void fill(void *buf, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((unsigned char *)buf)[i] = (unsigned char)(strategy_random(&W->random) >> 32);
}

REPLACES(ssize_t, getrandom, void *buf, size_t n, unsigned flags)
{
    if (!RUNNING)
        return getrandom(buf, n, flags);
    access_range((uintptr_t)buf, n, true, CALLER);
    fill(buf, n);
    return (ssize_t)n;
}

REPLACES(int, getentropy, void *buf, size_t n)
{
    if (!RUNNING)
        return getentropy(buf, n);
    access_range((uintptr_t)buf, n, true, CALLER);
    fill(buf, n);
    return 0;
}

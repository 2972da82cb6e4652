/* event.c - the reference solution of exercise 08-event.
 *
 * One mutex guards everything; one condition variable is the waiting room. Two things are
 * remembered: the flag, and how many times it was set. The count is what makes set-then-clear
 * safe: a waiter notes the count when it comes and leaves when the count has moved, whatever
 * the flag says by then.
 */
#include "event.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct event {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool flag;
    unsigned long sets; /* only ever grows; a waiter compares it with what it saw first */
};

struct event *event_create(void)
{
    struct event *e = malloc(sizeof *e);
    pthread_condattr_t attr;

    if (!e)
        return NULL;
    pthread_mutex_init(&e->lock, NULL);
    /* The default clock of a condition variable is the wall clock, which an administrator
     * or NTP may set back: a wait of one second could then take an hour. */
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&e->changed, &attr);
    pthread_condattr_destroy(&attr);
    e->flag = false;
    e->sets = 0;
    return e;
}

/* pthread_cond_timedwait() wants a moment, not a duration. */
static struct timespec moment_in(long ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

int event_wait(struct event *e, long timeout_ms)
{
    struct timespec until = moment_in(timeout_ms < 0 ? 0 : timeout_ms);
    unsigned long seen;
    int rc = 0, set;

    pthread_mutex_lock(&e->lock);
    seen = e->sets;
    /* A loop, because a condition variable may wake without a reason; and the moment is
     * computed once, before it, or each false alarm would start the time anew. */
    while (!e->flag && e->sets == seen && rc == 0) {
        if (timeout_ms < 0)
            rc = pthread_cond_wait(&e->changed, &e->lock);
        else
            rc = pthread_cond_timedwait(&e->changed, &e->lock, &until);
    }
    /* Looked at under the lock, also after a timeout: the set may have come just then. */
    set = e->flag || e->sets != seen;
    pthread_mutex_unlock(&e->lock);
    if (!set && rc != ETIMEDOUT) {
        errno = rc;
        return -1;
    }
    return set;
}

int event_set(struct event *e)
{
    pthread_mutex_lock(&e->lock);
    e->flag = true;
    e->sets++;
    pthread_cond_broadcast(&e->changed); /* everybody, not one */
    pthread_mutex_unlock(&e->lock);
    return 0;
}

int event_clear(struct event *e)
{
    pthread_mutex_lock(&e->lock);
    e->flag = false;
    pthread_mutex_unlock(&e->lock);
    return 0;
}

bool event_is_set(struct event *e)
{
    bool set;

    pthread_mutex_lock(&e->lock); /* even to read one bool: a read is an access too */
    set = e->flag;
    pthread_mutex_unlock(&e->lock);
    return set;
}

void event_destroy(struct event *e)
{
    if (!e)
        return;
    pthread_cond_destroy(&e->changed);
    pthread_mutex_destroy(&e->lock);
    free(e);
}

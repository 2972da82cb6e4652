/* event.c - your solution of exercise 08-event. The contract is in event.h. */
#include "event.h"

#include <errno.h>
#include <stddef.h>

// TODO: what does an event have to remember?
struct event {
    int unused;
};

struct event *event_create(void)
{
    // TODO: allocate it, flag clear
    errno = ENOSYS;
    return NULL;
}

int event_wait(struct event *e, long timeout_ms)
{
    // TODO: sleep until the flag is set or the time is over
    (void)e;
    (void)timeout_ms;
    errno = ENOSYS;
    return -1;
}

int event_set(struct event *e)
{
    // TODO: set the flag and wake everybody
    (void)e;
    errno = ENOSYS;
    return -1;
}

int event_clear(struct event *e)
{
    // TODO
    (void)e;
    errno = ENOSYS;
    return -1;
}

bool event_is_set(struct event *e)
{
    // TODO
    (void)e;
    errno = ENOSYS;
    return false;
}

void event_destroy(struct event *e)
{
    // TODO: give back what event_create() took
    (void)e;
}


/* counting_semaphore.c - your solution of exercise 04-counting-semaphore. The contract is in
 * counting_semaphore.h. */
#include "counting_semaphore.h"

#include <errno.h>
#include <stddef.h>

// TODO: what must be in memory that all processes see?
struct counting_semaphore {
    int unused;
};

struct counting_semaphore *counting_semaphore_open(int permits)
{
    // TODO: shared memory, with a mutex and a condition variable that know they are shared
    (void)permits;
    errno = ENOSYS;
    return NULL;
}

int counting_semaphore_acquire(struct counting_semaphore *s)
{
    // TODO: sleep while there is no permit
    (void)s;
    errno = ENOSYS;
    return -1;
}

int counting_semaphore_try(struct counting_semaphore *s)
{
    // TODO
    (void)s;
    errno = ENOSYS;
    return -1;
}

int counting_semaphore_acquire_for(struct counting_semaphore *s, long timeout_ms)
{
    // TODO: like acquire, but not forever
    (void)s;
    (void)timeout_ms;
    errno = ENOSYS;
    return -1;
}

int counting_semaphore_release(struct counting_semaphore *s, int n)
{
    // TODO: add n permits; who has to be woken?
    (void)s;
    (void)n;
    errno = ENOSYS;
    return -1;
}

int counting_semaphore_get_value(struct counting_semaphore *s)
{
    // TODO
    (void)s;
    errno = ENOSYS;
    return -1;
}

void counting_semaphore_close(struct counting_semaphore *s)
{
    // TODO: give back what counting_semaphore_open() took
    (void)s;
}

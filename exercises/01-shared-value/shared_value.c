/* shared_value.c - your solution of exercise 01-shared-value. The contract is in
 * shared_value.h. */
#include "shared_value.h"

#include <errno.h>
#include <stddef.h>

// TODO: what must be in memory that all processes see?
struct shared_value {
    int unused;
};

struct shared_value *shared_value_open(int initial)
{
    // TODO: get memory that a child process shares
    (void)initial;
    errno = ENOSYS;
    return NULL;
}

int shared_value_get(struct shared_value *v)
{
    // TODO
    (void)v;
    errno = ENOSYS;
    return -1;
}

void shared_value_set(struct shared_value *v, int number)
{
    // TODO
    (void)v;
    (void)number;
    errno = ENOSYS;
}

int shared_value_add(struct shared_value *v, int delta)
{
    // TODO: read, add and write as one step
    (void)v;
    (void)delta;
    errno = ENOSYS;
    return -1;
}

int shared_value_lock(struct shared_value *v)
{
    // TODO
    (void)v;
    errno = ENOSYS;
    return -1;
}

int shared_value_unlock(struct shared_value *v)
{
    // TODO
    (void)v;
    errno = ENOSYS;
    return -1;
}

void shared_value_close(struct shared_value *v)
{
    // TODO: give back what shared_value_open() took
    (void)v;
}

int family_purse(int initial, const int earned[], const int spent[], int n)
{
    // TODO: two children, one purse
    (void)initial;
    (void)earned;
    (void)spent;
    (void)n;
    errno = ENOSYS;
    return -1;
}

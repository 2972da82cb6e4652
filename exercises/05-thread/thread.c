
/* thread.c - your solution of exercise 05-thread. The contract is in thread.h. */
#include "thread.h"

#include <errno.h>
#include <stddef.h>

// TODO: what does a target need to find its arguments?
struct thread_args {
    int unused;
};

// TODO: what does a thread object have to remember?
struct thread {
    int unused;
};

struct thread *thread_start(thread_target *target, int argc, void *const argv[], int kwargc,
                            const struct thread_kwarg kwargs[])
{
    // TODO: copy the arguments, then start the thread
    (void)target;
    (void)argc;
    (void)argv;
    (void)kwargc;
    (void)kwargs;
    errno = ENOSYS;
    return NULL;
}

void *thread_positional(const struct thread_args *args, int i)
{
    // TODO
    (void)args;
    (void)i;
    errno = ENOSYS;
    return NULL;
}

void *thread_named(const struct thread_args *args, const char *name)
{
    // TODO
    (void)args;
    (void)name;
    errno = ENOSYS;
    return NULL;
}

int thread_join(struct thread *t, long timeout_ms, void **result)
{
    // TODO: sleep until the target has returned or the time is over
    (void)t;
    (void)timeout_ms;
    (void)result;
    errno = ENOSYS;
    return -1;
}

void thread_free(struct thread *t)
{
    // TODO: give back what thread_start() took
    (void)t;
}

int thread_crew(thread_target *target, const char *prefix, int n, void *results[])
{
    // TODO: start all, then join all
    (void)target;
    (void)prefix;
    (void)n;
    (void)results;
    errno = ENOSYS;
    return -1;
}


/* thread_attributes.c - your solution of exercise 06-thread-attributes. The contract is in
 * thread_attributes.h. */
#include "thread_attributes.h"

#include <errno.h>

// TODO: what does a thread object have to remember, and what guards it?
struct attr_thread {
    int unused;
};

struct attr_thread *attr_thread_new(void (*target)(void *arg), void *arg, const char *name)
{
    // TODO: which number does a nameless thread get?
    (void)target;
    (void)arg;
    (void)name;
    errno = ENOSYS;
    return NULL;
}

int attr_thread_start(struct attr_thread *t)
{
    // TODO
    (void)t;
    errno = ENOSYS;
    return -1;
}

int attr_thread_join(struct attr_thread *t)
{
    // TODO
    (void)t;
    errno = ENOSYS;
    return -1;
}

int attr_thread_set_name(struct attr_thread *t, const char *name)
{
    // TODO: somebody may be reading it
    (void)t;
    (void)name;
    errno = ENOSYS;
    return -1;
}

void attr_thread_get_name(struct attr_thread *t, char *buf, size_t size)
{
    // TODO
    (void)t;
    (void)buf;
    (void)size;
    errno = ENOSYS;
}

bool attr_thread_is_alive(struct attr_thread *t)
{
    // TODO
    (void)t;
    errno = ENOSYS;
    return false;
}

int attr_thread_set_daemon(struct attr_thread *t, bool daemon)
{
    // TODO: only before the start
    (void)t;
    (void)daemon;
    errno = ENOSYS;
    return -1;
}

bool attr_thread_is_daemon(struct attr_thread *t)
{
    // TODO
    (void)t;
    errno = ENOSYS;
    return false;
}

struct attr_thread *attr_thread_current(void)
{
    // TODO: who is calling?
    errno = ENOSYS;
    return NULL;
}

void attr_thread_end_of_main(void)
{
    // TODO: wait for all but the daemons
    errno = ENOSYS;
}

void attr_thread_free(struct attr_thread *t)
{
    // TODO
    (void)t;
}

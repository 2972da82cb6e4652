
/* custom_thread.c - your solution of exercise 07-custom-thread. The contract is in
 * custom_thread.h. */
#include "custom_thread.h"

#include <errno.h>
#include <stddef.h>

// TODO: what does a thread have to remember between start and join?
struct custom_thread_state {
    int unused;
};

int custom_thread_init(struct custom_thread *self, void (*target)(void *arg), void *arg)
{
    // TODO: prepare every field
    (void)self;
    (void)target;
    (void)arg;
    errno = ENOSYS;
    return -1;
}

void custom_thread_run(struct custom_thread *self)
{
    // TODO: call the target, when there is one
    (void)self;
    errno = ENOSYS;
}

int custom_thread_start(struct custom_thread *self)
{
    // TODO: a new thread that runs self->run
    (void)self;
    errno = ENOSYS;
    return -1;
}

int custom_thread_join(struct custom_thread *self)
{
    // TODO
    (void)self;
    errno = ENOSYS;
    return -1;
}

void custom_thread_destroy(struct custom_thread *self)
{
    // TODO: give back what custom_thread_init() took
    (void)self;
}

struct player *player_new(int seconds, const char *song, FILE *out,
                          void (*rest)(int seconds, void *arg), void *rest_arg)
{
    // TODO: a player with a run of its own
    (void)seconds;
    (void)song;
    (void)out;
    (void)rest;
    (void)rest_arg;
    errno = ENOSYS;
    return NULL;
}

void player_delete(struct player *p)
{
    // TODO: give back what player_new() took
    (void)p;
}

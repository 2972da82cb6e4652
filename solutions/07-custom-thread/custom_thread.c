
/* custom_thread.c - the reference solution of exercise 07-custom-thread.
 *
 * Inheritance by hand: the new thread gets a pointer to the base and calls self->run through
 * it. Which function that is was decided by whoever derived from the base (late binding).
 */
#include "custom_thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct custom_thread_state {
    pthread_t id;
    bool started, joined;
};

int custom_thread_init(struct custom_thread *self, void (*target)(void *arg), void *arg)
{
    struct custom_thread_state *state = calloc(1, sizeof *state);

    if (!state)
        return -1;
    *self = (struct custom_thread){custom_thread_run, target, arg, state};
    return 0;
}

void custom_thread_run(struct custom_thread *self)
{
    if (self->target)
        self->target(self->arg);
}

/* What the new thread does first. Through the pointer, never custom_thread_run() by name:
 * that would be the base's run, whatever the derived class says. */
static void *enter(void *arg)
{
    struct custom_thread *self = arg;

    self->run(self);
    return NULL;
}

int custom_thread_start(struct custom_thread *self)
{
    int rc;

    if (self->state->started) {
        errno = EBUSY;
        return -1;
    }
    rc = pthread_create(&self->state->id, NULL, enter, self);
    if (rc != 0) {
        errno = rc;
        return -1;
    }
    self->state->started = true;
    return 0;
}

int custom_thread_join(struct custom_thread *self)
{
    struct custom_thread_state *s = self->state;

    if (!s->started || s->joined) {
        errno = EINVAL;
        return -1;
    }
    pthread_join(s->id, NULL);
    s->joined = true;
    return 0;
}

void custom_thread_destroy(struct custom_thread *self)
{
    free(self->state);
}

/* The player's run: self is the base, and the base is where the player begins. */
static void play(struct custom_thread *self)
{
    struct player *p = (struct player *)self;

    for (int i = 0; i < PLAYER_LINES; i++) {
        time_t now = time(NULL);
        char text[26]; /* ctime() has one buffer for all threads, ctime_r() takes ours */

        fprintf(p->out, "Playing %s:%s", p->song, ctime_r(&now, text));
        p->rest(p->seconds, p->rest_arg);
    }
}

struct player *player_new(int seconds, const char *song, FILE *out,
                          void (*rest)(int seconds, void *arg), void *rest_arg)
{
    struct player *p = malloc(sizeof *p); /* outlives this function, unlike a local one */
    char *copy = strdup(song);

    if (!p || !copy || custom_thread_init(&p->base, NULL, NULL) < 0) {
        free(copy);
        free(p);
        return NULL;
    }
    p->base.run = play; /* overridden after the base is ready, or init would set it back */
    p->seconds = seconds;
    p->song = copy;
    p->out = out;
    p->rest = rest;
    p->rest_arg = rest_arg;
    return p;
}

void player_delete(struct player *p)
{
    if (!p)
        return;
    custom_thread_destroy(&p->base);
    free(p->song);
    free(p);
}

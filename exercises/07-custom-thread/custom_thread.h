
/* custom_thread.h - the contract of exercise 07: a thread class, and one derived from it.
 *
 * Python:  class MyThread(Thread): def __init__(...): super().__init__() ... def run(self): ...
 * C:       struct player { struct custom_thread base; ... };  p->base.run = play;
 *
 * The base is the first member of whatever is derived from it, so a pointer to the one is a
 * pointer to the other (C11, 6.7.2.1).
 *
 * Frozen: the suite is compiled against this file. Write your code in custom_thread.c.
 *
 * Thread-safety: one object is used by one thread at a time, and by its own run. Different
 * objects share nothing.
 * Memory: what run did is seen by the thread whose custom_thread_join() returned 0; what was
 * done before custom_thread_start() is seen by run. A run may use the fields, and call
 * custom_thread_run().
 */
#ifndef CUSTOM_THREAD_H
#define CUSTOM_THREAD_H

#include <stdio.h>

struct custom_thread_state; /* you define it in custom_thread.c */

/* The base class. Its fields are set by custom_thread_init(); run may be changed between init
 * and start, by whoever derives from it. */
struct custom_thread {
    void (*run)(struct custom_thread *self); /* what the new thread runs */
    void (*target)(void *arg);               /* for the base's own run; may be NULL */
    void *arg;
    struct custom_thread_state *state; /* yours */
};

/* Prepares *self, which the caller provides: run is custom_thread_run(), target and arg are as
 * given. 0, or -1 with errno set (ENOMEM). Undone with custom_thread_destroy(). */
int custom_thread_init(struct custom_thread *self, void (*target)(void *arg), void *arg);

/* The base's run: calls target(arg), when there is a target. A run of one's own may call it,
 * too, as in Python super().run(). Does not start anything. */
void custom_thread_run(struct custom_thread *self);

/* Runs self->run(self) in a new thread, and returns at once. *self stays where it is until it
 * is joined. 0, or -1 with errno set: EBUSY when it was started before; what pthread_create(3)
 * says when there is no thread. */
int custom_thread_start(struct custom_thread *self);

/* Sleeps until run has returned. 0, or -1 with errno EINVAL when the thread was never started
 * or was joined before. */
int custom_thread_join(struct custom_thread *self);

/* Gives back what custom_thread_init() took; *self itself is the caller's. The thread was
 * joined, or never started. */
void custom_thread_destroy(struct custom_thread *self);

/* ---- a class derived from it ------------------------------------------------------- */

enum { PLAYER_LINES = 20 };

struct player {
    struct custom_thread base; /* first, so that a struct custom_thread * is a struct player * */
    int seconds;
    char *song; /* the player's own copy */
    FILE *out;
    void (*rest)(int seconds, void *arg);
    void *rest_arg;
};

/* A player, not yet started. When it is, its run does this PLAYER_LINES times: print to `out`
 * the line "Playing SONG:TIME", TIME as ctime(3) gives it (its line break ends the line), then
 * call rest(seconds, rest_arg). (Not ctime() itself: all threads would share its buffer.) A program passes a function that sleeps; a test one that counts.
 *
 * The song is copied: the caller may change or free its string at once. Freed with
 * player_delete(). NULL with errno set (ENOMEM). */
struct player *player_new(int seconds, const char *song, FILE *out,
                          void (*rest)(int seconds, void *arg), void *rest_arg);

/* Frees a player that was joined, or never started; NULL is fine. `out` stays open. */
void player_delete(struct player *p);

#endif


/* counting_semaphore.h - the contract of exercise 04: permits that several processes share.
 *
 * A counting semaphore holds a number of permits. Acquiring takes one and waits while there is
 * none; releasing adds some. Nobody owns a permit: one process may acquire, another release. It
 * is Python's multiprocessing.Semaphore in C (Dijkstra's P and V, 1965).
 *
 * Frozen: the suite is compiled against this file. Write your code in counting_semaphore.c.
 *
 * Concurrency: every function but counting_semaphore_close() may be called by any process that
 * inherited the semaphore, and by any thread of it, at the same time.
 * Memory: what a task wrote before its release is seen by the task whose acquire got the permit.
 */
#ifndef COUNTING_SEMAPHORE_H
#define COUNTING_SEMAPHORE_H

enum { COUNTING_SEMAPHORE_MAX = 32767 }; /* permits a semaphore can hold */

struct counting_semaphore; /* you define it in counting_semaphore.c */

/* A new semaphore with that many permits. Visible to all processes forked later. Each process
 * that holds it gives it back with counting_semaphore_close(). Nothing with a name may stay
 * behind. NULL with errno set: EINVAL when permits is less than 0 or more than
 * COUNTING_SEMAPHORE_MAX, ENOMEM when there is no memory. */
struct counting_semaphore *counting_semaphore_open(int permits);

/* Takes one permit.
 *
 * acquire      sleeps while there is none
 * try          never waits: -1 with errno EAGAIN when there is none
 * acquire_for  sleeps at most that many milliseconds (>= 0), then -1 with errno ETIMEDOUT; the
 *              time is measured on a clock that nobody can set (CLOCK_MONOTONIC)
 *
 * 0 when the caller got a permit, -1 with errno set when it did not; then nothing was taken. */
int counting_semaphore_acquire(struct counting_semaphore *s);
int counting_semaphore_try(struct counting_semaphore *s);
int counting_semaphore_acquire_for(struct counting_semaphore *s, long timeout_ms);

/* Adds n >= 1 permits; as many waiters as there are permits go on, unless somebody else takes
 * one in between (who comes first is not promised, either way). 0, or -1 with errno set
 * and nothing changed: EINVAL when n is less than 1, EOVERFLOW when there would be more than
 * COUNTING_SEMAPHORE_MAX. */
int counting_semaphore_release(struct counting_semaphore *s, int n);

/* How many permits there are at this moment; never less than 0. */
int counting_semaphore_get_value(struct counting_semaphore *s);

/* This process is done with the semaphore; NULL is fine. Others may go on using theirs. */
void counting_semaphore_close(struct counting_semaphore *s);

#endif

/* event.h - the contract of exercise 08: an event that threads wait for.
 *
 * An event is a flag with a waiting room. Any thread may wait until the flag is set; one
 * thread sets it and everybody waiting is let go. It is Python's threading.Event in C.
 *
 * Frozen: the suite is compiled against this file. Write your code in event.c.
 *
 * Thread-safety: all functions may be called by any threads at the same time, except that
 * nobody may use an event while or after it is destroyed.
 * Memory: what a thread wrote before event_set() is seen by every thread whose event_wait()
 * returned 1, or whose event_is_set() returned true, because of that set.
 */
#ifndef EVENT_H
#define EVENT_H

#include <stdbool.h>

struct event; /* you define it in event.c */

/* A new event, flag clear. The caller frees it with event_destroy().
 * NULL with errno set (ENOMEM) when there is no memory. */
struct event *event_create(void);

/* Waits until the flag is set.
 *
 * timeout_ms < 0   waits as long as it takes
 * timeout_ms >= 0  gives up after that many milliseconds (0: only looks)
 *
 * Returns 1 when the flag was set, before or during the wait; 0 when the time is over and it
 * was not; -1 with errno set when something went wrong.
 *
 * A thread that is waiting when event_set() is called returns 1, even if event_clear()
 * follows at once, before that thread had a chance to run.
 * It sleeps while it waits: looking again and again is not waiting. The time is measured on
 * a clock that nobody can set (CLOCK_MONOTONIC). */
int event_wait(struct event *e, long timeout_ms);

/* Sets the flag and lets every waiting thread go. Setting it twice is fine. 0, or -1 with
 * errno set. */
int event_set(struct event *e);

/* Clears the flag: from now on event_wait() waits again. 0, or -1 with errno set. */
int event_clear(struct event *e);

/* Is the flag set? */
bool event_is_set(struct event *e);

/* Frees the event; NULL is fine. Nobody may be waiting. */
void event_destroy(struct event *e);

#endif

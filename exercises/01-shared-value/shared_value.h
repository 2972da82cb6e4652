/* shared_value.h - the contract of exercise 01: one number that several processes share.
 *
 * A shared value is created before fork(). Afterwards parent and children hold the same
 * number: what one writes, the others read. It is Python's multiprocessing.Value('i') in C.
 *
 * Frozen: the suite is compiled against this file. Write your code in shared_value.c.
 *
 * Concurrency: every function but shared_value_close() may be called by any process that
 * inherited the value, and by any thread of it, at the same time.
 */
#ifndef SHARED_VALUE_H
#define SHARED_VALUE_H

struct shared_value; /* you define it in shared_value.c */

/* A new shared value. Visible to all processes forked later. Each process that holds it
 * gives it back with shared_value_close(). NULL with errno set when it cannot be made.
 * Nothing with a name may stay behind (no file, no object in /dev/shm). */
struct shared_value *shared_value_open(int initial);

/* Reads or writes the number, whole. They may be called with or without the lock held. */
int shared_value_get(struct shared_value *v);
void shared_value_set(struct shared_value *v, int number);

/* Adds `delta` as one step that no other shared_value_add() can come in between of, and
 * returns the new number. The caller does not hold the lock. Whether an add waits while
 * somebody else holds the lock is up to you. */
int shared_value_add(struct shared_value *v, int delta);

/* A lock for longer work, such as "read, decide, write". One process (and one thread) holds
 * it at a time; others sleep until it is free.
 *
 * shared_value_lock() returns 0 when the caller now holds the lock; 1 when it now holds it
 * because the former holder died without giving it back (the number is as that one left
 * it); -1 with errno set on an error.
 * shared_value_unlock() returns 0, or -1 with errno set. */
int shared_value_lock(struct shared_value *v);
int shared_value_unlock(struct shared_value *v);

/* This process is done with the value; NULL is fine. Others may go on using theirs. */
void shared_value_close(struct shared_value *v);

/* The family purse: starts with `initial`, one child process adds earned[0..n-1] one by one,
 * another subtracts spent[0..n-1] one by one, at the same time. Waits for both and returns
 * what is in the purse then. n is 1 to 1000. -1 with errno set when a process cannot be
 * made. */
int family_purse(int initial, const int earned[], const int spent[], int n);

#endif


/* lock.h - the contract of exercise 09: a lock, the with statement, and accounts.
 *
 * Frozen: the suite is compiled against this file. Write your code in lock.c.
 *
 * Thread-safety: everything but create, open, init, destroy and close may be called by any
 * threads at the same time. Who has to wait sleeps.
 * Memory: what a thread did before it released a lock is seen by the next that acquires it.
 */
#ifndef LOCK_H
#define LOCK_H

#include <stdbool.h>

/* ---- the lock ---------------------------------------------------------------------- */

struct lock; /* you define it in lock.c */

/* A new lock, free. NULL with errno set (ENOMEM). Freed with lock_destroy(), which accepts
 * NULL; nobody may hold it or wait for it then. */
struct lock *lock_create(void);
void lock_destroy(struct lock *l);

/* Acquires the lock: 0 when the caller now holds it, else -1 with errno set.
 *
 * acquire      sleeps while another thread holds it
 * acquire_for  sleeps at most that many milliseconds (>= 0; 0 only tries), then ETIMEDOUT;
 *              measured on a clock that nobody can set (CLOCK_MONOTONIC)
 *
 * EDEADLK when the caller holds it already. */
int lock_acquire(struct lock *l);
int lock_acquire_for(struct lock *l, long timeout_ms);

/* Releases it. 0, or -1 with errno EPERM when the caller does not hold it; then nothing changes. */
int lock_release(struct lock *l);

/* ---- with lock: ... ---------------------------------------------------------------- */

/* WITH_LOCK(l) { ... } runs the block once while it holds l, and releases l however the block is
 * left: at its end, by break, continue, return or goto. If l cannot be acquired (EDEADLK), the
 * block is not run. Blocks for different locks may be nested.
 *
 * The macro is complete. You write the two functions that it calls: begin acquires l and says in
 * `once` whether the block shall run; end is called when the scope ends, and must release exactly
 * what begin acquired. */
struct lock_scope {
    struct lock *lock; /* what end releases; NULL when begin could not acquire it */
    int once;          /* 1: run the block; the macro sets it to 0 afterwards */
};

struct lock_scope lock_scope_begin(struct lock *l);
void lock_scope_end(struct lock_scope *s);

#define WITH_LOCK(l)                                                                               \
    for (struct lock_scope with_lock_ __attribute__((cleanup(lock_scope_end))) =                   \
             lock_scope_begin(l);                                                                  \
         with_lock_.once; with_lock_.once = 0)

/* ---- accounts ---------------------------------------------------------------------- */

struct account; /* you define it in lock.c */

/* A new account with that balance (>= 0). NULL with errno set (ENOMEM). Freed with
 * account_close(), which accepts NULL; nobody may be using it then. */
struct account *account_open(long balance);
void account_close(struct account *a);

/* The account's own lock. While a thread holds it, nothing moves to or from this account; what
 * other accounts do among themselves goes on (but a transfer that waits for this one may keep its
 * other account locked meanwhile). It stays the account's: do not destroy it. */
struct lock *account_lock(struct account *a);

/* The balance at this moment. The caller does not hold the account's lock. */
long account_balance(struct account *a);

/* Moves `amount` from one account to the other, as one step: nobody who holds both locks sees
 * it half done. The caller holds neither lock. Any number of transfers in any directions may
 * run at the same time; each one ends.
 *
 * 0 when it was moved (for from == to: when there is enough), 1 when `from` has not that much:
 * then nothing changed; -1 with errno EINVAL when amount is less than 0. No lock is held
 * afterwards in any case. */
int account_transfer(struct account *from, struct account *to, long amount);

/* ---- the lesson's a and b ---------------------------------------------------------- */

struct pair {
    long a, b;
    struct lock *lock;
};

/* Both 0, with a new lock. 0, or -1 with errno set. */
int pair_init(struct pair *p);
void pair_destroy(struct pair *p);

/* a += 1 and b += 1, together. */
void pair_step(struct pair *p);

/* Do a and b differ at this moment? Then writes both to seen[0] and seen[1]; else seen may be
 * written or not. */
bool pair_differs(struct pair *p, long seen[2]);

#endif

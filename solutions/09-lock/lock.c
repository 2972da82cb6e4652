
/* lock.c - the reference solution of exercise 09-lock.
 *
 * The lock is a mutex that checks its caller. All else is made of it: the scope that the
 * compiler ends for us, and accounts that are locked in one order by everybody.
 */
#define _GNU_SOURCE
#include "lock.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

struct lock {
    pthread_mutex_t mutex;
};

struct account {
    struct lock *lock;
    long balance;
};

/* ERRORCHECK: knows its holder, and answers EDEADLK and EPERM where an ordinary mutex would
 * hang, or let anybody in. */
struct lock *lock_create(void)
{
    struct lock *l = malloc(sizeof *l);
    pthread_mutexattr_t attr;

    if (!l)
        return NULL;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&l->mutex, &attr);
    pthread_mutexattr_destroy(&attr);
    return l;
}

void lock_destroy(struct lock *l)
{
    if (!l)
        return;
    pthread_mutex_destroy(&l->mutex);
    free(l);
}

/* pthread functions return their error, POSIX functions set errno: our contract wants the latter. */
static int as_errno(int rc)
{
    if (rc == 0)
        return 0;
    errno = rc;
    return -1;
}

int lock_acquire(struct lock *l)
{
    return as_errno(pthread_mutex_lock(&l->mutex));
}

int lock_acquire_for(struct lock *l, long timeout_ms)
{
    struct timespec t;

    /* A moment, not a duration, and not on the wall clock, which may be set back. */
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += timeout_ms / 1000;
    t.tv_nsec += timeout_ms % 1000 * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return as_errno(pthread_mutex_clocklock(&l->mutex, CLOCK_MONOTONIC, &t));
}

int lock_release(struct lock *l)
{
    return as_errno(pthread_mutex_unlock(&l->mutex));
}

struct lock_scope lock_scope_begin(struct lock *l)
{
    if (lock_acquire(l) < 0)
        return (struct lock_scope){NULL, 0};
    return (struct lock_scope){l, 1};
}

/* Only what begin acquired: a block that was not run must not release its caller's lock. */
void lock_scope_end(struct lock_scope *s)
{
    if (s->lock)
        lock_release(s->lock);
}

struct account *account_open(long balance)
{
    struct account *a = malloc(sizeof *a);

    if (!a)
        return NULL;
    *a = (struct account){lock_create(), balance};
    if (!a->lock) {
        free(a);
        return NULL;
    }
    return a;
}

void account_close(struct account *a)
{
    if (!a)
        return;
    lock_destroy(a->lock);
    free(a);
}

struct lock *account_lock(struct account *a)
{
    return a->lock;
}

long account_balance(struct account *a)
{
    long balance = 0;

    WITH_LOCK(a->lock)
    {
        balance = a->balance;
    }
    return balance;
}

/* The caller holds the locks of both. Looked at only now: before the locks were taken it
 * might have been spent by another transfer. */
static int move(struct account *from, struct account *to, long amount)
{
    if (from->balance < amount)
        return 1;
    from->balance -= amount;
    to->balance += amount;
    return 0;
}

int account_transfer(struct account *from, struct account *to, long amount)
{
    /* The same order for everybody, whichever way the money goes: the lower address first.
     * Then nobody who waits for a lock holds one that comes later, and there is no circle
     * (Havender, 1968). */
    struct account *first = (uintptr_t)from < (uintptr_t)to ? from : to;
    struct account *second = first == from ? to : from;

    if (amount < 0) {
        errno = EINVAL;
        return -1;
    }
    WITH_LOCK(first->lock)
    {
        if (first == second)
            return move(from, to, amount); /* one account has one lock */
        WITH_LOCK(second->lock)
        {
            return move(from, to, amount); /* returns release: that is what the scope is for */
        }
    }
    return -1; /* not reached while the caller holds neither lock */
}

int pair_init(struct pair *p)
{
    *p = (struct pair){.lock = lock_create()};
    return p->lock ? 0 : -1;
}

void pair_destroy(struct pair *p)
{
    lock_destroy(p->lock);
}

void pair_step(struct pair *p)
{
    WITH_LOCK(p->lock)
    {
        p->a += 1;
        p->b += 1; /* in between they differ, and nobody can look */
    }
}

bool pair_differs(struct pair *p, long seen[2])
{
    bool differ = false;

    WITH_LOCK(p->lock)
    {
        differ = p->a != p->b;
        seen[0] = p->a;
        seen[1] = p->b;
    }
    return differ;
}


/* lock.c - your solution of exercise 09-lock. The contract is in lock.h. */
#include "lock.h"

#include <errno.h>
#include <stddef.h>

// TODO: a mutex, of which type?
struct lock {
    int unused;
};

// TODO: a balance, and what guards it
struct account {
    int unused;
};

struct lock *lock_create(void)
{
    // TODO
    errno = ENOSYS;
    return NULL;
}

void lock_destroy(struct lock *l)
{
    // TODO
    (void)l;
}

int lock_acquire(struct lock *l)
{
    // TODO: sleep until it is free; refuse whoever holds it already
    (void)l;
    errno = ENOSYS;
    return -1;
}

int lock_acquire_for(struct lock *l, long timeout_ms)
{
    // TODO: like acquire, but not forever
    (void)l;
    (void)timeout_ms;
    errno = ENOSYS;
    return -1;
}

int lock_release(struct lock *l)
{
    // TODO: only its holder may do that
    (void)l;
    errno = ENOSYS;
    return -1;
}

struct lock_scope lock_scope_begin(struct lock *l)
{
    // TODO
    (void)l;
    errno = ENOSYS;
    return (struct lock_scope){NULL, 0};
}

void lock_scope_end(struct lock_scope *s)
{
    // TODO
    (void)s;
}

struct account *account_open(long balance)
{
    // TODO
    (void)balance;
    errno = ENOSYS;
    return NULL;
}

void account_close(struct account *a)
{
    // TODO
    (void)a;
}

struct lock *account_lock(struct account *a)
{
    // TODO
    (void)a;
    errno = ENOSYS;
    return NULL;
}

long account_balance(struct account *a)
{
    // TODO
    (void)a;
    errno = ENOSYS;
    return -1;
}

int account_transfer(struct account *from, struct account *to, long amount)
{
    // TODO: two locks; in which order?
    (void)from;
    (void)to;
    (void)amount;
    errno = ENOSYS;
    return -1;
}

int pair_init(struct pair *p)
{
    // TODO
    (void)p;
    errno = ENOSYS;
    return -1;
}

void pair_destroy(struct pair *p)
{
    // TODO
    (void)p;
}

void pair_step(struct pair *p)
{
    // TODO
    (void)p;
    errno = ENOSYS;
}

bool pair_differs(struct pair *p, long seen[2])
{
    // TODO
    (void)p;
    (void)seen;
    errno = ENOSYS;
    return false;
}

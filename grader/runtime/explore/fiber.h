/* fiber.h - a stack, thread-local storage and a saved place: what a task runs on.
 *
 * All tasks of a process share one kernel thread, so handing over the baton is a few
 * instructions and no system call. Each fiber has a thread control block of its own, made by
 * the dynamic linker as for a real thread, so errno and __thread variables are per task.
 * Not a scheduler: it never chooses.
 *
 * Thread-safety: one kernel thread.
 */
#ifndef LOCKSTEP_FIBER_H
#define LOCKSTEP_FIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/explore/limits.h"

/* As much as ulimit -s usually gives; only what is used takes memory. */
enum { FIBER_STACK = STACK_MIB << 20, FIBER_GUARD = 64 << 10 };

struct fiber {
    void *sp;             /* saved stack pointer */
    uintptr_t fs;         /* thread control block */
    char *stack, *top;    /* [stack, top); the guard is below */
    char *low;            /* lowest address known to be used; cleared from here */
    char *tls, *tls_copy; /* thread-local block and how it looks when new */
    size_t tls_size;
    void (*entry)(void *);
    void *arg;
    bool used;
    bool stale; /* a fork has left it behind: to be renewed before it is used again */
    bool dead;  /* its thread has ended, and nobody else has the stack yet */
};

/* Makes fibers until there are `n`; -1 when memory is short. Call it before the snapshot: what
 * it takes belongs to every schedule. */
int fibers_prepare(int n);
int fibers_ready(void);

/* A fiber that will run entry(arg); entry must not return. NULL: none is left. */
struct fiber *fiber_take(void (*entry)(void *), void *arg);
void fibers_keep(const struct fiber *only); /* after a fork: all others are free again */
void fiber_give_back(struct fiber *f);      /* its task has ended; not from itself */

/* Leaves the current one, which may be NULL for the kernel thread's own stack. */
void fiber_switch(struct fiber *from, struct fiber *to);

/* As new: stacks zeroed where used, thread-local storage as it was made. */
void fibers_reset(void);

/* Could the address be on some fiber's stack? Quick; the answer yes needs fiber_of(). */
extern uintptr_t fibers_from, fibers_to;
static inline bool in_fibers(uintptr_t addr)
{
    return addr >= fibers_from && addr < fibers_to;
}

/* The fiber on whose stack, or in whose guard, the address lies; NULL: none. */
struct fiber *fiber_of(uintptr_t addr, bool *in_guard);

extern struct fiber fiber_kernel; /* the kernel thread's own place */

#endif

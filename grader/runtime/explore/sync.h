/* sync.h - what the models of the synchronisation objects share.
 *
 * Each function that a program calls as NAME is here as ls_x_NAME; the linker's input is
 * rewritten (objcopy --redefine-syms, see the Makefile's redirect.syms), so the runtime itself
 * and the libraries keep calling the real ones.
 */
#ifndef LOCKSTEP_SYNC_H
#define LOCKSTEP_SYNC_H

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>

#include "runtime/explore/world.h"

enum { VIRTUAL_PID = 1000, VIRTUAL_PARENT = 1 }; /* what getpid() says */

/* Declares and defines a replacement in one go, so that no header repeats POSIX. */
#define REPLACES(type, name, ...)                                                              \
    type ls_x_##name(__VA_ARGS__);                                                             \
    type ls_x_##name(__VA_ARGS__)

/* The place in the program that called. A replacement that is built upon another one (C11
 * threads) leaves its own caller in as_caller for as long as it uses the other. */
#undef CALLER
#define CALLER caller_or((uintptr_t)__builtin_return_address(0))
static inline uintptr_t caller_or(uintptr_t pc)
{
    return W && W->me && W->me->as_caller ? W->me->as_caller : pc;
}

/* A scheduling point with a deadline on the virtual clock; NEVER: none. */
void step_until(enum op_kind kind, uint64_t obj, uint64_t obj2, int64_t until, uintptr_t pc);

/* failed.c: the error that a call returns, noted as a row when a schedule is shown.
 * call_fails() returns the number itself (0: no error, no row), call_fails_errno() sets errno
 * and returns -1, call_fails_time() returns EINVAL, for a time limit with so many nanoseconds.
 */
int call_fails(int error, uintptr_t pc);
int call_fails_errno(int error, uintptr_t pc);
int call_fails_time(long nanoseconds, uintptr_t pc);
/* Of a call whose operation was announced: -1 with errno set gets a row as well, but for EINTR
 * and EAGAIN, which have rows of their own. Returns what it was given. */
long call_result(long rc);

/* A misuse of the object: ends the schedule. */
void misuse(struct object *o, uintptr_t pc, const char *fmt, ...)
    __attribute__((noreturn, format(printf, 3, 4)));

/* A misuse when an object made for one process is used by a second one. `what` is "a mutex". */
void same_process(struct object *o, const char *what, uintptr_t pc);

void sem_made(sem_t *sem, bool just_now);                     /* sync_sem.c: a named one */
void signal_describe(const struct queued *q, siginfo_t *ret); /* signal.c */

/* thread.c and identity.c, for each other. */
struct task *task_of(pthread_t thread, uintptr_t pc); /* a misuse when there is none */
void once_unwind(struct task *t, const void *next);   /* clean-up handlers run up to here */
void destroy_keys(struct task *t);                    /* calls the destructors */

/* sync_mutex.c, for the others. */
struct object *mutex_at(pthread_mutex_t *m, uintptr_t pc);
void mutex_given_back(struct object *m);                 /* unlocked by the running task */
void mutex_taken(struct object *m, uintptr_t pc);        /* the running task has it now */
void mutex_taken_by_try(struct object *m, uintptr_t pc); /* ... and did not wait */

#endif

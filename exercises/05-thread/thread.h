
/* thread.h - the contract of exercise 05: threads with arguments, as Python starts them.
 *
 *   Thread(target=fun, args=(2,), kwargs={'name': 't0'})    t.start()    t.join(timeout)
 *
 * Frozen: the suite is compiled against this file. Write your code in thread.c.
 *
 * Thread-safety: any threads may start threads at the same time. One thread object is joined
 * and freed by one thread at a time.
 * Memory: what the target did is seen by the thread whose thread_join() returned 0; what the
 * caller did before thread_start() is seen by the target.
 */
#ifndef THREAD_H
#define THREAD_H

struct thread;      /* you define it in thread.c */
struct thread_args; /* and this: what a target gets */

/* An argument with a name. */
struct thread_kwarg {
    const char *name;
    void *value;
};

/* What a thread runs. `args` is valid until it returns; what it returns is the result. */
typedef void *thread_target(const struct thread_args *args);

/* Starts a thread that runs target(args) once, and returns at once.
 *
 * argc, argv       positional arguments (argc may be 0, then argv may be NULL)
 * kwargc, kwargs   named arguments (the same)
 *
 * The lists and the names are copied: the caller may change or free them as soon as this
 * function is back. The values (what argv[i] and kwargs[i].value point to) are not copied and
 * stay the caller's.
 *
 * The object that is returned is joined with thread_join() and then freed with thread_free().
 * NULL with errno set when there is no memory or no thread. */
struct thread *thread_start(thread_target *target, int argc, void *const argv[], int kwargc,
                            const struct thread_kwarg kwargs[]);

/* For targets: the i-th positional argument, counted from 0, or the one with that name. NULL
 * with errno EINVAL when there is none. */
void *thread_positional(const struct thread_args *args, int i);
void *thread_named(const struct thread_args *args, const char *name);

/* Waits until the target has returned.
 *
 * timeout_ms < 0   as long as it takes
 * timeout_ms >= 0  at most that many milliseconds, on a clock that nobody can set
 *                  (CLOCK_MONOTONIC)
 *
 * 0 when the thread is joined; its result is then in *result (result may be NULL). Else -1
 * with errno set and *result untouched: ETIMEDOUT when it still runs (it may be joined later),
 * EINVAL when it was joined before, EDEADLK when a thread joins itself. Who waits sleeps. */
int thread_join(struct thread *t, long timeout_ms, void **result);

/* Frees the object of a joined thread; NULL is fine. */
void thread_free(struct thread *t);

/* A crew: n >= 1 threads that run target at the same time. Thread i (0 to n-1) gets
 *
 *   position 0    a pointer to an int of its own that holds i
 *   "name"        a string of its own: prefix (of any length) followed by i, such as "t0"
 *
 * Both are valid until the target returns. Waits for all n; results[i] is what thread i
 * returned. 0, or -1 with errno set when a thread could not be started (those that were
 * are waited for all the same). */
int thread_crew(thread_target *target, const char *prefix, int n, void *results[]);

#endif

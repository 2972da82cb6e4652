
/* thread_attributes.h - the contract of exercise 06: what a thread is called, whether it lives,
 * and whether the program waits for it. The attributes of Python's threading.Thread in C.
 *
 * Frozen: the suite is compiled against this file. Write your code in thread_attributes.c.
 *
 * Thread-safety: all functions may be called by any threads at the same time, except that one
 * object is started, joined and freed by one thread at a time, and not used while or after it is
 * freed. There are no threads but those that were started; after a fork() the child has none of
 * them, and may make its own.
 */
#ifndef THREAD_ATTRIBUTES_H
#define THREAD_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>

enum { ATTR_THREAD_NAME_MAX = 63 }; /* bytes of a name, without its closing zero */

struct attr_thread; /* you define it in thread_attributes.c */

/* A new thread object, not started, not a daemon. When it is started it runs target(arg).
 *
 * name   is copied; NULL: "Thread-N", where N counts these nameless threads from 1 on, in the
 *        order they are made, and never gives a number twice in a process
 *
 * Freed with attr_thread_free(). NULL with errno set: ENOMEM, or ENAMETOOLONG when name is
 * longer than ATTR_THREAD_NAME_MAX. */
struct attr_thread *attr_thread_new(void (*target)(void *arg), void *arg, const char *name);

/* Runs the target in a new thread, and returns at once. 0, or -1 with errno set: EBUSY when it
 * was started before; what pthread_create(3) says when there is no thread (then it was not
 * started). */
int attr_thread_start(struct attr_thread *t);

/* Sleeps until the target has returned. 0, or -1 with errno EINVAL when it was never started, or
 * was waited for before (by join, or by attr_thread_end_of_main()). */
int attr_thread_join(struct attr_thread *t);

/* Changes the name, at any time. 0, or -1 with errno ENAMETOOLONG and nothing changed.
 * get_name writes at most size (>= 1) bytes, the last of them a closing zero: as much of the name
 * as fits. A name is read whole: never half of an old one and half of a new one. */
int attr_thread_set_name(struct attr_thread *t, const char *name);
void attr_thread_get_name(struct attr_thread *t, char *buf, size_t size);

/* True at the latest when attr_thread_start() returns 0 or the target begins, until the target has
 * returned (a moment more is fine, but never after a join). */
bool attr_thread_is_alive(struct attr_thread *t);

/* A daemon does not keep the program from ending. Set before the start only: 0, or -1 with errno
 * EBUSY and nothing changed. */
int attr_thread_set_daemon(struct attr_thread *t, bool daemon);
bool attr_thread_is_daemon(struct attr_thread *t);

/* The object of the calling thread; NULL in main, and in any thread that attr_thread_start()
 * did not make. */
struct attr_thread *attr_thread_current(void);

/* Where main ends, while nobody else is joining any of them: sleeps until every started thread that is not a daemon has returned, those
 * included that are started meanwhile. Daemons are not waited for. Threads that were waited for
 * here count as joined. Their objects are not freed. */
void attr_thread_end_of_main(void);

/* Frees the object; NULL is fine. The thread was never started, or was waited for. */
void attr_thread_free(struct attr_thread *t);

#endif


/* thread_attributes.c - the reference solution of exercise 06-thread-attributes.
 *
 * Everything that may change while others look is guarded by one lock: names, alive, started,
 * joined, the list of all that were started. One lock is enough: each is held for a few
 * instructions, never while somebody waits.
 */
#include "thread_attributes.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct attr_thread {
    pthread_t id;
    void (*target)(void *arg);
    void *arg;
    char name[ATTR_THREAD_NAME_MAX + 1];
    bool started, alive, joined, daemon;
    struct attr_thread *next; /* of those that were started */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct attr_thread *started_ones;
static int nameless;

/* Each thread has its own `me`: set by a new thread before anything else, NULL in all others. */
static _Thread_local struct attr_thread *me;

static int fail(int error)
{
    errno = error;
    return -1;
}

struct attr_thread *attr_thread_new(void (*target)(void *arg), void *arg, const char *name)
{
    struct attr_thread *t;

    if (name && strlen(name) > ATTR_THREAD_NAME_MAX) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->target = target;
    t->arg = arg;
    if (name) {
        strcpy(t->name, name);
    } else {
        pthread_mutex_lock(&lock); /* two makers at once must not get one number */
        snprintf(t->name, sizeof t->name, "Thread-%d", ++nameless);
        pthread_mutex_unlock(&lock);
    }
    return t;
}

static void *run(void *arg)
{
    me = arg;
    me->target(me->arg);
    pthread_mutex_lock(&lock);
    me->alive = false;
    pthread_mutex_unlock(&lock);
    return NULL;
}

int attr_thread_start(struct attr_thread *t)
{
    int rc;

    pthread_mutex_lock(&lock);
    /* Alive before the thread exists: whoever sees start return must see it alive, even if
     * it has not run yet. The new thread can clear it only after we give the lock back. */
    rc = t->started ? EBUSY : pthread_create(&t->id, NULL, run, t);
    if (rc == 0) {
        t->started = t->alive = true;
        t->next = started_ones;
        started_ones = t;
    }
    pthread_mutex_unlock(&lock);
    return rc ? fail(rc) : 0;
}

int attr_thread_join(struct attr_thread *t)
{
    bool possible;

    pthread_mutex_lock(&lock);
    possible = t->started && !t->joined;
    t->joined |= possible;
    pthread_mutex_unlock(&lock);
    if (!possible)
        return fail(EINVAL);
    pthread_join(t->id, NULL); /* without the lock: it may take long */
    return 0;
}

int attr_thread_set_name(struct attr_thread *t, const char *name)
{
    if (strlen(name) > ATTR_THREAD_NAME_MAX)
        return fail(ENAMETOOLONG);
    pthread_mutex_lock(&lock);
    strcpy(t->name, name);
    pthread_mutex_unlock(&lock);
    return 0;
}

void attr_thread_get_name(struct attr_thread *t, char *buf, size_t size)
{
    pthread_mutex_lock(&lock);
    snprintf(buf, size, "%s", t->name); /* cuts, and always closes with a zero */
    pthread_mutex_unlock(&lock);
}

bool attr_thread_is_alive(struct attr_thread *t)
{
    bool alive;

    pthread_mutex_lock(&lock);
    alive = t->alive;
    pthread_mutex_unlock(&lock);
    return alive;
}

int attr_thread_set_daemon(struct attr_thread *t, bool daemon)
{
    bool possible;

    pthread_mutex_lock(&lock);
    possible = !t->started;
    if (possible)
        t->daemon = daemon;
    pthread_mutex_unlock(&lock);
    return possible ? 0 : fail(EBUSY);
}

bool attr_thread_is_daemon(struct attr_thread *t)
{
    bool daemon;

    pthread_mutex_lock(&lock);
    daemon = t->daemon;
    pthread_mutex_unlock(&lock);
    return daemon;
}

struct attr_thread *attr_thread_current(void)
{
    return me;
}

/* One that must be waited for, marked as joined; NULL when there is none. */
static struct attr_thread *one_to_wait_for(void)
{
    struct attr_thread *t;

    pthread_mutex_lock(&lock);
    for (t = started_ones; t && (t->daemon || t->joined); t = t->next)
        ;
    if (t)
        t->joined = true;
    pthread_mutex_unlock(&lock);
    return t;
}

void attr_thread_end_of_main(void)
{
    struct attr_thread *t;

    /* Looked for anew each time: the one we waited for may have started another. */
    while ((t = one_to_wait_for()))
        pthread_join(t->id, NULL);
}

void attr_thread_free(struct attr_thread *t)
{
    struct attr_thread **p = &started_ones;

    if (!t)
        return;
    pthread_mutex_lock(&lock);
    while (*p && *p != t)
        p = &(*p)->next;
    if (*p)
        *p = t->next;
    pthread_mutex_unlock(&lock);
    free(t);
}

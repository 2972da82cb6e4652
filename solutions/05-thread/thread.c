
/* thread.c - the reference solution of exercise 05-thread.
 *
 * One object holds all that the thread needs: the copied arguments, the target, and the place
 * for the result. It lives until thread_free(), so the thread never looks at anything that
 * may be gone.
 */
#define _GNU_SOURCE
#include "thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct thread_args {
    int argc, kwargc;
    void **argv;
    struct thread_kwarg *kwargs; /* names are ours, values are the caller's */
};

struct thread {
    pthread_t id;
    thread_target *target;
    struct thread_args args;
    void *result;
    bool joined; /* touched by joiners only, and they take turns */
};

static void *run(void *arg)
{
    struct thread *t = arg;

    t->result = t->target(&t->args);
    return NULL;
}

/* Copies the lists and each name. False when memory is short; free_args() then cleans up. */
static bool copy_args(struct thread_args *a, int argc, void *const argv[], int kwargc,
                      const struct thread_kwarg kwargs[])
{
    a->argv = calloc((size_t)argc + 1, sizeof *a->argv);
    a->kwargs = calloc((size_t)kwargc + 1, sizeof *a->kwargs);
    if (!a->argv || !a->kwargs)
        return false;
    for (; a->argc < argc; a->argc++)
        a->argv[a->argc] = argv[a->argc];
    for (; a->kwargc < kwargc; a->kwargc++) {
        char *name = strdup(kwargs[a->kwargc].name);

        if (!name)
            return false;
        a->kwargs[a->kwargc] = (struct thread_kwarg){name, kwargs[a->kwargc].value};
    }
    return true;
}

static void free_args(struct thread_args *a)
{
    for (int i = 0; i < a->kwargc; i++)
        free((char *)a->kwargs[i].name);
    free(a->kwargs);
    free(a->argv);
}

struct thread *thread_start(thread_target *target, int argc, void *const argv[], int kwargc,
                            const struct thread_kwarg kwargs[])
{
    struct thread *t = calloc(1, sizeof *t);
    int rc = ENOMEM;

    if (!t)
        return NULL;
    t->target = target;
    /* Before the thread exists: from pthread_create() on it may look at them any time. */
    if (copy_args(&t->args, argc, argv, kwargc, kwargs))
        rc = pthread_create(&t->id, NULL, run, t);
    if (rc != 0) {
        free_args(&t->args);
        free(t);
        errno = rc;
        return NULL;
    }
    return t;
}

void *thread_positional(const struct thread_args *args, int i)
{
    if (i >= 0 && i < args->argc)
        return args->argv[i];
    errno = EINVAL;
    return NULL;
}

void *thread_named(const struct thread_args *args, const char *name)
{
    for (int i = 0; i < args->kwargc; i++)
        if (strcmp(args->kwargs[i].name, name) == 0)
            return args->kwargs[i].value;
    errno = EINVAL;
    return NULL;
}

/* A moment, not a duration, on the clock that nobody can set. */
static struct timespec moment_in(long ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

int thread_join(struct thread *t, long timeout_ms, void **result)
{
    struct timespec until = moment_in(timeout_ms < 0 ? 0 : timeout_ms);
    int rc;

    /* A second pthread_join() would be undefined, so it is we who must know. */
    if (t->joined)
        rc = EINVAL;
    else if (timeout_ms < 0)
        rc = pthread_join(t->id, NULL); /* EDEADLK for oneself is its own answer */
    else
        rc = pthread_clockjoin_np(t->id, NULL, CLOCK_MONOTONIC, &until);
    if (rc != 0) {
        errno = rc;
        return -1;
    }
    t->joined = true;
    if (result)
        *result = t->result; /* only now: before the join it may not be there yet */
    return 0;
}

void thread_free(struct thread *t)
{
    if (!t)
        return;
    free_args(&t->args);
    free(t);
}

/* What belongs to one member of a crew, and lives until all are joined. */
struct member {
    int number;
    char *name; /* as long as the prefix wants it */
    struct thread *thread;
};

static struct thread *start_member(thread_target *target, struct member *m)
{
    void *const argv[] = {&m->number}; /* not the loop variable: that one moves on */
    const struct thread_kwarg kwargs[] = {{"name", m->name}};

    return thread_start(target, 1, argv, 1, kwargs);
}

int thread_crew(thread_target *target, const char *prefix, int n, void *results[])
{
    struct member *crew = calloc((size_t)n, sizeof *crew);
    int started = 0, error = 0;

    if (!crew)
        return -1;
    for (; started < n; started++) {
        struct member *m = &crew[started];

        m->number = started;
        if (asprintf(&m->name, "%s%d", prefix, started) < 0)
            m->name = NULL;
        m->thread = m->name ? start_member(target, m) : NULL;
        if (!m->thread) {
            error = m->name ? errno : ENOMEM;
            free(m->name);
            break;
        }
    }
    /* A second loop: joined right after its start, each would run alone. */
    for (int i = 0; i < started; i++) {
        thread_join(crew[i].thread, -1, &results[i]);
        thread_free(crew[i].thread);
        free(crew[i].name);
    }
    free(crew);
    errno = error;
    return error ? -1 : 0;
}

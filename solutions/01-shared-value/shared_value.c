/* shared_value.c - the reference solution of exercise 01-shared-value.
 *
 * Everything two processes share must lie in memory that both map: the number and also the
 * locks. MAP_SHARED | MAP_ANONYMOUS has no name, so nothing can be left behind.
 *
 * Two mutexes: `number_lock` is held for a few instructions around each access, `user_lock`
 * is the one the contract gives to the caller. With one for both, shared_value_get() inside
 * a locked section would wait for its own caller.
 */
#include "shared_value.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct shared_value {
    pthread_mutex_t number_lock, user_lock;
    int number;
};

/* PROCESS_SHARED: without it the kernel looks for waiters in this process only.
 * ROBUST: if the holder dies, the next one gets EOWNERDEAD instead of waiting forever. */
static void init_lock(pthread_mutex_t *m)
{
    pthread_mutexattr_t a;

    pthread_mutexattr_init(&a);
    pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(m, &a);
    pthread_mutexattr_destroy(&a);
}

/* 0, or 1 after the death of the former holder, or -1. */
static int take(pthread_mutex_t *m)
{
    int rc = pthread_mutex_lock(m);

    if (rc == EOWNERDEAD) {
        pthread_mutex_consistent(m); /* else the mutex is lost with the next unlock */
        return 1;
    }
    errno = rc;
    return rc ? -1 : 0;
}

struct shared_value *shared_value_open(int initial)
{
    struct shared_value *v =
        mmap(NULL, sizeof *v, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (v == MAP_FAILED)
        return NULL;
    init_lock(&v->number_lock);
    init_lock(&v->user_lock);
    v->number = initial;
    return v;
}

int shared_value_get(struct shared_value *v)
{
    int n;

    take(&v->number_lock);
    n = v->number;
    pthread_mutex_unlock(&v->number_lock);
    return n;
}

void shared_value_set(struct shared_value *v, int number)
{
    take(&v->number_lock);
    v->number = number;
    pthread_mutex_unlock(&v->number_lock);
}

int shared_value_add(struct shared_value *v, int delta)
{
    int n;

    take(&v->number_lock);
    n = v->number += delta; /* three steps, read, add, write, that nobody may come between */
    pthread_mutex_unlock(&v->number_lock);
    return n;
}

int shared_value_lock(struct shared_value *v)
{
    return take(&v->user_lock);
}

int shared_value_unlock(struct shared_value *v)
{
    errno = pthread_mutex_unlock(&v->user_lock);
    return errno ? -1 : 0;
}

void shared_value_close(struct shared_value *v)
{
    if (v)
        munmap(v, sizeof *v); /* not pthread_mutex_destroy(): others may still use it */
}

static pid_t start_adding(struct shared_value *v, const int amounts[], int n, int sign)
{
    pid_t pid = fork();

    if (pid == 0) {
        for (int i = 0; i < n; i++)
            shared_value_add(v, sign * amounts[i]);
        _exit(0); /* not exit(): the parent's buffered output must not come out twice */
    }
    return pid;
}

static void reap(pid_t pid)
{
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

int family_purse(int initial, const int earned[], const int spent[], int n)
{
    struct shared_value *v = shared_value_open(initial);
    pid_t man, girl;
    int end;

    if (!v)
        return -1;
    man = start_adding(v, earned, n, 1);
    girl = man < 0 ? -1 : start_adding(v, spent, n, -1);
    reap(man);
    reap(girl);
    end = girl < 0 ? -1 : shared_value_get(v);
    shared_value_close(v);
    return end;
}

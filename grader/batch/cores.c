/* cores.c - permits in shared memory. */
#include "batch/cores.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

enum { HOLDERS = 256, WORKERS_EACH = 4 };

struct cores {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    int count;
    pid_t holders[HOLDERS]; /* 0: free; only the first `count` are used */
};

int cores_workers(int cores)
{
    return cores * WORKERS_EACH;
}

int cores_new(int count, struct cores **ret, struct err *e)
{
    pthread_mutexattr_t m;
    pthread_condattr_t v;
    struct cores *c;

    /* cppcheck-suppress invalidFunctionArg ; MAP_ANONYMOUS wants -1 (mmap(2)) */
    c = mmap(NULL, sizeof *c, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (c == MAP_FAILED)
        return err_errno(e, "cannot share memory with workers");
    c->count = count < HOLDERS ? count : HOLDERS;
    pthread_mutexattr_init(&m);
    pthread_mutexattr_setpshared(&m, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&m, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&c->lock, &m);
    pthread_mutexattr_destroy(&m);
    pthread_condattr_init(&v);
    pthread_condattr_setpshared(&v, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&c->freed, &v);
    pthread_condattr_destroy(&v);
    *ret = c;
    return 0;
}

void cores_free(struct cores *c)
{
    if (c)
        munmap(c, sizeof *c);
}

/* The table is whole at every moment: a holder that died inside leaves nothing to repair. */
static void lock(struct cores *c)
{
    if (pthread_mutex_lock(&c->lock) == EOWNERDEAD)
        pthread_mutex_consistent(&c->lock);
}

static int place_of(const struct cores *c, pid_t who)
{
    for (int i = 0; i < c->count; i++)
        if (c->holders[i] == who)
            return i;
    return -1;
}

void cores_take(struct cores *c)
{
    lock(c);
    if (place_of(c, getpid()) < 0) {
        int i;

        while ((i = place_of(c, 0)) < 0)
            if (pthread_cond_wait(&c->freed, &c->lock) == EOWNERDEAD)
                pthread_mutex_consistent(&c->lock);
        c->holders[i] = getpid();
    }
    pthread_mutex_unlock(&c->lock);
}

static void clear(struct cores *c, pid_t who)
{
    int i;

    lock(c);
    i = place_of(c, who);
    if (i >= 0) {
        c->holders[i] = 0;
        pthread_cond_broadcast(&c->freed); /* a waiter may have died with a signal */
    }
    pthread_mutex_unlock(&c->lock);
}

void cores_give(struct cores *c)
{
    clear(c, getpid());
}

void cores_bury(struct cores *c, int pid)
{
    clear(c, pid);
}

void cores_busy(void *cores, bool begins)
{
    if (begins)
        cores_take(cores);
    else
        cores_give(cores);
}

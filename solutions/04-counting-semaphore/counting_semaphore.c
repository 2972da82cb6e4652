
/* counting_semaphore.c - the reference solution of exercise 04-counting-semaphore.
 *
 * A monitor (Hoare, 1974) in shared memory: one mutex guards the number of permits, one
 * condition variable is where those wait who found none.
 */
#include "counting_semaphore.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <time.h>

struct counting_semaphore {
    pthread_mutex_t lock;
    pthread_cond_t more; /* permits came */
    int permits;
};

/* Both must know that they are shared: else a wake-up looks for sleepers in this process only. */
static void init_monitor(struct counting_semaphore *s)
{
    pthread_mutexattr_t m;
    pthread_condattr_t c;

    pthread_mutexattr_init(&m);
    pthread_mutexattr_setpshared(&m, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&s->lock, &m);
    pthread_mutexattr_destroy(&m);
    pthread_condattr_init(&c);
    pthread_condattr_setpshared(&c, PTHREAD_PROCESS_SHARED);
    pthread_condattr_setclock(&c, CLOCK_MONOTONIC); /* the wall clock may be set back */
    pthread_cond_init(&s->more, &c);
    pthread_condattr_destroy(&c);
}

struct counting_semaphore *counting_semaphore_open(int permits)
{
    struct counting_semaphore *s;

    if (permits < 0 || permits > COUNTING_SEMAPHORE_MAX) {
        errno = EINVAL;
        return NULL;
    }
    s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s == MAP_FAILED)
        return NULL;
    init_monitor(s);
    s->permits = permits;
    return s;
}

/* Takes a permit, waiting until `until` (NULL: as long as it takes). 0, or an error number. */
static int take(struct counting_semaphore *s, const struct timespec *until)
{
    int rc = 0;

    pthread_mutex_lock(&s->lock);
    /* A loop: between the release and the moment we run again, somebody else may have taken
     * the permit; and a condition variable may wake without a reason. */
    while (s->permits == 0 && rc == 0)
        rc = until ? pthread_cond_timedwait(&s->more, &s->lock, until)
                   : pthread_cond_wait(&s->more, &s->lock);
    if (s->permits > 0) { /* also after a timeout: it may have come just then */
        s->permits--;
        rc = 0;
    }
    pthread_mutex_unlock(&s->lock);
    return rc;
}

static int as_errno(int rc)
{
    if (rc == 0)
        return 0;
    errno = rc;
    return -1;
}

int counting_semaphore_acquire(struct counting_semaphore *s)
{
    return as_errno(take(s, NULL));
}

int counting_semaphore_try(struct counting_semaphore *s)
{
    bool got;

    pthread_mutex_lock(&s->lock);
    got = s->permits > 0;
    s->permits -= got;
    pthread_mutex_unlock(&s->lock);
    return as_errno(got ? 0 : EAGAIN);
}

int counting_semaphore_acquire_for(struct counting_semaphore *s, long timeout_ms)
{
    struct timespec t;

    /* A moment, not a duration: computed once, before the loop. */
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += timeout_ms / 1000;
    t.tv_nsec += timeout_ms % 1000 * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return as_errno(take(s, &t));
}

int counting_semaphore_release(struct counting_semaphore *s, int n)
{
    int rc = 0;

    if (n < 1)
        return as_errno(EINVAL);
    pthread_mutex_lock(&s->lock);
    if (n > COUNTING_SEMAPHORE_MAX - s->permits)
        rc = EOVERFLOW;
    else
        s->permits += n;
    if (rc == 0)
        pthread_cond_broadcast(&s->more); /* n may go on; the loop sends the others back */
    pthread_mutex_unlock(&s->lock);
    return as_errno(rc);
}

int counting_semaphore_get_value(struct counting_semaphore *s)
{
    int n;

    pthread_mutex_lock(&s->lock);
    n = s->permits;
    pthread_mutex_unlock(&s->lock);
    return n;
}

void counting_semaphore_close(struct counting_semaphore *s)
{
    if (s)
        munmap(s, sizeof *s); /* not pthread_cond_destroy(): others may still use it */
}

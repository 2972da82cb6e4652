/* expect: none
 * why: a limit that passes beside a signal is an answer, too: the twin of timeout_vs_signal */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <time.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int handed, taken;

static void *w(void *p)
{
    struct timespec t;
    int rc = 0;

    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec++;
    pthread_mutex_lock(&m);
    while (!handed && rc == 0)
        rc = pthread_cond_timedwait(&c, &m, &t);
    taken = handed ? 1 : 2;
    pthread_mutex_unlock(&m);
    return p;
}

int main(void)
{
    pthread_t t;

    pthread_create(&t, NULL, w, NULL);
    pthread_mutex_lock(&m);
    handed = 1;
    pthread_cond_signal(&c);
    pthread_mutex_unlock(&m);
    pthread_join(t, NULL);
    assert(taken != 0);
    pthread_cond_destroy(&c);
    return 0;
}

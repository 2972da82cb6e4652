/* expect: none
 * why: a waiter that is cancelled consumes no signal that another one needs (POSIX, pthread_cond_wait) */
#define _GNU_SOURCE
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER, s = PTHREAD_COND_INITIALIZER;
static int waiting, token;

static void give_back(void *p)
{
    pthread_mutex_unlock(p);
}

static void *first(void *p)
{
    int old;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    pthread_mutex_lock(&m);
    pthread_cleanup_push(give_back, &m);
    waiting++;
    pthread_cond_signal(&s);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old);
    while (!token)
        pthread_cond_wait(&c, &m);
    token--;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    pthread_cleanup_pop(1);
    return p;
}

static void *second(void *p)
{
    pthread_mutex_lock(&m);
    waiting++;
    pthread_cond_signal(&s);
    while (!token)
        pthread_cond_wait(&c, &m);
    token--;
    pthread_mutex_unlock(&m);
    return p;
}

int main(void)
{
    pthread_t a, b;
    void *r;

    pthread_create(&a, 0, first, 0);
    pthread_create(&b, 0, second, 0);
    pthread_mutex_lock(&m);
    while (waiting < 2)
        pthread_cond_wait(&s, &m);
    token = 1;
    pthread_cond_signal(&c);
    pthread_mutex_unlock(&m);
    pthread_cancel(a);
    pthread_join(a, &r);
    if (r != PTHREAD_CANCELED) {
        pthread_mutex_lock(&m);
        token++;
        pthread_cond_signal(&c);
        pthread_mutex_unlock(&m);
    }
    pthread_join(b, 0);
    return 0;
}

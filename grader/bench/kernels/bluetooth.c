// bluetooth: a driver may be stopped while a request has entered but not counted itself.
// expect: wrong-result
// never: deadlock crash misuse
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t idle = PTHREAD_COND_INITIALIZER;
static int pending = 1, stopping, stopped; /* pending: the driver itself and its requests */

static int enter(void)
{
    int refused;

    pthread_mutex_lock(&lock);
    refused = stopping;
#ifndef CORRECT
    pthread_mutex_unlock(&lock);
    if (refused)
        return -1;
    pthread_mutex_lock(&lock);
#endif
    if (!refused)
        pending++;
    pthread_mutex_unlock(&lock);
    return refused ? -1 : 0;
}

static void leave(void)
{
    pthread_mutex_lock(&lock);
    if (--pending == 0)
        pthread_cond_signal(&idle);
    pthread_mutex_unlock(&lock);
}

static void *request(void *arg)
{
    if (enter() == 0) {
        pthread_mutex_lock(&lock);
        assert(!stopped); /* the device is used */
        pthread_mutex_unlock(&lock);
        leave();
    }
    return arg;
}

static void *stop(void *arg)
{
    pthread_mutex_lock(&lock);
    stopping = 1;
    pending--;
    while (pending > 0)
        pthread_cond_wait(&idle, &lock);
    stopped = 1;
    pthread_mutex_unlock(&lock);
    return arg;
}

int main(void)
{
    pthread_t a, b;

    pthread_create(&a, NULL, request, NULL);
    pthread_create(&b, NULL, stop, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}

/* wrong_lock.h - the body of wrong_lock_N.c: one thread under its lock, OTHERS under another. */
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t data_lock = PTHREAD_MUTEX_INITIALIZER;
#ifndef CORRECT
static pthread_mutex_t wrong_lock = PTHREAD_MUTEX_INITIALIZER;
#else
#define wrong_lock data_lock
#endif
static volatile int data;

static void *check(void *arg)
{
    int before;

    pthread_mutex_lock(&data_lock);
    before = data;
    data++;
    assert(data == before + 1);
    pthread_mutex_unlock(&data_lock);
    return arg;
}

static void *disturb(void *arg)
{
    pthread_mutex_lock(&wrong_lock);
    data++;
    pthread_mutex_unlock(&wrong_lock);
    return arg;
}

int main(void)
{
    pthread_t t[1 + OTHERS];

    pthread_create(&t[0], NULL, check, NULL);
    for (int i = 1; i <= OTHERS; i++)
        pthread_create(&t[i], NULL, disturb, NULL);
    for (int i = 0; i <= OTHERS; i++)
        pthread_join(t[i], NULL);
    return 0;
}

// phase: the phase moves on, but one thread still works on the old one.
// expect: wrong-result
// never: crash misuse data-race
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int phase;

static void *worker(void *arg)
{
    int mine;

    pthread_mutex_lock(&lock);
    mine = phase;
#ifndef CORRECT
    pthread_mutex_unlock(&lock);
    pthread_mutex_lock(&lock);
#endif
    assert(phase == mine);
    pthread_mutex_unlock(&lock);
    return arg;
}

static void *advance(void *arg)
{
    pthread_mutex_lock(&lock);
    phase++;
    pthread_mutex_unlock(&lock);
    return arg;
}

int main(void)
{
    pthread_t a, b;

    pthread_create(&a, NULL, worker, NULL);
    pthread_create(&b, NULL, advance, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}

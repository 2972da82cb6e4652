// arithmetic: producers add the terms of a progression; the consumer stops at the wrong count.
// expect: wrong-result
// never: crash misuse data-race
#include <assert.h>
#include <pthread.h>

enum { N = 3 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int sum, terms;

static void *add(void *arg)
{
    pthread_mutex_lock(&lock);
    terms++;
#ifndef CORRECT
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    pthread_mutex_lock(&lock);
#endif
    sum += (int)(long)arg;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t t[N];

    for (long i = 0; i < N; i++)
        pthread_create(&t[i], NULL, add, (void *)(i + 1));
    pthread_mutex_lock(&lock);
    while (terms < N)
        pthread_cond_wait(&changed, &lock);
    assert(sum == N * (N + 1) / 2);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < N; i++)
        pthread_join(t[i], NULL);
    return 0;
}

/* two_stage.h - the body of two_stage_N.c: THREADS threads, all but a few write, the last ones read. */
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t first_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t second_lock = PTHREAD_MUTEX_INITIALIZER;
static int first, second;

static void *write_both(void *arg)
{
    pthread_mutex_lock(&first_lock);
    first = 1;
#ifdef CORRECT
    pthread_mutex_lock(&second_lock);
    second = first + 1;
    pthread_mutex_unlock(&second_lock);
    pthread_mutex_unlock(&first_lock);
#else
    pthread_mutex_unlock(&first_lock);
    pthread_mutex_lock(&second_lock);
    second = 2;
    pthread_mutex_unlock(&second_lock);
#endif
    return arg;
}

static void *read_both(void *arg)
{
    int a, b;

    pthread_mutex_lock(&first_lock);
    a = first;
    pthread_mutex_unlock(&first_lock);
    if (a == 0)
        return arg;
    pthread_mutex_lock(&second_lock);
    b = second;
    pthread_mutex_unlock(&second_lock);
    assert(b == a + 1);
    return arg;
}

int main(void)
{
    enum { READERS = THREADS > 2 ? THREADS / 5 + 1 : 1 };
    pthread_t t[THREADS];

    for (int i = 0; i < THREADS; i++)
        pthread_create(&t[i], NULL, i < THREADS - READERS ? write_both : read_both, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    return 0;
}

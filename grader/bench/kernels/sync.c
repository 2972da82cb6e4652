// sync: the condition is signalled before anybody waits, and nothing remembers it.
// expect: lost-wakeup
// never: deadlock crash misuse wrong-result
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready = PTHREAD_COND_INITIALIZER;
static int done;

static void *tell(void *arg)
{
    pthread_mutex_lock(&lock);
    done = 1;
    pthread_cond_signal(&ready);
    pthread_mutex_unlock(&lock);
    return arg;
}

static void *wait(void *arg)
{
    pthread_mutex_lock(&lock);
#ifdef CORRECT
    while (!done)
#endif
        pthread_cond_wait(&ready, &lock);
    pthread_mutex_unlock(&lock);
    return arg;
}

int main(void)
{
    pthread_t a, b;

    pthread_create(&a, NULL, wait, NULL);
    pthread_create(&b, NULL, tell, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}

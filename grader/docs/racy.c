/* racy.c - an example for `lockstep explore`: two threads change a counter without a lock. */
#include <assert.h>
#include <pthread.h>

static int counter;

static void *add(void *arg)
{
    counter++;
    return arg;
}

static void *take(void *arg)
{
    counter--;
    return arg;
}

int main(void)
{
    pthread_t a, b;

    pthread_create(&a, NULL, add, NULL);
    pthread_create(&b, NULL, take, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    assert(counter == 0);
    return 0;
}

/* expect: none
 * why: three times four seconds without a turn is more than the patience: the twin of sleep_mutex */
#include <assert.h>
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int done;

static void *f(void *p)
{
    pthread_mutex_lock(&m);
    done = 1;
    pthread_mutex_unlock(&m);
    return p;
}

int main(void)
{
    pthread_t t;

    pthread_create(&t, 0, f, 0);
    for (int i = 0; i < 3; i++)
        sleep(4);
    pthread_mutex_lock(&m);
    assert(done);
    pthread_mutex_unlock(&m);
    pthread_join(t, 0);
    return 0;
}

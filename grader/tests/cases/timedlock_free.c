/* expect: none
 * why: the limit need not be valid when the mutex is free */
#define _GNU_SOURCE
#include <assert.h>
#include <pthread.h>
#include <time.h>
pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
int main(void)
{
    struct timespec t = {0, -1};
    assert(pthread_mutex_timedlock(&m, &t) == 0);
    pthread_mutex_unlock(&m);
    return 0;
}

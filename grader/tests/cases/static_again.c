/* expect: none
 * why: a local with a static initialiser is a new mutex at each call, whatever was destroyed
 * there */
#include <pthread.h>
static int work(void)
{
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t c = PTHREAD_COND_INITIALIZER;
    pthread_rwlock_t l = PTHREAD_RWLOCK_INITIALIZER;
    pthread_mutex_lock(&m);
    pthread_mutex_unlock(&m);
    pthread_rwlock_rdlock(&l);
    pthread_rwlock_unlock(&l);
    pthread_cond_signal(&c);
    return pthread_mutex_destroy(&m) + pthread_cond_destroy(&c) + pthread_rwlock_destroy(&l);
}
int main(void)
{
    return work() + work();
}

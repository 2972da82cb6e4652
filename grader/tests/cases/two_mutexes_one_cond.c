/* expect: bug misuse
 * why: undefined: two mutexes at a time (pthread_cond_wait) */
#include <pthread.h>
static pthread_mutex_t m[2] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int go;
static void *f(void *a)
{
    pthread_mutex_lock(a);
    while (!__atomic_load_n(&go, __ATOMIC_SEQ_CST))
        pthread_cond_wait(&c, a);
    pthread_mutex_unlock(a);
    return a;
}
int main(void)
{
    pthread_t t[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], 0, f, &m[i]);
    for (int i = 0; i < 2; i++)
        pthread_mutex_lock(&m[i]);
    __atomic_store_n(&go, 1, __ATOMIC_SEQ_CST);
    pthread_cond_broadcast(&c);
    for (int i = 0; i < 2; i++)
        pthread_mutex_unlock(&m[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], 0);
    return 0;
}

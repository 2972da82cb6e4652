/* expect: none
 * never: lost-wakeup deadlock signal-unsafe
 * why: a broadcast that comes while the waiter runs a handler still ends its wait */
#include <pthread.h>
#include <signal.h>
#include <string.h>
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int ok;
static volatile sig_atomic_t n;
static void h(int s)
{
    n += s;
}
static void *waiter(void *a)
{
    pthread_mutex_lock(&m);
    while (!ok)
        pthread_cond_wait(&c, &m);
    pthread_mutex_unlock(&m);
    return a;
}
int main(void)
{
    pthread_t u;
    signal(SIGUSR1, h);
    pthread_create(&u, NULL, waiter, NULL);
    pthread_kill(u, SIGUSR1);
    pthread_mutex_lock(&m);
    ok = 1;
    pthread_cond_broadcast(&c);
    pthread_mutex_unlock(&m);
    return pthread_join(u, NULL);
}

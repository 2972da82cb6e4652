/* expect: none
 * never: signal-unsafe
 * why: behind siglongjmp() out of a handler the program is in no handler any more */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
static sigjmp_buf env;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static void h(int s) { siglongjmp(env, s); }
static void *th(void *a) { pthread_mutex_lock(&m); pthread_mutex_unlock(&m); return a; }
int main(void)
{
    pthread_t t;
    signal(SIGUSR1, h);
    if (sigsetjmp(env, 1) == 0)
        raise(SIGUSR1);
    pthread_mutex_lock(&m);
    pthread_create(&t, NULL, th, NULL);
    pthread_mutex_unlock(&m);
    return pthread_join(t, NULL);
}

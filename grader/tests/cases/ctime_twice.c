/* expect: bug data-race
 * why: ctime(3): MT-Unsafe race:tmbuf race:asctime */
#include <pthread.h>
#include <time.h>
static void *f(void *a)
{
    time_t t = 0;
    (void)ctime(&t);
    return a;
}
int main(void)
{
    pthread_t p;
    pthread_create(&p, 0, f, 0);
    f(0);
    pthread_join(p, 0);
    return 0;
}

/* expect: bug livelock
 * why: a loop that passes no hook, and that nobody ends */
#include <pthread.h>
static void *f(void *a)
{
    for (;;)
        ;
    return a;
}
int main(void)
{
    pthread_t t;
    pthread_create(&t, 0, f, 0);
    pthread_join(t, 0);
    return 0;
}

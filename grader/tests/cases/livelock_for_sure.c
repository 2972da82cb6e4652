/* expect: bug livelock
 * why: nothing can ever change what it looks at */
#include <pthread.h>
#include <stdatomic.h>
static atomic_int never;
static void *f(void *a)
{
    while (!atomic_load(&never))
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

/* expect: none|refuse
 * never: livelock
 * why: a loop that counts is not shown to be endless */
#include <pthread.h>
#include <stdatomic.h>
static atomic_int done;
static void *f(void *a)
{
    long n = 0;
    while (!atomic_load(&done))
        n++;
    return n < 0 ? a : 0;
}
int main(void)
{
    pthread_t t;
    pthread_create(&t, 0, f, 0);
    atomic_store(&done, 1);
    pthread_join(t, 0);
    return 0;
}

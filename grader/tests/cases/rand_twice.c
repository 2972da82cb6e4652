/* expect: none
 * why: rand(3) is MT-Safe in glibc */
#include <pthread.h>
#include <stdlib.h>
static void *f(void *a)
{
    (void)rand();
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

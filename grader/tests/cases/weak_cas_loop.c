/* expect: none
 * why: a weak exchange that may fail is tried again: the twin of weak_cas */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int x;

static void *f(void *p)
{
    int e = 0;

    (void)p;
    while (!atomic_compare_exchange_weak(&x, &e, e + 1))
        ;
    return 0;
}

int main(void)
{
    pthread_t a, b;

    pthread_create(&a, 0, f, 0);
    pthread_create(&b, 0, f, 0);
    pthread_join(a, 0);
    pthread_join(b, 0);
    assert(x == 2);
    return 0;
}

/* expect: none
 * why: only a weak exchange may fail for no reason (C11 7.17.7.4): the twin of weak_cas */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int x, wins;

static void *f(void *p)
{
    int e = 0;

    if (atomic_compare_exchange_strong(&x, &e, 1))
        wins++;
    else
        assert(e == 1);
    return p;
}

int main(void)
{
    pthread_t a, b;
    int alone = 0;

    pthread_create(&a, 0, f, 0);
    pthread_create(&b, 0, f, 0);
    pthread_join(a, 0);
    pthread_join(b, 0);
    assert(wins == 1);
    assert(__sync_bool_compare_and_swap(&alone, 0, 1));
    return 0;
}

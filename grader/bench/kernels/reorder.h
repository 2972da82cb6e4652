/* reorder.h - the body of reorder_N.c: WRITERS threads set a, then b; a checker looks at both. */
#include <assert.h>
#include <pthread.h>

#ifdef CORRECT
#include <stdatomic.h>
static atomic_int a, b;
#else
static int a, b;
#endif

static void *set(void *arg)
{
    a = 1;
    b = -1;
    return arg;
}

static void *check(void *arg)
{
#ifdef CORRECT
    const int seen = b; /* b first: whoever has set it has set a before */
    assert(seen == 0 || a == 1);
#else
    const int was = a;
    assert((was == 0 && b == 0) || (was == 1 && b == -1));
#endif
    return arg;
}

int main(void)
{
    pthread_t t[WRITERS + 1];

    for (int i = 0; i < WRITERS; i++)
        pthread_create(&t[i], NULL, set, NULL);
    pthread_create(&t[WRITERS], NULL, check, NULL);
    for (int i = 0; i <= WRITERS; i++)
        pthread_join(t[i], NULL);
    return 0;
}

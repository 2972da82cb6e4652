/* expect: bug data-race
 * never: crash
 * says: 18
 * why: gcc's pass announces no structure that a call takes or returns by value */
#include <assert.h>
#include <pthread.h>

struct pair { long a, b; };
static struct pair shared;

static struct pair next(struct pair p)
{
    return (struct pair){p.a + 1, p.b + 1};
}

static void *work(void *arg)
{
    shared = next(shared);
    return arg;
}

int main(void)
{
    pthread_t s, t;

    pthread_create(&s, NULL, work, NULL);
    pthread_create(&t, NULL, work, NULL);
    pthread_join(s, NULL);
    pthread_join(t, NULL);
    assert(shared.a == 2 && shared.b == 2);
    return 0;
}

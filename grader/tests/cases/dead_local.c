/* expect: bug crash
 * says: 16
 * why: written through the address of a local variable after its function has returned */
#include <pthread.h>

static int *where(void)
{
    int local = 0;
    int *volatile p = &local; /* volatile: gcc would return NULL */

    return p;
}

static void *thread(void *arg)
{
    *where() = 1;
    return arg;
}

int main(void)
{
    pthread_t t;

    pthread_create(&t, NULL, thread, NULL);
    return pthread_join(t, NULL);
}

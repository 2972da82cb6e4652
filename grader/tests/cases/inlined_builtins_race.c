/* expect: bug data-race
 * never: crash
 * why: bzero() and __builtin_memcpy() of few bytes are plain instructions, of which nothing is said */
#include <pthread.h>
#include <string.h>
#include <strings.h>

static char name[16], copy[16];

static void *clear(void *arg)
{
    bzero(name, 12);
    return arg;
}

static void *look(void *arg)
{
    __builtin_memcpy(copy, name, 12);
    return arg;
}

int main(void)
{
    pthread_t s, t;

    pthread_create(&s, NULL, clear, NULL);
    pthread_create(&t, NULL, look, NULL);
    pthread_join(s, NULL);
    pthread_join(t, NULL);
    return 0;
}

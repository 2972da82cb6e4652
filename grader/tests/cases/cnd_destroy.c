/* expect: none
 * why: the same in C11 */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
#define P(t, f, a) pthread_create(&t, 0, f, a)
#define J(t) pthread_join(t, 0)
#define L(m) pthread_mutex_lock(&m)
#define U(m) pthread_mutex_unlock(&m)
#include <sys/file.h>

mtx_t m;
cnd_t c;
int go;
int f(void *x)
{
    mtx_lock(&m);
    while (!go)
        cnd_wait(&c, &m);
    mtx_unlock(&m);
    return 0;
}
int main(void)
{
    mtx_init(&m, mtx_plain);
    cnd_init(&c);
    thrd_t t;
    thrd_create(&t, f, 0);
    mtx_lock(&m);
    go = 1;
    cnd_broadcast(&c);
    mtx_unlock(&m);
    cnd_destroy(&c);
    thrd_join(t, 0);
    mtx_destroy(&m);
    return 0;
}

/* expect: bug
 * why: the key may be deleted between the last step and the destructors */
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
#include <mqueue.h>
#include <poll.h>
#include <setjmp.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>

tss_t k;
sem_t s;
atomic_int n;
void d(void *p)
{
    atomic_fetch_add(&n, 1);
}
int f(void *a)
{
    tss_set(k, &k);
    sem_post(&s);
    return 0;
}
int main(void)
{
    sem_init(&s, 0, 0);
    tss_create(&k, d);
    thrd_t t;
    thrd_create(&t, f, 0);
    sem_wait(&s);
    tss_delete(k);
    thrd_join(t, 0);
    assert(atomic_load(&n) == 1);
    return 0;
}

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

/* key deleted while thread still exits: value destructor skipped -> join count wrong */
pthread_key_t k;
atomic_int n;
void d(void *p)
{
    atomic_fetch_add(&n, 1);
}
void *f(void *a)
{
    pthread_setspecific(k, &k);
    sem_post(a);
    return 0;
}
int main(void)
{
    sem_t s;
    sem_init(&s, 0, 0);
    pthread_key_create(&k, d);
    pthread_t t;
    P(t, f, &s);
    sem_wait(&s);
    pthread_key_delete(k);
    J(t);
    assert(atomic_load(&n) == 1);
    return 0;
}

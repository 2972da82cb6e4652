/* expect: bug
 * why: until the owner has ended the mutex is only held */
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

/* thread ends holding a robust mutex: timing of the death */
pthread_mutex_t m;
sem_t s;
void *f(void *a)
{
    L(m);
    sem_post(&s);
    return 0;
}
int main(void)
{
    pthread_mutexattr_t a;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_setrobust(&a, 1);
    pthread_mutex_init(&m, &a);
    sem_init(&s, 0, 0);
    pthread_t t;
    P(t, f, 0);
    sem_wait(&s);
    int r = pthread_mutex_trylock(&m);
    J(t);
    assert(r == EOWNERDEAD);
    return 0;
}

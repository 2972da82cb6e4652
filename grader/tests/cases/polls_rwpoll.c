/* expect: none
 * never: livelock
 * why: looking again and again ends as soon as somebody else has had a turn */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <stdio.h>
#include <unistd.h>
#include <sched.h>
#include <signal.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <time.h>
#include <sys/wait.h>
#include <assert.h>
#define T2(f,g) int main(void){pthread_t t,u;pthread_create(&t,0,f,0);pthread_create(&u,0,g,0);pthread_join(t,0);pthread_join(u,0);return done();}
static pthread_rwlock_t l=PTHREAD_RWLOCK_INITIALIZER;static int v;static int done(void){return 0;}
static void*r(void*x){for(;;){pthread_rwlock_rdlock(&l);int k=v;pthread_rwlock_unlock(&l);if(k)return x;}}static void*w(void*x){pthread_rwlock_wrlock(&l);v=1;pthread_rwlock_unlock(&l);return x;}T2(r,w)

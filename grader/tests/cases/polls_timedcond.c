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
static pthread_mutex_t m=PTHREAD_MUTEX_INITIALIZER;static pthread_cond_t c=PTHREAD_COND_INITIALIZER;static int stop,ticks;static void*f(void*x){pthread_mutex_lock(&m);while(!stop){struct timespec t;clock_gettime(CLOCK_REALTIME,&t);t.tv_sec+=1;if(pthread_cond_timedwait(&c,&m,&t)==ETIMEDOUT)ticks++;}pthread_mutex_unlock(&m);return x;}int main(void){pthread_t t;pthread_create(&t,0,f,0);sleep(5);pthread_mutex_lock(&m);stop=1;pthread_cond_signal(&c);pthread_mutex_unlock(&m);pthread_join(t,0);return 0;}

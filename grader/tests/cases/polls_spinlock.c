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
static pthread_spinlock_t l;static int n,v;static int done(void){return n!=2;}
static void*f(void*x){for(;;){pthread_spin_lock(&l);if(v){n++;pthread_spin_unlock(&l);return x;}pthread_spin_unlock(&l);}}int main(void){pthread_t t,u;pthread_spin_init(&l,0);pthread_create(&t,0,f,0);pthread_create(&u,0,f,0);pthread_spin_lock(&l);v=1;pthread_spin_unlock(&l);pthread_join(t,0);pthread_join(u,0);return done();}

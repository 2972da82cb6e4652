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
static int buf[2];static atomic_uint head,tail;static int sum;static int done(void){return sum!=10;}
static void*p(void*x){for(int i=1;i<5;i++){while(atomic_load(&head)-atomic_load(&tail)==2)sched_yield();buf[atomic_load(&head)%2]=i;atomic_fetch_add(&head,1);}return x;}static void*c(void*x){for(int i=1;i<5;i++){while(atomic_load(&head)==atomic_load(&tail))sched_yield();sum+=buf[atomic_load(&tail)%2];atomic_fetch_add(&tail,1);}return x;}T2(p,c)

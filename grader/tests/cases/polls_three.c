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
static atomic_int s;static void*a(void*x){while(atomic_load(&s)!=1)usleep(10);atomic_store(&s,2);return x;}static void*b(void*x){while(atomic_load(&s)!=2)sched_yield();atomic_store(&s,3);return x;}static void*c(void*x){while(atomic_load(&s)!=3);return x;}int main(void){pthread_t t[3];pthread_create(&t[0],0,a,0);pthread_create(&t[1],0,b,0);pthread_create(&t[2],0,c,0);atomic_store(&s,1);for(int i=0;i<3;i++)pthread_join(t[i],0);return 0;}

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
static atomic_int seq,a,b;static int bad;static int done(void){return bad;}
static void*w(void*x){for(int i=1;i<3;i++){atomic_fetch_add(&seq,1);atomic_store(&a,i);atomic_store(&b,i);atomic_fetch_add(&seq,1);}return x;}static void*r(void*x){int s,p,q;do{while((s=atomic_load(&seq))&1);p=atomic_load(&a);q=atomic_load(&b);}while(atomic_load(&seq)!=s);bad=p!=q;return x;}T2(w,r)

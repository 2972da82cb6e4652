/* expect: none
 * never: livelock
 * why: who goes round gives its lock back on the way */
#include <pthread.h>
#include <sched.h>
static int flag;static pthread_mutex_t m=PTHREAD_MUTEX_INITIALIZER;
static void*f(void*x){for(;;){pthread_mutex_lock(&m);int v=flag;pthread_mutex_unlock(&m);if(v)break;sched_yield();}return x;}
int main(void){pthread_t t,u;pthread_create(&t,0,f,0);pthread_create(&u,0,f,0);pthread_mutex_lock(&m);flag=1;pthread_mutex_unlock(&m);pthread_join(t,0);pthread_join(u,0);return 0;}

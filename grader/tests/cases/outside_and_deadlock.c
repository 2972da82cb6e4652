/* expect: bug deadlock
 * why: that it waits for Ctrl-C in the end hides no deadlock before */
#include <signal.h>
#include <pthread.h>
#include <unistd.h>
static pthread_mutex_t a=PTHREAD_MUTEX_INITIALIZER,b=PTHREAD_MUTEX_INITIALIZER;
static void h(int s){(void)s;}
static void*f(void*x){pthread_mutex_lock(&a);pthread_mutex_lock(&b);pthread_mutex_unlock(&b);pthread_mutex_unlock(&a);return x;}
static void*g(void*x){pthread_mutex_lock(&b);pthread_mutex_lock(&a);pthread_mutex_unlock(&a);pthread_mutex_unlock(&b);return x;}
int main(void){struct sigaction s={.sa_handler=h};sigaction(SIGINT,&s,0);pthread_t t,u;pthread_create(&t,0,f,0);pthread_create(&u,0,g,0);pthread_join(t,0);pthread_join(u,0);pause();return 0;}

/* expect: none
 * why: ... and freed */
#include <pthread.h>
#include <stdlib.h>
/* the POSIX example in pthread_cond_destroy: broadcast, unlock, destroy, free */
struct E {
    pthread_cond_t c;
    int busy;
};
pthread_mutex_t lm = PTHREAD_MUTEX_INITIALIZER;
struct E *e;
void *f(void *x)
{
    pthread_mutex_lock(&lm);
    struct E *p = e;
    while (e == p && p && p->busy)
        pthread_cond_wait(&p->c, &lm);
    pthread_mutex_unlock(&lm);
    return 0;
}
int main(void)
{
    pthread_t t;
    e = malloc(sizeof *e);
    pthread_cond_init(&e->c, 0);
    e->busy = 1;
    pthread_create(&t, 0, f, 0);
    pthread_mutex_lock(&lm);
    struct E *p = e;
    e = 0;
    pthread_cond_broadcast(&p->c);
    pthread_mutex_unlock(&lm);
    pthread_cond_destroy(&p->c);
    free(p);
    pthread_join(t, 0);
    return 0;
}

/* expect: none
 * why: who is woken first does not matter here: the twin of signal_order */
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int tokens, taken;

static void *f(void *p)
{
    pthread_mutex_lock(&m);
    while (!tokens)
        pthread_cond_wait(&c, &m);
    tokens--;
    taken++;
    pthread_mutex_unlock(&m);
    return p;
}

int main(void)
{
    pthread_t t[3];

    for (int i = 0; i < 3; i++)
        pthread_create(&t[i], 0, f, 0);
    for (int i = 0; i < 3; i++) {
        pthread_mutex_lock(&m);
        tokens++;
        pthread_cond_signal(&c);
        pthread_mutex_unlock(&m);
    }
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], 0);
    assert(taken == 3);
    return 0;
}

// token_ring: four threads pass values on; two of them may not be seen.
// expect: data-race wrong-result
// never: deadlock crash misuse
#include <assert.h>
#include <pthread.h>

static int x[4] = {1, 2, 4, 8};
static int done[4];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
#ifdef CORRECT
static pthread_cond_t turn = PTHREAD_COND_INITIALIZER;
static int next;
#endif

static void *pass(void *arg)
{
    const long me = (long)arg;

#ifdef CORRECT
    pthread_mutex_lock(&lock);
    while (next != me)
        pthread_cond_wait(&turn, &lock);
    next++;
    pthread_cond_broadcast(&turn);
#endif
    x[me] = x[(me + 3) % 4];
#ifndef CORRECT
    pthread_mutex_lock(&lock);
#endif
    done[me] = 1;
    if (done[0] && done[1] && done[2] && done[3])
        assert(x[0] == x[1] && x[1] == x[2] && x[2] == x[3]);
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t t[4];

    for (long i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, pass, (void *)i);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    return 0;
}

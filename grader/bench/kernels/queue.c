// queue: flags, not the queue's own state, say who may go; a dequeuer runs where it must not.
// expect: wrong-result
// never: deadlock crash misuse
#include <assert.h>
#include <pthread.h>
#include <stdbool.h>

enum { N = 5 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int items[N], head, tail;
static bool may_put = true, may_take;

static void *enqueue(void *arg)
{
    for (int i = 0; i < N; i++) {
        pthread_mutex_lock(&lock);
#ifdef CORRECT
        items[tail++] = i + 1;
#else
        if (may_put) {
            items[tail++] = i + 1;
            may_put = false;
            may_take = true;
        }
#endif
        pthread_mutex_unlock(&lock);
    }
    return arg;
}

static void *dequeue(void *arg)
{
    for (int i = 0; i < N; i++) {
        pthread_mutex_lock(&lock);
#ifdef CORRECT
        if (head < tail)
            assert(items[head++] > 0);
#else
        if (may_take) {
            assert(items[head++] == i + 1); /* as if every turn had found one */
            may_take = false;
            may_put = true;
        }
#endif
        pthread_mutex_unlock(&lock);
    }
    return arg;
}

int main(void)
{
    pthread_t a, b;

    (void)may_put;
    (void)may_take;
    pthread_create(&a, NULL, enqueue, NULL);
    pthread_create(&b, NULL, dequeue, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}

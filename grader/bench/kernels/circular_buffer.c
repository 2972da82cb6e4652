// circular_buffer: a producer and a consumer over a ring; the index moves before the element is there.
// expect: wrong-result
// never: deadlock crash misuse
#include <assert.h>
#include <pthread.h>

enum { SIZE = 4, N = 5 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int ring[SIZE];
static unsigned head, tail; /* taken, put */

static int put(int v)
{
    pthread_mutex_lock(&lock);
    if (tail - head == SIZE) {
        pthread_mutex_unlock(&lock);
        return -1;
    }
#ifdef CORRECT
    ring[tail % SIZE] = v;
    tail++;
    pthread_mutex_unlock(&lock);
#else
    tail++;
    pthread_mutex_unlock(&lock);
    pthread_mutex_lock(&lock);
    ring[(tail - 1) % SIZE] = v;
    pthread_mutex_unlock(&lock);
#endif
    return 0;
}

static int take(int *v)
{
    int rc = -1;

    pthread_mutex_lock(&lock);
    if (tail != head) {
        *v = ring[head++ % SIZE];
        rc = 0;
    }
    pthread_mutex_unlock(&lock);
    return rc;
}

static void *produce(void *arg)
{
    for (int i = 1; i <= N; i++)
        put(i);
    return arg;
}

static void *consume(void *arg)
{
    int last = 0, v;

    for (int i = 0; i < N; i++)
        if (take(&v) == 0) {
            assert(v == last + 1);
            last = v;
        }
    return arg;
}

int main(void)
{
    pthread_t a, b;

    pthread_create(&a, NULL, produce, NULL);
    pthread_create(&b, NULL, consume, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}

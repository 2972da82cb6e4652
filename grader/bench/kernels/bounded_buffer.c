// bounded_buffer: `if` for `while`, signal for broadcast.
// expect: wrong-result
// never: crash misuse data-race
#include <assert.h>
#include <pthread.h>

enum { SIZE = 1, EACH = 2, PRODUCERS = 2, CONSUMERS = 2 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int count;

#ifdef CORRECT
#define WAIT_WHILE while
#define TELL pthread_cond_broadcast
#else
#define WAIT_WHILE if
#define TELL pthread_cond_signal
#endif

static void *produce(void *arg)
{
    for (int i = 0; i < EACH; i++) {
        pthread_mutex_lock(&lock);
        WAIT_WHILE (count == SIZE)
            pthread_cond_wait(&changed, &lock);
        count++;
        assert(count <= SIZE);
        TELL(&changed);
        pthread_mutex_unlock(&lock);
    }
    return arg;
}

static void *consume(void *arg)
{
    for (int i = 0; i < EACH; i++) {
        pthread_mutex_lock(&lock);
        WAIT_WHILE (count == 0)
            pthread_cond_wait(&changed, &lock);
        count--;
        assert(count >= 0);
        TELL(&changed);
        pthread_mutex_unlock(&lock);
    }
    return arg;
}

int main(void)
{
    pthread_t t[PRODUCERS + CONSUMERS];

    for (int i = 0; i < PRODUCERS + CONSUMERS; i++)
        pthread_create(&t[i], NULL, i < PRODUCERS ? produce : consume, NULL);
    for (int i = 0; i < PRODUCERS + CONSUMERS; i++)
        pthread_join(t[i], NULL);
    return 0;
}

// stack: push and pop are under a lock, the look at the top is not.
// expect: data-race wrong-result
// never: deadlock crash misuse
#include <assert.h>
#include <pthread.h>

enum { N = 5 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int stack[N], top;

static void *push(void *arg)
{
    for (int i = 0; i < N; i++) {
        pthread_mutex_lock(&lock);
        stack[top++] = i;
        pthread_mutex_unlock(&lock);
    }
    return arg;
}

static void *pop(void *arg)
{
    for (int i = 0; i < N; i++) {
#ifdef CORRECT
        pthread_mutex_lock(&lock);
        if (top > 0)
            top--;
        pthread_mutex_unlock(&lock);
#else
        if (top > 0) {
            pthread_mutex_lock(&lock);
            assert(top > 0); /* somebody else may have taken it meanwhile */
            top--;
            pthread_mutex_unlock(&lock);
        }
#endif
    }
    return arg;
}

int main(void)
{
    pthread_t t[3];

    pthread_create(&t[0], NULL, push, NULL);
    pthread_create(&t[1], NULL, pop, NULL);
    pthread_create(&t[2], NULL, pop, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    return 0;
}

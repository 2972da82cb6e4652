// indexer: threads insert into one hash table; a look and a store for each slot, without a lock.
// expect: data-race wrong-result
// never: deadlock crash misuse
#include <assert.h>
#include <pthread.h>

enum { THREADS = 4, EACH = 3, SIZE = 16 };

static int table[SIZE];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void insert(int v)
{
    int at = v % 4; /* few places: they collide */

#ifdef CORRECT
    pthread_mutex_lock(&lock);
#endif
    while (table[at])
        at = (at + 1) % SIZE;
    table[at] = v;
#ifdef CORRECT
    pthread_mutex_unlock(&lock);
#endif
}

static void *work(void *arg)
{
    for (int i = 0; i < EACH; i++)
        insert((int)(long)arg * EACH + i + 1);
    return NULL;
}

int main(void)
{
    pthread_t t[THREADS];
    int n = 0;

    for (long i = 0; i < THREADS; i++)
        pthread_create(&t[i], NULL, work, (void *)i);
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    for (int i = 0; i < SIZE; i++)
        n += table[i] != 0;
    pthread_mutex_lock(&lock);
    assert(n == THREADS * EACH);
    pthread_mutex_unlock(&lock);
    return 0;
}

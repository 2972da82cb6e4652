// fsbench: files take blocks; the search for a free block and the taking are two steps.
// expect: wrong-result
// never: deadlock crash misuse data-race
#include <assert.h>
#include <pthread.h>

enum { FILES = 4, BLOCKS = 8 };

static pthread_mutex_t lock[BLOCKS], files_lock = PTHREAD_MUTEX_INITIALIZER;
static int busy[BLOCKS], block_of[FILES];

static int is_busy(int b)
{
    int v;

    pthread_mutex_lock(&lock[b]);
    v = busy[b];
    pthread_mutex_unlock(&lock[b]);
    return v;
}

static void *create(void *arg)
{
    const int me = (int)(long)arg;
    int b = me % 2; /* two files start looking at the same place */

#ifdef CORRECT
    for (int taken = 0; !taken; b++) {
        pthread_mutex_lock(&lock[b]);
        taken = !busy[b];
        busy[b] = 1;
        pthread_mutex_unlock(&lock[b]);
        if (taken)
            break;
    }
    (void)is_busy;
#else
    while (is_busy(b))
        b++;
    pthread_mutex_lock(&lock[b]);
    busy[b] = 1;
    pthread_mutex_unlock(&lock[b]);
#endif
    pthread_mutex_lock(&files_lock);
    block_of[me] = b;
    pthread_mutex_unlock(&files_lock);
    return NULL;
}

int main(void)
{
    pthread_t t[FILES];

    for (int i = 0; i < BLOCKS; i++)
        pthread_mutex_init(&lock[i], NULL);
    for (long i = 0; i < FILES; i++)
        pthread_create(&t[i], NULL, create, (void *)i);
    for (int i = 0; i < FILES; i++)
        pthread_join(t[i], NULL);
    for (int i = 0; i < FILES; i++)
        for (int j = 0; j < i; j++)
            assert(block_of[i] != block_of[j]);
    return 0;
}

/* philosophers.h - the body of philosophers_N.c (Dijkstra, 1965): N forks, N philosophers. */
#include <pthread.h>

static pthread_mutex_t fork_at[N];

static void *dine(void *arg)
{
    long left = (long)arg, right = (left + 1) % N;

#ifdef CORRECT
    if (left > right) { /* the lower number first: no cycle */
        const long t = left;

        left = right;
        right = t;
    }
#endif
    pthread_mutex_lock(&fork_at[left]);
    pthread_mutex_lock(&fork_at[right]);
    pthread_mutex_unlock(&fork_at[right]);
    pthread_mutex_unlock(&fork_at[left]);
    return NULL;
}

int main(void)
{
    pthread_t t[N];

    for (long i = 0; i < N; i++)
        pthread_mutex_init(&fork_at[i], NULL);
    for (long i = 0; i < N; i++)
        pthread_create(&t[i], NULL, dine, (void *)i);
    for (int i = 0; i < N; i++)
        pthread_join(t[i], NULL);
    return 0;
}

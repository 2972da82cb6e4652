// carter: two locks, each taken by the first of a group and given back by the last; opposite orders
// in one branch.
// expect: deadlock
// never: wrong-result crash misuse lost-wakeup
#include <pthread.h>
#include <semaphore.h>

static pthread_mutex_t count = PTHREAD_MUTEX_INITIALIZER;
static sem_t a, b;
static int users_of_a, users_of_b;

static void first_takes(int *users, sem_t *s)
{
    pthread_mutex_lock(&count);
    if ((*users)++ == 0)
        sem_wait(s); /* while it holds the count */
    pthread_mutex_unlock(&count);
}

static void last_gives(int *users, sem_t *s)
{
    pthread_mutex_lock(&count);
    if (--*users == 0)
        sem_post(s);
    pthread_mutex_unlock(&count);
}

static void *one(void *arg)
{
    first_takes(&users_of_a, &a);
#ifdef CORRECT
    last_gives(&users_of_a, &a);
    sem_wait(&b);
#else
    sem_wait(&b);
    last_gives(&users_of_a, &a);
#endif
    sem_post(&b);
    return arg;
}

static void *two(void *arg)
{
    sem_wait(&b);
#ifdef CORRECT
    sem_post(&b);
    sem_wait(&a);
    sem_post(&a);
#else
    sem_wait(&a);
    sem_post(&a);
    sem_post(&b);
#endif
    return arg;
}

int main(void)
{
    pthread_t t[4];

    sem_init(&a, 0, 1);
    sem_init(&b, 0, 1);
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, i % 2 ? two : one, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    (void)users_of_b;
    return 0;
}

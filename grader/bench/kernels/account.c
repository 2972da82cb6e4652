// account: a check of the sum assumes that deposit and withdrawal are both done.
// expect: wrong-result
// never: deadlock lost-wakeup crash misuse
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int balance = 100, deposited, withdrawn;

static void *deposit(void *arg)
{
    pthread_mutex_lock(&lock);
    balance += 50;
    deposited = 1;
    pthread_mutex_unlock(&lock);
    return arg;
}

static void *withdraw(void *arg)
{
    pthread_mutex_lock(&lock);
    balance -= 30;
    withdrawn = 1;
    pthread_mutex_unlock(&lock);
    return arg;
}

static void *check(void *arg)
{
    pthread_mutex_lock(&lock);
#ifdef CORRECT
    if (deposited && withdrawn)
#else
    if (deposited || withdrawn)
#endif
        assert(balance == 120);
    pthread_mutex_unlock(&lock);
    return arg;
}

int main(void)
{
    void *(*const work[])(void *) = {deposit, withdraw, check};
    pthread_t t[3];

    for (int i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, work[i], NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    return 0;
}

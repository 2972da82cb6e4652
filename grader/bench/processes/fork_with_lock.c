// fork_with_lock: a thread holds a mutex at the moment of the fork; the child needs it.
// expect: deadlock
// never: crash data-race misuse
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int n;

static void *work(void *arg)
{
    pthread_mutex_lock(&lock);
    n++;
    pthread_mutex_unlock(&lock);
    return arg;
}

int main(void)
{
    pthread_t t;

    pthread_create(&t, NULL, work, NULL);
#ifdef CORRECT
    pthread_mutex_lock(&lock);
#endif
    if (fork() == 0) {
#ifndef CORRECT
        pthread_mutex_lock(&lock);
#endif
        n++;
        pthread_mutex_unlock(&lock);
        _exit(0);
    }
#ifdef CORRECT
    pthread_mutex_unlock(&lock);
#endif
    pthread_join(t, NULL);
    wait(NULL);
    return 0;
}

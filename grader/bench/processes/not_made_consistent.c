// not_made_consistent: the heir of a robust mutex unlocks it without pthread_mutex_consistent().
// expect: wrong-result
// never: deadlock crash data-race
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void work(pthread_mutex_t *m)
{
    int rc = pthread_mutex_lock(m);

    assert(rc == 0 || rc == EOWNERDEAD);
#ifdef CORRECT
    if (rc == EOWNERDEAD)
        pthread_mutex_consistent(m);
#endif
    pthread_mutex_unlock(m);
}

int main(void)
{
    pthread_mutex_t *m =
        mmap(NULL, sizeof *m, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t a;

    pthread_mutexattr_init(&a);
    pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(m, &a);
    if (fork() == 0) {
        pthread_mutex_lock(m);
        _exit(0);
    }
    work(m);
    wait(NULL);
    work(m);
    work(m);
    return 0;
}

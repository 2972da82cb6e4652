// lock_not_shared: a mutex in shared memory that was made for one process.
// expect: misuse
// never: deadlock crash data-race
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    pthread_mutex_t *m =
        mmap(NULL, sizeof *m, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t a;

    pthread_mutexattr_init(&a);
#ifdef CORRECT
    pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
#endif
    pthread_mutex_init(m, &a);
    if (fork() == 0) {
        pthread_mutex_lock(m);
        pthread_mutex_unlock(m);
        _exit(0);
    }
    pthread_mutex_lock(m);
    pthread_mutex_unlock(m);
    wait(NULL);
    return 0;
}

// cond_not_shared: the condition variable was made for one process.
// expect: misuse
// never: deadlock crash data-race
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct event {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int set;
};

int main(void)
{
    struct event *e =
        mmap(NULL, sizeof *e, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t m;
    pthread_condattr_t c;

    pthread_mutexattr_init(&m);
    pthread_mutexattr_setpshared(&m, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&e->lock, &m);
    pthread_condattr_init(&c);
#ifdef CORRECT
    pthread_condattr_setpshared(&c, PTHREAD_PROCESS_SHARED);
#endif
    pthread_cond_init(&e->changed, &c);
    if (fork() == 0) {
        pthread_mutex_lock(&e->lock);
        e->set = 1;
        pthread_cond_signal(&e->changed);
        pthread_mutex_unlock(&e->lock);
        _exit(0);
    }
    pthread_mutex_lock(&e->lock);
    while (!e->set)
        pthread_cond_wait(&e->changed, &e->lock);
    pthread_mutex_unlock(&e->lock);
    wait(NULL);
    return 0;
}

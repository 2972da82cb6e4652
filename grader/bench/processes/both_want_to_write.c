// both_want_to_write: two processes hold a read lock and both wait to write.
// expect: deadlock
// never: crash data-race misuse
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct cell {
    pthread_rwlock_t lock;
    int n;
};

static void grow(struct cell *c)
{
    pthread_rwlock_rdlock(&c->lock);
    if (c->n < 10) {
#ifdef CORRECT
        pthread_rwlock_unlock(&c->lock);
#endif
        pthread_rwlock_wrlock(&c->lock);
        c->n++;
    }
    pthread_rwlock_unlock(&c->lock);
}

int main(void)
{
    struct cell *c =
        mmap(NULL, sizeof *c, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_rwlockattr_t a;

    pthread_rwlockattr_init(&a);
    pthread_rwlockattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
    pthread_rwlock_init(&c->lock, &a);
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            grow(c);
            _exit(0);
        }
    wait(NULL);
    wait(NULL);
    return 0;
}

// two_addresses: one object mapped at two addresses; each process takes a lock of its own.
// expect: data-race wrong-result
// never: deadlock crash misuse
#include <assert.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct both {
    pthread_mutex_t lock[2];
    int n;
};

static void add(struct both *b, int which)
{
    pthread_mutex_lock(&b->lock[which]);
    b->n++;
    pthread_mutex_unlock(&b->lock[which]);
}

static struct both *map(int fd)
{
    return mmap(NULL, sizeof(struct both), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

int main(void)
{
    int fd = memfd_create("both", 0);
    pthread_mutexattr_t a;
    struct both *b;

    ftruncate(fd, sizeof *b);
    b = map(fd);
    pthread_mutexattr_init(&a);
    pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&b->lock[0], &a);
    pthread_mutex_init(&b->lock[1], &a);
    if (fork() == 0) {
#ifdef CORRECT
        add(map(fd), 0);
#else
        add(map(fd), 1);
#endif
        _exit(0);
    }
    add(b, 0);
    wait(NULL);
    assert(b->n == 2);
    return 0;
}

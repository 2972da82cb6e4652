// lost_update: two processes add to a number in shared memory without a lock.
// expect: data-race wrong-result
// never: deadlock crash misuse
#include <assert.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct both {
    sem_t lock;
    int n;
};

static void add(struct both *b)
{
#ifdef CORRECT
    sem_wait(&b->lock);
#endif
    b->n++;
#ifdef CORRECT
    sem_post(&b->lock);
#endif
}

int main(void)
{
    struct both *b =
        mmap(NULL, sizeof *b, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    sem_init(&b->lock, 1, 1);
    if (fork() == 0) {
        add(b);
        _exit(0);
    }
    add(b);
    wait(NULL);
    assert(b->n == 2);
    return 0;
}

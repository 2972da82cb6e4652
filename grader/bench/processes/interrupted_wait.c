// interrupted_wait: sem_wait() that a handler ended is taken for a success.
// expect: data-race wrong-result
// never: deadlock crash
#include <assert.h>
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct both {
    sem_t ready;
    int n;
};

static void on(int sig)
{
    (void)sig;
}

int main(void)
{
    struct both *b =
        mmap(NULL, sizeof *b, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct sigaction sa = {.sa_handler = on};
    pid_t me = getpid();

    sem_init(&b->ready, 1, 0);
    sigaction(SIGUSR1, &sa, NULL);
    if (fork() == 0) {
        kill(me, SIGUSR1);
        b->n = 7;
        sem_post(&b->ready);
        _exit(0);
    }
#ifdef CORRECT
    while (sem_wait(&b->ready) < 0 && errno == EINTR)
        ;
#else
    sem_wait(&b->ready);
#endif
    assert(b->n == 7);
    while (wait(NULL) < 0)
        ;
    return 0;
}

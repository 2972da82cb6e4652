// two_semaphores: two named semaphores, taken in both orders.
// expect: deadlock
// never: crash data-race misuse
#include <fcntl.h>
#include <semaphore.h>
#include <sys/wait.h>
#include <unistd.h>

static void work(sem_t *a, sem_t *b)
{
    sem_wait(a);
    sem_wait(b);
    sem_post(b);
    sem_post(a);
}

int main(void)
{
    sem_t *a = sem_open("/lockstep-a", O_CREAT, 0600, 1);
    sem_t *b = sem_open("/lockstep-b", O_CREAT, 0600, 1);

    sem_unlink("/lockstep-a");
    sem_unlink("/lockstep-b");
    if (fork() == 0) {
#ifdef CORRECT
        work(a, b);
#else
        work(b, a);
#endif
        _exit(0);
    }
    work(a, b);
    wait(NULL);
    return 0;
}

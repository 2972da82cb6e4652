// killed_in_the_middle: a process is killed while it moves money from one account to another.
// expect: wrong-result
// never: deadlock crash
#include <assert.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct bank {
    sem_t done;
    volatile int a, b;
};

int main(void)
{
    struct bank *k =
        mmap(NULL, sizeof *k, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid;

    sem_init(&k->done, 1, 0);
    k->a = 100;
    pid = fork();
    if (pid == 0) {
        k->a -= 10;
        sched_yield();
        k->b += 10;
        sem_post(&k->done);
        for (;;)
            pause();
    }
#ifdef CORRECT
    sem_wait(&k->done);
#endif
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert(k->a + k->b == 100);
    return 0;
}

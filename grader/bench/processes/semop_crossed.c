// semop_crossed: two System V semaphores, taken one after the other in both orders.
// expect: deadlock
// never: crash data-race
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

static int set;

static void change(unsigned short which, short by)
{
    struct sembuf op = {.sem_num = which, .sem_op = by};

    semop(set, &op, 1);
}

static void work(unsigned short a, unsigned short b)
{
    change(a, -1);
    change(b, -1);
    change(b, 1);
    change(a, 1);
}

int main(void)
{
    set = semget(IPC_PRIVATE, 2, 0600);
    change(0, 1);
    change(1, 1);
    if (fork() == 0) {
#ifdef CORRECT
        work(0, 1);
#else
        work(1, 0);
#endif
        _exit(0);
    }
    work(0, 1);
    wait(NULL);
    semctl(set, 0, IPC_RMID);
    return 0;
}

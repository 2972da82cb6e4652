// semaphore_not_shared: sem_init() without pshared, used by two processes.
// expect: misuse
// never: deadlock crash data-race
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    sem_t *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

#ifdef CORRECT
    sem_init(s, 1, 0);
#else
    sem_init(s, 0, 0);
#endif
    if (fork() == 0) {
        sem_post(s);
        _exit(0);
    }
    sem_wait(s);
    wait(NULL);
    return 0;
}

// plain_data: a handler and the code it interrupts share a number that is neither volatile nor blocked.
// expect: signal-unsafe
// never: deadlock data-race
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static int count;

static void on(int sig)
{
    (void)sig;
    count++;
}

int main(void)
{
    pid_t me = getpid();
    sigset_t usr1, before;

    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    signal(SIGUSR1, on);
    if (fork() == 0) {
        kill(me, SIGUSR1);
        _exit(0);
    }
#ifdef CORRECT
    sigprocmask(SIG_BLOCK, &usr1, &before);
#endif
    count++;
#ifdef CORRECT
    sigprocmask(SIG_SETMASK, &before, NULL);
#endif
    while (wait(NULL) < 0)
        ;
    return 0;
}

// still_blocked: sigsuspend() with a mask that still holds the signal back.
// expect: lost-wakeup
// never: crash data-race
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t got;

static void on(int sig)
{
    (void)sig;
    got = 1;
}

int main(void)
{
    pid_t me = getpid();
    sigset_t usr1, before;

    signal(SIGUSR1, on);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, &before);
    if (fork() == 0) {
        kill(me, SIGUSR1);
        _exit(0);
    }
#ifdef CORRECT
    sigdelset(&before, SIGUSR1);
#else
    sigaddset(&before, SIGUSR1);
#endif
    while (!got)
        sigsuspend(&before);
    while (wait(NULL) < 0)
        ;
    return 0;
}

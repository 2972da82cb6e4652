// pause_race: the flag is looked at, then pause() is called: a signal in between is slept over.
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
    while (!got)
        sigsuspend(&before);
#else
    sigprocmask(SIG_SETMASK, &before, NULL);
    while (!got)
        pause();
#endif
    while (wait(NULL) < 0)
        ;
    return 0;
}

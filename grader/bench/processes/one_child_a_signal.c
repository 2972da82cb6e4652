// one_child_a_signal: a SIGCHLD handler reaps one child; two deaths were one signal.
// expect: lost-wakeup
// never: crash data-race
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t reaped;

static void on(int sig)
{
    (void)sig;
#ifdef CORRECT
    while (waitpid(-1, NULL, WNOHANG) > 0)
        reaped++;
#else
    if (waitpid(-1, NULL, WNOHANG) > 0)
        reaped++;
#endif
}

int main(void)
{
    sigset_t chld, before;

    signal(SIGCHLD, on);
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigprocmask(SIG_BLOCK, &chld, &before);
    for (int i = 0; i < 2; i++)
        if (fork() == 0)
            _exit(0);
    while (reaped < 2)
        sigsuspend(&before);
    return 0;
}

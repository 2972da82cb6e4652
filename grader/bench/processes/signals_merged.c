// signals_merged: two signals of a kind are counted as two.
// expect: lost-wakeup
// never: crash data-race
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef CORRECT
#define SIGNAL SIGRTMIN
#else
#define SIGNAL SIGUSR1
#endif
static volatile sig_atomic_t n;

static void on(int sig)
{
    (void)sig;
    n++;
}

int main(void)
{
    pid_t me = getpid();
    sigset_t set, before;

    signal(SIGNAL, on);
    sigemptyset(&set);
    sigaddset(&set, SIGNAL);
    sigprocmask(SIG_BLOCK, &set, &before);
    if (fork() == 0) {
        kill(me, SIGNAL);
        kill(me, SIGNAL);
        _exit(0);
    }
    while (n < 2)
        sigsuspend(&before);
    wait(NULL);
    return 0;
}

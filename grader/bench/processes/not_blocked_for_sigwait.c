// not_blocked_for_sigwait: sigwait() for a signal that is not blocked: it may kill instead.
// expect: crash
// never: deadlock data-race
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    pid_t me = getpid();
    sigset_t usr1;
    int sig;

    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
#ifdef CORRECT
    sigprocmask(SIG_BLOCK, &usr1, NULL);
#endif
    if (fork() == 0) {
        kill(me, SIGUSR1);
        _exit(0);
    }
    sigwait(&usr1, &sig);
    wait(NULL);
    return 0;
}

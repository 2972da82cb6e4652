// handler_too_late: the child signals a parent that has not yet installed its handler.
// expect: crash
// never: deadlock data-race
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

#ifdef CORRECT
    signal(SIGUSR1, on);
#endif
    if (fork() == 0) {
        kill(me, SIGUSR1);
        _exit(0);
    }
#ifndef CORRECT
    signal(SIGUSR1, on);
#endif
    while (wait(NULL) < 0)
        ;
    return 0;
}

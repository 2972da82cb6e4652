// continued_too_early: SIGCONT is sent before the child has stopped itself.
// expect: deadlock
// never: crash data-race
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        raise(SIGSTOP);
        _exit(0);
    }
#ifdef CORRECT
    waitpid(pid, NULL, WUNTRACED);
#endif
    kill(pid, SIGCONT);
    waitpid(pid, NULL, 0);
    return 0;
}

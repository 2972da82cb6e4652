// errno_clobbered: a handler changes errno between a call and the look at it.
// expect: signal-unsafe wrong-result
// never: deadlock data-race
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void on(int sig)
{
#ifdef CORRECT
    int saved = errno;
#endif

    (void)sig;
    close(-1);
#ifdef CORRECT
    errno = saved;
#endif
}

int main(void)
{
    pid_t me = getpid();
    int rc = 0;

    signal(SIGUSR1, on);
    if (fork() == 0) {
        kill(me, SIGUSR1);
        _exit(0);
    }
    if (waitpid(4, NULL, 0) < 0 && errno != ECHILD)
        rc = 1;
    wait(NULL);
    return rc;
}

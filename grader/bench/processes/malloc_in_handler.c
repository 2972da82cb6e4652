// malloc_in_handler: a handler calls malloc(), which may interrupt another malloc().
// expect: signal-unsafe
// never: deadlock data-race
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t got;

static void on(int sig)
{
    (void)sig;
#ifdef CORRECT
    got = 1;
#else
    free(malloc(8));
#endif
}

int main(void)
{
    pid_t me = getpid();

    signal(SIGUSR1, on);
    if (fork() == 0) {
        kill(me, SIGUSR1);
        _exit(0);
    }
    free(malloc(got ? 16 : 8));
    while (wait(NULL) < 0)
        ;
    return 0;
}

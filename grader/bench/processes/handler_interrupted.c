// handler_interrupted: a second signal interrupts the handler of the first one in the middle.
// expect: wrong-result
// never: deadlock data-race
#include <assert.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t inside, overlapped;

static void on(int sig)
{
    (void)sig;
    if (inside)
        overlapped = 1;
    inside = 1;
    getppid();
    inside = 0;
}

int main(void)
{
    struct sigaction sa = {.sa_handler = on, .sa_flags = SA_RESTART};
    pid_t me = getpid();

#ifdef CORRECT
    sigaddset(&sa.sa_mask, SIGUSR1);
    sigaddset(&sa.sa_mask, SIGUSR2);
#endif
    sigaction(SIGUSR1, &sa, NULL);
    sigaction(SIGUSR2, &sa, NULL);
    if (fork() == 0) {
        kill(me, SIGUSR1);
        kill(me, SIGUSR2);
        _exit(0);
    }
    wait(NULL);
    assert(!overlapped);
    return 0;
}

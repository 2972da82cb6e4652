/* driver_conductor.c - the reference solution of exercise 13-driver-conductor.
 *
 * Two ideas carry it. Dispositions and masks are inherited over fork(), so everything that
 * must hold from the child's first instruction is arranged before the fork. And handlers do
 * nothing but note what came: sigsuspend() opens the mask and sleeps in one step, so a signal
 * can arrive only while it is being waited for. With pause() there is a gap between looking
 * and sleeping in which a signal is lost.
 */
#include "driver_conductor.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* One flag a signal; two of a kind that come together are one, as for the kernel. */
static volatile sig_atomic_t got_int, got_quit, got_tstp, got_usr1, got_usr2;

static void note(int sig)
{
    if (sig == SIGINT)
        got_int = 1;
    else if (sig == SIGQUIT)
        got_quit = 1;
    else if (sig == SIGTSTP)
        got_tstp = 1;
    else if (sig == SIGUSR1)
        got_usr1 = 1;
    else if (sig == SIGUSR2)
        got_usr2 = 1;
}

static void on(int sig, void (*handler)(int))
{
    struct sigaction sa;

    memset(&sa, 0, sizeof sa);
    sa.sa_handler = handler;
    sigemptyset(&sa.sa_mask);
    sigaction(sig, &sa, NULL);
}

/* write(), not printf(): nothing is left in a buffer when we sleep again. */
static void say(const char *line)
{
    size_t left = strlen(line);

    while (left > 0) {
        ssize_t n = write(STDOUT_FILENO, line, left);

        if (n < 0 && errno != EINTR)
            return;
        if (n > 0) {
            line += n;
            left -= (size_t)n;
        }
    }
}

/* Takes a flag back: was it set? Only while the signals are blocked. */
static int took(volatile sig_atomic_t *flag)
{
    int was = *flag;

    *flag = 0;
    return was;
}

static void __attribute__((noreturn)) conduct(pid_t driver, const sigset_t *open)
{
    on(SIGTSTP, SIG_IGN); /* the driver's business */
    for (;;) {
        if (took(&got_int))
            kill(driver, SIGUSR1);
        if (took(&got_quit))
            kill(driver, SIGUSR2);
        if (took(&got_usr1)) {
            say("到站了，请下车\n");
            _exit(0);
        }
        sigsuspend(open);
    }
}

static int drive(pid_t conductor, const sigset_t *open)
{
    on(SIGINT, SIG_IGN); /* the conductor's business */
    on(SIGQUIT, SIG_IGN);
    for (;;) {
        if (took(&got_usr1))
            say("老司机开车了\n");
        if (took(&got_usr2))
            say("车速有点快，系好安全带\n");
        if (took(&got_tstp))
            break;
        sigsuspend(open);
    }
    kill(conductor, SIGUSR1);
    while (waitpid(conductor, NULL, 0) < 0 && errno == EINTR)
        ;
    return 0;
}

int driver_conductor(void)
{
    static const int ours[] = {SIGINT, SIGQUIT, SIGTSTP, SIGUSR1, SIGUSR2};
    pid_t driver = getpid(), conductor; /* not getppid() later: that may be init's by then */
    sigset_t blocked, open;
    int rc;

    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        sigaddset(&blocked, ours[i]);
        on(ours[i], note);
    }
    sigprocmask(SIG_BLOCK, &blocked, &open);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        sigdelset(&open, ours[i]);
    conductor = fork();
    if (conductor < 0)
        return -1;
    if (conductor == 0)
        conduct(driver, &open);
    rc = drive(conductor, &open);
    sigprocmask(SIG_UNBLOCK, &blocked, NULL);
    return rc;
}

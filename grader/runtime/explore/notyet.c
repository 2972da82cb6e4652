/* notyet.c - what the explorer does not explore yet: said at once, and held against nobody.
 *
 * Processes, signals that are waited for, alarms, and waiting for descriptors are the second
 * half of the explorer. A call that would block in the kernel would stop every task of the
 * program, so it ends the exploration with a reason instead. Calls that need not wait are
 * passed on.
 */
#include <poll.h>
#include <signal.h>
#include <sys/select.h>
#include <unistd.h>

#include "runtime/explore/sync.h"

static void __attribute__((noreturn)) not_yet(const char *what)
{
    broken("the program uses %s, which is not explored yet", what);
}

#define NOT_YET(type, name, what, ...)                                                         \
    REPLACES(type, name, __VA_ARGS__)                                                          \
    {                                                                                          \
        not_yet(what);                                                                         \
    }

NOT_YET(pid_t, fork, "fork()", void)
NOT_YET(pid_t, vfork, "vfork()", void)
NOT_YET(int, pause, "pause()", void)
NOT_YET(unsigned, alarm, "alarm()", unsigned s __attribute__((unused)))
NOT_YET(int, sigsuspend, "sigsuspend()", const sigset_t *m __attribute__((unused)))
NOT_YET(int, sigwait, "sigwait()", const sigset_t *m __attribute__((unused)),
        int *sig __attribute__((unused)))
NOT_YET(int, sigwaitinfo, "sigwaitinfo()", const sigset_t *m __attribute__((unused)),
        siginfo_t *info __attribute__((unused)))
NOT_YET(int, sigtimedwait, "sigtimedwait()", const sigset_t *m __attribute__((unused)),
        siginfo_t *info __attribute__((unused)),
        const struct timespec *t __attribute__((unused)))

REPLACES(int, poll, struct pollfd *fds, nfds_t n, int timeout)
{
    int rc = poll(fds, n, RUNNING ? 0 : timeout);

    if (RUNNING && rc == 0 && timeout != 0)
        not_yet("poll() to wait");
    return rc;
}

REPLACES(int, select, int n, fd_set *r, fd_set *w, fd_set *x, struct timeval *t)
{
    struct timeval now = {0, 0};
    const bool waits = !t || t->tv_sec || t->tv_usec;
    int rc = select(n, r, w, x, RUNNING ? &now : t);

    if (RUNNING && rc == 0 && waits)
        not_yet("select() to wait");
    return rc;
}

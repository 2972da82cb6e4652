/* main.c - lockstep-init's life: make the room, start the program, reap, count what is left,
 * end everybody, report.
 *
 * Reports on its status pipe, one fact a line:
 *   ready            it runs; the keeper may look for it
 *   fail TEXT        the room could not be made; no verdict may be drawn
 *   end exit N       the program's own process ended (or: end signal N)
 *   left KIND NAME   something of the program is still there
 *   used CPU_US RSS_KB
 * No "used" line: init was killed.
 *
 * It makes itself non-dumpable before the program exists: /proc/1/mem and ptrace(2) are then
 * closed to it (SANDBOX, decision 4).
 */
#include "sandbox/init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/wire.h"
#include "sandbox/tasks.h"

void init_say(const char *fmt, ...)
{
    char line[512];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(line, sizeof line - 1, fmt, ap);
    va_end(ap);
    if (n > (int)sizeof line - 2)
        n = (int)sizeof line - 2;
    for (int i = 0; i < n; i++)
        if ((unsigned char)line[i] < ' ')
            line[i] = '?'; /* a name must not forge a line */
    line[n++] = '\n';
    for (int done = 0; done < n;) { /* the keeper drains it; EINTR cannot be, all is blocked */
        const ssize_t w = write(INIT_STATUS_FD, line + done, (size_t)(n - done));

        if (w <= 0)
            return;
        done += (int)w;
    }
}

void init_fail(const char *what)
{
    init_say("fail %s: %s", what, strerror(errno));
    _exit(1);
}

/* ---- the command line -------------------------------------------------------------- */

static bool take(const char *arg, const char *key, const char **value)
{
    const size_t n = strlen(key);

    if (strncmp(arg, key, n) != 0 || arg[n] != '=')
        return false;
    *value = arg + n + 1;
    return true;
}

static bool flag(const char *arg, const char *key, bool *ret)
{
    const char *v;

    if (!take(arg, key, &v))
        return false;
    *ret = *v == '1';
    return true;
}

static bool number(const char *arg, const char *key, long *ret)
{
    const char *v;

    if (!take(arg, key, &v))
        return false;
    *ret = strtol(v, NULL, 10);
    return true;
}

static bool path(const char *arg, const char *key, const char *list[])
{
    const char *v;
    int n = 0;

    if (!take(arg, key, &v))
        return false;
    while (n < INIT_PATHS - 1 && list[n])
        n++;
    list[n] = v;
    return n < INIT_PATHS - 1;
}

static bool understand(struct init_config *c, const char *arg)
{
    long filter;

    if (number(arg, "filter", &filter)) {
        c->filter = (int)filter;
        return true;
    }
    return flag(arg, "namespaces", &c->namespaces) || flag(arg, "knobs", &c->knobs) ||
           flag(arg, "wire", &c->wire) || flag(arg, "left", &c->watch_left) ||
           flag(arg, "keep", &c->keep) || flag(arg, "landlock", &c->landlock) ||
           flag(arg, "deaf", &c->deaf) || flag(arg, "dumpable", &c->dumpable) ||
           number(arg, "uid", &c->uid) || number(arg, "cpu", &c->cpu_s) ||
           number(arg, "as", &c->as_mb) || number(arg, "file", &c->file_mb) ||
           number(arg, "tasks", &c->tasks) || path(arg, "read", c->read) ||
           path(arg, "write", c->write);
}

static void read_command_line(struct init_config *c, char *argv[])
{
    int i = 1;

    for (; argv[i] && strcmp(argv[i], "--") != 0; i++)
        if (!understand(c, argv[i])) {
            errno = EINVAL;
            init_fail(argv[i]);
        }
    if (!argv[i] || !argv[i + 1]) {
        errno = EINVAL;
        init_fail("lockstep-init: no program");
    }
    c->argv = argv + i + 1;
}

/* ---- the program --------------------------------------------------------------------- */

static void __attribute__((noreturn)) start_program(const struct init_config *c)
{
    sigset_t none;

    sigemptyset(&none);
    for (int s = 1; s < NSIG; s++)
        signal(s, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    close(INIT_CONTROL_FD);
    close_range(INIT_STATUS_FD + 1, LS_WIRE_FD - 1, 0);
    if (!c->wire)
        close(LS_WIRE_FD);
    close_range(LS_WIRE_FD + 1, ~0u, 0);
    init_confine(c);
    execv(c->argv[0], c->argv);
    /* A program too large for its limit is the submission's doing, not the grader's. */
    if (errno == ENOMEM)
        _exit(INIT_TOO_LARGE);
    init_say("fail cannot start '%s': %s", c->argv[0], strerror(errno));
    _exit(127);
}

static void reap(pid_t program, bool *ended)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != program)
            continue;
        *ended = true;
        if (WIFEXITED(status))
            init_say("end exit %d", WEXITSTATUS(status));
        else
            init_say("end signal %d", WTERMSIG(status));
    }
}

static void kill_everybody(const struct init_config *c)
{
    if (c->namespaces && getpid() == 1)
        kill(-1, SIGKILL); /* all of the namespace but its pid 1, at once */
    else
        tasks_kill(getpid());
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        ;
}

static void report_used(void)
{
    struct rusage ru;

    getrusage(RUSAGE_CHILDREN, &ru);
    init_say("used %lld %ld",
             (long long)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000000 +
                 ru.ru_utime.tv_usec + ru.ru_stime.tv_usec,
             ru.ru_maxrss);
}

/* Until the program has ended, or the keeper wants an end or has gone itself. */
static bool watch(const struct init_config *c, pid_t program)
{
    struct signalfd_siginfo info;
    struct pollfd p[2];
    bool ended = false, stop = false;
    sigset_t chld;

    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    p[0] = (struct pollfd){.fd = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK),
                           .events = POLLIN};
    p[1] = (struct pollfd){.fd = c->deaf ? -1 : INIT_CONTROL_FD, .events = POLLIN};
    if (p[0].fd < 0)
        init_fail("signalfd");
    reap(program, &ended); /* it may have gone before */
    while (!ended && !stop) {
        if (poll(p, 2, -1) < 0)
            continue;
        stop = p[1].revents != 0;
        if (p[0].revents)
            while (read(p[0].fd, &info, sizeof info) > 0)
                ;
        reap(program, &ended);
    }
    return ended;
}

int main(int argc, char *argv[])
{
    struct init_config c = {.uid = -1};
    sigset_t all;
    pid_t program;

    (void)argc;
    fcntl(INIT_STATUS_FD, F_SETFD, FD_CLOEXEC);
    fcntl(INIT_CONTROL_FD, F_SETFD, FD_CLOEXEC);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL); /* Ctrl-C is the keeper's to answer */
    read_command_line(&c, argv);
    init_room(&c);
    if (!c.namespaces)
        prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_DUMPABLE, c.dumpable);
    prctl(PR_SET_NAME, "lockstep-init");
    init_left_before(&c);
    init_say("ready");
    program = fork();
    if (program < 0)
        init_fail("fork");
    if (program == 0)
        start_program(&c);
    close(0);
    close(1);
    close(2);
    if (c.wire)
        close(LS_WIRE_FD);
    if (watch(&c, program))
        init_left_report(&c);
    kill_everybody(&c);
    init_left_foreign(&c);
    init_left_remove(&c);
    report_used();
    _exit(0);
}

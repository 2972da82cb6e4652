/* terminal.c - a real pseudo-terminal with a small shell on it, and keys typed on it.
 *
 *   test (master side) --fork--> shell (session leader, own group, adopts orphans)
 *                                   `--fork--> program (foreground group)
 *
 * The shell in between matters: a session leader's own group is orphaned, and the kernel
 * does not stop orphaned groups on Ctrl-Z (setpgid(2), termios(3)), so a program that
 * forgets about SIGTSTP would pass without it.
 *
 * The terminal works asynchronously: what is typed on the master and what is printed on
 * the slave pass through kernel work queues. Two facts make it exact without sleeping.
 * The line discipline sends the signal before it echoes "^C", so the echo proves that the
 * group has the signal. And output is a queue: a mark written to the slave comes out of the
 * master behind everything printed before it.
 */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <utmp.h>

#include "runtime/harness.h"
#include "runtime/lockstep.h"

enum { SCREEN = 1 << 16, MARK = 0x1e /* record separator: no program prints it */ };

static struct {
    int master, slave;
    pid_t shell;
    int leavings; /* pipe from the shell: struct ls_leaving, one a task that left */
    char text[SCREEN];
    size_t len;
    char line[4096];
} term = {.master = -1, .slave = -1, .leavings = -1};

static void need(bool ok, const char *what)
{
    if (!ok)
        ck_abort_msg("resource-limit: %s: %s", what, strerror(errno));
}

/* In the shell: tell of each task that leaves. Those that are not `program` came here
 * because their parent is gone. Who is found dead at the moment the program leaves is
 * reported after it, since its parent never waited for it. */
static void __attribute__((noreturn)) shell(int out, pid_t program)
{
    struct ls_leaving l;

    for (;;) {
        l.pid = waitpid(-1, &l.status, 0);
        if (l.pid < 0 && errno == EINTR)
            continue;
        if (l.pid < 0)
            break;
        l.adopted = l.pid != program;
        if (write(out, &l, sizeof l) != sizeof l)
            break;
    }
    _exit(0);
}

static void __attribute__((noreturn)) start_shell(int (*program)(void), int out)
{
    pid_t pid;

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (login_tty(term.slave) < 0) /* a new session, this its terminal and 0, 1, 2 */
        _exit(126);
    close(term.master);
    signal(SIGTTOU, SIG_IGN);
    pid = fork();
    if (pid < 0)
        _exit(126);
    if (pid == 0) {
        close(out);
        setpgid(0, 0);
        tcsetpgrp(0, getpid());
        /* As a user's shell would: libcheck's own handler of SIGINT kills the whole group. */
        for (int sig = 1; sig < SIGRTMIN; sig++)
            signal(sig, SIG_DFL);
        _exit(program());
    }
    write(out, &(struct ls_leaving){.pid = pid}, sizeof(struct ls_leaving));
    close(0);
    close(1);
    close(2);
    shell(out, pid);
}

pid_t ls_terminal_start(int (*program)(void))
{
    struct ls_leaving first;
    struct termios t;
    int fds[2];
    pid_t pid;

    need(openpty(&term.master, &term.slave, NULL, NULL, NULL) == 0, "openpty");
    need(tcgetattr(term.slave, &t) == 0, "tcgetattr");
    t.c_lflag |= NOFLSH | ECHO | ECHOCTL | ISIG; /* a key must not throw output away */
    t.c_oflag &= (tcflag_t)~OPOST;
    need(tcsetattr(term.slave, TCSANOW, &t) == 0, "tcsetattr");
    fcntl(term.master, F_SETFL, O_NONBLOCK);
    need(pipe2(fds, O_CLOEXEC) == 0, "pipe");
    fflush(NULL);
    pid = fork();
    need(pid >= 0, "fork");
    if (pid == 0) {
        close(fds[0]);
        start_shell(program, fds[1]);
    }
    close(fds[1]);
    need(read(fds[0], &first, sizeof first) == sizeof first, "the shell on the terminal");
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    term.leavings = fds[0];
    term.shell = pid;
    errno = 0;
    return first.pid;
}

/* Takes in what the master has; true if anything came. */
static bool take_in(void)
{
    ssize_t n = read(term.master, term.text + term.len, SCREEN - term.len);

    if (n <= 0)
        return false;
    term.len += (size_t)n;
    if (term.len == SCREEN)
        ck_abort_msg("resource-limit: the program floods the terminal");
    return true;
}

static bool cut(const char *what, size_t n)
{
    char *p = memmem(term.text, term.len, what, n);

    if (!p)
        return false;
    memmove(p, p + n, term.len - (size_t)(p + n - term.text));
    term.len -= n;
    return true;
}

static void wait_for(const char *what, size_t n)
{
    struct pollfd p = {.fd = term.master, .events = POLLIN};

    while (!cut(what, n)) {
        poll(&p, 1, -1);
        take_in();
    }
}

/* Everything printed so far is in term.text when this returns. */
static void catch_up(void)
{
    char mark = MARK;

    need(write(term.slave, &mark, 1) == 1, "write to the terminal");
    wait_for(&mark, 1);
}

void key(int ch)
{
    char typed = (char)(ch & 0x1f), echo[2] = {'^', (char)ch};

    need(write(term.master, &typed, 1) == 1, "typing on the terminal");
    wait_for(echo, 2);
    errno = 0;
}

static bool cut_line(void)
{
    char *nl = memchr(term.text, '\n', term.len);
    size_t n;

    if (!nl)
        return false;
    n = (size_t)(nl - term.text);
    if (n >= sizeof term.line)
        ck_abort_msg("wrong-result: a line of %zu bytes", n);
    memcpy(term.line, term.text, n);
    if (n && term.line[n - 1] == '\r')
        n--;
    term.line[n] = '\0';
    memmove(term.text, nl + 1, term.len - (size_t)(nl + 1 - term.text));
    term.len -= (size_t)(nl + 1 - term.text);
    return true;
}

const char *ls_terminal_line(void)
{
    if (!cut_line()) {
        ls_settle();
        catch_up();
        if (!cut_line())
            return NULL;
    }
    errno = 0;
    return term.line;
}

bool ls_terminal_left(struct ls_leaving *ret)
{
    ssize_t n;

    ls_settle();
    n = read(term.leavings, ret, sizeof *ret);
    errno = 0;
    return n == (ssize_t)sizeof *ret;
}

void ls_terminal_end(void)
{
    kill(term.shell, SIGKILL);
    ls_reap(term.shell);
    close(term.leavings);
    close(term.slave);
    close(term.master);
    term.len = 0;
}

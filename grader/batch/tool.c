/* tool.c - one child, one pipe. */
#include "batch/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

enum { ANSWER_MAX = 8 << 20 };

static void become(char *const argv[], const char *dir, enum tool_errors errors, int out)
{
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    signal(SIGPIPE, SIG_DFL);
    if (null < 0 || (errors != TOOL_KEYS && dup2(null, STDIN_FILENO) < 0) ||
        (errors == TOOL_DROPPED && dup2(null, STDERR_FILENO) < 0) ||
        (out >= 0 && dup2(out, STDOUT_FILENO) < 0) ||
        (errors == TOOL_JOINED && dup2(STDOUT_FILENO, STDERR_FILENO) < 0) ||
        (dir && chdir(dir) < 0))
        _exit(126);
    execvp(argv[0], argv);
    _exit(127);
}

static void drain(int fd, struct buf *ret)
{
    char chunk[16384];
    ssize_t n;

    while ((n = read(fd, chunk, sizeof chunk)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0 && ret->len < ANSWER_MAX)
            buf_add(ret, chunk, (size_t)n);
}

/* Like drain(), but not beyond a moment; false: it was not done by then. */
static bool drain_until(int fd, double end, struct buf *ret)
{
    char chunk[16384];

    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        const double left = end - now_s();
        ssize_t n;

        if (left <= 0)
            return false;
        if (poll(&p, 1, (int)(left * 1000) + 1) <= 0)
            continue; /* a signal, or the end */
        n = read(fd, chunk, sizeof chunk);
        if (n == 0)
            return true;
        if (n > 0 && ret->len < ANSWER_MAX)
            buf_add(ret, chunk, (size_t)n);
    }
}

/* `seconds` 0: for as long as it takes. */
static int run(char *const argv[], const char *dir, enum tool_errors errors, int seconds,
               struct buf *ret, struct err *e)
{
    int ends[2] = {-1, -1}, status = 0;
    bool done = true;
    pid_t pid;

    if (ret && pipe2(ends, O_CLOEXEC) < 0)
        return err_errno(e, "cannot make a pipe for '%s'", argv[0]);
    fflush(stdout);
    pid = fork();
    if (pid == 0)
        become(argv, dir, errors, ends[1]);
    if (ret)
        close(ends[1]);
    if (pid > 0 && ret && seconds)
        done = drain_until(ends[0], now_s() + seconds, ret);
    else if (pid > 0 && ret)
        drain(ends[0], ret);
    if (ret)
        close(ends[0]);
    if (pid < 0)
        return err_errno(e, "cannot start '%s'", argv[0]);
    if (!done)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return err_errno(e, "cannot wait for '%s'", argv[0]);
    if (!done)
        return err_set(e, ERR_SYSTEM, "'%s' gave no answer in %d s", argv[0], seconds);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int tool_run(char *const argv[], const char *dir, enum tool_errors errors, struct buf *ret,
             struct err *e)
{
    return run(argv, dir, errors, 0, ret, e);
}

int tool_ask(char *const argv[], int seconds, struct buf *ret, struct err *e)
{
    return run(argv, NULL, TOOL_JOINED, seconds, ret, e);
}

int tool_start(char *const argv[], const char *log, struct err *e)
{
    auto_close int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    pid_t pid;

    if (out < 0)
        return err_errno(e, "cannot write '%s'", log);
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        setsid(); /* no terminal: what it starts can ask nothing there and be stopped for it */
        become(argv, NULL, TOOL_JOINED, out);
    }
    return pid < 0 ? err_errno(e, "cannot start '%s'", argv[0]) : pid;
}

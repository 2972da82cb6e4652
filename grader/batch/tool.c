/* tool.c - one child, one pipe. */
#include "batch/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

enum { ANSWER_MAX = 8 << 20 };

static void become(char *const argv[], const char *dir, enum tool_errors errors, int out)
{
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    signal(SIGPIPE, SIG_DFL);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
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

int tool_run(char *const argv[], const char *dir, enum tool_errors errors, struct buf *ret,
             struct err *e)
{
    int ends[2] = {-1, -1}, status = 0;
    pid_t pid;

    if (ret && pipe2(ends, O_CLOEXEC) < 0)
        return err_errno(e, "cannot make a pipe for '%s'", argv[0]);
    fflush(stdout);
    pid = fork();
    if (pid == 0)
        become(argv, dir, errors, ends[1]);
    if (ret)
        close(ends[1]);
    if (pid < 0) {
        if (ret)
            close(ends[0]);
        return err_errno(e, "cannot start '%s'", argv[0]);
    }
    if (ret) {
        drain(ends[0], ret);
        close(ends[0]);
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return err_errno(e, "cannot wait for '%s'", argv[0]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
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

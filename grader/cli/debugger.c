/* debugger.c - gdb with a breakpoint at lockstep_failed(), which the runtime calls for a
 * finding. */
#include "cli/debugger.h"

#include <errno.h>
#include <sys/wait.h>

#include "core/util.h"

int debug_schedule(const char *work, const char *program, const char *token, char *const more[],
                   struct err *e)
{
    auto_free char *path = NULL;
    char *argv[40] = {"gdb",   "-q",
                      "-iex",  "set debuginfod enabled off",
                      "-ex",   "set environment LOCKSTEP_SETTLED 1",
                      "-ex",   "set environment LD_BIND_NOW 1",
                      "-ex",   "handle SIGSEGV SIGVTALRM nostop noprint pass",
                      "-ex",   "break lockstep_failed",
                      "-ex",   "run",
                      "-ex",   "backtrace",
                      "--args"};
    int n = 17, status = 0;
    pid_t pid;

    if (asprintf(&path, "%s/%s", work, program) < 0) {
        path = NULL;
        return err_oom(e);
    }
    argv[n++] = path;
    argv[n++] = "--inline";
    argv[n++] = "--show";
    argv[n++] = "--token";
    argv[n++] = (char *)token;
    for (int i = 0; more && more[i] && n < (int)ARRAY_SIZE(argv) - 1; i++)
        argv[n++] = more[i];
    argv[n] = NULL;
    pid = fork();
    if (pid < 0)
        return err_errno(e, "cannot start gdb");
    if (pid == 0) {
        execvp(argv[0], argv);
        fputs("lockstep: cannot run gdb; install it with: apt-get install gdb\n", stderr);
        _exit(127);
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return err_errno(e, "cannot wait for gdb");
    return WIFEXITED(status) && WEXITSTATUS(status) == 127
               ? err_set(e, ERR_SYSTEM, "gdb is missing")
               : EXIT_ALL_PASS;
}

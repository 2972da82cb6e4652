/* debugger.c - gdb with a breakpoint at lockstep_failed(), which the runtime calls for a
 * finding, and with words of its own for tasks (debugger.py, which is built in here).
 */
#include "cli/debugger.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "core/util.h"

__asm__(".section .rodata\n"
        "debugger_script: .incbin \"grader/cli/debugger.py\"\n"
        ".byte 0\n"
        ".previous\n");
extern const char debugger_script[];

static int write_script(const char *work, char **ret, struct err *e)
{
    if (asprintf(ret, "%s/debugger.py", work) < 0) {
        *ret = NULL;
        return err_oom(e);
    }
    return write_plain(*ret, debugger_script, strlen(debugger_script), e);
}

int debug_schedule(const char *work, const char *program, const char *token, char *const more[],
                   const char *source, struct err *e)
{
    auto_free char *path = NULL;
    auto_free char *script = NULL;
    enum { SOURCE = 5, SCRIPT = 7, FIRST = 11 };
    char *argv[40] = {"gdb", "-q",  "-iex",  "set debuginfod enabled off",
                      "-d",  NULL,  "-x",    NULL,
                      "-ex", "run", "--args"};
    int n = FIRST, status = 0;
    pid_t pid;

    if (asprintf(&path, "%s/%s", work, program) < 0) {
        path = NULL;
        return err_oom(e);
    }
    if (write_script(work, &script, e) < 0)
        return -1;
    argv[SOURCE] = (char *)source;
    argv[SCRIPT] = script;
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

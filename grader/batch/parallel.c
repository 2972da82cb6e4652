/* parallel.c - units over a handful of machines by GNU parallel(1) and ssh(1).
 *
 * Small tasks, so that machines of different speed end together. parallel tries a task again
 * on another machine when its connection breaks (--retries); we look for results as with any
 * engine. $LOCKSTEP_SSH is the ssh command with its options ("ssh -p 2222 -i key").
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "batch/engine.h"
#include "batch/pool.h"
#include "batch/tool.h"

static int check(struct engine_job *j, struct err *e)
{
    char *argv[] = {"parallel", "--version", NULL};
    struct buf said = {0};
    int rc = tool_run(argv, NULL, TOOL_JOINED, &said, e);

    (void)j;
    if (rc >= 0 && (rc != 0 || !said.data || strncmp(said.data, "GNU parallel", 12) != 0))
        rc = err_set(e, ERR_USAGE, "'--engine parallel' needs GNU parallel (package parallel)");
    buf_release(&said);
    return rc;
}

static int start(struct engine_job *j, const char *list, int count, struct err *e)
{
    struct arena *a = j->share->a;
    const char *ssh = getenv("LOCKSTEP_SSH");
    char *argv[32] = {"parallel",  "--will-cite", "--quote", "--no-notice",
                      "--retries", "3",           "--jobs",  NULL};
    const int tasks = (int)engine_tasks(count, count);
    int n = 7;

    /* without hosts: as many as there are cores; hosts say their own numbers ("4/lab1") */
    argv[n++] = j->o->hosts ? "100%" : arena_printf(a, "%d", pool_cores());
    if (j->o->hosts) {
        argv[n++] = "--sshlogin";
        argv[n++] = (char *)j->o->hosts;
    }
    if (j->o->hosts && ssh && *ssh) {
        argv[n++] = "--ssh";
        argv[n++] = (char *)ssh;
    }
    argv[n++] = (char *)j->lockstep;
    argv[n++] = "node";
    argv[n++] = (char *)j->share->folder;
    argv[n++] = (char *)list;
    argv[n++] = "{}";
    argv[n++] = arena_printf(a, "%d", tasks);
    argv[n++] = "::::";
    argv[n++] = arena_printf(a, "%s.numbers", list);
    if (a->failed)
        return err_oom(e);
    {
        struct buf numbers = {0};
        int rc;

        for (int i = 0; i < tasks; i++)
            buf_printf(&numbers, "%d\n", i);
        rc = numbers.failed ? err_oom(e)
                            : write_whole(argv[n - 1], numbers.data, numbers.len, e);
        buf_release(&numbers);
        if (rc < 0)
            return -1;
    }
    j->id = tool_start(argv, arena_printf(a, "%s/log", j->share->folder), e);
    return j->id < 0 ? -1 : 0;
}

static int running(struct engine_job *j)
{
    int status;
    const pid_t pid = waitpid((pid_t)j->id, &status, WNOHANG);

    return pid == 0 ? 1 : 0;
}

/* The number may come from a batch that was killed long ago, and be another's by now. */
static bool is_ours(long id)
{
    char path[64];
    FILE *f;

    snprintf(path, sizeof path, "/proc/%ld/cmdline", id);
    f = fopen(path, "re");
    if (f) {
        char words[4096];
        const size_t n = fread(words, 1, sizeof words - 1, f);

        fclose(f);
        for (size_t i = 0; i < n; i++)
            words[i] = words[i] ? words[i] : ' ';
        words[n] = '\0';
        return strstr(words, "parallel") && strstr(words, " node ") &&
               strstr(words, "/engine-");
    }
    return false;
}

/* Its first SIGTERM lets what runs go on, the second ends that too (parallel(1), "--halt"). */
static void stop(long id)
{
    if (!is_ours(id))
        return;
    kill((pid_t)-id, SIGTERM);
    kill((pid_t)-id, SIGTERM);
    while (waitpid((pid_t)id, NULL, 0) < 0 && errno == EINTR)
        ;
}

const struct engine engine_parallel = {
    .name = "parallel", .check = check, .start = start, .running = running, .stop = stop};

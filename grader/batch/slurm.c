/* slurm.c - units as the tasks of a job array (sbatch(1), "--array").
 *
 * Each task grades every STEP-th unit of the list on one processor. Slurm requeues tasks of a
 * lost node by itself (--requeue) under the same number; a task that ran before skips what has
 * a result.
 */
#include <errno.h>
#include <string.h>

#include "batch/engine.h"
#include "batch/tool.h"

static int check(struct engine_job *j, struct err *e)
{
    char *argv[] = {"sinfo", "--noheader", "--format=%P", NULL};
    struct buf said = {0};
    int rc = tool_run(argv, NULL, TOOL_JOINED, &said, e);

    (void)j;
    if (rc == 127)
        rc = err_set(e, ERR_USAGE,
                     "'--engine slurm' needs Slurm's commands (package slurm-client)");
    else if (rc > 0)
        rc = err_set(e, ERR_SYSTEM, "Slurm does not answer: %.200s",
                     said.data ? said.data : "no message");
    buf_release(&said);
    return rc;
}

static int start(struct engine_job *j, const char *list, int count, struct err *e)
{
    const struct engine_options *o = j->o;
    const long most = o->array_size > 0 ? o->array_size : ARRAY_SIZE_DEFAULT;
    const long tasks = engine_tasks(count, most);
    struct arena *a = j->share->a;
    const char *script = arena_printf(a, "%s/task.sh", j->share->folder);
    const char *text =
        arena_printf(a, "#!/bin/sh\nexec '%s' node '%s' '%s' \"$SLURM_ARRAY_TASK_ID\" %ld\n",
                     j->lockstep, j->share->folder, list, tasks);
    char *argv[] = {"sbatch",
                    "--parsable",
                    "--job-name=lockstep",
                    "--requeue",
                    "--open-mode=append",
                    "--ntasks=1",
                    "--cpus-per-task=1",
                    arena_printf(a, "--array=0-%ld", tasks - 1),
                    arena_printf(a, "--chdir=%s", j->share->folder),
                    arena_printf(a, "--output=%s/log-%%a", j->share->folder),
                    arena_printf(a, "--partition=%s", o->partition ? o->partition : ""),
                    arena_printf(a, "--account=%s", o->account ? o->account : ""),
                    (char *)script,
                    NULL};
    struct buf said = {0};
    char digits[32];
    int rc;

    if (a->failed || !text)
        return err_oom(e);
    if (strchr(j->share->folder, '\'') || strchr(j->lockstep, '\''))
        return err_set(e, ERR_USAGE, "with '--engine slurm' no path may have a ' in it");
    if (!o->account)
        memmove(&argv[11], &argv[12], 2 * sizeof *argv);
    if (!o->partition)
        memmove(&argv[10], &argv[11], 3 * sizeof *argv);
    if (write_whole(script, text, strlen(text), e) < 0)
        return -1;
    rc = tool_run(argv, NULL, TOOL_JOINED, &said, e);
    snprintf(digits, sizeof digits, "%.*s",
             said.data ? (int)strspn(said.data, "0123456789") : 0, said.data ? said.data : "");
    if (rc == 0 && !parse_long(digits, 1, 0x7fffffff, &j->id))
        rc = 1;
    if (rc > 0)
        rc = err_set(e, ERR_SYSTEM, "Slurm refuses the job: %.200s",
                     said.data ? said.data : "no message");
    buf_release(&said);
    return rc;
}

/* What ended badly leaves its state for as long as the controller remembers (MinJobAge). */
static void note_state(struct engine_job *j, const char *state)
{
    static const char *const bad[] = {"NODE_FAIL", "TIMEOUT",       "PREEMPTED", "FAILED",
                                      "CANCELLED", "OUT_OF_MEMORY", "BOOT_FAIL", "DEADLINE"};

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        if (strncmp(state, bad[i], strlen(bad[i])) == 0)
            snprintf(j->state, sizeof j->state, "%s", bad[i]);
}

static bool is_over(const char *state)
{
    return strncmp(state, "COMPLETED", 9) == 0 || strncmp(state, "FAILED", 6) == 0 ||
           strncmp(state, "CANCELLED", 9) == 0 || strncmp(state, "TIMEOUT", 7) == 0 ||
           strncmp(state, "OUT_OF_MEMORY", 13) == 0 || strncmp(state, "DEADLINE", 8) == 0 ||
           strncmp(state, "BOOT_FAIL", 9) == 0 || strncmp(state, "NODE_FAIL", 9) == 0 ||
           strncmp(state, "PREEMPTED", 9) == 0;
}

static int running(struct engine_job *j)
{
    char jobs[48];
    char *argv[] = {"squeue",      "--noheader", "--array", "--states=all",
                    "--format=%T", jobs,         NULL};
    struct buf said = {0};
    struct err ignored;
    char *save = NULL;
    int n = 0, rc;

    snprintf(jobs, sizeof jobs, "--jobs=%ld", j->id);
    rc = tool_run(argv, NULL, TOOL_JOINED, &said, &ignored);
    if (rc != 0) /* forgotten: long over; anything else: the controller is away */
        n = rc > 0 && said.data && strstr(said.data, "Invalid job id") ? 0 : -1;
    for (char *l = rc == 0 && said.data ? strtok_r(said.data, "\n", &save) : NULL; l;
         l = strtok_r(NULL, "\n", &save)) {
        note_state(j, l);
        n += !is_over(l);
    }
    buf_release(&said);
    return n;
}

static void stop(long id)
{
    char number[32];
    char *argv[] = {"scancel", "--quiet", "--name=lockstep", number, NULL};
    struct err ignored;

    snprintf(number, sizeof number, "%ld", id);
    tool_run(argv, NULL, TOOL_DROPPED, NULL, &ignored);
}

const struct engine engine_slurm = {
    .name = "slurm", .check = check, .start = start, .running = running, .stop = stop};

/* parallel.c - units over a handful of machines by GNU parallel(1) and ssh(1).
 *
 * Small tasks, so that machines of different speed end together. parallel tries a task again
 * on another machine when its connection breaks (--retries); we look for results as with any
 * engine. $LOCKSTEP_SSH is the ssh command with its options ("ssh -p 2222 -i key"); without it
 * ssh asks nothing and does not wait for a machine that is gone.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "batch/engine.h"
#include "batch/pool.h"
#include "batch/tool.h"

enum {
    ARGUMENTS = 32,
    ASKED = 25 /* times to end, a fifth of a second apart, before SIGKILL */
};

static const char QUIET_SSH[] =
    "ssh -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=15";

static pid_t own; /* what this process has started and not waited for */

static int check(struct engine_job *j, struct err *e)
{
    char *argv[] = {"parallel", "--version", NULL};
    struct buf said = {0};
    int rc;

    if (strchr(j->share->folder, '{') || strchr(j->lockstep, '{')) /* a replacement string */
        return err_set(e, ERR_USAGE, "with '--engine parallel' no path may have a { in it");
    unsetenv("PARALLEL"); /* the user's own options for it */
    rc = tool_run(argv, NULL, TOOL_JOINED, &said, e);
    if (rc >= 0 && (rc != 0 || !said.data || strncmp(said.data, "GNU parallel", 12) != 0))
        rc = err_set(e, ERR_USAGE, "'--engine parallel' needs GNU parallel (package parallel)");
    buf_release(&said);
    return rc;
}

static int write_numbers(const char *path, long tasks, struct err *e)
{
    struct buf numbers = {0};
    int rc;

    for (long i = 0; i < tasks; i++)
        buf_printf(&numbers, "%ld\n", i);
    rc = path && !numbers.failed ? write_whole(path, numbers.data, numbers.len, e) : err_oom(e);
    buf_release(&numbers);
    return rc;
}

static int start(struct engine_job *j, int attempt, long tasks, struct err *e)
{
    struct arena *a = j->share->a;
    const char *ssh = getenv("LOCKSTEP_SSH");
    char *numbers = arena_printf(a, "%s/numbers-%d", j->share->folder, attempt);
    char *argv[ARGUMENTS] = {"parallel",  "--will-cite", "--quote", "--no-notice",
                             "--retries", "3",           "--jobs"};
    int n = 7;

    /* without hosts: as many as there are cores; hosts say their own numbers ("4/lab1") */
    argv[n++] = j->o->hosts ? "100%" : arena_printf(a, "%d", pool_cores());
    if (j->o->hosts) {
        argv[n++] = "--sshlogin";
        argv[n++] = (char *)j->o->hosts;
        argv[n++] = "--ssh";
        argv[n++] = (char *)(ssh && *ssh ? ssh : QUIET_SSH);
    }
    argv[n++] = (char *)j->lockstep;
    argv[n++] = "node";
    argv[n++] = (char *)j->share->folder;
    argv[n++] = arena_printf(a, "%d", attempt);
    argv[n++] = "{}";
    argv[n++] = "::::";
    argv[n++] = numbers;
    if (a->failed)
        return err_oom(e);
    if (write_numbers(numbers, tasks, e) < 0)
        return -1;
    own = tool_start(argv, arena_printf(a, "%s/log", j->share->folder), e);
    j->id = own;
    return own < 0 ? -1 : 0;
}

static int running(struct engine_job *j)
{
    (void)j;
    if (own > 0 && waitpid(own, NULL, WNOHANG) != 0)
        own = 0;
    return own > 0;
}

/* ---- ending it ------------------------------------------------------------------------ */

/* A process whose arguments name our folder and begin as parallel's do. */
static bool is_of(const char *pid, const char *folder)
{
    char path[64], words[16384];
    size_t n = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%.20s/cmdline", pid);
    f = fopen(path, "re");
    if (f) {
        n = fread(words, 1, sizeof words - 1, f);
        fclose(f);
    }
    for (size_t i = 0; i < n; i++)
        words[i] = words[i] ? words[i] : ' ';
    words[n] = '\0';
    return strstr(words, "parallel") && strstr(words, " node ") && strstr(words, folder);
}

/* The group of what a killed batch has started; 0: it is gone. */
static pid_t find(const char *job)
{
    DIR *d = opendir("/proc");
    char folder[80];
    pid_t group = 0;

    snprintf(folder, sizeof folder, "/engine-%.60s ",
             strchr(job, '-') ? strchr(job, '-') + 1 : "");
    for (struct dirent *de; d && !group && (de = readdir(d));) {
        long pid;

        if (parse_long(de->d_name, 2, 0x7fffffff, &pid) && is_of(de->d_name, folder))
            group = getpgid((pid_t)pid);
    }
    if (d)
        closedir(d);
    return group > 1 && group != getpgrp() ? group : 0;
}

/* It ignores SIGTERM until its first task runs, so it is told more than once. */
static void end_group(pid_t group)
{
    const struct timespec fifth = {.tv_nsec = 200000000};

    for (int i = 0; i <= ASKED; i++) {
        if (kill(-group, i < ASKED ? SIGTERM : SIGKILL) < 0)
            break;
        nanosleep(&fifth, NULL);
        if (own == group && waitpid(own, NULL, WNOHANG) != 0)
            own = 0;
    }
    if (own == group && waitpid(own, NULL, 0) == own)
        own = 0;
}

static bool stop(const char *job, const char *host)
{
    char here[65] = "here";
    pid_t group = own;

    gethostname(here, sizeof here - 1);
    if (group <= 0 && strcmp(here, host) != 0)
        return false; /* it runs there, if at all */
    if (group <= 0)
        group = find(job);
    if (group > 1)
        end_group(group);
    return true;
}

const struct engine engine_parallel = {
    .name = "parallel", .check = check, .start = start, .running = running, .stop = stop};

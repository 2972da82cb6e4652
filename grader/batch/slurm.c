/* slurm.c - units as the tasks of a job array (sbatch(1), "--array").
 *
 * Slurm requeues tasks of a lost node by itself (--requeue) under the same number; a task that
 * ran before skips what has a result. The job is known by a name of its own, so that it can be
 * ended even when nobody saw its number.
 */
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "batch/engine.h"
#include "batch/tool.h"

enum { ARGUMENTS = 24 };

/* Seconds for an answer; sinfo itself tries for a minute to find its configuration. */
enum { SINFO_S = 90, SQUEUE_S = 30, SCANCEL_S = 30, SBATCH_S = 120 };

/* What a user has set for commands of his own would hide our job from us, or make sbatch wait.
 */
static void forget_wishes(void)
{
    static const char *const of[] = {"SQUEUE_", "SCANCEL_", "SBATCH_WAIT", "SBATCH_CLUSTERS"};

    for (char **v = environ; *v;) {
        char name[128];
        bool ours = false;

        for (size_t i = 0; i < ARRAY_SIZE(of); i++)
            ours |= strncmp(*v, of[i], strlen(of[i])) == 0;
        snprintf(name, sizeof name, "%.*s", (int)strcspn(*v, "="), *v);
        if (!ours || unsetenv(name) < 0)
            v++;
    }
}

/* Of an answer, without the command's name: "sbatch: error: ". */
static const char *first_line(struct buf *said)
{
    char *l = said->data ? said->data : NULL, *cause = l ? strstr(l, "error: ") : NULL;

    if (!l || said->failed)
        return "no message";
    if (cause)
        l = cause + strlen("error: ");
    l[strcspn(l, "\n")] = '\0';
    if (strlen(l) > 200)
        l[200] = '\0';
    return l;
}

static int check(struct engine_job *j, struct err *e)
{
    char *argv[] = {"sinfo", "--noheader", "--format=%P", NULL};
    struct buf said = {0};
    int rc;

    forget_wishes();
    if (strpbrk(j->share->folder, "'\\") || strpbrk(j->lockstep, "'\\"))
        return err_set(e, ERR_USAGE,
                       "with '--engine slurm' no path may have a ' or a \\ in it");
    rc = tool_ask(argv, SINFO_S, &said, e);
    if (rc == 127)
        rc = err_set(e, ERR_USAGE,
                     "'--engine slurm' needs Slurm's commands (package slurm-client)");
    else if (rc > 0)
        rc = err_set(
            e, ERR_SYSTEM,
            "Slurm does not answer: %s; is its configuration right (SLURM_CONF), is its "
            "controller up",
            first_line(&said));
    buf_release(&said);
    return rc;
}

/* Which of the partition's nodes are unfit: sbatch takes no name that is none. */
static bool others(struct engine_job *j)
{
    const char *unfit = arena_printf(j->share->a, ",%s,", share_unfit(j->share));
    char *argv[] = {"sinfo", "--noheader", "--Node", "--format=%N", NULL, NULL};
    struct buf said = {0}, list = {0};
    struct err ignored;
    char *save = NULL;
    bool found = false;

    j->exclude = "";
    if (j->o->partition)
        argv[4] = arena_printf(j->share->a, "--partition=%s", j->o->partition);
    if (!unfit || tool_ask(argv, SINFO_S, &said, &ignored) != 0 || !said.data) {
        buf_release(&said);
        return true; /* the attempt itself will tell */
    }
    for (char *l = strtok_r(said.data, " \n", &save); l; l = strtok_r(NULL, " \n", &save)) {
        char name[300];

        snprintf(name, sizeof name, ",%.250s,", l);
        if (strstr(unfit, name))
            buf_printf(&list, "%s%.250s", list.len ? "," : "", l);
        else
            found = true;
    }
    if (list.len && !list.failed)
        j->exclude = arena_strdup(j->share->a, list.data);
    buf_release(&said);
    buf_release(&list);
    return found;
}

static const char *percents(const char *path, struct arena *a)
{
    struct buf b = {0};
    const char *copy;

    for (const char *p = path; *p; p++)
        buf_printf(&b, *p == '%' ? "%%%%" : "%c", *p);
    copy = b.failed ? NULL : arena_strdup(a, b.data);
    buf_release(&b);
    return copy;
}

/* Its number, if it can be found among what a site's plugins print as well: the last line that
 * begins with one ("17", "17;cluster"). */
static long number_in(char *said)
{
    char *save = NULL;
    long id = 0, n;

    for (char *l = said ? strtok_r(said, "\n", &save) : NULL; l;
         l = strtok_r(NULL, "\n", &save)) {
        l[strcspn(l, ";")] = '\0';
        if (parse_long(l, 1, 0x7fffffff, &n))
            id = n;
    }
    return id;
}

static int write_script(struct engine_job *j, int attempt, const char *path, struct err *e)
{
    const char *text = arena_printf(
        j->share->a, "#!/bin/sh\nexec '%s' node '%s' %d \"$SLURM_ARRAY_TASK_ID\"\n",
        j->lockstep, j->share->folder, attempt);

    return path && text ? write_whole(path, text, strlen(text), e) : err_oom(e);
}

static int submit(struct engine_job *j, char *const argv[], struct err *e)
{
    struct buf said = {0};
    int rc = tool_ask(argv, SBATCH_S, &said, e);

    if (rc > 0)
        rc = err_set(e, ERR_SYSTEM,
                     "Slurm refuses the job: %s (see --partition, --account, --array-size, and "
                     "SBATCH_... in the environment)",
                     first_line(&said));
    else if (rc == 0)
        j->id = number_in(said.data);
    buf_release(&said);
    return rc;
}

static int start(struct engine_job *j, int attempt, long tasks, struct err *e)
{
    const struct engine_options *o = j->o;
    struct arena *a = j->share->a;
    const char *folder = percents(j->share->folder, a);
    const char *script = arena_printf(a, "%s/task.sh", j->share->folder);
    char *argv[ARGUMENTS] = {"sbatch",     "--parsable",        "--requeue",
                             "--ntasks=1", "--cpus-per-task=1", "--open-mode=append"};
    int n = 6;

    argv[n++] = arena_printf(a, "--job-name=%s", j->job);
    argv[n++] = arena_printf(a, "--array=0-%ld", tasks - 1);
    argv[n++] = arena_printf(a, "--chdir=%s", j->share->folder);
    argv[n++] = arena_printf(a, "--output=%s/log-%%a", folder ? folder : "");
    if (o->partition)
        argv[n++] = arena_printf(a, "--partition=%s", o->partition);
    if (o->account)
        argv[n++] = arena_printf(a, "--account=%s", o->account);
    if (j->exclude && *j->exclude)
        argv[n++] = arena_printf(a, "--exclude=%s", j->exclude);
    argv[n++] = (char *)script;
    if (a->failed || !folder)
        return err_oom(e);
    return write_script(j, attempt, script, e) < 0 ? -1 : submit(j, argv, e);
}

/* ---- what became of it ---------------------------------------------------------------- */

enum fate { UNKNOWN, WAITS, RUNS, ENDED, LOST };

/* squeue(1), JOB STATE CODES. What is held waits for a person, who does not know that we wait.
 */
static enum fate fate_of(const char *state, const char *reason)
{
    static const struct {
        const char *state;
        enum fate fate;
    } known[] = {
        {"COMPLETED", ENDED},    {"FAILED", LOST},       {"CANCELLED", LOST},
        {"TIMEOUT", LOST},       {"NODE_FAIL", LOST},    {"PREEMPTED", LOST},
        {"OUT_OF_MEMORY", LOST}, {"BOOT_FAIL", LOST},    {"DEADLINE", LOST},
        {"REVOKED", LOST},       {"REQUEUE_HOLD", LOST}, {"SPECIAL_EXIT", LOST},
        {"RESV_DEL_HOLD", LOST}, {"RUNNING", RUNS},      {"COMPLETING", RUNS},
        {"CONFIGURING", RUNS},   {"SUSPENDED", RUNS},    {"STOPPED", RUNS},
        {"SIGNALING", RUNS},     {"STAGE_OUT", RUNS},    {"RESIZING", RUNS},
        {"REQUEUED", WAITS},     {"REQUEUE_FED", WAITS}, {"PENDING", WAITS},
    };

    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (strcmp(known[i].state, state) == 0)
            return known[i].fate != WAITS ||
                           (!strcasestr(reason, "held") && !strcasestr(reason, "hold"))
                       ? known[i].fate
                       : LOST;
    return UNKNOWN;
}

struct count {
    int waits, runs, ended;
    bool noise; /* words that are no state */
};

static void count_line(struct engine_job *j, char *line, struct count *c)
{
    char *reason = strchr(line, ' ');

    if (strncmp(line, "CLUSTER:", 8) == 0 || strncmp(line, "squeue: ", 8) == 0)
        return; /* a heading, a warning */
    if (reason)
        *reason++ = '\0';
    switch (fate_of(line, reason ? reason : "")) {
    case WAITS:
        c->waits++;
        snprintf(j->waits_for, sizeof j->waits_for, "%.60s",
                 reason && strcmp(reason, "None") != 0 ? reason : "");
        break;
    case RUNS:
        c->runs++;
        break;
    case LOST:
        snprintf(j->state, sizeof j->state, "%.30s%s%.30s", line, reason ? ", " : "",
                 reason && strcmp(reason, "None") != 0 ? reason : "no reason");
        c->ended++;
        break;
    case ENDED:
        c->ended++;
        break;
    case UNKNOWN: /* a state that is newer than we are goes with its record; other words are
                     noise */
        if (*line && !line[strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_")])
            c->runs++;
        else
            c->noise = true;
        break;
    }
}

static int running(struct engine_job *j)
{
    char which[96];
    char *argv[] = {"squeue",         "--noheader", "--array", "--states=all",
                    "--format=%T %r", which,        NULL};
    struct buf said = {0};
    struct err ignored;
    struct count c = {0};
    char *save = NULL;
    int rc;

    if (j->id > 0)
        snprintf(which, sizeof which, "--jobs=%ld", j->id);
    else
        snprintf(which, sizeof which, "--name=%s", j->job);
    rc = tool_ask(argv, SQUEUE_S, &said, &ignored);
    if (rc != 0) { /* forgotten: long over; anything else: the controller is away */
        c.noise = rc < 0 || !said.data || !strstr(said.data, "Invalid job id");
    } else {
        for (char *l = said.data ? strtok_r(said.data, "\n", &save) : NULL; l;
             l = strtok_r(NULL, "\n", &save))
            count_line(j, l, &c);
    }
    buf_release(&said);
    if (c.runs > 0 || c.waits == 0)
        *j->waits_for = '\0';
    return c.noise && c.waits + c.runs + c.ended == 0 ? -1 : c.waits + c.runs;
}

static bool stop(const char *job, const char *host)
{
    /* cppcheck-suppress getpwuidCalled ; one thread */
    const struct passwd *me = getpwuid(geteuid());
    char name[96], user[96];
    char *argv[] = {"scancel", "--quiet", name, me ? user : NULL, NULL};
    struct buf said = {0};
    struct err ignored;
    int rc;

    (void)host; /* the controller is the same from everywhere */
    forget_wishes();
    snprintf(name, sizeof name, "--name=%s", job);
    snprintf(user, sizeof user, "--user=%s", me ? me->pw_name : "");
    rc = tool_ask(argv, SCANCEL_S, &said, &ignored);
    buf_release(&said);
    return rc == 0;
}

const struct engine engine_slurm = {.name = "slurm",
                                    .check = check,
                                    .others = others,
                                    .start = start,
                                    .running = running,
                                    .stop = stop};

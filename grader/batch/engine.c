/* engine.c - attempts, and looking for results. */
#include "batch/engine.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/keeper.h"

static const double LOOK_S = 0.25, LOOK_MOST_S = 2; /* between two looks into the folder */
static const double ASK_S = 1, ASK_MOST_S = 20;     /* between two questions */
static const double LATE_S = 2.5;                   /* a result may need to come over */
static const double SILENT_S = 300;                 /* without an answer */
static const double STOPPING_S = 15;                /* for tasks that were ended to be gone */

static const struct engine *const engines[ENGINE_COUNT] = {
    [ENGINE_SLURM] = &engine_slurm, [ENGINE_PARALLEL] = &engine_parallel};

bool engine_parse(const char *name, enum engine_kind *ret)
{
    static const char *const names[] = {
#define X(constant, name) name,
        ENGINES(X)
#undef X
    };

    for (int i = 0; i < ENGINE_COUNT; i++)
        if (strcmp(names[i], name) == 0) {
            *ret = (enum engine_kind)i;
            return true;
        }
    return false;
}

static int take(struct engine_job *j, int unit, int *left, struct err *e)
{
    auto_free char *path = NULL;
    int rc;

    if (asprintf(&path, "%s/results/%d.json", j->share->folder, unit) < 0)
        path = NULL;
    if (!path)
        return err_oom(e);
    rc = j->collect(j->ctx, unit, path, e);
    if (rc > 0) /* damaged on its way: nobody's fault, and graded again */
        return remove_tree(path, e);
    if (rc < 0)
        return rc;
    j->done[unit] = true;
    --*left;
    return share_collected(j->share, unit, e);
}

/* Reading the folder makes a network file system look again (nfs(5), DATA AND METADATA
 * COHERENCE); looking for each name would ask its cache. */
static int collect(struct engine_job *j, int *left, struct err *e)
{
    auto_free char *folder = NULL; /* not the arena's: a batch looks for days */
    DIR *d = asprintf(&folder, "%s/results", j->share->folder) < 0 ? NULL : opendir(folder);
    struct dirent *entry;
    int rc = 0;

    while (d && rc == 0 && (entry = readdir(d))) {
        char name[32];
        long unit;

        snprintf(name, sizeof name, "%.*s", (int)strcspn(entry->d_name, "."), entry->d_name);
        if (!parse_long(name, 0, j->count - 1, &unit) || j->done[unit] ||
            strcmp(entry->d_name + strlen(name), ".json") != 0)
            continue;
        rc = take(j, (int)unit, left, e);
    }
    if (d)
        closedir(d);
    return rc;
}

static void rest(double s)
{
    const struct timespec t = {(time_t)s, (long)((s - (double)(time_t)s) * 1e9)};

    nanosleep(&t, NULL);
}

/* Slowly growing: a run of seconds is looked at often, one of hours does not burden who answers
 * (squeue(1), PERFORMANCE). */
static double pause_of(double least, double most, double gone)
{
    const double s = least + gone / 60;

    return s < most ? s : most;
}

/* Until the engine says that nothing runs any more, and what it wrote last has come over. */
static int wait_for(struct engine_job *j, const struct engine *en, int *left, struct err *e)
{
    const double began = now_s();
    double answered = began, ask = began, over = 0;

    while (*left > 0 && (over == 0 || now_s() < over + LATE_S)) {
        const double now = now_s();

        if (keeper_interrupted)
            return err_set(e, ERR_STOPPED, "interrupted");
        if (collect(j, left, e) < 0)
            return -1;
        if (over == 0 && now >= ask) {
            const int n = en->running(j);

            ask = now_s() + pause_of(ASK_S, ASK_MOST_S, now - began);
            answered = n < 0 ? answered : now;
            over = n == 0 ? now_s() : 0;
            if (now - answered > SILENT_S)
                return err_set(e, ERR_SYSTEM, "%s has not answered for %.0f minutes", en->name,
                               SILENT_S / 60);
            j->look(j->ctx, n > 0 ? n : 0, j->waits_for);
        }
        if (*left > 0)
            rest(pause_of(LOOK_S, LOOK_MOST_S, now - began));
    }
    return 0;
}

/* Written before anything is started: killed in between, the next batch knows what to end. */
static int keep_handle(const struct engine_job *j, struct err *e)
{
    auto_free char *path = NULL;

    if (asprintf(&path, "%s/handle", j->share->folder) < 0)
        path = NULL;
    return path ? write_whole(path, j->handle, strlen(j->handle), e) : err_oom(e);
}

/* Also when all is there: a task that was requeued behind its last result still waits. */
static void stop(struct engine_job *j, const struct engine *en)
{
    const double until = now_s() + STOPPING_S;

    if (!*j->handle)
        return;
    j->stray = !engine_stop_handle(j->handle);
    while (!j->stray && en->running(j) > 0 && now_s() < until)
        rest(LOOK_S);
}

static long tasks_for(int units, long most)
{
    const long tasks = (units + UNITS_A_TASK - 1) / UNITS_A_TASK;

    most = most > 0 ? most : ARRAY_SIZE_DEFAULT;
    return tasks < most ? tasks : most;
}

static void name_job(struct engine_job *j, const struct engine *en)
{
    const char *name = strrchr(j->share->folder, '-');
    char host[65] = "here";
    struct stat st = {0};

    stat(j->share->folder, &st);
    gethostname(host, sizeof host - 1);
    snprintf(j->job, sizeof j->job, "lockstep%.40s", name ? name : "");
    snprintf(j->handle, sizeof j->handle, "%s %s %s %llu", en->name, j->job, host,
             (unsigned long long)st.st_ino);
    *j->state = *j->waits_for = '\0';
    j->id = 0;
}

static int attempt(struct engine_job *j, const struct engine *en, int *left, struct err *e)
{
    const long tasks = tasks_for(*left, j->o->array_size);
    int rc;

    if (share_tasks(j->share, j->attempts, j->done, tasks, e) < 0)
        return -1;
    name_job(j, en);
    rc = keep_handle(j, e);
    if (rc == 0)
        rc = en->start(j, j->attempts, tasks, e);
    if (rc == 0)
        rc = wait_for(j, en, left, e);
    stop(j, en);
    return rc;
}

int engine_run(struct engine_job *j, struct err *e)
{
    const struct engine *en = engines[j->o->kind];
    int left = j->count, idle = 0, rc = en->check(j, e);

    while (rc == 0 && left > 0 && idle < ENGINE_ATTEMPTS && j->attempts < ENGINE_ATTEMPTS_ALL) {
        const int before = left;

        if (j->attempts > 0 && en->others && !en->others(j))
            break;
        j->attempts++;
        rc = attempt(j, en, &left, e);
        idle = left < before ? 0 : idle + 1;
    }
    if (rc < 0 && j->stray)
        err_set(e, e->kind,
                "%s; %s could not be told to end what it runs: 'lockstep batch --resume' tells "
                "it when it answers",
                arena_strdup(j->share->a, e->msg), en->name);
    return rc;
}

bool engine_stop_handle(const char *handle)
{
    char engine[16], job[64], host[65];

    if (sscanf(handle, "%15s %63s %64s", engine, job, host) != 3)
        return true; /* nobody's: nothing was started by it */
    for (size_t i = 0; i < ENGINE_COUNT; i++)
        if (engines[i] && strcmp(engines[i]->name, engine) == 0)
            return engines[i]->stop(job, host);
    return true;
}

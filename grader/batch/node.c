/* node.c - checks that this machine may grade, and grades. */
#include "batch/node.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "batch/canary.h"
#include "batch/pool.h"
#include "batch/share.h"
#include "batch/unitfile.h"
#include "sandbox/cgroup.h"
#include "sandbox/keeper.h"
#include "sandbox/tier.h"

enum { TASK_MAX = 64 << 20, SOURCE_MAX = 1 << 20, NODE_NAME = 64 };

struct todo {
    long index;
    int exercise; /* into `list` */
    struct share_line line;
};

struct node {
    const char *folder;
    char name[NODE_NAME]; /* of this machine, as the engine calls it */
    json_t *job;
    struct course c; /* this machine's own */
    struct arena a;
    struct unit_options o;
    const struct exercise **list; /* that occur in the batch; NULL-ended */
    struct key_base keys;
    struct todo *todo; /* units of this task */
    int count, failed;
    const char *work; /* ours, on this machine's own disk */
};

static const char *string_of(const json_t *j, const char *key)
{
    const char *s = json_string_value(json_object_get(j, key));

    return s ? s : "";
}

/* Slurm's name can be excluded in the next attempt; a host's name is for people. */
static void find_name(struct node *n)
{
    const char *slurm = getenv("SLURMD_NODENAME");
    char host[256] = "node";

    gethostname(host, sizeof host - 1);
    snprintf(n->name, sizeof n->name, "%.63s", slurm && *slurm ? slurm : host);
    for (char *p = n->name; *p; p++)
        if (*p == '/' || *p == ',' || *p == '\n')
            *p = '_';
}

/* ---- may it grade? ---------------------------------------------------------------------- */

static int read_job(struct node *n, struct err *e)
{
    const char *path = arena_printf(&n->a, "%s/job.json", n->folder);
    auto_free char *text = NULL;
    size_t len;

    if (!path)
        return err_oom(e);
    if (slurp(path, SHARE_JOB_MAX, &text, &len, e) < 0)
        return -1;
    n->job = json_loadb(text, len, 0, NULL);
    if (strcmp(string_of(n->job, "format"), SHARE_FORMAT) != 0)
        return err_set(e, ERR_SYSTEM, "'%s' is no job of this Lockstep", path);
    return 0;
}

static int find_exercises(struct node *n, struct err *e)
{
    const json_t *all = json_object_get(n->job, "exercises"), *id;
    int k = 0;
    size_t i;

    n->list = arena_zalloc(&n->a, (json_array_size(all) + 1) * sizeof *n->list);
    if (!n->list)
        return err_oom(e);
    json_array_foreach(all, i, id)
    {
        const struct exercise *x = course_find(&n->c, json_string_value(id));

        if (!x || x->broken.kind != ERR_NONE)
            return err_set(e, ERR_SYSTEM, "this machine has no exercise '%.60s'",
                           json_string_value(id));
        n->list[k++] = x;
    }
    return 0;
}

/* Everything that is the same for all units must be as the batch has it; what an exercise and a
 * source are is seen from each unit's key. */
static int check_same(struct node *n, struct err *e)
{
    const bool whole = json_is_true(json_object_get(n->job, "whole"));
    const char *tier = tier_name(sandbox_tier());

    if (key_prepare(&n->o, n->list, &n->a, &n->keys, e) < 0)
        return -1;
    if (strcmp(tier, string_of(n->job, "tier")) != 0)
        return err_set(e, ERR_SYSTEM,
                       "programs are confined as '%s' on this machine, as '%s' where the batch "
                       "was started ('lockstep doctor' says why)",
                       tier, string_of(n->job, "tier"));
    if (whole != cgroup_works())
        return err_set(e, ERR_SYSTEM,
                       "memory is limited %s on this machine, %s where the batch was started "
                       "('lockstep doctor' says why)",
                       whole ? "for each process" : "by a control group",
                       whole ? "by a control group" : "for each process");
    if (strcmp(n->keys.grader, string_of(n->job, "grader")) != 0)
        return err_set(e, ERR_SYSTEM,
                       "this machine has another Lockstep, compiler, Valgrind or C library "
                       "than the one that started the batch");
    return 0;
}

/* The others of this machine's tasks wait meanwhile; where nothing can be locked, each looks
 * for itself. */
static int check_fit(struct node *n, struct err *e)
{
    const char *path = arena_printf(&n->a, "%s/fit/%s", n->folder, n->name);
    bool *wanted;
    auto_close int lock = -1;
    struct stat st;
    int count = 0;

    while (n->list[count])
        count++;
    wanted = arena_zalloc(&n->a, (size_t)count + 1);
    if (!path || !wanted)
        return err_oom(e);
    memset(wanted, 1, (size_t)count);
    lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0)
        return err_errno(e, "cannot write '%s'", path);
    while (flock(lock, LOCK_EX) < 0)
        if (errno != EINTR || keeper_interrupted)
            break;
    if (fstat(lock, &st) == 0 && st.st_size > 0)
        return 0;
    if (canary_complete(&n->o, n->list, e) < 0 ||
        canary_run(&n->o, n->list, wanted, 1, n->work, e) < 0)
        return -1;
    return write_all(lock, "fit\n", 4) < 0 ? err_errno(e, "cannot write '%s'", path) : 0;
}

/* ---- grading ------------------------------------------------------------------------------
 */

static void say_why(const struct node *n, const char *file, const char *what)
{
    auto_free char *path = NULL, *text = NULL;
    struct err ignored;

    if (asprintf(&path, "%s/%s", n->folder, file) < 0)
        path = NULL;
    if (asprintf(&text, "%s: %s\n", n->name, what) < 0)
        text = NULL;
    if (path && text)
        write_whole(path, text, strlen(text), &ignored);
}

/* The source, as the batch has it, on this machine's disk: whatever becomes of the share now is
 * not the student's. */
static int fetch(struct node *n, const struct todo *t, const char *dir, const char **file,
                 struct err *e)
{
    const struct exercise *x = n->list[t->exercise];
    const bool missing = strcmp(t->line.source, "-") == 0;
    const char *from =
        arena_printf(&n->a, "%s/sources/%ld/%s", n->folder, t->index, x->rubric.edit);
    auto_free char *text = NULL;
    char hash[KEY_HEX], key[KEY_HEX];
    struct stat st;
    size_t len;

    *file = arena_printf(&n->a, "%s/%s", dir, x->rubric.edit);
    if (!from || !*file)
        return err_oom(e);
    key_of(&n->keys, t->exercise, missing ? NULL : t->line.source, key);
    if (strcmp(key, t->line.key) != 0)
        return err_set(e, ERR_SYSTEM, "this machine's exercise %s is not the batch's", x->id);
    if (make_dirs(dir, e) < 0)
        return -1;
    if (missing)
        return 0;
    if (lstat(from, &st) < 0)
        return err_errno(e, "cannot look at '%s'", from);
    if (S_ISDIR(st.st_mode))
        return make_dirs(*file, e);
    if (slurp(from, SOURCE_MAX, &text, &len, e) < 0)
        return -1;
    key_hash(text, len, hash);
    if (strcmp(hash, t->line.source) != 0)
        return err_set(e, ERR_SYSTEM, "'%s' is not what the batch has put there", from);
    return write_plain(*file, text, len, e);
}

/* Two machines may publish the same unit (a task that was thought lost): each writes a file of
 * its own, and either result is right. */
static int publish(const struct node *n, long index, const char *from, struct err *e)
{
    auto_free char *tmp = NULL, *to = NULL, *text = NULL;
    size_t len;

    if (asprintf(&tmp, "%s/results/%ld.part-%s-%d", n->folder, index, n->name, (int)getpid()) <
        0)
        tmp = NULL;
    if (asprintf(&to, "%s/results/%ld.json", n->folder, index) < 0)
        to = NULL;
    if (!tmp || !to)
        return err_oom(e);
    if (slurp(from, TASK_MAX, &text, &len, e) < 0 || write_whole(tmp, text, len, e) < 0)
        return -1;
    if (rename(tmp, to) == 0)
        return 0;
    err_errno(e, "cannot write '%s'", to);
    unlink(tmp);
    return -1;
}

static const char *reason_in(const char *path, struct arena *a)
{
    struct graded g = {0};
    struct err e = {0};
    const char *why;

    if (unitfile_read(path, &g, &e) < 0)
        return arena_strdup(a, e.msg);
    why = json_string_value(
        json_object_get(json_array_get(json_object_get(g.result, "exercises"), 0), "reason"));
    why = arena_strdup(a, why ? why : "no reason");
    graded_release(&g);
    return why;
}

/* A task that is ended (scancel, a requeue) gets its signal in all of its processes at once:
 * what a child of ours died of may reach us a moment later. */
enum moment { SHORTLY = 50000000, LONGER = 300000000 /* ns */ };

static bool is_being_ended(enum moment moment)
{
    const struct timespec t = {.tv_nsec = moment};

    if (!keeper_interrupted)
        nanosleep(&t, NULL);
    return keeper_interrupted;
}

static int grade(struct node *n, const struct todo *t, struct err *e)
{
    const char *dir = arena_printf(&n->a, "%s/%ld", n->work, t->index);
    const char *result = dir ? arena_printf(&n->a, "%s.json", dir) : NULL;
    const char *file = NULL;
    const long met = cgroup_limits_met();
    int rc = result ? fetch(n, t, dir, &file, e) : err_oom(e);

    if (rc == 0) {
        n->o.oracle = !n->o.no_oracle; /* canary_complete(): there is a reference */
        rc = unitfile_grade(&n->o, n->list[t->exercise], file, result, e);
    }
    if (rc > 0)
        rc = err_set(e, ERR_SYSTEM, "%s", reason_in(result, &n->a));
    if (is_being_ended(rc == 0 ? SHORTLY : LONGER))
        rc = err_set(e, ERR_STOPPED, "interrupted");
    /* whom the kernel ended then was perhaps a compiler, or a neighbour's program */
    if (rc == 0 && cgroup_limits_met() != met)
        rc =
            err_set(e, ERR_SYSTEM,
                    "the task's own limit of memory or processes was met; give it more (Slurm: "
                    "SBATCH_MEM_PER_CPU=4G in the environment)");
    return rc == 0 ? publish(n, t->index, result, e) : rc;
}

/* In a process of its own (pool.h). Without job.json nobody waits for results any more. */
static int grade_one(void *ctx, int at)
{
    struct node *n = ctx;
    const char *job = arena_printf(&n->a, "%s/job.json", n->folder);
    struct err e = {0};

    if (!job || access(job, F_OK) < 0)
        return 3;
    if (grade(n, &n->todo[at], &e) == 0)
        return 0;
    if (e.kind != ERR_STOPPED)
        say_why(n, "why", e.msg);
    return 3;
}

static int graded(void *ctx, int at, int status, struct err *e)
{
    struct node *n = ctx;

    (void)at, (void)e;
    n->failed += status != 0; /* seen in the next attempt: its result is missing */
    return 0;
}

static bool has_result(struct node *n, long index)
{
    const char *a = arena_printf(&n->a, "%s/results/%ld.json", n->folder, index);
    const char *b = arena_printf(&n->a, "%s/collected/%ld.json", n->folder, index);

    return !a || !b || access(a, F_OK) == 0 || access(b, F_OK) == 0;
}

static int parse_unit(struct node *n, char *line, struct todo *ret)
{
    char *rest = strchr(line, ' ');

    if (!rest)
        return -1;
    *rest++ = '\0';
    if (!parse_long(line, 0, 0x7fffffff, &ret->index) || !share_parse(rest, &ret->line))
        return -1;
    for (int i = 0; n->list[i]; i++)
        if (strcmp(n->list[i]->id, ret->line.exercise) == 0) {
            ret->exercise = i;
            return 0;
        }
    return -1;
}

/* What this task is to grade, without what has a result: it ran before, somewhere. */
static int read_task(struct node *n, int attempt, long task, struct err *e)
{
    const char *path = arena_printf(&n->a, "%s/tasks-%d/%ld", n->folder, attempt, task);
    auto_free char *text = NULL;
    char *save = NULL;
    int room = 0;
    size_t len;

    if (!path)
        return err_oom(e);
    if (slurp(path, TASK_MAX, &text, &len, e) < 0)
        return -1;
    for (size_t i = 0; i < len; i++)
        room += text[i] == '\n';
    n->todo = arena_zalloc(&n->a, ((size_t)room + 1) * sizeof *n->todo);
    if (!n->todo)
        return err_oom(e);
    for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
        struct todo *t = &n->todo[n->count];

        if (n->count == room || parse_unit(n, l, t) < 0)
            return err_set(e, ERR_SYSTEM, "'%s' is no list of units", path);
        n->count += !has_result(n, t->index);
    }
    return 0;
}

/* Processors that this task was given; Slurm says so. */
static int own_cores(void)
{
    const char *said = getenv("SLURM_CPUS_PER_TASK");
    long n;

    /* parallel inside somebody's allocation is not a task of ours */
    return said && getenv("SLURM_ARRAY_TASK_ID") && parse_long(said, 1, 256, &n) ? (int)n : 1;
}

/* As many at once as keep the task's processors busy, as on one machine (cores.h). */
static int grade_all(struct node *n, struct err *e)
{
    struct pool pool = {.count = n->count,
                        .jobs = cores_workers(own_cores()),
                        .work = grade_one,
                        .done = graded,
                        .ctx = n};
    int rc = cores_new(own_cores(), &pool.cores, e);

    if (rc < 0)
        return rc;
    n->o.busy = cores_busy;
    n->o.cores = pool.cores;
    rc = pool_run(&pool, e);
    cores_free(pool.cores);
    if (rc == 0 && n->failed)
        rc = err_set(e, ERR_SYSTEM, "%d of %d units have no result", n->failed, n->count);
    return rc;
}

static int open_work(struct node *n, struct err *e)
{
    if (unit_open_work(&n->a, &n->work, e) < 0)
        return -1;
    n->o.shelf = arena_printf(&n->a, "%s/shelf", n->work);
    if (!n->o.shelf || make_dirs(n->o.shelf, e) < 0)
        return n->o.shelf ? -1 : err_oom(e);
    chmod(n->work, 0711);
    chmod(n->o.shelf, 0700); /* no program under test is to see it */
    return 0;
}

/* A machine that is not the batch's like, or unfit, would take task after task and end each at
 * once: it is named, so that the engine can leave it out. */
static int may_grade(struct node *n, struct err *e)
{
    int rc = read_job(n, e);
    auto_free char *unfit = NULL;

    if (rc < 0)
        return rc;
    if (!getenv("LOCKSTEP_HOME") && access(string_of(n->job, "course"), F_OK) == 0)
        setenv("LOCKSTEP_COURSE", string_of(n->job, "course"), 0);
    n->o =
        (struct unit_options){.course = &n->c,
                              .modes = ~0u,
                              .no_oracle = !json_is_true(json_object_get(n->job, "oracle")),
                              .secret = json_string_value(json_object_get(n->job, "secret"))};
    if ((rc = course_load(&n->a, &n->c, e)) == 0 && (rc = find_exercises(n, e)) == 0 &&
        (rc = check_same(n, e)) == 0 && (rc = open_work(n, e)) == 0)
        rc = check_fit(n, e);
    if (rc < 0 && is_being_ended(LONGER))
        err_set(e, ERR_STOPPED, "interrupted");
    if (rc < 0 && e->kind != ERR_STOPPED && asprintf(&unfit, "unfit/%s", n->name) > 0)
        say_why(n, unfit, e->msg);
    return rc;
}

int node_work(const char *folder, int attempt, long task, struct err *e)
{
    struct node n = {.folder = folder};
    struct err ignored;
    int rc;

    find_name(&n);
    rc = may_grade(&n, e);
    if (rc == 0)
        rc = read_task(&n, attempt, task, e);
    if (rc < 0 && e->kind != ERR_STOPPED)
        say_why(&n, "why", e->msg);
    if (rc == 0 && n.count)
        rc = grade_all(&n, e);
    if (n.work)
        remove_tree(n.work, &ignored);
    json_decref(n.job);
    arena_release(&n.a);
    return rc;
}

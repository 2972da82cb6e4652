/* share.c - both ends of the shared folder. */
#include "batch/share.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "batch/canary.h"
#include "batch/pool.h"
#include "batch/unitfile.h"
#include "sandbox/keeper.h"

#define SHARE_FORMAT "lockstep/share/1"

enum { JOB_MAX = 256 << 20, LIST_MAX = 64 << 20, FIT_MAX = 4096 };

/* ---- the parent's end ---------------------------------------------------------------- */

int share_open(struct share *s, const char *out, struct err *e)
{
    char *folder = arena_printf(s->a, "%s/engine-XXXXXX", out);

    if (!folder)
        return err_oom(e);
    if (!mkdtemp(folder))
        return err_errno(e, "cannot make a folder in '%s'", out);
    s->folder = folder;
    s->units = json_array();
    if (make_dirs(arena_printf(s->a, "%s/results", folder), e) < 0 ||
        make_dirs(arena_printf(s->a, "%s/fit", folder), e) < 0)
        return -1;
    return s->units ? 0 : err_oom(e);
}

int share_add(struct share *s, const struct share_unit *u, struct err *e)
{
    const struct exercise *x = s->exercises[u->exercise];
    const char *dir =
        arena_printf(s->a, "%s/sources/%zu", s->folder, json_array_size(s->units));
    const char *file = dir ? arena_printf(s->a, "%s/%s", dir, x->rubric.edit) : NULL;
    int rc = file ? make_dirs(dir, e) : err_oom(e);

    if (rc == 0 && u->text)
        rc = write_plain(file, u->text, u->len, e);
    else if (rc == 0 && !u->missing)
        rc = make_dirs(file, e); /* what is no plain file is shown to the grading as one */
    if (rc == 0 && json_array_append_new(
                       s->units, json_pack("{s:s, s:s}", "exercise", x->id, "key", u->key)) < 0)
        rc = err_oom(e);
    return rc;
}

int share_seal(struct share *s, struct err *e)
{
    const char *path = arena_printf(s->a, "%s/job.json", s->folder);
    json_t *j = json_pack("{s:s, s:s, s:s*, s:O}", "format", SHARE_FORMAT, "grader",
                          s->keys->grader, "secret", s->secret, "units", s->units);
    auto_free char *text = j ? json_dumps(j, JSON_COMPACT) : NULL;

    json_decref(j);
    return path && text ? write_whole(path, text, strlen(text), e) : err_oom(e);
}

void share_close(struct share *s)
{
    struct err ignored;

    json_decref(s->units);
    s->units = NULL;
    if (s->folder)
        remove_tree(s->folder, &ignored);
    s->folder = NULL;
}

const char *share_list(struct share *s, int attempt, const int *units, int count, struct err *e)
{
    const char *path = arena_printf(s->a, "%s/list-%d", s->folder, attempt);
    struct buf b = {0};
    int rc;

    for (int i = 0; i < count; i++)
        buf_printf(&b, "%d\n", units[i]);
    rc = path && !b.failed ? write_whole(path, b.data, b.len, e) : err_oom(e);
    buf_release(&b);
    return rc == 0 ? path : NULL;
}

const char *share_result(const struct share *s, int unit)
{
    return arena_printf(s->a, "%s/results/%d.json", s->folder, unit);
}

const char *share_why(const struct share *s)
{
    const char *path = arena_printf(s->a, "%s/why", s->folder), *why = "";
    auto_free char *text = NULL;
    struct err none;

    if (path && slurp(path, FIT_MAX, &text, NULL, &none) == 0)
        why = arena_strndup(s->a, text, strcspn(text, "\n"));
    return why ? why : "";
}

/* ---- a node's end -------------------------------------------------------------------- */

struct node {
    const char *folder;
    json_t *job;
    const struct course *c;
    struct arena a;
    struct unit_options o;
    long *todo; /* units of this task */
    int count;
};

static const char *string_of(const json_t *j, const char *key)
{
    const char *s = json_string_value(json_object_get(j, key));

    return s ? s : "";
}

static int read_job(struct node *n, struct err *e)
{
    const char *path = arena_printf(&n->a, "%s/job.json", n->folder);
    auto_free char *text = NULL;
    size_t len;

    if (!path)
        return err_oom(e);
    if (slurp(path, JOB_MAX, &text, &len, e) < 0)
        return -1;
    n->job = json_loadb(text, len, 0, NULL);
    if (strcmp(string_of(n->job, "format"), SHARE_FORMAT) != 0)
        return err_set(e, ERR_SYSTEM, "'%s' is no job of this Lockstep", path);
    return 0;
}

static const struct exercise *exercise_of(const struct node *n, const json_t *unit)
{
    const struct exercise *x = course_find(n->c, string_of(unit, "exercise"));

    return x && x->broken.kind == ERR_NONE ? x : NULL;
}

/* The exercises that occur, in the course's order. */
static const struct exercise **used_exercises(struct node *n)
{
    const struct exercise **list =
        arena_zalloc(&n->a, (size_t)(n->c->count + 1) * sizeof *list);
    const json_t *u;
    size_t i;
    int k = 0;

    for (int x = 0; list && x < n->c->count; x++) {
        json_array_foreach(json_object_get(n->job, "units"), i, u)
        {
            if (exercise_of(n, u) == &n->c->exercises[x]) {
                list[k++] = &n->c->exercises[x];
                break;
            }
        }
    }
    return list;
}

/* Everything a result depends on must be as the batch has it. */
static int check_same(struct node *n, const struct exercise *const *list, struct err *e)
{
    struct key_base keys;
    const json_t *u;
    size_t i;

    if (key_prepare(&n->o, list, &n->a, &keys, e) < 0)
        return -1;
    if (strcmp(keys.grader, string_of(n->job, "grader")) != 0)
        return err_set(
            e, ERR_SYSTEM,
            "this machine has another Lockstep, compiler, Valgrind, C library or tier "
            "than the one that started the batch");
    json_array_foreach(
        json_object_get(n->job, "units"), i,
        u) if (!exercise_of(n, u)) return err_set(e, ERR_SYSTEM,
                                                  "this machine has no exercise '%.60s'",
                                                  string_of(u, "exercise"));
    return 0;
}

/* Once a machine: the others of its tasks wait meanwhile. */
static int check_fit(struct node *n, const struct exercise *const *list, struct err *e)
{
    char host[256] = "node";
    const char *path, *work = NULL;
    auto_close int lock = -1;
    struct err ignored;
    struct stat st;
    bool *wanted;
    int count = 0, rc;

    gethostname(host, sizeof host - 1);
    path = arena_printf(&n->a, "%s/fit/%s", n->folder, host);
    while (list[count])
        count++;
    wanted = arena_zalloc(&n->a, (size_t)count + 1);
    if (!path || !wanted)
        return err_oom(e);
    memset(wanted, 1, (size_t)count);
    lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX) < 0 || fstat(lock, &st) < 0)
        return err_errno(e, "cannot lock '%s'", path);
    if (st.st_size > 0)
        return 0;
    rc = unit_open_work(&n->a, &work, e);
    if (rc == 0)
        rc = canary_run(&n->o, list, wanted, 1, work, e);
    if (work)
        remove_tree(work, &ignored);
    if (rc == 0 && write_all(lock, "fit\n", 4) < 0)
        rc = err_errno(e, "cannot write '%s'", path);
    return rc;
}

static const char *result_of(struct node *n, long index)
{
    return arena_printf(&n->a, "%s/results/%ld.json", n->folder, index);
}

/* In a process of its own (pool.h). */
static int grade_unit(void *ctx, int at)
{
    struct node *n = ctx;
    const long index = n->todo[at];
    const json_t *unit = json_array_get(json_object_get(n->job, "units"), (size_t)index);
    const struct exercise *x = exercise_of(n, unit);
    const char *path = result_of(n, index);
    const char *file =
        x ? arena_printf(&n->a, "%s/sources/%ld/%s", n->folder, index, x->rubric.edit) : NULL;
    struct err e = {0};

    if (!path || !file)
        return 3;
    n->o.oracle = course_solution(n->c, x, &n->a) != NULL;
    return unitfile_grade(&n->o, x, file, path, &e) < 0 ? 3 : 0;
}

static int graded(void *ctx, int at, int status, struct err *e)
{
    (void)ctx, (void)at, (void)status, (void)e;
    return 0; /* a missing result is seen by who reads them */
}

/* The share of this task, without what has a result: the task ran before, somewhere. */
static int read_list(struct node *n, const char *list, int first, int step, struct err *e)
{
    auto_free char *text = NULL;
    char *save = NULL;
    int at = 0, room = 0;
    size_t len;

    if (slurp(list, LIST_MAX, &text, &len, e) < 0)
        return -1;
    for (size_t i = 0; i < len; i++)
        room += text[i] == '\n';
    n->todo = arena_zalloc(&n->a, ((size_t)room + 1) * sizeof *n->todo);
    if (!n->todo)
        return err_oom(e);
    for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save), at++) {
        const int units = (int)json_array_size(json_object_get(n->job, "units"));
        const char *result;
        long index;

        if (at % step != first)
            continue;
        if (!parse_long(l, 0, units - 1, &index) || n->count == room)
            return err_set(e, ERR_SYSTEM, "'%s' is no list of units", list);
        result = result_of(n, index);
        if (!result)
            return err_oom(e);
        if (access(result, F_OK) < 0)
            n->todo[n->count++] = index;
    }
    return 0;
}

/* Processors that this task was given; Slurm says so. */
static int own_cores(void)
{
    const char *said = getenv("SLURM_CPUS_PER_TASK");
    long n;

    return said && parse_long(said, 1, 256, &n) ? (int)n : 1;
}

/* As many at once as keep the task's processors busy, as on one machine (cores.h). */
static int grade_list(struct node *n, const char *list, int first, int step, struct err *e)
{
    const char *work = NULL, *shelf;
    struct err ignored;
    struct pool pool = {.work = grade_unit, .done = graded, .ctx = n};
    int rc = read_list(n, list, first, step, e);

    if (rc < 0 || !n->count || (rc = unit_open_work(&n->a, &work, e)) < 0)
        return rc;
    shelf = arena_printf(&n->a, "%s/shelf", work);
    rc = shelf ? make_dirs(shelf, e) : err_oom(e);
    if (rc == 0)
        rc = cores_new(own_cores(), &pool.cores, e);
    if (rc == 0) {
        chmod(work, 0711);
        chmod(shelf, 0700); /* no program under test is to see it */
        n->o.shelf = shelf;
        n->o.busy = cores_busy;
        n->o.cores = pool.cores;
        pool.count = n->count;
        pool.jobs = cores_workers(own_cores());
        rc = pool_run(&pool, e);
        cores_free(pool.cores);
    }
    remove_tree(work, &ignored);
    return rc;
}

int share_work(const char *folder, const char *list, int first, int step,
               const struct course *c, struct err *e)
{
    struct node n = {.folder = folder, .c = c};
    const struct exercise **used;
    int rc = read_job(&n, e);

    if (rc == 0) {
        n.o = (struct unit_options){.course = c,
                                    .modes = ~0u,
                                    .secret =
                                        json_string_value(json_object_get(n.job, "secret"))};
        used = used_exercises(&n);
        rc = used ? check_same(&n, used, e) : err_oom(e);
        if (rc == 0)
            rc = check_fit(&n, used, e);
    }
    if (rc == 0)
        rc = grade_list(&n, list, first, step, e);
    if (rc < 0 && e->kind != ERR_STOPPED) {
        struct err ignored;
        const char *why = arena_printf(&n.a, "%s/why", folder);

        if (why)
            write_whole(why, e->msg, strlen(e->msg), &ignored);
    }
    json_decref(n.job);
    arena_release(&n.a);
    return rc;
}

/* ---- after a kill -------------------------------------------------------------------- */

static int recover_one(const char *folder, const char *grader, struct arena *a,
                       void (*handle)(void *ctx, const char *what),
                       int (*f)(void *ctx, const char *exercise, const char *key,
                                const char *path, struct err *e),
                       void *ctx, struct err *e)
{
    struct node n = {.folder = folder};
    const char *path = arena_printf(a, "%s/handle", folder);
    auto_free char *what = NULL;
    struct err ignored;
    const json_t *u;
    size_t i;
    int rc = 0;

    if (handle && path && slurp(path, FIT_MAX, &what, NULL, &ignored) == 0)
        handle(ctx, what);
    if (read_job(&n, &ignored) == 0 && strcmp(string_of(n.job, "grader"), grader) == 0) {
        json_array_foreach(json_object_get(n.job, "units"), i, u)
        {
            const char *result = arena_printf(a, "%s/results/%zu.json", folder, i);

            if (rc == 0 && result && access(result, F_OK) == 0)
                rc = f(ctx, string_of(u, "exercise"), string_of(u, "key"), result, e);
        }
    }
    json_decref(n.job);
    arena_release(&n.a);
    if (rc == 0)
        remove_tree(folder, &ignored);
    return rc;
}

int share_recover(const char *out, const char *grader, struct arena *a,
                  void (*handle)(void *ctx, const char *what),
                  int (*f)(void *ctx, const char *exercise, const char *key, const char *path,
                           struct err *e),
                  void *ctx, struct err *e)
{
    DIR *d = opendir(out);
    struct dirent *entry;
    int rc = 0;

    while (d && rc == 0 && (entry = readdir(d))) {
        const char *folder;

        if (strncmp(entry->d_name, "engine-", 7) != 0)
            continue;
        folder = arena_printf(a, "%s/%s", out, entry->d_name);
        rc = folder ? recover_one(folder, grader, a, handle, f, ctx, e) : err_oom(e);
    }
    if (d)
        closedir(d);
    return rc;
}

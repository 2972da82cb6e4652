/* work.c - canaries and this machine's pool.
 *
 * Only this process talks to the store: workers are handed a file with the source and hand back
 * a file with the result.
 */
#include "batch/work.h"

#include <string.h>
#include <sys/stat.h>

#include "batch/canary.h"
#include "batch/plan.h"
#include "batch/pool.h"
#include "batch/unitfile.h"

static const char *piece_folder(struct plan *p, int index, struct arena *a)
{
    return arena_printf(a, "%s/%d", p->w->folder, index);
}

static const char *piece_file(struct plan *p, int index, struct arena *a)
{
    return arena_printf(a, "%s/%d/%s", p->w->folder, index,
                        p->w->exercises[p->pieces[index].exercise]->rubric.edit);
}

static const char *result_file(struct plan *p, int index, struct arena *a)
{
    return arena_printf(a, "%s/%d.json", p->w->folder, index);
}

static int workers(const struct plan *p)
{
    return cores_workers(p->w->jobs);
}

static void tell(struct plan *p)
{
    int n = 0;

    if (!p->w->progress)
        return;
    for (int i = 0; i < p->count && n < workers(p); i++)
        if (p->pieces[i].running)
            p->names[n++] = p->w->exercises[p->pieces[i].exercise]->id;
    p->told.at_work = n;
    p->told.names = p->names;
    p->told.eta_s = plan_eta(p);
    p->w->progress(p->w->ctx, &p->told);
}

/* What is no plain file is shown to the grading as one: a folder of that name. */
static int begin(void *ctx, int index, struct err *e)
{
    struct plan *p = ctx;
    const struct piece *d = plan_next(p, index);
    struct arena a = {0};
    const char *dir = piece_folder(p, index, &a), *file = piece_file(p, index, &a);
    auto_free char *text = NULL;
    size_t len = 0;
    int rc = dir && file ? make_dirs(dir, e) : err_oom(e);

    if (rc == 0 && d->source) {
        const int known = store_source(p->w->store, d->source, &text, &len, e);

        if (known < 0)
            rc = -1;
        else if (known == 0)
            rc = err_set(e, ERR_BUG, "a source that was handed in is not in the store");
        else
            rc = text ? write_plain(file, text, len, e) : make_dirs(file, e);
    }
    arena_release(&a);
    p->pieces[index].running = true;
    tell(p);
    return rc;
}

static int grade(void *ctx, int index)
{
    struct plan *p = ctx;
    const struct exercise *x = p->w->exercises[p->pieces[index].exercise];
    const char *path = result_file(p, index, &p->a), *file = piece_file(p, index, &p->a);
    struct unit_options o = p->w->unit;
    struct err e = {0};

    o.oracle = !o.no_oracle; /* canary_complete(): there is a reference */
    return path && file && unitfile_grade(&o, x, file, path, &e) >= 0 ? 0 : 3;
}

static int done(void *ctx, int index, int status, struct err *e)
{
    struct plan *p = ctx;
    struct arena a = {0};
    const char *path = result_file(p, index, &a), *dir = piece_folder(p, index, &a);
    struct err ignored;
    int rc;

    (void)status;
    p->pieces[index].running = false;
    rc = plan_keep(p, index, path, e);
    if (path)
        unlink(path);
    if (dir)
        remove_tree(dir, &ignored);
    arena_release(&a);
    p->told.done++;
    p->weight_done += p->pieces[index].weight;
    tell(p);
    return rc;
}

static int go(struct plan *p, struct err *e)
{
    const struct pool pool = {.count = p->count,
                              .jobs = workers(p),
                              .cores = p->cores,
                              .begin = begin,
                              .work = grade,
                              .done = done,
                              .ctx = p};
    bool *wanted = arena_zalloc(&p->a, (size_t)p->exercise_count + 1);
    int rc;

    p->names = arena_zalloc(&p->a, ((size_t)workers(p) + 1) * sizeof *p->names);
    if (!wanted || !p->names)
        return err_oom(e);
    for (int i = 0; i < p->count; i++) {
        wanted[p->waiting[i].exercise] |= p->waiting[i].source != NULL;
        p->weight_all += p->waiting[i].weight;
    }
    p->told.all = p->count;
    p->w->unit.shelf = arena_printf(&p->a, "%s/shelf", p->w->folder);
    if (!p->w->unit.shelf || make_dirs(p->w->unit.shelf, e) < 0)
        return -1;
    chmod(p->w->unit.shelf, 0700); /* no program under test is to see it */
    if (canary_run(&p->w->unit, p->w->exercises, wanted, workers(p), p->w->folder, e) < 0)
        return -1;
    p->began = now_s();
    rc = pool_run(&pool, e);
    p->w->grading_s = now_s() - p->began;
    return rc;
}

int work_run(struct work *w, struct err *e)
{
    struct plan p = {.w = w};
    int rc;

    w->units = w->distinct = w->cached = w->graded = w->broken = 0;
    rc = w->out ? elsewhere_recover(w, e) : 0;
    if (rc == 0)
        rc = plan_make(&p, e);
    if (rc == 0 && p.count > 0)
        rc = canary_complete(&w->unit, w->exercises, e);
    if (rc == 0 && p.count > 0 && w->engine.kind != ENGINE_LOCAL)
        rc = elsewhere_run(&p, e);
    else if (rc == 0 && p.count > 0 && (rc = cores_new(w->jobs, &p.cores, e)) == 0) {
        w->unit.busy = cores_busy;
        w->unit.cores = p.cores;
        rc = go(&p, e);
        cores_free(p.cores);
    }
    plan_release(&p);
    return rc;
}

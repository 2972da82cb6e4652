/* work.c - plan, canaries, pool.
 *
 * Only this process talks to the store: workers are handed a file with the source and hand back
 * a file with the result.
 */
#include "batch/work.h"

#include <string.h>
#include <sys/stat.h>

#include "batch/canary.h"
#include "batch/cores.h"
#include "batch/engine.h"
#include "batch/order.h"
#include "batch/pool.h"
#include "batch/unitfile.h"

static const double MISSING_CPU_S = 0.01; /* of what nobody handed in */

struct piece {
    int exercise;
    const char *source; /* NULL: nothing submitted */
    char key[KEY_HEX];
    double weight; /* expected processor seconds */
    bool running;
};

struct plan {
    struct work *w;
    struct arena a;
    struct piece *waiting; /* as planned */
    struct piece *pieces;  /* as begun: the first ones, up to the last that was begun */
    int count, room;
    int exercise_count;
    struct order order;
    struct err e; /* of the callback */
    double began, weight_done, weight_all;
    struct work_progress told;
    const char **names;
    struct cores *cores;
};

/* ---- the plan -------------------------------------------------------------------------------
 */

static int exercise_index(const struct plan *p, const char *id)
{
    for (int i = 0; i < p->exercise_count; i++)
        if (strcmp(p->w->exercises[i]->id, id) == 0)
            return i;
    return -1;
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Units come sorted by exercise and source: equal ones are neighbours. */
static int add_unit(void *ctx, const struct stored_unit *u)
{
    struct plan *p = ctx;
    const int x = exercise_index(p, u->exercise);
    struct piece *last = p->count ? &p->waiting[p->count - 1] : NULL;

    if (x < 0 || u->refused || (p->w->only && strcmp(p->w->only, u->exercise) != 0))
        return 0;
    p->w->units++;
    if (last && last->exercise == x && same(last->source, u->source))
        return 0;
    if (p->count == p->room) {
        const int room = p->room ? 2 * p->room : 256;
        struct piece *more = realloc(p->waiting, (size_t)room * sizeof *more);

        if (!more)
            return err_oom(&p->e);
        p->waiting = more;
        p->room = room;
    }
    last = &p->waiting[p->count++];
    *last = (struct piece){
        .exercise = x, .weight = u->source ? order_expect(&p->order, x).cpu_s : MISSING_CPU_S};
    if (u->source && !(last->source = arena_strdup(&p->a, u->source)))
        return err_oom(&p->e);
    key_of(p->w->keys, x, last->source, last->key);
    return 0;
}

/* What nobody handed in takes no time and comes last; else by chance, which the key is. */
static int by_chance(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;

    if (!x->source != !y->source)
        return !x->source ? 1 : -1;
    return strcmp(x->key, y->key);
}

static int bind(const struct plan *p, const struct piece *d, const char *key,
                const char *reason, struct err *e)
{
    return p->w->bind ? store_bind(p->w->store, p->w->exercises[d->exercise]->id, d->source,
                                   key, reason, e)
                      : 0;
}

/* Binds what has a result already; the others wait in line. */
static int drop_cached(struct plan *p, struct err *e)
{
    int kept = 0;

    if (store_begin(p->w->store, e) < 0)
        return -1;
    for (int i = 0; i < p->count; i++) {
        if (!store_has(p->w->store, p->waiting[i].key)) {
            p->waiting[kept++] = p->waiting[i];
        } else if (bind(p, &p->waiting[i], p->waiting[i].key, NULL, e) < 0) {
            store_rollback(p->w->store);
            return -1;
        }
    }
    p->w->distinct = p->count;
    p->w->cached = p->count - kept;
    p->count = kept;
    return store_commit(p->w->store, e);
}

static int line_up(struct plan *p, struct err *e)
{
    if (!(p->pieces = calloc((size_t)p->count + 1, sizeof *p->pieces)))
        return err_oom(e);
    if (p->count > 0)
        qsort(p->waiting, (size_t)p->count, sizeof *p->waiting, by_chance);
    for (int i = 0; i < p->count; i++)
        if (order_add(&p->order, p->waiting[i].exercise, i, e) < 0)
            return -1;
    return 0;
}

static int make_plan(struct plan *p, struct err *e)
{
    while (p->w->exercises[p->exercise_count])
        p->exercise_count++;
    if (order_init(&p->order, p->exercise_count, &p->a, e) < 0)
        return -1;
    for (int i = 0; i < p->exercise_count; i++) {
        struct typical t;

        p->order.lines[i].patience = p->w->exercises[i]->rubric.limits.wall_s;
        if (store_typical(p->w->store, p->w->exercises[i]->id, &t))
            order_learn(&p->order, i, &t);
    }
    if (store_each_unit(p->w->store, 0, add_unit, p, e) < 0) {
        if (p->e.kind != ERR_NONE)
            *e = p->e;
        return -1;
    }
    return drop_cached(p, e) < 0 ? -1 : line_up(p, e);
}

/* ---- the work
 * -------------------------------------------------------------------------------- */

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
    const double gone = now_s() - p->began;
    int n = 0;

    if (!p->w->progress)
        return;
    for (int i = 0; i < p->count && n < workers(p); i++)
        if (p->pieces[i].running)
            p->names[n++] = p->w->exercises[p->pieces[i].exercise]->id;
    p->told.at_work = n;
    p->told.names = p->names;
    p->told.eta_s =
        p->weight_done > 0 ? gone * (p->weight_all - p->weight_done) / p->weight_done : -1;
    p->w->progress(p->w->ctx, &p->told);
}

static const struct piece *next_piece(struct plan *p, int index)
{
    p->pieces[index] = p->waiting[order_next(&p->order)];
    return &p->pieces[index];
}

/* What is no plain file is shown to the grading as one: a folder of that name. */
static int begin(void *ctx, int index, struct err *e)
{
    struct plan *p = ctx;
    const struct piece *d = next_piece(p, index);
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

    /* without a reference on this side there is nothing to compare with */
    o.oracle = course_solution(o.course, x, &p->a) != NULL;
    return path && file && unitfile_grade(&o, x, file, path, &e) >= 0 ? 0 : 3;
}

/* A worker that died left no file: the unit is not graded, which is not zero. */
static int keep(struct plan *p, int index, const char *path, struct err *e)
{
    const struct piece *d = &p->pieces[index];
    const struct exercise *x = p->w->exercises[d->exercise];
    const char *reason = "the process that graded it ended unexpectedly";
    const json_t *unit = NULL;
    struct graded g = {0};
    struct err ignored;
    int rc;

    if (path && unitfile_read(path, &g, &ignored) == 0) {
        unit = json_array_get(json_object_get(g.result, "exercises"), 0);
        reason = json_string_value(json_object_get(unit, "reason"));
    }
    if (reason) {
        p->w->broken++;
        p->told.broken++;
        rc = bind(p, d, NULL, reason, e);
    } else {
        p->w->graded++;
        p->told.failing += json_integer_value(json_object_get(unit, "score")) <
                           json_integer_value(json_object_get(unit, "max"));
        if (d->source) {
            const struct typical took = timing_typical(g.timing);

            order_learn(&p->order, d->exercise, &took);
        }
        rc = store_put(p->w->store, x->id, d->key, g.result, g.timing, e);
        if (rc == 0)
            rc = bind(p, d, d->key, NULL, e);
    }
    graded_release(&g);
    return rc;
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
    rc = keep(p, index, path, e);
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

/* ---- on other machines --------------------------------------------------------------- */

static bool readable(const char *path)
{
    struct graded g = {0};
    struct err ignored;
    const bool ok = unitfile_read(path, &g, &ignored) == 0;

    graded_release(&g);
    return ok;
}

static int collect(void *ctx, int unit, const char *path, struct err *e)
{
    struct plan *p = ctx;
    int rc;

    if (!readable(path))
        return 1;
    rc = keep(p, unit, path, e);
    p->told.done++;
    p->weight_done += p->pieces[unit].weight;
    return rc;
}

static void look(void *ctx, int tasks, const char *waits_for)
{
    struct plan *p = ctx;

    p->told.at_work = tasks;
    p->told.waits_for = waits_for;
    p->told.eta_s = p->weight_done > 0 ? (now_s() - p->began) *
                                             (p->weight_all - p->weight_done) / p->weight_done
                                       : -1;
    if (p->w->progress)
        p->w->progress(p->w->ctx, &p->told);
}

static int share_all(struct plan *p, struct share *s, struct err *e)
{
    int rc = share_open(s, p->w->out, e);

    for (int i = 0; rc == 0 && i < p->count; i++) {
        const struct piece *d = next_piece(p, i);
        auto_free char *text = NULL;
        struct share_unit u = {.exercise = d->exercise, .source = d->source, .key = d->key};
        int known = 1;

        p->weight_all += d->weight;
        if (d->source)
            known = store_source(p->w->store, d->source, &text, &u.len, e);
        if (known <= 0)
            return known < 0
                       ? -1
                       : err_set(e, ERR_BUG, "a source that was handed in is not in the store");
        u.text = text;
        rc = share_add(s, &u, e);
    }
    return rc == 0 ? share_seal(s, e) : -1;
}

static const char *why_not(struct plan *p, const struct engine_job *j)
{
    const char *why = share_why(j->share);

    if (*why)
        return why;
    if (!share_seen(j->share))
        return arena_printf(&p->a,
                            "no machine has looked at '%s': do all of them see it, and "
                            "'%s'?%s%s",
                            p->w->out, j->lockstep, *j->state ? " " : "", j->state);
    return *j->state ? j->state : "nothing was said about it";
}

/* What nobody graded is not graded, which is no zero. */
static int give_up(struct plan *p, const struct engine_job *j, struct err *e)
{
    const char *why = why_not(p, j);
    int rc = 0;

    for (int i = 0; rc == 0 && i < p->count; i++) {
        if (j->done[i])
            continue;
        p->w->broken++;
        p->told.broken++;
        rc = bind(p, &p->pieces[i], NULL,
                  arena_printf(&p->a, "no machine graded it in %d attempt%s: %s", j->attempts,
                               j->attempts == 1 ? "" : "s", why),
                  e);
    }
    return rc;
}

static int go_elsewhere(struct plan *p, struct err *e)
{
    struct share share = {.a = &p->a,
                          .exercises = p->w->exercises,
                          .keys = p->w->keys,
                          .secret = p->w->unit.secret};
    struct engine_job j = {.o = &p->w->engine,
                           .share = &share,
                           .count = p->count,
                           .done = arena_zalloc(&p->a, (size_t)p->count + 1),
                           .collect = collect,
                           .look = look,
                           .ctx = p};
    auto_free char *self = realpath("/proc/self/exe", NULL);
    int rc;

    if (!self)
        return err_errno(e, "this program's own file cannot be found any more");
    if (!j.done)
        return err_oom(e);
    j.lockstep = self;
    p->told.all = p->count;
    p->began = now_s();
    rc = share_all(p, &share, e);
    if (rc == 0)
        rc = engine_run(&j, e);
    if (rc == 0)
        rc = give_up(p, &j, e);
    if (!share_close(&share, j.stray))
        fprintf(stderr,
                "lockstep batch: '%s' could not be removed whole; it may be removed by hand\n",
                share.folder);
    p->w->grading_s = now_s() - p->began;
    return rc;
}

static int recovered(void *ctx, const char *exercise, const char *key, const char *path,
                     struct err *e)
{
    struct work *w = ctx;
    const json_t *unit;
    struct graded g = {0};
    struct err broken;
    int rc = 0;

    if (unitfile_read(path, &g, &broken) < 0)
        return 0;
    unit = json_array_get(json_object_get(g.result, "exercises"), 0);
    if (!json_is_string(json_object_get(unit, "reason")) && !store_has(w->store, key))
        rc = store_put(w->store, exercise, key, g.result, g.timing, e);
    graded_release(&g);
    return rc;
}

/* A batch that was killed has left what it shared: what was graded meanwhile counts. */
static int recover(struct work *w, struct err *e)
{
    struct arena a = {0};
    const int rc =
        share_recover(w->out, w->keys->grader, &a, engine_stop_handle, recovered, w, e);

    arena_release(&a);
    return rc;
}

int work_run(struct work *w, struct err *e)
{
    struct plan p = {.w = w};
    int rc;

    w->units = w->distinct = w->cached = w->graded = w->broken = 0;
    rc = w->out ? recover(w, e) : 0;
    if (rc == 0)
        rc = make_plan(&p, e);
    if (rc == 0 && p.count > 0 && w->engine.kind != ENGINE_LOCAL)
        rc = go_elsewhere(&p, e);
    else if (rc == 0 && p.count > 0 && (rc = cores_new(w->jobs, &p.cores, e)) == 0) {
        w->unit.busy = cores_busy;
        w->unit.cores = p.cores;
        rc = go(&p, e);
        cores_free(p.cores);
    }
    free(p.waiting);
    free(p.pieces);
    order_release(&p.order);
    arena_release(&p.a);
    return rc;
}

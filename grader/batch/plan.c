/* plan.c - units out of the store, one piece for equal ones, and results back into it. */
#include "batch/plan.h"

#include <string.h>

#include "batch/unitfile.h"
#include "report/report.h"

static const double MISSING_CPU_S = 0.01; /* of what nobody handed in */

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

int plan_bind(const struct plan *p, const struct piece *d, const char *key, const char *reason,
              struct err *e)
{
    return p->w->bind ? store_bind(p->w->store, p->w->exercises[d->exercise]->id, d->source,
                                   key, reason, e)
                      : 0;
}

/* The setting that leads from a kin to a result with its runs. */
static const char *kin_name(struct plan *p, const struct piece *d, struct arena *a)
{
    char kin[KEY_HEX];

    key_kin(p->w->keys, d->exercise, d->source, kin);
    return arena_printf(a, "kin/%s", kin);
}

static int remember_kin(struct plan *p, const struct piece *d, struct err *e)
{
    struct arena a = {0};
    const char *name = kin_name(p, d, &a);
    const int rc = name ? store_set(p->w->store, name, d->key, e) : err_oom(e);

    arena_release(&a);
    return rc;
}

/* Points, hints or visibility have changed since it was graded: no program runs for that.
 * 1: there is a result now, 0: it must be graded, -1. */
static int restate(struct plan *p, const struct piece *d, struct err *e)
{
    const struct exercise *x = p->w->exercises[d->exercise];
    json_t *was = NULL, *now = NULL, *timing = NULL;
    struct arena a = {0};
    const char *name = kin_name(p, d, &a);
    const char *key = name ? store_get(p->w->store, name, &a) : NULL;
    int rc = key ? store_result(p->w->store, key, &was, &timing, e) : 0;

    if (rc > 0 &&
        json_array_size(json_object_get(json_array_get(json_object_get(was, "exercises"), 0),
                                        "tests")) != (size_t)x->rubric.test_count)
        rc = 0;
    if (rc > 0)
        rc = report_restate(was, x, &now, e);
    if (now && rc == 0)
        rc = store_put(p->w->store, x->id, d->key, now, timing, e) < 0 ? -1 : 1;
    json_decref(was);
    json_decref(now);
    json_decref(timing);
    arena_release(&a);
    return rc;
}

/* Before anything is bound, in transactions of its own. */
static int restate_all(struct plan *p, struct err *e)
{
    for (int i = 0; i < p->count; i++)
        if (!store_has(p->w->store, p->waiting[i].key) && restate(p, &p->waiting[i], e) < 0)
            return -1;
    return 0;
}

static int drop_cached(struct plan *p, struct err *e)
{
    int kept = 0;

    if (store_begin(p->w->store, e) < 0)
        return -1;
    for (int i = 0; i < p->count; i++) {
        if (!store_has(p->w->store, p->waiting[i].key)) {
            p->waiting[kept++] = p->waiting[i];
        } else if (plan_bind(p, &p->waiting[i], p->waiting[i].key, NULL, e) < 0) {
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

int plan_make(struct plan *p, struct err *e)
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
    return restate_all(p, e) < 0 || drop_cached(p, e) < 0 ? -1 : line_up(p, e);
}

/* What units of their kind took before says more than the first ones of this run: one that does
 * not compile is over at once, and the rest is not. The longer it runs, the more it counts
 * itself.
 */
double plan_eta(const struct plan *p)
{
    const double left = p->weight_all - p->weight_done;
    const double before = left / (p->w->jobs > 0 ? p->w->jobs : 1);
    const double now =
        p->weight_done > 0 ? (now_s() - p->began) * left / p->weight_done : before;
    const double share = p->weight_all > 0 ? p->weight_done / p->weight_all : 0;
    const double trust = share > 0.25 ? 1 : 4 * share;

    return left > 0 ? trust * now + (1 - trust) * before : 0;
}

const struct piece *plan_next(struct plan *p, int index)
{
    p->pieces[index] = p->waiting[order_next(&p->order)];
    return &p->pieces[index];
}

/* A worker that died left no file: the unit is not graded, which is not zero. */
int plan_keep(struct plan *p, int index, const char *path, struct err *e)
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
        rc = plan_bind(p, d, NULL, reason, e);
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
            rc = remember_kin(p, d, e);
        if (rc == 0)
            rc = plan_bind(p, d, d->key, NULL, e);
    }
    graded_release(&g);
    return rc;
}

void plan_release(struct plan *p)
{
    free(p->waiting);
    free(p->pieces);
    order_release(&p->order);
    arena_release(&p->a);
}

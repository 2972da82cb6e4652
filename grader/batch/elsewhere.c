/* elsewhere.c - a plan on other machines: into the share, through an engine, out of it. */
#include <stdio.h>
#include <string.h>

#include "batch/engine.h"
#include "batch/plan.h"
#include "batch/unitfile.h"

/* Whatever lies there under a unit's number: only a grading of that unit counts. */
static bool is_result(const char *path, const char *exercise, const char *source)
{
    struct graded g = {0};
    struct err ignored;
    const bool ok =
        unitfile_read(path, &g, &ignored) == 0 && graded_is_of(&g, exercise, source);

    graded_release(&g);
    return ok;
}

static int collect(void *ctx, int unit, const char *path, struct err *e)
{
    struct plan *p = ctx;
    const struct piece *d = &p->pieces[unit];
    int rc;

    if (!is_result(path, p->w->exercises[d->exercise]->id, d->source))
        return 1;
    rc = plan_keep(p, unit, path, e);
    p->told.done++;
    p->weight_done += d->weight;
    return rc;
}

static void look(void *ctx, int tasks, const char *waits_for)
{
    struct plan *p = ctx;

    p->told.at_work = tasks;
    p->told.waits_for = waits_for;
    p->told.eta_s = p->weight_done > 0 ? plan_eta(p) : -1;
    if (p->w->progress)
        p->w->progress(p->w->ctx, &p->told);
}

static int share_all(struct plan *p, struct share *s, struct err *e)
{
    int rc = share_open(s, p->w->out, e);

    for (int i = 0; rc == 0 && i < p->count; i++) {
        const struct piece *d = plan_next(p, i);
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
    struct buf said = {0};

    if (*why)
        return why;
    share_complaints(j->share, &said); /* a host that ssh does not reach says nothing itself */
    if (said.data && !said.failed)
        why = arena_strndup(&p->a, said.data, strcspn(said.data, "\n"));
    buf_release(&said);
    if (!why || *why)
        return why ? why : "memory was short";
    if (!share_seen(j->share))
        return arena_printf(&p->a,
                            "no machine has looked at '%s': do all of them see it, and "
                            "'%s'?%s%s",
                            p->w->out, j->lockstep, *j->state ? " " : "", j->state);
    return *j->state ? j->state : "nothing was said about it";
}

/* What nobody graded is not graded (not a zero). */
static int give_up(struct plan *p, const struct engine_job *j, struct err *e)
{
    const char *why = why_not(p, j);
    int rc = 0;

    for (int i = 0; rc == 0 && i < p->count; i++) {
        if (j->done[i])
            continue;
        p->w->broken++;
        p->told.broken++;
        rc = plan_bind(p, &p->pieces[i], NULL,
                       arena_printf(&p->a, "no machine graded it in %d attempt%s: %s",
                                    j->attempts, j->attempts == 1 ? "" : "s", why),
                       e);
    }
    return rc;
}

int elsewhere_run(struct plan *p, struct err *e)
{
    struct share share = {
        .a = &p->a, .exercises = p->w->exercises, .keys = p->w->keys, .unit = &p->w->unit};
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
    if (p->w->machines && share.folder)
        share_complaints(&share, p->w->machines);
    if (rc == 0 && j.stray) { /* nothing is to begin any more */
        share_forget(&share);
        fprintf(
            stderr,
            "lockstep batch: the batch is done, but what was started could not be told to end; "
            "'lockstep batch --resume' tells it when it answers\n");
    }
    if (!share_close(&share, j.stray))
        fprintf(stderr,
                "lockstep batch: '%s' could not be removed whole; it may be removed by hand\n",
                share.folder);
    p->w->grading_s = now_s() - p->began;
    return rc;
}

static int recovered(void *ctx, const struct share_line *u, const char *path, struct err *e)
{
    struct work *w = ctx;
    struct graded g = {0};
    struct err broken;
    int rc = 0;

    if (!is_result(path, u->exercise, strcmp(u->source, "-") == 0 ? NULL : u->source) ||
        store_has(w->store, u->key) || unitfile_read(path, &g, &broken) < 0)
        return 0;
    rc = store_put(w->store, u->exercise, u->key, g.result, g.timing, e);
    graded_release(&g);
    return rc;
}

int elsewhere_recover(struct work *w, struct err *e)
{
    struct arena a = {0};
    const int rc =
        share_recover(w->out, w->keys->grader, &a, engine_stop_handle, recovered, w, e);

    arena_release(&a);
    return rc;
}

/* explore.c - the explore mode: the tests whose rubric asks for it, under chosen schedules.
 *
 * Submission and suite are compiled once more, as the explorer needs them, and each test is
 * explored by itself. The number of schedules is fixed (limits of the rubric), never seconds,
 * so a slow machine grades the same. What the explorer finds is a proof like any other.
 */
#include <string.h>
#include <sys/resource.h>

#include "stages/explorer.h"
#include "stages/shelf.h"
#include "stages/unit.h"

/* A schedule with a process of its own costs fifty times as much. */
enum { SCHEDULES = 400, SCHEDULES_FORKED = 150 };

const char explore_program[] = "x_program";

static const char *quote(void *ctx, const char *file, int no)
{
    const struct unit *u = ctx;

    return unit_owns(u, file) ? unit_line(u, no) : NULL;
}

/* 1 = built; 0 cannot happen for the suite's sake: the same files were compiled natively. */
int explore_build(struct unit *u, bool *pure, struct err *e)
{
    char *suite =
        arena_printf(u->a, "./check_%s.c", u->x->cname); /* brought by stage_compile() */
    char *source = arena_printf(u->a, "./%s", u->x->rubric.edit);
    char *flags[] = {"-I", ".", NULL};
    char *objects[] = {"x_submission.o", "x_suite.o", NULL};
    struct buf said = {0};
    int rc = suite && source ? 1 : err_oom(e);

    if (rc > 0 && (unit_bring(u, u->o->course->runtime, "redirect.syms", e) < 0 ||
                   unit_bring(u, u->o->course->runtime, "liblockstep_suite.a", e) < 0))
        rc = -1;
    if (rc > 0)
        rc = explorer_compile(NULL, u->work, source, objects[0], NULL, false, &said, e);
    if (rc > 0)
        rc = unit_localise(u, objects[0], e);
    if (rc > 0 && !shelf_take(u, objects[1])) {
        rc = explorer_compile(NULL, u->work, suite, objects[1], flags, false, &said, e);
        if (rc > 0)
            shelf_put(u, objects[1]);
    }
    if (rc > 0)
        rc = explorer_link(NULL, u->work, objects, explore_program, true, &said, e);
    if (rc == 0)
        rc = err_set(e, ERR_SYSTEM, "cannot build '%s' for the explorer: %.300s",
                     u->x->rubric.edit, said.data ? said.data : "no message");
    buf_release(&said);
    if (rc > 0) {
        rc = explorer_is_pure(u->work, objects, e);
        *pure = rc > 0;
    }
    return rc < 0 ? -1 : 0;
}

static void adopt(struct test_grade *t, const struct exploration *x)
{
    struct evidence **tail = &t->evidence;

    while (*tail)
        tail = &(*tail)->next;
    *tail = x->found;
}

static bool shows_race(const struct test_grade *t)
{
    for (const struct evidence *ev = t->evidence; ev; ev = ev->next)
        if (ev->mode == MODE_EXPLORE && ev->verdict == VERDICT_DATA_RACE && !ev->advice)
            return true;
    return false;
}

/* Helgrind cannot judge atomics: what it reports of code that uses them is advice until the
 * explorer has spoken. Here it has (DESIGN.md section 3, "refuted"). */
static void adjudicate(struct unit *u, struct test_grade *t, const struct exploration *x)
{
    if (shows_race(t))
        return;
    for (struct evidence *ev = t->evidence; ev; ev = ev->next)
        if (ev->mode == MODE_HELGRIND && ev->verdict == VERDICT_DATA_RACE && ev->advice)
            ev->text = arena_printf(u->a,
                                    "Helgrind reports, refuted: %s %ld schedules shows a race "
                                    "here. %s",
                                    strcmp(x->extent, "all") == 0 ? "none of all" : "none of",
                                    x->schedules, ev->text);
}

int explore_run(struct unit *u, const struct rubric_test *t, const char *token, bool pure,
                struct exploration *ret, struct err *e)
{
    char seed[SEED_HEX];
    struct explorer_options o = {.schedules = pure ? SCHEDULES : SCHEDULES_FORKED,
                                 .after = -1,
                                 .test = t->id,
                                 .token = token,
                                 .fork_each = !pure,
                                 .inputs = seed};

    unit_seed(u, t, seed);
    if (explorer_run(u->work, explore_program, &o, quote, u, u->a, ret, e) < 0) {
        const struct err why = *e;

        return err_set(e, why.kind, "%s %s: %.180s", u->x->id, t->id, why.msg);
    }
    return 0;
}

static int explore_test(struct unit *u, struct test_grade *t, bool pure, struct err *e)
{
    struct exploration x;

    if (explore_run(u, t->test, NULL, pure, &x, e) < 0)
        return -1;
    if (strcmp(x.extent, "none") == 0) { /* judged by the other modes alone */
        struct evidence *ev = result_prove(u->a, t, MODE_EXPLORE, VERDICT_PASS, "not explored");

        if (!ev)
            return err_oom(e);
        ev->advice = true;
        ev->text = arena_printf(u->a, "Not explored: %s.", x.why);
        adopt(t, &x);
        return 0;
    }
    t->ran |= 1u << MODE_EXPLORE;
    adopt(t, &x);
    adjudicate(u, t, &x);
    return 0;
}

/* What ends a test before it has run, or floods everything, is not a matter of schedules. */
static bool is_settled(const struct test_grade *t)
{
    for (const struct evidence *ev = t->evidence; ev; ev = ev->next)
        if (ev->mode == MODE_NATIVE && !ev->advice &&
            (ev->verdict == VERDICT_NOT_IMPLEMENTED || ev->verdict == VERDICT_EARLY_EXIT ||
             ev->verdict == VERDICT_RESOURCE_LIMIT || ev->verdict == VERDICT_TAMPERING))
            return true;
    return false;
}

/* Building and exploring together: all children of this process since `before`. */
static void note_spent(struct unit *u, double began, const struct rusage *before)
{
    struct spent *s = &u->r->stages[MODE_EXPLORE];
    struct rusage now;

    getrusage(RUSAGE_CHILDREN, &now);
    s->wall_s = now_s() - began;
    s->cpu_s = (double)(now.ru_utime.tv_sec - before->ru_utime.tv_sec) +
               (double)(now.ru_stime.tv_sec - before->ru_stime.tv_sec) +
               1e-6 * (double)(now.ru_utime.tv_usec - before->ru_utime.tv_usec) +
               1e-6 * (double)(now.ru_stime.tv_usec - before->ru_stime.tv_usec);
    s->rss_kb = now.ru_maxrss;
}

static int explore_all(struct unit *u, struct err *e)
{
    bool pure = false, built = false;

    for (int i = 0; i < u->r->test_count; i++) {
        struct test_grade *t = &u->r->tests[i];

        if (!(t->test->modes & 1u << MODE_EXPLORE) || !unit_wants(u, t->test) || is_settled(t))
            continue;
        if (!built && explore_build(u, &pure, e) < 0)
            return -1;
        built = true;
        if (explore_test(u, t, pure, e) < 0)
            return -1;
    }
    return 0;
}

int stage_explore(struct unit *u, struct err *e)
{
    const double began = now_s();
    struct rusage before;
    int rc;

    getrusage(RUSAGE_CHILDREN, &before);
    rc = explore_all(u, e);
    note_spent(u, began, &before);
    return rc;
}

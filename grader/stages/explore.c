/* explore.c - the explore mode: the tests whose rubric asks for it, under chosen schedules.
 *
 * Submission and suite are compiled once more, as the explorer needs them, and each test is
 * explored by itself. The number of schedules is fixed (limits of the rubric), never seconds,
 * so a slow machine grades the same. What the explorer finds is a proof like any other.
 */
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "sandbox/tier.h"
#include "stages/blind.h"
#include "stages/explorer.h"
#include "stages/shelf.h"
#include "stages/unit.h"

/* A schedule with a process of its own costs fifty times as much. */
enum { SCHEDULES = 400, SCHEDULES_FORKED = 150 };

const char explore_program[] = "program";

const char *explore_folder(const struct unit *u)
{
    return arena_printf(u->a, "%s/x", u->work);
}

static const char *quote(void *ctx, const char *file, int no)
{
    const struct unit *u = ctx;

    return unit_owns(u, file) ? unit_line(u, no) : NULL;
}

static int move_program(struct unit *u, struct err *e)
{
    const char *folder = explore_folder(u);
    const char *from = arena_printf(u->a, "%s/x_program", u->work);
    const char *to = arena_printf(u->a, "%s/%s", folder, explore_program);

    if (!folder || !from || !to)
        return err_oom(e);
    if (make_dirs(folder, e) < 0)
        return -1;
    if (chmod(folder, 0711) < 0 || rename(from, to) < 0)
        return err_errno(e, "cannot move '%s'", from);
    return blind_program(u, folder, e) < 0 ? -1 : 1;
}

/* 1 = built; 0 cannot happen for the suite's sake: the same files were compiled natively. */
int explore_build(struct unit *u, bool *pure, struct err *e)
{
    char *suite =
        arena_printf(u->a, "./check_%s.c", u->x->cname); /* brought by stage_compile() */
    char *flags[] = {"-I", ".", NULL};
    char *objects[] = {"x_submission.o", "x_suite.o", NULL};
    const bool first = blind_suite_first(u);
    char *all[] = {objects[first], "lockstep-room0.o", objects[!first], "lockstep-room1.o",
                   NULL};
    char *mine[] = {objects[0], NULL}, *theirs[] = {objects[1], NULL};
    const char *folder = NULL;
    struct explorer_build b = {.work = u->work, .dialect = DIALECT_PLAIN}, alone = b;
    struct err ignored;
    struct explorer_build bs = {.work = u->work,
                                .dialect = DIALECT_EITHER,
                                .flags = flags,
                                .text = "ls_suite_text"}; /* runtime/explore/returns.c */
    struct buf said = {0};
    int rc = suite ? 1 : err_oom(e);

    if (rc > 0 && (unit_bring(u, u->o->course->runtime, "redirect.syms", e) < 0 ||
                   unit_bring(u, u->o->course->runtime, "runtime.syms", e) < 0 ||
                   unit_bring(u, u->o->course->runtime, "liblockstep_suite.a", e) < 0))
        rc = -1;
    if (rc > 0)
        rc = unit_text_folder(u, &folder, e) < 0 ? -1 : 1;
    alone.work = folder;
    if (rc > 0)
        rc = explorer_compile(&alone, "./submission.i", objects[0], NULL, &said, e);
    if (rc > 0 && rename(arena_printf(u->a, "%s/%s", folder, objects[0]),
                         arena_printf(u->a, "%s/%s", u->work, objects[0])) < 0)
        rc = err_errno(e, "cannot move '%s'", objects[0]);
    if (folder)
        remove_tree(folder, &ignored);
    if (rc > 0)
        rc = explorer_redirect(&b, mine, false, &said, e);
    if (rc > 0)
        rc = unit_localise(u, objects[0], e);
    if (rc > 0 && !shelf_take(u, objects[1])) {
        rc = explorer_compile(&bs, suite, objects[1], NULL, &said, e);
        if (rc > 0)
            rc = explorer_redirect(&bs, theirs, false, &said, e);
        if (rc > 0)
            shelf_put(u, objects[1]);
    }
    if (rc > 0)
        rc = explorer_link(&b, all, "x_program", true, &said, e);
    if (rc > 0)
        rc = move_program(u, e);
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
    const struct trail_due *due = unit_trail(u, t);
    struct explorer_options o = {.schedules = pure ? SCHEDULES : SCHEDULES_FORKED,
                                 .after = -1,
                                 .test = t->id,
                                 .trail = due ? trail_text(due, u->a) : NULL,
                                 .token = token,
                                 .fork_each = !pure,
                                 .code = sandbox_without("noexec"),
                                 .returns = !sandbox_without("returns"),
                                 .opaque = !pure,
                                 .inputs = seed,
                                 .symbols = arena_printf(u->a, "%s/%s/%s", explore_folder(u),
                                                         BLIND_FULL, explore_program)};

    unit_seed(u, t, seed);
    if (explorer_run(explore_folder(u), explore_program, &o, quote, u, u->a, ret, e) < 0) {
        const struct err why = *e;

        return err_set(e, why.kind, "%s %s: %.180s", u->x->id, t->id, why.msg);
    }
    return 0;
}

static bool has_failed(const struct test_grade *t)
{
    for (const struct evidence *ev = t->evidence; ev; ev = ev->next)
        if (!ev->advice)
            return true;
    return false;
}

/* It went so far that its silence says something; else why not. A submission decides how much
 * of the budget each schedule costs, and must not decide what is tried. The heaviest right one
 * known needs half of the budget for all that is planned. */
static const char *too_little(const struct unit *u, const struct exploration *x, bool pure)
{
    const long planned = pure ? SCHEDULES : SCHEDULES_FORKED, fewest = planned / 4;

    if (strcmp(x->extent, "none") == 0)
        return x->why;
    if (sandbox_without("enough"))
        return NULL;
    if (x->unwatched)
        return arena_printf(u->a,
                            "it accesses more memory than can be watched for races, 64 MiB");
    if (x->used_up && x->schedules < fewest)
        return arena_printf(u->a,
                            "they are so long that only %ld of %ld fit the budget of steps",
                            x->schedules, planned);
    if (x->cut > x->schedules)
        return x->why ? x->why : arena_printf(u->a, "most of them had to be cut");
    return NULL;
}

static int explore_test(struct unit *u, struct test_grade *t, bool pure, struct err *e)
{
    struct exploration x;
    const char *why;

    if (explore_run(u, t->test, NULL, pure, &x, e) < 0)
        return -1;
    why = x.bugs ? NULL : too_little(u, &x, pure);
    if (why) { /* silence is no acquittal (DESIGN section 5) */
        const bool failed = has_failed(t);
        struct evidence *ev = result_prove(u->a, t, MODE_EXPLORE, VERDICT_RESOURCE_LIMIT,
                                           "resource-limit: not explored");

        if (!ev)
            return err_oom(e);
        ev->advice = failed || sandbox_without("silence"); /* it does not pass anyway */
        ev->text =
            arena_printf(u->a,
                         "This test is judged under chosen schedules, and they could not be "
                         "tried: %s.",
                         why);
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
    struct rusage now;

    getrusage(RUSAGE_CHILDREN, &now);
    unit_spend(u, MODE_EXPLORE, now_s() - began,
               (double)(now.ru_utime.tv_sec - before->ru_utime.tv_sec) +
                   (double)(now.ru_stime.tv_sec - before->ru_stime.tv_sec) +
                   1e-6 * (double)(now.ru_utime.tv_usec - before->ru_utime.tv_usec) +
                   1e-6 * (double)(now.ru_stime.tv_usec - before->ru_stime.tv_usec),
               now.ru_maxrss);
}

/* It computes without end, natively as under the explorer: seconds for each test of which one
 * has said all. Its verdict is native's. */
static bool computes_again(struct unit *u, struct test_grade *t, const char *before)
{
    struct evidence *ev;

    if (!before || !t->out_of_cpu)
        return false;
    ev = result_prove(u->a, t, MODE_EXPLORE, VERDICT_PASS, "not explored");
    if (ev) {
        ev->advice = true;
        ev->text = arena_printf(u->a, "Not explored: it used up its processor time, as %s did.",
                                before);
    }
    return true;
}

static int explore_all(struct unit *u, struct err *e)
{
    bool pure = false, built = false;
    const char *computes = NULL; /* the first test that did */

    for (int i = 0; i < u->r->test_count; i++) {
        struct test_grade *t = &u->r->tests[i];

        if (!(t->test->modes & 1u << MODE_EXPLORE) || !unit_wants(u, t->test) || is_settled(t))
            continue;
        if (unit_exhausted(u, t, MODE_EXPLORE))
            continue;
        if (!built && explore_build(u, &pure, e) < 0)
            return -1;
        built = true;
        if (computes_again(u, t, computes))
            continue;
        if (explore_test(u, t, pure, e) < 0)
            return -1;
        if (!computes && t->out_of_cpu && !(t->ran & 1u << MODE_EXPLORE))
            computes = t->test->id;
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

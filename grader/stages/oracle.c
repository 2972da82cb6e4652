/* oracle.c - the reference solution as the judge of what a test observes.
 *
 * The reference ran the same test with the same seed; its stream of observations must be
 * the submission's too: complete, in order. This is what a constant answer, a skipped
 * part or a body that was cut short cannot imitate without computing the right values.
 * On the instructor's side only: a student has no reference.
 */
#include <string.h>

#include "sandbox/tier.h"
#include "stages/shelf.h"

/* Builds the reference's program once a unit, in a work folder inside the unit's own. */
static const char *reference_program(struct unit *u, struct err *e)
{
    static const char *const name = "./reference";
    struct unit_result scratch;
    struct unit ref = *u;
    const char *file = course_solution(u->o->course, u->x, u->a);
    int rc;

    if (u->reference_built || (file && (u->reference_built = shelf_take(u, "reference"))))
        return name;
    if (!file) {
        err_set(e, ERR_EXERCISE, "%s: no reference solution to compare with", u->x->id);
        return NULL;
    }
    ref.file = file;
    ref.source = ref.text = NULL;
    ref.r = &scratch;
    ref.work = arena_printf(u->a, "%s/ref", u->work);
    if (!ref.work || make_dirs(ref.work, e) < 0 || result_init(u->a, u->x, &scratch, e) < 0 ||
        slurp(file, 1 << 20, &ref.source, &ref.source_len, e) < 0)
        return NULL;
    scratch.submission_hash = u->r->submission_hash;
    unit_busy(u, true);
    rc = stage_compile(&ref, e);
    unit_busy(u, false);
    if (rc == 0)
        err_set(e, ERR_EXERCISE, "%s: the reference solution does not compile", u->x->id);
    else if (e->kind == ERR_NONE && rename(arena_printf(u->a, "%s/program", ref.work),
                                           arena_printf(u->a, "%s/reference", u->work)) < 0)
        err_errno(e, "cannot keep the reference's program");
    free(ref.source);
    free(ref.text);
    u->reference_built = e->kind == ERR_NONE;
    if (u->reference_built)
        shelf_put(u, "reference");
    return u->reference_built ? name : NULL;
}

static const char *difference(struct unit *u, const struct observations *want,
                              const struct observations *seen)
{
    for (int i = 0; i < want->count && i < seen->count; i++) {
        const struct observation *w = &want->list[i], *s = &seen->list[i];

        if (strcmp(w->label, s->label) != 0)
            return arena_printf(u->a, "Observation %d is '%s' where '%s' was expected.", i + 1,
                                s->label, w->label);
        if (w->value != s->value)
            return arena_printf(u->a, "'%s' is %lld; for the same inputs it must be %lld.",
                                w->label, (long long)s->value, (long long)w->value);
    }
    if (want->count != seen->count)
        return arena_printf(u->a, "%d observations were made; %d were expected.", seen->count,
                            want->count);
    return NULL;
}

int oracle_check(struct unit *u, struct test_grade *t, const struct native_run *run,
                 struct err *e)
{
    const char *program = reference_program(u, e), *why;
    struct test_grade scratch = {.test = t->test};
    struct native_run ours = {0};
    struct keeper_result kr = {0};
    enum verdict v = VERDICT_WRONG_RESULT;
    bool good;
    int rc;

    if (!program)
        return -1;
    rc = native_run_one(u, program, &scratch, &ours, &kr, e);
    good = ours.ended && kr.end == KEEPER_EXITED && kr.code == 0;
    buf_release(&ours.left);
    buf_release(&ours.fds_before);
    keeper_release(&kr);
    if (rc < 0)
        return -1;
    if (!good)
        return err_set(e, ERR_EXERCISE,
                       "%s: the reference solution fails '%s'; no verdict drawn", u->x->id,
                       t->test->id);
    why = difference(u, &ours.seen, &run->seen);
    if (ours.last_mark != run->last_mark && !sandbox_without("stream")) {
        v = VERDICT_TAMPERING;
        why = arena_printf(u->a,
                           "The test ended after its assertion in line %lld; its last "
                           "assertion is in line %lld.",
                           (long long)run->last_mark, (long long)ours.last_mark);
    }
    if (ours.stood && run->stood && ours.end_offset != run->end_offset) {
        v = VERDICT_TAMPERING;
        why =
            "The test's end was reported from another depth of the stack than the test's own.";
    }
    if (why) {
        struct evidence *ev = result_prove(u->a, t, MODE_NATIVE, v, verdict_name(v));

        if (ev)
            ev->text = why;
    }
    return 0;
}

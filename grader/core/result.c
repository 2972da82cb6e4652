/* result.c - builds up a unit's result and decides its score. Renders nothing. */
#include "core/result.h"

#include <string.h>

struct evidence *result_prove(struct arena *a, struct test_grade *t, enum mode mode,
                              enum verdict v, const char *title)
{
    struct evidence *ev = arena_zalloc(a, sizeof *ev), **tail = &t->evidence;

    if (!ev)
        return NULL;
    ev->mode = mode;
    ev->verdict = v;
    ev->title = title;
    while (*tail)
        tail = &(*tail)->next;
    *tail = ev;
    return ev;
}

struct stack *evidence_stack(struct arena *a, struct evidence *ev, const char *label,
                             int frames)
{
    struct stack *s = arena_zalloc(a, sizeof *s), **tail = &ev->stacks;

    if (!s)
        return NULL;
    s->label = label;
    s->frames = arena_zalloc(a, (size_t)(frames + 1) * sizeof *s->frames);
    if (!s->frames)
        return NULL;
    while (*tail)
        tail = &(*tail)->next;
    *tail = s;
    return s;
}

int result_init(struct arena *a, const struct exercise *x, struct unit_result *ret,
                struct err *e)
{
    struct unit_result u = {.exercise = x, .test_count = x->rubric.test_count};

    u.tests = arena_zalloc(a, (size_t)(u.test_count + 1) * sizeof *u.tests);
    if (!u.tests)
        return err_oom(e);
    for (int i = 0; i < u.test_count; i++) {
        u.tests[i].test = &x->rubric.tests[i];
        u.tests[i].verdict = VERDICT_PASS;
        u.max += x->rubric.tests[i].points;
        for (int m = 0; m < MODE_COUNT; m++)
            u.tests[i].by_mode[m] = VERDICT_PASS;
    }
    *ret = u;
    return 0;
}

void result_all(struct arena *a, struct unit_result *u, enum verdict v, const char *title,
                const char *text)
{
    for (int i = 0; i < u->test_count; i++) {
        struct evidence *ev = result_prove(a, &u->tests[i], MODE_NATIVE, v, title);

        if (ev)
            ev->text = text;
    }
}

static void decide(struct test_grade *t)
{
    unsigned found = 0;

    t->verdict = VERDICT_PASS;
    for (const struct evidence *ev = t->evidence; ev; ev = ev->next) {
        if (ev->advice)
            continue;
        found |= 1u << ev->verdict;
        t->verdict = verdict_first(t->verdict, ev->verdict);
        t->by_mode[ev->mode] = verdict_first(t->by_mode[ev->mode], ev->verdict);
    }
    t->also = found & ~(1u << t->verdict);
    t->points = t->verdict == VERDICT_PASS ? t->test->points : 0;
}

void result_score(struct unit_result *u)
{
    u->score = 0;
    for (int i = 0; i < u->test_count; i++) {
        decide(&u->tests[i]);
        u->score += u->tests[i].points;
    }
}

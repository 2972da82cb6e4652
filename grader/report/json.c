/* json.c - struct unit_result to the versioned JSON of report/FORMAT.md. */
#include <string.h>

#include "core/utf8.h"
#include "core/version.h"
#include "report/report.h"

/* Foreign bytes to a JSON string; NULL becomes null. */
static json_t *text(const char *s)
{
    struct buf b = {0};
    json_t *j;

    if (!s)
        return json_null();
    utf8_clean(&b, s, strlen(s), UTF8_JSON);
    j = json_stringn(b.data ? b.data : "", b.len);
    buf_release(&b);
    return j;
}

static json_t *both(const char *const words[LANG_COUNT])
{
    return json_pack("{s:o, s:o}", "en", text(words[LANG_EN]), "zh", text(words[LANG_ZH]));
}

static json_t *frame_json(const struct frame *f)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "function", text(f->function), "file",
                     text(f->file), "line", f->line ? json_integer(f->line) : json_null(),
                     "source", text(f->source));
}

static json_t *stacks_json(const struct stack *s)
{
    json_t *all = json_array();

    for (; s; s = s->next) {
        json_t *frames = json_array();

        for (int i = 0; i < s->count; i++)
            json_array_append_new(frames, frame_json(&s->frames[i]));
        json_array_append_new(
            all, json_pack("{s:o, s:o}", "label", text(s->label), "frames", frames));
    }
    return all;
}

static json_t *schedule_json(const struct schedule *s)
{
    json_t *steps = json_array(), *j;

    for (int i = 0; i < s->count; i++) {
        const struct schedule_step *st = &s->steps[i];

        json_array_append_new(steps, json_pack("{s:i, s:o, s:o, s:o}", "task", st->task, "who",
                                               text(st->who), "what", text(st->what), "at",
                                               frame_json(&st->at)));
    }
    j = json_pack("{s:o, s:I, s:i, s:o}", "token", text(s->token), "found_in",
                  (json_int_t)s->found_in, "tasks", s->tasks, "steps", steps);
    if (s->output) /* of `lockstep explore` alone */
        json_object_set_new(j, "output", text(s->output));
    return j;
}

static json_t *waits_json(const struct evidence *ev)
{
    json_t *all = json_array();

    for (int i = 0; i < ev->wait_count; i++)
        json_array_append_new(all, json_pack("{s:o, s:o, s:o}", "who", text(ev->waits[i].who),
                                             "holder", text(ev->waits[i].holder), "object",
                                             text(ev->waits[i].object)));
    return all;
}

static json_t *evidence_json(const struct evidence *ev)
{
    json_t *all = json_array();

    for (; ev; ev = ev->next) {
        json_t *j =
            json_pack("{s:s, s:s, s:b, s:o, s:o, s:o}", "mode", mode_name(ev->mode), "verdict",
                      verdict_name(ev->verdict), "advice", ev->advice, "title", text(ev->title),
                      "text", text(ev->text), "stacks", stacks_json(ev->stacks));

        if (ev->wait_count)
            json_object_set_new(j, "waits", waits_json(ev));
        if (ev->schedule)
            json_object_set_new(j, "schedule", schedule_json(ev->schedule));
        json_array_append_new(all, j);
    }
    return all;
}

static json_t *modes_json(const struct test_grade *t)
{
    json_t *modes = json_object();

    for (int m = 0; m < MODE_COUNT; m++)
        if (t->ran & 1u << m)
            json_object_set_new(modes, mode_name((enum mode)m),
                                json_string(verdict_name(t->by_mode[m])));
    return modes;
}

static json_t *also_json(const struct test_grade *t)
{
    json_t *also = json_array();

    for (int v = 0; v < VERDICT_COUNT; v++)
        if (t->also & 1u << v)
            json_array_append_new(also, json_string(verdict_name((enum verdict)v)));
    return also;
}

static json_t *test_json(const struct test_grade *t)
{
    const char *hint[LANG_COUNT];

    for (int l = 0; l < LANG_COUNT; l++)
        hint[l] = t->test->hints[l][0];
    return json_pack(
        "{s:o, s:o, s:i, s:i, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "id", text(t->test->id),
        "title", both(t->test->title), "points", t->points, "max", t->test->points, "verdict",
        verdict_name(t->verdict), "headline", verdict_headline(t->verdict), "visibility",
        t->test->visibility ? t->test->visibility : "visible", "also", also_json(t), "modes",
        modes_json(t), "hint", t->verdict == VERDICT_PASS ? json_null() : both(hint),
        "evidence", evidence_json(t->evidence));
}

static const char *status(const struct unit_result *u)
{
    return u->not_graded ? "not-graded" : u->missing ? "missing" : "graded";
}

static json_t *unit_json(const struct unit_result *u)
{
    json_t *tests = json_array();

    for (int i = 0; i < u->test_count && !u->not_graded; i++)
        json_array_append_new(tests, test_json(&u->tests[i]));
    return json_pack("{s:o, s:o, s:s, s:o, s:o, s:i, s:i, s:o, s:o}", "id",
                     text(u->exercise->id), "title", both(u->exercise->rubric.title), "status",
                     status(u), "reason", text(u->not_graded), "submission",
                     text(u->submission_hash), "score", u->not_graded ? 0 : u->score, "max",
                     u->max, "compiler_output", text(u->compiler_output), "tests", tests);
}

static json_t *head(enum tier tier, bool whole, bool no_oracle, int score, int max,
                    json_t *exercises)
{
    json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:o}", "format", RESULT_FORMAT,
                          "grader", LOCKSTEP_VERSION, "tier", tier_name(tier), "memory",
                          whole ? "whole" : "each", "trust", tier_trust(tier), "score", score,
                          "max", max, "exercises", exercises);

    if (j && no_oracle)
        json_object_set_new(j, "oracle", json_string("off"));
    return j;
}

int report_exploration(const struct exploration *x, json_t **ret, struct err *e)
{
    json_t *kinds = json_array();
    json_t *j;

    for (int i = 0; i < x->not_varied_count; i++)
        json_array_append_new(kinds, text(x->not_varied[i]));
    j = json_pack("{s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:I, s:b, s:o, s:I, s:I, s:I, s:[I, I], "
                  "s:o, s:i, s:o}",
                  "format", EXPLORE_FORMAT, "grader", LOCKSTEP_VERSION, "extent", x->extent,
                  "reason", text(x->why), "stopped", text(x->stopped), "schedules",
                  (json_int_t)x->schedules, "cut", (json_int_t)x->cut, "dropped",
                  (json_int_t)x->dropped, "unwatched", x->unwatched, "not_varied", kinds,
                  "steps", (json_int_t)x->steps, "points", (json_int_t)x->points, "tasks",
                  (json_int_t)x->tasks, "deliveries", (json_int_t)x->delivered,
                  (json_int_t)x->deliveries, "output", text(x->output), "bugs", x->bugs,
                  "findings", evidence_json(x->found));
    if (j && x->suppressed)
        json_object_set_new(j, "suppressed", json_integer(x->suppressed));
    if (!j)
        return err_oom(e);
    *ret = j;
    return 0;
}

int report_json(const struct unit_result *units, int count, json_t **ret, struct err *e)
{
    json_t *exercises = json_array(), *j;
    enum tier tier = TIER_FULL; /* the weakest of all */
    int score = 0, max = 0;
    bool whole = true, no_oracle = false;

    for (int i = 0; i < count; i++) {
        if (json_array_append_new(exercises, unit_json(&units[i])) < 0) {
            json_decref(exercises);
            return err_oom(e);
        }
        if (units[i].tier < tier)
            tier = units[i].tier;
        whole &= units[i].not_graded || units[i].whole;
        no_oracle |= units[i].no_oracle;
        score += units[i].not_graded ? 0 : units[i].score;
        max += units[i].max;
    }
    j = head(tier, whole, no_oracle, score, max, exercises);
    if (!j)
        return err_oom(e);
    *ret = j;
    return 0;
}

int report_join(json_t *const *parts, int count, json_t **ret, struct err *e)
{
    json_t *exercises = json_array(), *j;
    enum tier tier = TIER_FULL, t;
    int score = 0, max = 0;
    bool whole = true, no_oracle = false;

    for (int i = 0; i < count; i++) {
        const char *memory = json_string_value(json_object_get(parts[i], "memory"));

        whole &= memory && strcmp(memory, "whole") == 0;
        no_oracle |= json_object_get(parts[i], "oracle") != NULL;
        if (tier_parse(json_string_value(json_object_get(parts[i], "tier")), &t))
            tier = t < tier ? t : tier;
        json_array_extend(exercises, json_object_get(parts[i], "exercises"));
        score += (int)json_integer_value(json_object_get(parts[i], "score"));
        max += (int)json_integer_value(json_object_get(parts[i], "max"));
    }
    j = head(tier, whole, no_oracle, score, max, exercises);
    if (!j)
        return err_oom(e);
    *ret = j;
    return 0;
}

static json_t *restate_test(const json_t *was, const struct rubric_test *t)
{
    json_t *now = json_deep_copy(was);
    const char *verdict = json_string_value(json_object_get(was, "verdict"));
    const bool passed = verdict && strcmp(verdict, verdict_name(VERDICT_PASS)) == 0;
    const char *hint[LANG_COUNT] = {NULL};

    for (int l = 0; l < LANG_COUNT; l++)
        hint[l] = t->hints[l][0];
    json_object_set_new(now, "title", both(t->title));
    json_object_set_new(now, "points", json_integer(passed ? t->points : 0));
    json_object_set_new(now, "max", json_integer(t->points));
    json_object_set_new(now, "visibility", json_string(t->visibility));
    json_object_set_new(now, "hint", passed ? json_null() : both(hint));
    return now;
}

int report_restate(const json_t *result, const struct exercise *x, json_t **ret, struct err *e)
{
    json_t *copy = json_deep_copy(result), *tests = json_array(), *unit, *t;
    const json_t *was;
    int score = 0, max = 0;
    size_t k;

    unit = json_array_get(json_object_get(copy, "exercises"), 0);
    was = json_object_get(unit, "tests");
    for (int i = 0; i < x->rubric.test_count; i++) {
        json_t *found = NULL;

        json_array_foreach((json_t *)was, k,
                           t) if (strcmp(json_string_value(json_object_get(t, "id")),
                                         x->rubric.tests[i].id) == 0) found =
            restate_test(t, &x->rubric.tests[i]);
        if (!found) {
            json_decref(tests);
            json_decref(copy);
            return err_set(e, ERR_BUG, "a result of %s has no test '%s'", x->id,
                           x->rubric.tests[i].id);
        }
        score += (int)json_integer_value(json_object_get(found, "points"));
        max += x->rubric.tests[i].points;
        json_array_append_new(tests, found);
    }
    json_object_set_new(unit, "tests", tests);
    json_object_set_new(unit, "title", both(x->rubric.title));
    for (int i = 0; i < 2; i++) {
        json_object_set_new(i ? unit : copy, "score", json_integer(score));
        json_object_set_new(i ? unit : copy, "max", json_integer(max));
    }
    *ret = copy;
    return 0;
}

static json_t *spent_json(const struct spent *s)
{
    return json_pack("{s:f, s:f, s:i}", "wall_s", s->wall_s, "cpu_s", s->cpu_s, "rss_kb",
                     (int)s->rss_kb);
}

int report_timing(const struct unit_result *units, int count, json_t **ret, struct err *e)
{
    json_t *all = json_object(), *j;

    for (int i = 0; i < count; i++) {
        json_t *one = json_object();

        json_object_set_new(one, "compile", spent_json(&units[i].compile));
        for (int m = 0; m < MODE_COUNT; m++)
            if (units[i].stages[m].wall_s > 0)
                json_object_set_new(one, mode_name((enum mode)m),
                                    spent_json(&units[i].stages[m]));
        json_object_set_new(all, units[i].exercise->id, one);
    }
    j = json_pack("{s:s, s:o}", "format", TIMING_FORMAT, "exercises", all);
    if (!j)
        return err_oom(e);
    *ret = j;
    return 0;
}

int report_dump(const json_t *j, struct buf *ret, struct err *e)
{
    char *s = json_dumps(j, JSON_INDENT(2) | JSON_REAL_PRECISION(6));

    if (!s)
        return err_oom(e);
    buf_puts(ret, s);
    buf_puts(ret, "\n");
    free(s);
    return ret->failed ? err_oom(e) : 0;
}

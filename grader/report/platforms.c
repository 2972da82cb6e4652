/* platforms.c - the JSON that grading platforms read: Gradescope, Classroom 50, the old GitHub
 * Classroom reporter, Autolab, PrairieLearn. Field by field as FORMATS fixes them; jansson
 * escapes. A unit that is not graded is never a zero: where a platform can say "error", it is
 * said, and the exit status of `grade` says it everywhere.
 */
#include <nettle/base64.h>

#include "report/get.h"
#include "report/words.h"

/* Calls f for each test, and once, with a NULL test, for each exercise that is not graded. */
static void each_test(const json_t *result, void (*f)(void *, const json_t *x, const json_t *t),
                      void *ctx)
{
    const json_t *x, *t;
    size_t i, k;

    json_array_foreach(json_object_get(result, "exercises"), i, x)
    {
        if (get_not_graded(x))
            f(ctx, x, NULL);
        else
            json_array_foreach(json_object_get(x, "tests"), k, t) f(ctx, x, t);
    }
}

static bool passed(const json_t *t)
{
    return t && strcmp(get_str(t, "verdict"), "pass") == 0;
}

static json_t *name_of(const json_t *x, const json_t *t)
{
    return t ? json_sprintf("%s/%s", get_str(x, "id"), get_str(t, "id"))
             : json_string(get_str(x, "id"));
}

/* What to say of a test, as a new JSON string. */
static json_t *message_of(const json_t *x, const json_t *t, enum lang lang)
{
    struct buf b = {0};
    json_t *j;

    if (!t)
        return json_sprintf("%s: %s", tr(lang, "not graded (not a zero)"),
                            get_str(x, "reason"));
    if (passed(t))
        return json_string(tr(lang, get_str(t, "headline")));
    get_message(t, lang, &b);
    j = json_stringn(b.data ? b.data : "", b.len);
    buf_release(&b);
    return j;
}

static int dump(json_t *j, size_t flags, struct buf *ret, struct err *e)
{
    char *s = j ? json_dumps(j, flags | JSON_REAL_PRECISION(6)) : NULL;

    json_decref(j);
    if (!s)
        return err_oom(e);
    buf_puts(ret, s);
    buf_puts(ret, "\n");
    free(s);
    return ret->failed ? err_oom(e) : 0;
}

static double elapsed(const json_t *timing)
{
    const char *id, *stage;
    json_t *x, *spent;
    double s = 0;

    json_object_foreach(json_object_get((json_t *)timing, "exercises"), id, x)
        json_object_foreach(x, stage, spent) s +=
        json_number_value(json_object_get(spent, "wall_s"));
    return s;
}

struct list {
    json_t *tests;
    const struct render_options *o;
    int good, count;
    bool broken; /* something is not graded */
};

/* ---- Gradescope
 * ------------------------------------------------------------------------------ */

static void gradescope_test(void *ctx, const json_t *x, const json_t *t)
{
    struct list *l = ctx;
    json_t *j = json_pack("{s:o, s:o, s:s, s:s}", "name", name_of(x, t), "output",
                          message_of(x, t, l->o->lang), "output_format", "text", "visibility",
                          t ? get_str(t, "visibility") : "visible");

    l->broken |= !t;
    if (t) { /* without a score it is told, and counts nothing */
        json_object_set_new(j, "score", json_integer(get_num(t, "points")));
        json_object_set_new(j, "max_score", json_integer(get_num(t, "max")));
        json_object_set_new(j, "status", json_string(passed(t) ? "passed" : "failed"));
        json_object_set_new(j, "tags", json_pack("[s]", get_str(t, "verdict")));
    }
    json_array_append_new(l->tests, j);
}

int report_gradescope(const json_t *result, const json_t *timing,
                      const struct render_options *o, struct buf *ret, struct err *e)
{
    struct list l = {.tests = json_array(), .o = o};
    json_t *score;

    each_test(result, gradescope_test, &l);
    /* With something not graded the sum of the tests counts; where there is no test either, the
     * platform says that the autograder failed, which is the truth and no zero. */
    score = l.broken ? NULL : json_integer(get_num(result, "score"));
    return dump(json_pack("{s:o*, s:f, s:s, s:s, s:s, s:o, s:{s:s, s:s}}", "score", score,
                          "execution_time", elapsed(timing), "output",
                          tr(o->lang, get_str(result, "trust")), "output_format", "text",
                          "stdout_visibility", "hidden", "tests", l.tests, "extra_data",
                          "grader", get_str(result, "grader"), "tier", get_str(result, "tier")),
                JSON_INDENT(2), ret, e);
}

/* ---- Classroom 50
 * ----------------------------------------------------------------------------- */

static void classroom50_test(void *ctx, const json_t *x, const json_t *t)
{
    struct list *l = ctx;

    l->broken |= !t;
    json_array_append_new(l->tests, json_pack("{s:o, s:b, s:i, s:i, s:s, s:o}", "test-name",
                                              name_of(x, t), "passed", passed(t), "score",
                                              t ? (int)get_num(t, "points") : 0, "max-score",
                                              t ? (int)get_num(t, "max") : 0, "verdict",
                                              t ? get_str(t, "verdict") : "grader-error",
                                              "message", message_of(x, t, l->o->lang)));
}

/* The runner's environment names the submission; on a desk these are empty. */
int report_classroom50(const json_t *result, const json_t *timing,
                       const struct render_options *o, struct buf *ret, struct err *e)
{
    static const struct {
        const char *key, *variable, *otherwise;
    } facts[] = {
        {"classroom", "CLASSROOM", ""},
        {"assignment", "ASSIGNMENT", ""},
        {"assignment_type", "ASSIGNMENT_TYPE", "individual"},
        {"owner", "OWNER", ""},
        {"submission", "SUBMISSION_TAG", "submit/local"},
        {"commit", "COMMIT_URL", ""},
        {"release", "RELEASE_URL", ""},
        {"review", "REVIEW_URL", ""},
        {"datetime", "LOCKSTEP_DATETIME", "1970-01-01T00:00:00Z"},
    };
    struct list l = {.tests = json_array(), .o = o};
    json_t *j = json_pack("{s:s}", "schema", "classroom50/result/v1");

    (void)timing;
    for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
        const char *v = o->fact ? o->fact(facts[i].variable) : NULL;

        json_object_set_new(j, facts[i].key, json_string(v && *v ? v : facts[i].otherwise));
    }
    each_test(result, classroom50_test, &l);
    json_object_set_new(j, "score", json_integer(get_num(result, "score")));
    json_object_set_new(j, "max-score", json_integer(get_num(result, "max")));
    json_object_set_new(j, "tests", l.tests);
    return dump(j, JSON_INDENT(2), ret, e);
}

/* ---- GitHub Classroom's reporter
 * -------------------------------------------------------------- */

static void classroom_test(void *ctx, const json_t *x, const json_t *t)
{
    struct list *l = ctx;
    const json_t *place = t ? get_place(t) : NULL;
    json_t *message = passed(t) ? json_null() : message_of(x, t, l->o->lang);

    l->good += passed(t);
    l->count++;
    l->broken |= !t;
    json_array_append_new(
        l->tests,
        json_pack("{s:o, s:s, s:i, s:o, s:s, s:s, s:i, s:i}", "name", name_of(x, t), "status",
                  !t          ? "error"
                  : passed(t) ? "pass"
                              : "fail",
                  "score", t ? (int)get_num(t, "points") : 0, "message", message, "test_code",
                  "", "filename", place ? get_path(l->o, x, place) : "", "line_no",
                  place ? (int)get_num(place, "line") : 0, "duration", 0));
}

/* One line of base64, as the step's output `result` wants it. */
int report_classroom(const json_t *result, const json_t *timing, const struct render_options *o,
                     struct buf *ret, struct err *e)
{
    struct list l = {.tests = json_array(), .o = o};
    struct buf plain = {0};
    char *text;
    int rc;

    (void)timing;
    each_test(result, classroom_test, &l);
    rc = dump(json_pack("{s:i, s:s, s:i, s:o}", "version", 1, "status",
                        l.broken            ? "error"
                        : l.good == l.count ? "pass"
                                            : "fail",
                        "max_score", (int)get_num(result, "max"), "tests", l.tests),
              JSON_COMPACT, &plain, e);
    text = rc == 0 ? malloc(BASE64_ENCODE_RAW_LENGTH(plain.len) + 1) : NULL;
    if (text) {
        base64_encode_raw(text, plain.len, (const uint8_t *)plain.data);
        buf_add(ret, text, BASE64_ENCODE_RAW_LENGTH(plain.len));
        buf_puts(ret, "\n");
    }
    free(text);
    buf_release(&plain);
    return rc < 0 ? -1 : ret->failed || !ret->len ? err_oom(e) : 0;
}

/* ---- Autolab
 * ----------------------------------------------------------------------------------- */

/* A problem an exercise; the last line of the output counts, the one before it is for people.
 */
int report_autolab(const json_t *result, const json_t *timing, const struct render_options *o,
                   struct buf *ret, struct err *e)
{
    json_t *scores = json_object(), *stages = json_array(),
           *shown = json_pack("{s:s}", "_presentation", "semantic");
    const json_t *x, *t;
    size_t i, k;

    (void)timing;
    json_array_foreach(json_object_get(result, "exercises"), i, x)
    {
        json_t *stage = json_object();

        json_array_append_new(stages, json_string(get_str(x, "id")));
        if (!get_not_graded(x)) /* a problem without a score stays ungraded */
            json_object_set_new(scores, get_str(x, "id"), json_integer(get_num(x, "score")));
        json_array_foreach(json_object_get(x, "tests"), k, t) json_object_set_new(
            stage, get_str(t, "id"),
            json_pack("{s:b, s:o}", "passed", passed(t), "hint", message_of(x, t, o->lang)));
        json_object_set_new(shown, get_str(x, "id"), stage);
    }
    json_object_set_new(shown, "stages", stages);
    if (dump(shown, JSON_COMPACT, ret, e) < 0) {
        json_decref(scores);
        return -1;
    }
    return dump(json_pack("{s:o, s:[i]}", "scores", scores, "scoreboard",
                          (int)get_num(result, "score")),
                JSON_COMPACT, ret, e);
}

/* ---- PrairieLearn
 * ------------------------------------------------------------------------------ */

static void prairielearn_test(void *ctx, const json_t *x, const json_t *t)
{
    struct list *l = ctx;

    l->broken |= !t;
    json_array_append_new(
        l->tests,
        json_pack("{s:o, s:s, s:i, s:i, s:o}", "name", name_of(x, t), "description",
                  t ? get_lang(json_object_get(t, "title"), l->o->lang) : "", "points",
                  t ? (int)get_num(t, "points") : 0, "max_points",
                  t ? (int)get_num(t, "max") : 0, "message", message_of(x, t, l->o->lang)));
}

/* "gradable": false is how a platform says that this attempt costs nothing. */
int report_prairielearn(const json_t *result, const json_t *timing,
                        const struct render_options *o, struct buf *ret, struct err *e)
{
    struct list l = {.tests = json_array(), .o = o};
    const long max = get_num(result, "max");

    (void)timing;
    each_test(result, prairielearn_test, &l);
    return dump(json_pack("{s:f, s:b, s:s, s:o}", "score",
                          max > 0 ? (double)get_num(result, "score") / (double)max : 0.0,
                          "gradable", !l.broken, "output",
                          tr(o->lang, get_str(result, "trust")), "tests", l.tests),
                JSON_INDENT(2), ret, e);
}

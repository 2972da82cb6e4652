/* html.c - one submission's result as a page: points, tests, proofs with the student's lines.
 *
 * Failed tests are open, passed ones closed. Everything foreign goes through page_text().
 */
#include "core/tier.h"
#include "report/get.h"
#include "report/graph.h"
#include "report/hints.h"
#include "report/interleaving.h"
#include "report/page.h"
#include "report/words.h"

/* A sentence of the result, in the reader's language. */
static void put_said(struct buf *b, enum lang lang, const char *s)
{
    struct buf said = {0};

    say(&said, lang, s);
    page_text(b, said.data);
    buf_release(&said);
}

static void put_frame(struct buf *b, const json_t *f, enum lang lang)
{
    const char *file = get_str(f, "file"), *function = get_str(f, "function"),
               *source = get_str(f, "source");

    buf_puts(b, "<div class=\"frame\"><code>");
    page_text(b, *file ? file : "?");
    if (get_num(f, "line") > 0)
        buf_printf(b, ":%ld", get_num(f, "line"));
    if (*function) {
        buf_puts(b, tr(lang, "  in ") + 1);
        page_text(b, function);
    }
    buf_puts(b, "</code>");
    if (*source) {
        buf_puts(b, "<pre>");
        page_text(b, source);
        buf_puts(b, "</pre>");
    }
    buf_puts(b, "</div>\n");
}

static void put_stacks(struct buf *b, const json_t *stacks, enum lang lang)
{
    const json_t *s, *f;
    size_t i, k;

    json_array_foreach((json_t *)stacks, i, s)
    {
        buf_puts(b, "<p>");
        put_said(b, lang, get_str(s, "label"));
        buf_puts(b, "</p>\n");
        json_array_foreach(json_object_get(s, "frames"), k, f) put_frame(b, f, lang);
    }
}

static void put_schedule(struct buf *b, const json_t *schedule, const char *exercise,
                         const char *test, const struct html_options *o)
{
    const char *token = get_str(schedule, "token");

    if (get_num(schedule, "found_in") > 0)
        buf_printf(b, tr(o->lang, "<p>The interleaving (schedule %ld of those tried):</p>\n"),
                   get_num(schedule, "found_in"));
    timeline_html(b, schedule, exercise, o->lang);
    if (!*token)
        return;
    buf_printf(b, "<p>%s <code>lockstep replay ", tr(o->lang, "See it again:"));
    page_text(b, exercise);
    buf_puts(b, " ");
    page_text(b, test);
    buf_puts(b, " --token ");
    page_text(b, token);
    page_text(b, o->behind);
    buf_puts(b, "</code></p>\n");
    if (o->behind && strstr(o->behind, "--secret"))
        buf_printf(b,
                   tr(o->lang, "<p class=\"dim small\">without the course secret: "
                               "<code>lockstep replay %s %s</code> looks for a schedule of its "
                               "own</p>\n"),
                   exercise, test);
}

static void put_proof(struct buf *b, const json_t *p, const char *exercise, const char *test,
                      const struct html_options *o)
{
    const bool advice = json_is_true(json_object_get(p, "advice"));
    const json_t *schedule = json_object_get(p, "schedule");
    const char *look;
    bool near;

    buf_printf(b, "<div class=\"proof%s\"><p><strong>", advice ? " advice" : "");
    page_text(b, get_str(p, "title"));
    buf_puts(b, "</strong> <span class=\"dim small\">(");
    page_text(b, get_str(p, "mode"));
    buf_printf(b, "%s)</span></p>\n", advice ? tr(o->lang, ", advice: costs no points") : "");
    if (*get_str(p, "text")) {
        buf_puts(b, "<p>");
        put_said(b, o->lang, get_str(p, "text"));
        buf_puts(b, "</p>\n");
    }
    graph_picture(b, p, o->lang);
    put_stacks(b, json_object_get(p, "stacks"), o->lang);
    if (!advice && (look = hints_find(p, &near))) {
        buf_printf(b, "<p><em>%s</em>%s</p>\n", tr(o->lang, "think about: "),
                   tr(o->lang, look));
    }
    if (json_is_object(schedule))
        put_schedule(b, schedule, exercise, test, o);
    buf_puts(b, "</div>\n");
}

static void put_also(struct buf *b, const json_t *also, enum lang lang)
{
    const json_t *v;
    size_t i;

    json_array_foreach((json_t *)also, i, v)
    {
        buf_puts(b, i ? " " : "<p class=\"dim small\">");
        buf_puts(b, i ? "" : tr(lang, "also: "));
        page_text(b, json_string_value(v));
    }
    if (json_array_size(also))
        buf_puts(b, "</p>\n");
}

static void put_test(struct buf *b, const json_t *t, const char *exercise,
                     const struct html_options *o)
{
    const enum lang lang = o->lang;
    const char *verdict = get_str(t, "verdict"), *id = get_str(t, "id");
    const char *hint = get_lang(json_object_get(t, "hint"), lang);
    const bool lost = get_num(t, "points") < get_num(t, "max");
    const json_t *p;
    size_t i;

    buf_printf(b, "<details%s><summary>", lost ? " open" : "");
    page_verdict(b, verdict);
    buf_puts(b, "<strong>");
    page_text(b, id);
    buf_puts(b, "</strong><span class=\"grow\">");
    page_text(b, get_lang(json_object_get(t, "title"), lang));
    buf_printf(b, "</span><span>%ld/%ld</span></summary>\n<div>", get_num(t, "points"),
               get_num(t, "max"));
    buf_puts(b, "<p>");
    put_said(b, lang, get_str(t, "headline"));
    buf_puts(b, "</p>\n");
    put_also(b, json_object_get(t, "also"), lang);
    json_array_foreach(json_object_get(t, "evidence"), i, p) put_proof(b, p, exercise, id, o);
    if (lost && *hint) {
        buf_printf(b, "<p>%s", tr(lang, "about this test: "));
        page_text(b, hint);
        buf_puts(b, "</p>\n");
    }
    buf_puts(b, "</div></details>\n");
}

static void put_exercise(struct buf *b, const json_t *x, const struct html_options *o)
{
    const enum lang lang = o->lang;
    const char *status = get_str(x, "status"), *id = get_str(x, "id");
    const long score = get_num(x, "score"), max = get_num(x, "max");
    struct shares s;
    const json_t *t;
    size_t i;

    buf_puts(b, "<section>\n<h2 id=\"");
    page_text(b, id);
    buf_puts(b, "\">");
    page_text(b, id);
    buf_puts(b, " ");
    page_text(b, get_lang(json_object_get(x, "title"), lang));
    buf_puts(b, "</h2>\n");
    if (strcmp(status, "not-graded") == 0) {
        buf_printf(b, "<p><span class=\"pill none\">%s</span> ", tr(lang, "not graded"));
        page_text(b, get_str(x, "reason"));
        buf_printf(b, "</p>\n<p class=\"dim\">%s</p>\n</section>\n",
                   tr(lang, "The work was not judged; this is not a zero."));
        return;
    }
    buf_puts(b, "<p>");
    page_bar(b, max > 0 ? (int)(100 * score / max) : 0);
    buf_printf(b, " %ld/%ld%s", score, max,
               strcmp(status, "missing") == 0 ? tr(lang, " (nothing was submitted)") : "");
    get_shares(x, &s);
    if (s.hidden_max)
        buf_printf(b, tr(lang, "  (visible %ld/%ld, hidden %ld/%ld)"), s.visible, s.visible_max,
                   s.hidden, s.hidden_max);
    buf_puts(b, "</p>\n");
    if (*get_str(x, "compiler_output")) {
        buf_printf(b, "<details open><summary>%s</summary><div><pre>",
                   tr(lang, "Compiler output"));
        page_text(b, get_str(x, "compiler_output"));
        buf_puts(b, "</pre></div></details>\n");
    }
    timeline_source(b, id, get_str(o->sources, id), lang);
    if (strcmp(status, "missing") != 0)
        json_array_foreach(json_object_get(x, "tests"), i, t) put_test(b, t, id, o);
    buf_puts(b, "</section>\n");
}

static void put_overview(struct buf *b, const json_t *result)
{
    const json_t *x;
    size_t i;

    if (json_array_size(json_object_get(result, "exercises")) < 2)
        return;
    buf_puts(b, "<div class=\"wide\"><table>\n");
    json_array_foreach(json_object_get(result, "exercises"), i, x)
    {
        const bool none = get_not_graded(x);
        const long max = get_num(x, "max");

        buf_puts(b, "<tr><td><a href=\"#");
        page_text(b, get_str(x, "id"));
        buf_puts(b, "\">");
        page_text(b, get_str(x, "id"));
        buf_puts(b, "</a></td><td>");
        if (!none)
            page_bar(b, max > 0 ? (int)(100 * get_num(x, "score") / max) : 0);
        if (none)
            buf_puts(b, "</td><td class=\"n\">not graded</td></tr>\n");
        else
            buf_printf(b, "</td><td class=\"n\">%ld/%ld</td></tr>\n", get_num(x, "score"), max);
    }
    buf_puts(b, "</table></div>\n");
}

int report_html(const json_t *result, const struct html_options *o, struct buf *ret,
                struct err *e)
{
    const char *name = o->student ? o->student : tr(o->lang, "Lockstep report");
    enum tier tier;
    const json_t *x;
    size_t i;

    page_begin(ret, o->lang == LANG_ZH ? "zh-CN" : "en", name, timeline_script);
    buf_puts(ret, "<header>\n<h1>");
    page_text(ret, name);
    buf_printf(ret, "</h1>\n<p><strong>%ld/%ld</strong>",
               o->late ? (long)o->counted : get_num(result, "score"), get_num(result, "max"));
    if (o->late)
        buf_printf(ret, tr(o->lang, " after lateness; the work itself is worth %ld"),
                   get_num(result, "score"));
    buf_puts(ret, "</p>\n");
    if (o->notes && *o->notes) {
        buf_puts(ret, "<p>");
        page_text(ret, o->notes);
        buf_puts(ret, "</p>\n");
    }
    if (get_warning(result, o->lang)) {
        buf_puts(ret, "<p><strong>");
        page_text(ret, get_warning(result, o->lang));
        buf_puts(ret, "</strong></p>\n");
    }
    put_overview(ret, result);
    buf_puts(ret, "</header>\n<main>\n");
    json_array_foreach(json_object_get(result, "exercises"), i, x) put_exercise(ret, x, o);
    buf_puts(ret, "</main>\n<footer class=\"dim small\"><p>");
    if (tier_parse(get_str(result, "tier"), &tier)) {
        buf_printf(ret, tr(o->lang, "tier %s: "), tier_name(tier));
        page_text(ret, tr(o->lang, tier_promise(tier)));
        buf_puts(ret, "</p>\n<p>");
    }
    buf_puts(ret, tr(o->lang, "trust: "));
    put_said(ret, o->lang, get_str(result, "trust"));
    if (strcmp(get_str(result, "memory"), "each") == 0)
        buf_puts(ret, tr(o->lang,
                         "; memory was limited for each process, not for a run as a whole"));
    buf_puts(ret, "</p>\n<p>Lockstep ");
    page_text(ret, get_str(result, "grader"));
    buf_puts(ret, "</p></footer>\n");
    page_end(ret, timeline_script);
    return ret->failed ? err_oom(e) : 0;
}

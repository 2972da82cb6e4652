/* text.c - the report a student reads, from the result's JSON: a line for each test, then each
 * cause of a failure once. With -v every finding of every test instead, in whole.
 */
#include <string.h>

#include "core/escape.h"
#include "core/verdict.h"
#include "report/causes.h"
#include "report/pen.h"
#include "report/words.h"

/* What a reader sees at once. CAUSE: lines of the one that fails most tests, with the list of
 * tests before it, but at least SHORTEST; ANOTHER: of each
 * of the others; SCREENFUL: of an exercise, below which the rest is only named; BEHIND: what
 * follows the causes. WIDE: columns that a verdict with its headline needs.
 * TALL: rows for a cause with its hints on a screen. */
enum {
    CAUSE = 26,
    SHORTEST = 16,
    ANOTHER = 10,
    SCREENFUL = 60,
    BEHIND = 5,
    WIDE = 112,
    TALL = 28
};

static bool passed(const json_t *test)
{
    return strcmp(get_str(test, "verdict"), verdict_name(VERDICT_PASS)) == 0;
}

/* ---- tests --------------------------------------------------------------------------- */

static void put_modes(struct pen *p, const json_t *test)
{
    const char *mode;
    json_t *v;

    buf_printf(p->b, "        %s", pen_word(p, "modes:"));
    json_object_foreach(json_object_get(test, "modes"), mode, v)
        buf_printf(p->b, " %s %s", mode, json_string_value(v));
    buf_puts(p->b, "\n");
}

/* "[2]": which of the causes below it fails for. */
static void put_numbers(struct pen *p, const struct causes *c, const char *test)
{
    bool any = false;

    for (int i = 0; c && i < c->count; i++)
        if (cause_fails(&c->list[i], test)) {
            buf_printf(p->b, any ? ", %d" : "  [%d", i + 1);
            any = true;
        }
    if (any)
        buf_puts(p->b, "]");
}

/* `before`: the verdict of the line above, whose headline it has said. */
static void put_test(struct pen *p, const json_t *t, const struct causes *c, const char *before)
{
    const char *verdict = get_str(t, "verdict");
    const bool pass = passed(t);

    buf_puts(p->b, "  ");
    pen_paint(p, pass ? GOOD : BAD, pass ? pen_word(p, "pass") : pen_word(p, "FAIL"));
    buf_printf(p->b, "  %-26s %3ld/%-3ld  ", get_str(t, "id"), get_num(t, "points"),
               get_num(t, "max"));
    if (pass) {
        pen_put(p, get_lang(json_object_get(t, "title"), p->o->lang));
    } else {
        pen_paint(p, BAD, verdict);
        if ((!p->o->width || p->o->width >= WIDE) && strcmp(verdict, before) != 0) {
            buf_puts(p->b, ": ");
            pen_say(p, get_str(t, "headline"));
        }
        put_numbers(p, c, get_str(t, "id"));
    }
    buf_puts(p->b, "\n");
}

/* "a, b, c", and ends the line. */
static void put_names(struct pen *p, const char *const *names, int count)
{
    struct buf list = {0};

    for (int i = 0; i < count; i++)
        buf_printf(&list, "%s%s", i == 0 ? "" : p->o->lang == LANG_ZH ? "、" : ", ", names[i]);
    pen_flow(p, list.data ? list.data : "", 8);
    buf_release(&list);
}

/* Where something failed, what passed is one line: "pass  3 tests, 30 points: a, b, c". */
static void put_passed(struct pen *p, const json_t *tests)
{
    const size_t all = json_array_size(tests);
    auto_free const char **names = calloc(all + 1, sizeof *names);
    long points = 0;
    int count = 0;
    const json_t *t;
    size_t i;

    if (!names)
        return;
    json_array_foreach((json_t *)tests, i, t) if (passed(t))
    {
        points += get_num(t, "points");
        names[count++] = get_str(t, "id");
    }
    if (count == 0)
        return;
    buf_puts(p->b, "  ");
    pen_paint(p, GOOD, pen_word(p, "pass"));
    buf_printf(p->b,
               count == 1 ? tr(p->o->lang, "  %d test, %ld points: ")
                          : tr(p->o->lang, "  %d tests, %ld points: "),
               count, points);
    put_names(p, names, count);
}

/* -v: of one test everything that any mode found; what has an interleaving first. */
static void put_everything(struct pen *p, const json_t *t)
{
    const char *hint = get_lang(json_object_get(t, "hint"), p->o->lang);
    json_t *ev;
    size_t i;

    p->test = get_str(t, "id");
    for (int explored = 1; explored >= 0; explored--)
        json_array_foreach(json_object_get(t, "evidence"), i,
                           ev) if (causes_explored(ev) == explored) finding_whole(p, ev);
    put_modes(p, t);
    if (!*hint)
        return;
    buf_puts(p->b, "        ");
    pen_paint(p, NOTE, pen_word(p, "about this test: "));
    pen_put(p, hint);
    buf_puts(p->b, "\n");
}

/* ---- causes -------------------------------------------------------------------------- */

static void put_failing(struct pen *p, const struct cause *c)
{
    if (c->count == 1) {
        buf_printf(p->b, tr(p->o->lang, "  (%s, fails %s)\n"), get_str(c->finding, "mode"),
                   c->tests[0]);
        return;
    }
    buf_printf(p->b, p->o->lang == LANG_ZH ? "  （%s）\n      " : "  (%s)\n      ",
               get_str(c->finding, "mode"));
    buf_printf(p->b, tr(p->o->lang, "%d tests fail for this reason: "), c->count);
    put_names(p, c->tests, c->count);
}

static void put_cause(struct pen *p, const struct cause *c, int number, int room,
                      enum detail detail)
{
    const char *hint = get_lang(json_object_get(c->test, "hint"), p->o->lang);

    p->test = get_str(c->test, "id");
    if (detail != DETAIL_SCREEN)
        buf_puts(p->b, "\n");
    buf_printf(p->b, "  [%d] ", number);
    pen_paint(p, BAD, get_str(c->finding, "title"));
    put_failing(p, c);
    finding_short(p, c->finding, hint, room - 3, detail);
}

static void name_causes(struct pen *p, const struct causes *c, int from)
{
    buf_puts(p->b, "\n");
    for (int i = from; i < c->count && i < from + ANOTHER; i++) {
        buf_printf(p->b, "  [%d] ", i + 1);
        pen_paint(p, BAD, get_str(c->list[i].finding, "title"));
        buf_puts(p->b, "\n");
    }
    if (c->count > from + ANOTHER)
        buf_printf(p->b, tr(p->o->lang, "  and %d more\n"), c->count - from - ANOTHER);
}

/* The first in full, the others shorter, and what is beyond a screen by name. */
static void put_causes(struct pen *p, const struct causes *c, int used)
{
    const int begun = pen_lines(p->b) - used;
    const int first = CAUSE - used < SHORTEST ? SHORTEST : CAUSE - used;
    int i;

    for (i = 0; i < c->count; i++) {
        const int named = i + 1 < c->count ? c->count - i : 0;
        const int room = SCREENFUL - BEHIND - (named > ANOTHER ? ANOTHER + 1 : named) -
                         (pen_lines(p->b) - begun);

        if (i > 0 && room < ANOTHER)
            break;
        put_cause(p, &c->list[i], i + 1, i == 0 ? (room < first ? room : first) : ANOTHER,
                  i == 0 ? DETAIL_FULL : DETAIL_PLACES);
    }
    if (i < c->count)
        name_causes(p, c, i);
    if (c->left_out || c->count > 1)
        buf_printf(p->b, "  %s\n",
                   pen_word(p, "Shortened: -v shows every finding of every mode."));
}

/* ---- an exercise --------------------------------------------------------------------- */

static void put_compiler(struct pen *p, const char *text)
{
    buf_printf(p->b, "  %s\n", pen_word(p, "Compiler output:"));
    while (text && *text) {
        const size_t n = strcspn(text, "\n");

        buf_puts(p->b, "    | ");
        escape_terminal(p->b, text, n);
        buf_puts(p->b, "\n");
        text += n + (text[n] == '\n');
    }
}

/* All tests have this verdict. */
static bool same_everywhere(const json_t *tests, const char *verdict)
{
    const json_t *t;
    size_t i;

    json_array_foreach((json_t *)tests, i,
                       t) if (strcmp(get_str(t, "verdict"), verdict) != 0) return false;
    return json_array_size(tests) > 1;
}

/* Where all tests fail for one reason that needs no lines: says it. False: they do not. */
static bool put_one_reason(struct pen *p, const json_t *x)
{
    const json_t *tests = json_object_get(x, "tests"), *evidence;

    evidence = json_object_get(json_array_get(tests, 0), "evidence");
    if (same_everywhere(tests, verdict_name(VERDICT_NOT_IMPLEMENTED))) {
        if (strcmp(get_str(x, "status"), "missing") == 0)
            finding_whole(p, json_array_get(evidence, 0));
        else
            buf_printf(p->b, "  %s",
                       pen_word(p, "Nothing is written yet: each test stops at a function that "
                                   "still returns ENOSYS, as the stub does.\n  Open the "
                                   "file, read the header, start with the first test "
                                   "below.\n"));
        return true;
    }
    if (!same_everywhere(tests, verdict_name(VERDICT_COMPILE_ERROR)) &&
        !same_everywhere(tests, verdict_name(VERDICT_FORBIDDEN)))
        return false;
    finding_whole(p, json_array_get(evidence, 0));
    return true;
}

/* As many as stand in one line, and an ellipsis in the place of the next. */
static int names_that_fit(const struct pen *p, const char **names, int count)
{
    int room = (p->o->width ? p->o->width : WIDE) - (int)sizeof "  FAIL  10/10  , ...";

    for (int i = 0; i < count; i++) {
        room -= (int)strlen(names[i]) + 2;
        if (room < 0 && i > 0) {
            names[i] = "...";
            return i + 1;
        }
    }
    return count;
}

/* Of a screen that has `height` rows: what passed and failed in two lines, and why the first
 * test failed, as far as there is room. */
static void put_first(struct pen *p, const json_t *tests, const struct causes *c, int used)
{
    const int all = (int)json_array_size(tests), room = p->o->height - used;
    auto_free const char **names = calloc((size_t)all + 1, sizeof *names);
    const json_t *t;
    int failed = 0;
    size_t i;

    if (!names)
        return;
    json_array_foreach((json_t *)tests, i, t) if (!passed(t)) names[failed++] =
        get_str(t, "id");
    buf_puts(p->b, "  ");
    pen_paint(p, GOOD, pen_word(p, "pass"));
    buf_printf(p->b, "  %d/%d\n  ", all - failed, all);
    pen_paint(p, BAD, pen_word(p, "FAIL"));
    buf_printf(p->b, "  %d/%d  ", failed, all);
    put_names(p, names, names_that_fit(p, names, failed));
    put_cause(p, &c->list[0], 1, p->o->height ? room - 2 : CAUSE,
              p->o->height && room < TALL ? DETAIL_SCREEN : DETAIL_FULL);
}

static void put_tests(struct pen *p, const json_t *x, int begun)
{
    const json_t *tests = json_object_get(x, "tests"), *t;
    const bool brief = put_one_reason(p, x);
    const char *before = "";
    struct causes c = {0};
    size_t i;

    if (strcmp(get_str(x, "status"), "missing") == 0)
        return;
    if (!brief && !p->o->verbose && !causes_collect(&c, tests, p->o->first))
        p->b->failed = true;
    if (c.count && p->o->first) {
        put_first(p, tests, &c, pen_lines(p->b) - begun);
        causes_release(&c);
        return;
    }
    if (c.count)
        put_passed(p, tests);
    json_array_foreach((json_t *)tests, i, t)
    {
        if (c.count && passed(t))
            continue;
        put_test(p, t, &c, before);
        before = p->o->verbose ? "" : get_str(t, "verdict");
        if (p->o->verbose && (!passed(t) || !brief))
            put_everything(p, t);
    }
    if (c.count)
        put_causes(p, &c, pen_lines(p->b) - begun);
    causes_release(&c);
}

static void put_not_graded(struct pen *p, const json_t *x)
{
    pen_paint(p, NOTE, pen_word(p, "NOT GRADED"));
    buf_printf(p->b, "\n  %s\n  ",
               pen_word(p, "The work was not judged; this is not a zero. The reason:"));
    pen_put(p, get_str(x, "reason"));
    buf_puts(p->b, "\n\n");
}

static void put_score(struct pen *p, const json_t *x)
{
    const long score = get_num(x, "score"), max = get_num(x, "max");
    char text[64];
    struct shares s;

    snprintf(text, sizeof text, "%ld/%ld", score, max);
    pen_paint(p, score == max ? GOOD : BAD, text);
    get_shares(x, &s);
    if (s.hidden_max)
        buf_printf(p->b, tr(p->o->lang, "  (visible %ld/%ld, hidden %ld/%ld)"), s.visible,
                   s.visible_max, s.hidden, s.hidden_max);
    if (p->o->paths && *get_str(p->o->paths, p->exercise)) {
        buf_puts(p->b, "  ");
        pen_put(p, get_str(p->o->paths, p->exercise));
    }
    buf_puts(p->b, "\n");
}

static void put_title(struct pen *p, const json_t *x)
{
    pen_paint(p, STRONG, p->exercise);
    buf_puts(p->b, "  ");
    pen_put(p, get_lang(json_object_get(x, "title"), p->o->lang));
    buf_puts(p->b, "  ");
}

static void put_exercise(struct pen *p, const json_t *x)
{
    const char *output = get_str(x, "compiler_output");
    const int begun = pen_lines(p->b);

    p->exercise = get_str(x, "id");
    p->test = NULL;
    if (!p->o->first)
        put_title(p, x);
    if (get_not_graded(x)) {
        put_not_graded(p, x);
        return;
    }
    if (!p->o->first)
        put_score(p, x);
    if (*output)
        put_compiler(p, output);
    put_tests(p, x, begun);
    buf_puts(p->b, "\n");
}

/* The sum, how strongly programs were confined, and what that does not stop. */
static void put_footer(struct pen *p, const json_t *result, int ungraded)
{
    const enum lang lang = p->o->lang;
    struct buf line = {0};
    enum tier tier;

    if (ungraded) /* a sum of what is there would look like points that were lost */
        buf_printf(&line, tr(lang, "total ?/%ld, %d not graded"), get_num(result, "max"),
                   ungraded);
    else
        buf_printf(&line, tr(lang, "total %ld/%ld"), get_num(result, "score"),
                   get_num(result, "max"));
    if (tier_parse(get_str(result, "tier"), &tier))
        buf_printf(&line, tr(lang, "   (tier %s: %s)"), tier_name(tier),
                   tr(lang, tier_promise(tier)));
    pen_flow(p, line.data ? line.data : "", 4);
    line.len = 0;
    if (!p->o->verbose) { /* what graders ask: students are told in one line how it was run */
        buf_release(&line);
        if (get_warning(result, lang))
            pen_flow(p, get_warning(result, lang), 4);
        return;
    }
    buf_puts(&line, tr(lang, "trust: "));
    say(&line, lang, get_str(result, "trust"));
    if (strcmp(get_str(result, "memory"), "each") == 0)
        buf_puts(&line, tr(lang, "; memory was limited for each process, not for a run as a "
                                 "whole"));
    pen_flow(p, line.data ? line.data : "", 4);
    buf_release(&line);
    if (get_warning(result, lang))
        pen_flow(p, get_warning(result, lang), 4);
}

int report_text(const json_t *result, const struct text_options *options, struct buf *ret,
                struct err *e)
{
    struct pen p = {.b = ret, .o = options};
    const json_t *x;
    int ungraded = 0;
    size_t i;

    json_array_foreach(json_object_get(result, "exercises"), i, x)
    {
        put_exercise(&p, x);
        ungraded += get_not_graded(x);
    }
    if (!options->first)
        put_footer(&p, result, ungraded);
    return ret->failed ? err_oom(e) : 0;
}

/* text.c - the report a student reads, from the result's JSON. */
#include <string.h>

#include "core/escape.h"
#include "report/causes.h"
#include "report/get.h"
#include "report/interleaving.h"
#include "report/report.h"
#include "report/words.h"

struct out {
    bool whole; /* a replay: every step */
    struct buf *b;
    const struct text_options *o;
    const char *exercise, *test; /* that is being told */
    struct causes told;          /* of this exercise */
    bool shortened;              /* findings were left out */
};

enum color { PLAIN, GOOD, BAD, NOTE, STRONG };

static const char *const codes[] = {"", "\033[32m", "\033[31m", "\033[33m", "\033[1m"};

/* The only door for foreign text to a terminal. */
static void put(struct out *o, const char *s)
{
    if (s)
        escape_terminal(o->b, s, strlen(s));
}

/* A sentence of the result, in the reader's language. */
static void put_said(struct out *o, const char *s)
{
    struct buf said = {0};

    say(&said, o->o->lang, s);
    put(o, said.data);
    buf_release(&said);
}

static const char *word(const struct out *o, const char *msgid)
{
    return tr(o->o->lang, msgid);
}

static void paint(struct out *o, enum color c, const char *s)
{
    if (o->o->color && c != PLAIN)
        buf_puts(o->b, codes[c]);
    put(o, s);
    if (o->o->color && c != PLAIN)
        buf_puts(o->b, "\033[0m");
}

static const char *str(const json_t *j, const char *key)
{
    return json_string_value(json_object_get(j, key));
}

static int num(const json_t *j, const char *key)
{
    return (int)json_integer_value(json_object_get(j, key));
}

static const char *local(const struct out *o, const json_t *j, const char *key)
{
    return str(json_object_get(j, key), o->o->lang == LANG_ZH ? "zh" : "en");
}

static void put_frame(struct out *o, const json_t *f)
{
    const char *file = str(f, "file"), *function = str(f, "function"),
               *source = str(f, "source");
    auto_free char *place = NULL;

    if (!file && !function)
        return;
    if (asprintf(&place, "%s:%d", file ? file : "?", num(f, "line")) < 0) {
        place = NULL;
        return;
    }
    buf_puts(o->b, "              ");
    paint(o, STRONG, file ? place : "?");
    if (function) {
        buf_puts(o->b, word(o, "  in "));
        put(o, function);
    }
    buf_puts(o->b, "\n");
    if (source && *source) {
        buf_puts(o->b, "                  | ");
        put(o, source);
        buf_puts(o->b, "\n");
    }
}

static void put_stack(struct out *o, const json_t *s)
{
    const json_t *f;
    size_t i;

    buf_puts(o->b, "          ");
    put_said(o, str(s, "label"));
    buf_puts(o->b, "\n");
    json_array_foreach(json_object_get(s, "frames"), i, f) put_frame(o, f);
}

static void put_stacks(struct out *o, const json_t *stacks)
{
    const json_t *s;
    size_t i;

    json_array_foreach((json_t *)stacks, i, s)
    {
        const int more = o->o->verbose || o->whole ? 0 : causes_alike(stacks, i);

        if (more >= 0)
            put_stack(o, s);
        if (more > 0)
            buf_printf(o->b, tr(o->o->lang, "          (and %d more like this one)\n"), more);
    }
}

/* The last lines that the program printed: often they say what it was about to do. */
static void put_output(struct out *o, const char *text, const char *indent)
{
    enum { LINES = 10 };
    const char *from = text;
    int lines = 0;

    if (!text || !*text)
        return;
    for (const char *p = text + strlen(text) - 1; p > text && !o->whole && !o->o->verbose; p--)
        if (p[-1] == '\n' && ++lines == LINES) {
            from = p;
            break;
        }
    buf_printf(
        o->b, "%s%s\n", indent,
        word(o, from > text ? "the program printed (last lines):" : "the program printed:"));
    while (*from) {
        const size_t n = strcspn(from, "\n");

        buf_printf(o->b, "%s  | ", indent);
        escape_terminal(o->b, from, n);
        buf_puts(o->b, "\n");
        from += n + (from[n] == '\n');
    }
}

static void put_schedule(struct out *o, const json_t *s, const char *indent)
{
    char deeper[16];

    if (!s)
        return;
    snprintf(deeper, sizeof deeper, "%s  ", indent);
    if (num(s, "found_in") > 0 && !o->whole && json_array_size(json_object_get(s, "steps")))
        buf_printf(o->b, tr(o->o->lang, "%sthe interleaving (found in schedule %d):\n"), indent,
                   num(s, "found_in"));
    else if (json_array_size(json_object_get(s, "steps")))
        buf_printf(o->b, tr(o->o->lang, "%sthe interleaving:\n"), indent);
    interleaving_table(o->b, s, deeper, o->whole, o->o->lang);
    put_output(o, str(s, "output"), indent);
    if (!str(s, "token") || !*str(s, "token")) /* not of one schedule, or of one without end */
        return;
    if (o->o->replay)
        buf_printf(o->b, "%s%s: %s ", indent, word(o, "replay"), o->o->replay);
    else if (o->test)
        buf_printf(o->b, "%s%s: lockstep replay %s %s --token ", indent, word(o, "replay"),
                   o->exercise, o->test);
    else
        return;
    put(o, str(s, "token"));
    buf_printf(o->b, "%s\n", o->o->behind ? o->o->behind : "");
}

static void put_evidence(struct out *o, const json_t *ev)
{
    const bool advice = json_is_true(json_object_get(ev, "advice"));

    buf_puts(o->b, "        ");
    paint(o, advice ? NOTE : BAD, advice ? word(o, "advice") : str(ev, "title"));
    buf_printf(o->b, "  (%s)\n        ", str(ev, "mode"));
    put_said(o, str(ev, "text"));
    buf_puts(o->b, "\n");
    put_stacks(o, json_object_get(ev, "stacks"));
    put_schedule(o, json_object_get(ev, "schedule"), "        ");
}

/* What points at the same lines as in a test before is told in a line; -v tells it all. */
static void put_cause(struct out *o, const json_t *ev)
{
    const char *before = o->o->verbose ? NULL : causes_seen(&o->told, ev, o->test);

    if (!before) {
        put_evidence(o, ev);
        return;
    }
    o->shortened = true;
    if (strcmp(before, o->test) == 0) /* another mode saw the same */
        return;
    buf_puts(o->b, "        ");
    paint(o, BAD, str(ev, "title"));
    buf_printf(o->b, "  (%s)  ", str(ev, "mode"));
    buf_printf(o->b, tr(o->o->lang, "the same lines as in %s"), before);
    buf_puts(o->b, "\n");
}

/* Of one test: what has an interleaving first. */
static void put_all_evidence(struct out *o, json_t *evidence)
{
    json_t *ev;
    size_t i;

    for (int explored = 1; explored >= 0; explored--)
        json_array_foreach(evidence, i, ev)
        {
            if (causes_explored(ev) != explored)
                continue;
            if (o->o->verbose || causes_worth_telling(evidence, ev))
                put_cause(o, ev);
            else if (!json_is_true(json_object_get(ev, "advice")))
                o->shortened = true;
        }
}

static void put_modes(struct out *o, const json_t *test)
{
    const char *mode;
    json_t *v;

    buf_printf(o->b, "        %s", word(o, "modes:"));
    json_object_foreach(json_object_get(test, "modes"), mode, v)
        buf_printf(o->b, " %s %s", mode, json_string_value(v));
    buf_puts(o->b, "\n");
}

static bool same_everywhere(const json_t *tests, const char *verdict)
{
    const json_t *t;
    size_t i;

    json_array_foreach((json_t *)tests, i,
                       t) if (strcmp(str(t, "verdict"), verdict) != 0) return false;
    return json_array_size(tests) > 1;
}

static void put_test(struct out *o, const json_t *t, bool short_form)
{
    const char *verdict = str(t, "verdict"), *hint = local(o, t, "hint");
    const bool pass = strcmp(verdict, "pass") == 0;

    o->test = str(t, "id");
    buf_puts(o->b, "  ");
    paint(o, pass ? GOOD : BAD, pass ? word(o, "pass") : word(o, "FAIL"));
    buf_printf(o->b, "  %-26s %3d/%-3d  ", str(t, "id"), num(t, "points"), num(t, "max"));
    if (!pass) {
        paint(o, BAD, verdict);
        buf_puts(o->b, ": ");
    }
    if (pass)
        put(o, local(o, t, "title"));
    else
        put_said(o, str(t, "headline"));
    buf_puts(o->b, "\n");
    if (short_form)
        return;
    put_all_evidence(o, json_object_get(t, "evidence"));
    if (o->o->verbose)
        put_modes(o, t);
    if (hint) {
        buf_puts(o->b, "        ");
        paint(o, NOTE, word(o, "about this test: "));
        put(o, hint);
        buf_puts(o->b, "\n");
    }
}

static void put_compiler(struct out *o, const char *text)
{
    buf_printf(o->b, "  %s\n", word(o, "The compiler says:"));
    while (text && *text) {
        const size_t n = strcspn(text, "\n");

        buf_puts(o->b, "    | ");
        escape_terminal(o->b, text, n);
        buf_puts(o->b, "\n");
        text += n + (text[n] == '\n');
    }
}

/* All tests fail for one reason: say it once, kindly, and list the rest briefly. */
static void put_tests(struct out *o, const json_t *x)
{
    const json_t *tests = json_object_get(x, "tests"), *t;
    static const struct {
        const char *verdict, *words;
    } once[] = {
        {"not-implemented",
         N_("Nothing is written here yet: each test ends at a function that still "
            "answers ENOSYS, as the stub does.\n  Open the file, read the header, "
            "start with the first test below.\n")},
        {"compile-error", NULL},
        {"forbidden", NULL},
    };
    bool brief = false, told = false;
    size_t i;

    for (size_t k = 0; k < ARRAY_SIZE(once); k++) {
        const json_t *ev =
            json_array_get(json_object_get(json_array_get(tests, 0), "evidence"), 0);

        if (!same_everywhere(tests, once[k].verdict))
            continue;
        brief = true;
        if (strcmp(str(x, "status"), "missing") == 0 || !once[k].words) {
            put_evidence(o, ev);
            continue;
        }
        buf_puts(o->b, "  ");
        put(o, word(o, once[k].words));
    }
    if (strcmp(str(x, "status"), "missing") == 0)
        return;
    json_array_foreach((json_t *)tests, i, t)
    {
        const bool failed = strcmp(str(t, "verdict"), "pass") != 0;

        put_test(o, t, (brief && !o->o->verbose) || (o->o->first && told));
        told |= failed;
    }
}

static void put_exercise(struct out *o, const json_t *x)
{
    auto_free char *score = NULL;
    struct shares s;
    const char *output = str(x, "compiler_output");

    if (asprintf(&score, "%d/%d", num(x, "score"), num(x, "max")) < 0)
        score = NULL;
    o->exercise = str(x, "id");
    o->test = NULL;
    paint(o, STRONG, str(x, "id"));
    buf_puts(o->b, "  ");
    put(o, local(o, x, "title"));
    buf_puts(o->b, "  ");
    if (strcmp(str(x, "status"), "not-graded") == 0) {
        paint(o, NOTE, word(o, "NOT GRADED"));
        buf_printf(o->b, "\n  %s\n  ",
                   word(o, "This is no zero, and says nothing of the work:"));
        put(o, str(x, "reason"));
        buf_puts(o->b, "\n\n");
        return;
    }
    paint(o, num(x, "score") == num(x, "max") ? GOOD : BAD, score);
    get_shares(x, &s);
    if (s.hidden_max)
        buf_printf(o->b, tr(o->o->lang, "  (visible %ld/%ld, hidden %ld/%ld)"), s.visible,
                   s.visible_max, s.hidden, s.hidden_max);
    if (o->o->paths && *str(o->o->paths, str(x, "id"))) {
        buf_puts(o->b, "  ");
        put(o, str(o->o->paths, str(x, "id")));
    }
    buf_puts(o->b, "\n");
    if (output)
        put_compiler(o, output);
    o->shortened = false;
    put_tests(o, x);
    causes_release(&o->told);
    if (o->shortened)
        buf_printf(o->b, "  %s\n", word(o, "Shortened: -v shows every finding of every mode."));
    buf_puts(o->b, "\n");
}

int report_text(const json_t *result, const struct text_options *options, struct buf *ret,
                struct err *e)
{
    struct out o = {.b = ret, .o = options};
    const json_t *x;
    enum tier tier;
    int ungraded = 0;
    size_t i;

    json_array_foreach(json_object_get(result, "exercises"), i, x)
    {
        put_exercise(&o, x);
        ungraded += strcmp(str(x, "status"), "not-graded") == 0;
    }
    if (options->first)
        return ret->failed ? err_oom(e) : 0;
    if (ungraded) /* a sum of what is there would look like points that were lost */
        buf_printf(ret, tr(options->lang, "total ?/%d, %d not graded"), num(result, "max"),
                   ungraded);
    else
        buf_printf(ret, tr(options->lang, "total %d/%d"), num(result, "score"),
                   num(result, "max"));
    if (tier_parse(str(result, "tier"), &tier))
        buf_printf(ret, tr(options->lang, "   (tier %s: %s)\n"), tier_name(tier),
                   tr(options->lang, tier_promise(tier)));
    buf_puts(ret, tr(options->lang, "trust: "));
    say(ret, options->lang, str(result, "trust"));
    if (strcmp(str(result, "memory"), "each") == 0)
        buf_puts(ret, tr(options->lang,
                         "; memory was limited for each process, not for a run as a whole"));
    buf_puts(ret, "\n");
    if (get_warning(result, options->lang))
        buf_printf(ret, "%s\n", get_warning(result, options->lang));
    return ret->failed ? err_oom(e) : 0;
}

static void put_finding(struct out *o, const json_t *f)
{
    const bool advice = json_is_true(json_object_get(f, "advice"));

    if (advice)
        paint(o, NOTE, word(o, "advice: "));
    paint(o, advice ? NOTE : BAD, str(f, "title"));
    buf_puts(o->b, "\n    ");
    put_said(o, str(f, "text"));
    buf_puts(o->b, "\n");
    put_stacks(o, json_object_get(f, "stacks"));
    if (!advice || o->o->verbose)
        put_schedule(o, json_object_get(f, "schedule"), "    ");
    buf_puts(o->b, "\n");
}

/* Where signals could have come, and where they did. */
static void put_deliveries(struct buf *b, const json_t *pair, enum lang lang)
{
    const long done = (long)json_integer_value(json_array_get(pair, 0));
    const long all = (long)json_integer_value(json_array_get(pair, 1));

    if (all)
        buf_printf(b,
                   tr(lang, "signals came at %ld of the %ld points that were seen at which "
                            "they could\n"),
                   done, all);
}

/* "(not varied: time limits, ...)": what the word "all" does not cover. */
static void put_not_varied(struct buf *b, const json_t *kinds, enum lang lang)
{
    struct buf list = {0};
    const json_t *k;
    size_t i;

    json_array_foreach(kinds, i, k)
    {
        buf_puts(&list, i == 0 ? "" : lang == LANG_ZH ? "、" : ", ");
        say(&list, lang, json_string_value(k));
    }
    buf_printf(b, tr(lang, " (not varied: %s)"), list.data ? list.data : "");
    buf_release(&list);
}

/* How far it went, and what is missing: never "all" when something was cut. */
static void put_extent(struct buf *b, const json_t *x, enum lang lang)
{
    const int n = num(x, "schedules"), cut = num(x, "cut"), dropped = num(x, "dropped");
    const char *extent = str(x, "extent"), *stopped = str(x, "stopped");
    struct buf why = {0};

    if (strcmp(extent, "replay") == 0) {
        buf_puts(b, tr(lang, "replayed one schedule"));
        return;
    }
    if (strcmp(extent, "all") == 0 && num(x, "bugs") == 0) {
        buf_printf(b,
                   n == 1 ? tr(lang, "all %d schedule of the model explored")
                          : tr(lang, "all %d schedules of the model explored"),
                   n);
        put_not_varied(b, json_object_get(x, "not_varied"), lang);
        return;
    }
    buf_printf(b, n == 1 ? tr(lang, "%d schedule explored") : tr(lang, "%d schedules explored"),
               n);
    if (stopped) {
        say(&why, lang, stopped);
        buf_printf(b, tr(lang, " (stopped: %s)"), why.data ? why.data : "");
        why.len = 0;
    }
    if (cut) {
        say(&why, lang, str(x, "reason"));
        buf_printf(b, tr(lang, ", %d more cut (%s)"), cut, why.data ? why.data : "");
    }
    buf_release(&why);
    if (json_is_true(json_object_get(x, "unwatched")))
        buf_puts(b, tr(lang, ", memory beyond the first 64 MiB not watched for races"));
    if (dropped)
        buf_printf(b, tr(lang, ", further findings left out: %d"), dropped);
}

int report_exploration_text(const json_t *x, const struct text_options *options,
                            const char *replay, const char *behind, struct buf *ret,
                            struct err *e)
{
    struct text_options with = *options;
    struct out o = {.b = ret, .o = &with};
    const char *extent = str(x, "extent");
    const enum lang lang = options->lang;
    const int bugs = num(x, "bugs");
    const json_t *f;
    size_t i;

    o.whole = strcmp(extent, "replay") == 0;
    with.replay = replay;
    with.behind = behind;
    json_array_foreach(json_object_get(x, "findings"), i, f) put_finding(&o, f);
    if (strcmp(extent, "none") == 0 && !bugs)
        return ret->failed ? err_oom(e) : 0; /* why not is the command's business */
    if (with.verbose)
        put_output(&o, str(x, "output"), "");
    put_extent(ret, x, lang);
    buf_puts(ret, tr(lang, ": "));
    if (bugs)
        buf_printf(ret, bugs == 1 ? tr(lang, "%d bug found\n") : tr(lang, "%d bugs found\n"),
                   bugs);
    else
        buf_puts(ret, tr(lang, "no bug found\n"));
    put_deliveries(ret, json_object_get(x, "deliveries"), lang);
    return ret->failed ? err_oom(e) : 0;
}

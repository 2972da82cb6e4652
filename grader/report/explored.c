/* explored.c - what `lockstep explore` found, for a person at a terminal. */
#include <string.h>

#include "report/pen.h"
#include "report/words.h"

static void put_finding(struct pen *p, const json_t *f)
{
    const bool advice = json_is_true(json_object_get(f, "advice"));

    if (advice)
        pen_paint(p, NOTE, pen_word(p, "advice: "));
    pen_paint(p, advice ? NOTE : BAD, get_str(f, "title"));
    buf_puts(p->b, "\n    ");
    pen_say(p, get_str(f, "text"));
    buf_puts(p->b, "\n");
    if (advice && !p->o->verbose)
        finding_stacks(p, f, 10);
    else
        finding_body(p, f, "    ", 10);
    buf_puts(p->b, "\n");
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
    const int n = (int)get_num(x, "schedules"), cut = (int)get_num(x, "cut"),
              dropped = (int)get_num(x, "dropped");
    const char *extent = get_str(x, "extent"), *stopped = get_str(x, "stopped");
    struct buf why = {0};

    if (strcmp(extent, "replay") == 0) {
        buf_puts(b, tr(lang, "replayed one schedule"));
        return;
    }
    if (strcmp(extent, "all") == 0 && get_num(x, "bugs") == 0 && !get_num(x, "suppressed")) {
        buf_printf(b,
                   n == 1 ? tr(lang, "all %d schedule of the model explored")
                          : tr(lang, "all %d schedules of the model explored"),
                   n);
        put_not_varied(b, json_object_get(x, "not_varied"), lang);
        return;
    }
    buf_printf(b, n == 1 ? tr(lang, "%d schedule explored") : tr(lang, "%d schedules explored"),
               n);
    if (*stopped) {
        say(&why, lang, stopped);
        buf_printf(b, tr(lang, " (stopped: %s)"), why.data ? why.data : "");
        why.len = 0;
    }
    if (cut) {
        say(&why, lang, get_str(x, "reason"));
        buf_printf(b, tr(lang, ", %d more cut (%s)"), cut, why.data ? why.data : "");
    }
    buf_release(&why);
    if (json_is_true(json_object_get(x, "unwatched")))
        buf_puts(b, tr(lang, ", memory beyond the first 64 MiB not watched for races"));
    if (dropped)
        buf_printf(b, tr(lang, ", further findings left out: %d"), dropped);
    if (get_num(x, "suppressed"))
        buf_printf(b, tr(lang, ", findings suppressed: %d"), (int)get_num(x, "suppressed"));
}

int report_exploration_text(const json_t *x, const struct text_options *options,
                            const char *replay, const char *behind, struct buf *ret,
                            struct err *e)
{
    struct text_options with = *options;
    struct pen p = {.b = ret, .o = &with};
    const char *extent = get_str(x, "extent");
    const enum lang lang = options->lang;
    const int bugs = (int)get_num(x, "bugs");
    const json_t *f;
    size_t i;

    p.whole = strcmp(extent, "replay") == 0 && !with.seen;
    with.replay = replay;
    with.behind = behind;
    json_array_foreach(json_object_get(x, "findings"), i, f) put_finding(&p, f);
    if (strcmp(extent, "none") == 0 && !bugs)
        return ret->failed ? err_oom(e) : 0; /* why not is the command's business */
    if (with.verbose)
        finding_output(&p, get_str(x, "output"), "", 0);
    put_extent(ret, x, lang);
    buf_puts(ret, tr(lang, ": "));
    if (bugs)
        buf_printf(ret, bugs == 1 ? tr(lang, "%d bug found\n") : tr(lang, "%d bugs found\n"),
                   bugs);
    else
        buf_puts(ret, get_num(x, "suppressed") ? tr(lang, "no other bug found\n")
                                               : tr(lang, "no bug found\n"));
    put_deliveries(ret, json_object_get(x, "deliveries"), lang);
    return ret->failed ? err_oom(e) : 0;
}

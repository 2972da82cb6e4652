/* finding.c - one finding for a person at a terminal: in whole, or in a few lines. */
#include <string.h>

#include "core/escape.h"
#include "core/verdict.h"
#include "report/causes.h"
#include "report/graph.h"
#include "report/hints.h"
#include "report/interleaving.h"
#include "report/pen.h"
#include "report/rows.h"
#include "report/words.h"

/* ---- stacks -------------------------------------------------------------------------- */

static void put_frame(struct pen *p, const json_t *f, int indent)
{
    const char *file = get_str(f, "file"), *function = get_str(f, "function"),
               *source = get_str(f, "source");
    auto_free char *place = NULL;

    if (!*file && !*function)
        return;
    if (asprintf(&place, "%s:%ld", file, get_num(f, "line")) < 0) {
        place = NULL;
        return;
    }
    buf_printf(p->b, "%*s", indent, "");
    pen_paint(p, STRONG, *file ? place : "?");
    if (*function) {
        buf_puts(p->b, pen_word(p, "  in "));
        pen_put(p, function);
    }
    buf_puts(p->b, "\n");
    if (!*source)
        return;
    buf_printf(p->b, "%*s| ", indent + 4, "");
    pen_put(p, source);
    buf_puts(p->b, "\n");
}

static const json_t *named_frame(const json_t *stack)
{
    const json_t *f;
    size_t i;

    json_array_foreach(json_object_get(stack, "frames"), i,
                       f) if (*get_str(f, "file")) return f;
    return NULL;
}

/* "event.c:57: pthread_mutex_lock(&e->lock);  in event_wait", the code cut to the width. */
static void put_line(struct pen *p, const json_t *f, int indent)
{
    const int width = p->o->width ? p->o->width : INTERLEAVING_WIDTH;
    const char *file = get_str(f, "file"), *function = get_str(f, "function"),
               *in = pen_word(p, "  in ");
    auto_free char *place = NULL;
    struct buf code = {0};
    int room;

    if (asprintf(&place, "%s:%ld", file, get_num(f, "line")) < 0) {
        place = NULL;
        return;
    }
    buf_printf(p->b, "%*s", indent, "");
    pen_paint(p, STRONG, *file ? place : "?");
    if (*get_str(f, "source")) {
        room = width - indent - row_columns(place) - 2;
        room -= *function ? row_columns(in) + row_columns(function) : 0;
        row_cut(&code, get_str(f, "source"), room < 16 ? 16 : room);
        buf_puts(p->b, ": ");
        pen_put(p, code.data ? code.data : "");
    }
    if (*function) {
        buf_puts(p->b, in);
        pen_put(p, function);
    }
    buf_puts(p->b, "\n");
    buf_release(&code);
}

static bool same_line(const json_t *a, const json_t *b)
{
    return get_num(a, "line") == get_num(b, "line") &&
           strcmp(get_str(a, "file"), get_str(b, "file")) == 0;
}

static const json_t *outermost_own(const json_t *stack, int *count)
{
    const json_t *f, *outer = NULL;
    size_t i;

    *count = 0;
    json_array_foreach(json_object_get(stack, "frames"), i, f) if (*get_str(f, "source"))
    {
        outer = f;
        ++*count;
    }
    return outer;
}

/* Do all places that have a line of the submission end in the same one, and were there by way
 * of others? Then it is a wrapper of a lock, and says nothing. */
static bool ends_in_wrapper(const json_t *stacks)
{
    const json_t *s, *first = NULL, *inner;
    int places = 0, frames;
    size_t i;

    json_array_foreach((json_t *)stacks, i, s)
    {
        if (!(inner = causes_own_frame(s)))
            continue;
        outermost_own(s, &frames);
        if (frames < 2 || (first && !same_line(first, inner)))
            return false;
        first = inner;
        places++;
    }
    return places > 1;
}

/* The submission's innermost line and, where it is another one, the one by which the submission
 * was entered; behind a wrapper only that. Where there are none, the innermost line that is
 * known. */
static void put_lines(struct pen *p, const json_t *stack, int indent, bool wrapper)
{
    int count;
    const json_t *inner = causes_own_frame(stack), *outer = outermost_own(stack, &count);

    if (!inner)
        inner = outer = named_frame(stack);
    if (!inner)
        return;
    if (!wrapper || same_line(inner, outer)) {
        put_line(p, inner, indent);
        if (same_line(inner, outer))
            return;
        if (count > 2) {
            buf_printf(p->b, "%*s", indent, "");
            buf_puts(p->b, "... ");
            indent = 0;
        }
    }
    put_line(p, outer, indent);
}

/* `innermost`: of its frames only the submission's innermost. */
static void put_stack(struct pen *p, const json_t *s, int indent, bool innermost, bool wrapper)
{
    const json_t *f;
    size_t i;

    buf_printf(p->b, "%*s", indent, "");
    pen_say(p, get_str(s, "label"));
    buf_puts(p->b, "\n");
    if (innermost) {
        put_lines(p, s, indent + 2, wrapper);
        return;
    }
    json_array_foreach(json_object_get(s, "frames"), i, f) put_frame(p, f, indent + 4);
}

/* "check_event.c:31: ..." names already the only place that this stack has. */
static bool is_told(const json_t *stack, const char *text)
{
    const json_t *f = named_frame(stack);
    auto_free char *place = NULL;

    if (!f || causes_own_frame(stack) ||
        asprintf(&place, "%s:%ld: ", get_str(f, "file"), get_num(f, "line")) < 0) {
        place = NULL;
        return false;
    }
    return strncmp(text, place, strlen(place)) == 0;
}

/* Two accesses race: the one that writes is told first. */
static bool is_backwards(const json_t *stacks)
{
    const char *first = get_str(json_array_get(stacks, 0), "label");
    const char *second = get_str(json_array_get(stacks, 1), "label");

    return json_array_size(stacks) == 2 && strstr(first, "read") && strstr(second, "wr");
}

/* Of a finding at most so many, and only its innermost lines; 0: all of all. */
static void put_stacks(struct pen *p, const json_t *finding, int indent, size_t most)
{
    const json_t *stacks = json_object_get(finding, "stacks"), *s;
    const bool all = p->o->verbose || p->whole, backwards = is_backwards(stacks);
    const bool wrapper = ends_in_wrapper(stacks);
    size_t told = 0, left = 0;

    for (size_t k = 0; k < json_array_size(stacks); k++) {
        const size_t i = backwards ? 1 - k : k;
        const int more = all ? 0 : causes_alike(stacks, i);

        s = json_array_get(stacks, i);
        if (more < 0 || (most && is_told(s, get_str(finding, "text"))))
            continue;
        if (most && told == most) {
            left += 1 + (size_t)more;
            continue;
        }
        told++;
        put_stack(p, s, indent, most != 0, wrapper);
        if (more > 0) {
            buf_printf(p->b, "%*s", indent, "");
            buf_printf(p->b, tr(p->o->lang, "(and %d more like this one)\n"), more);
        }
    }
    if (left) {
        buf_printf(p->b, "%*s", indent, "");
        buf_printf(p->b,
                   left == 1 ? tr(p->o->lang, "(and %d more place: -v)\n")
                             : tr(p->o->lang, "(and %d more places: -v)\n"),
                   (int)left);
    }
}

static void put_waits(struct pen *p, const json_t *finding, const char *indent)
{
    struct buf line = {0};

    if (graph_line(finding, p->o->lang, &line)) {
        buf_puts(p->b, indent);
        pen_put(p, line.data ? line.data : ""); /* the explored program has written the names */
        buf_puts(p->b, "\n");
    }
    buf_release(&line);
}

/* ---- what was printed, and the schedule ---------------------------------------------- */

/* The last lines that the program printed: often they say what it was about to do. */
void finding_output(struct pen *p, const char *text, const char *indent, int most)
{
    const char *from = text;
    int lines = 0;

    if (!*text)
        return;
    for (const char *c = text + strlen(text) - 1; c > text && most; c--)
        if (c[-1] == '\n' && ++lines == most) {
            from = c;
            break;
        }
    buf_printf(p->b, "%s%s\n", indent,
               pen_word(p, from > text ? "the program printed (last lines):"
                                       : "the program printed:"));
    while (*from) {
        const size_t n = strcspn(from, "\n");

        buf_printf(p->b, "%s  | ", indent);
        escape_terminal(p->b, from, n);
        buf_puts(p->b, "\n");
        from += n + (from[n] == '\n');
    }
}

static void put_table(struct pen *p, const json_t *finding, const char *indent, int rows)
{
    const json_t *schedule = json_object_get(finding, "schedule"),
                 *places = json_object_get(finding, "stacks");
    char deeper[16];

    if (json_array_size(json_object_get(schedule, "steps")) == 0)
        return;
    snprintf(deeper, sizeof deeper, "%s  ", indent);
    if (get_num(schedule, "found_in") > 0 && !p->whole)
        buf_printf(p->b, tr(p->o->lang, "%sthe interleaving (schedule %d of those tried):\n"),
                   indent, (int)get_num(schedule, "found_in"));
    else
        buf_printf(p->b, tr(p->o->lang, "%sthe interleaving:\n"), indent);
    interleaving_table(p->b, schedule,
                       &(struct interleaving){.indent = deeper,
                                              .rows = rows,
                                              .width = p->o->width,
                                              .lang = p->o->lang,
                                              .places = places});
}

static void put_replay(struct pen *p, const json_t *schedule, const char *indent)
{
    const char *token = get_str(schedule, "token");

    if (!*token) /* not of one schedule, or of one without end */
        return;
    if (p->o->replay)
        buf_printf(p->b, "%s%s %s ", indent, pen_word(p, "replay:"), p->o->replay);
    else if (p->test)
        buf_printf(p->b, "%s%s lockstep replay %s %s --token ", indent, pen_word(p, "replay:"),
                   p->exercise, p->test);
    else
        return;
    pen_put(p, token);
    buf_printf(p->b, "%s\n", p->o->behind ? p->o->behind : "");
    if (p->test && p->o->behind && strstr(p->o->behind, "--secret"))
        buf_printf(p->b,
                   tr(p->o->lang, "%swithout the course secret: lockstep replay %s %s looks "
                                  "for a schedule of its own\n"),
                   indent, p->exercise, p->test);
}

/* ---- a finding ----------------------------------------------------------------------- */

void finding_stacks(struct pen *p, const json_t *finding, int stacks_at)
{
    put_stacks(p, finding, stacks_at, 0);
}

void finding_body(struct pen *p, const json_t *finding, const char *indent, int stacks_at)
{
    enum { PRINTED = 10 };
    const json_t *schedule = json_object_get(finding, "schedule");
    const bool all = p->whole || p->o->verbose;

    put_waits(p, finding, indent);
    finding_stacks(p, finding, stacks_at);
    if (!schedule)
        return;
    if (!p->o->seen)
        put_table(p, finding, indent, p->whole ? INTERLEAVING_ALL : INTERLEAVING_LONG);
    finding_output(p, get_str(schedule, "output"), indent, all ? 0 : PRINTED);
    put_replay(p, schedule, indent);
}

void finding_whole(struct pen *p, const json_t *finding)
{
    const bool advice = json_is_true(json_object_get(finding, "advice"));

    buf_puts(p->b, "        ");
    pen_paint(p, advice ? NOTE : BAD,
              advice ? pen_word(p, "advice") : get_str(finding, "title"));
    buf_printf(p->b, "  (%s)\n        ", get_str(finding, "mode"));
    pen_say(p, get_str(finding, "text"));
    buf_puts(p->b, "\n");
    finding_body(p, finding, "        ", 10);
}

/* How many rows say something: of one task alone few, of a leak that it makes none. */
static int worth_rows(const json_t *finding, int room)
{
    enum { ALONE = 6, FEWEST = 4 };
    const json_t *steps = json_object_get(json_object_get(finding, "schedule"), "steps"), *st;
    bool alone = true;
    size_t i;

    json_array_foreach((json_t *)steps, i, st) alone &=
        get_num(st, "task") == get_num(json_array_get(steps, 0), "task");
    if (alone && strcmp(get_str(finding, "verdict"), verdict_name(VERDICT_LEAK)) == 0)
        return 0;
    if (alone && room > ALONE)
        return ALONE;
    return room < FEWEST ? FEWEST : room;
}

/* What leads from here to the mistake: a rule of its kind, and the test's own question. */
static void put_hints(struct pen *p, const json_t *finding, const char *hint)
{
    bool near;
    const char *look = hints_find(finding, &near);

    if (look) {
        buf_puts(p->b, "      ");
        pen_paint(p, NOTE, pen_word(p, "think about: "));
        pen_flow(p, pen_word(p, look), 8);
    }
    if (!*hint || near) /* the test's own question may be about another mistake */
        return;
    buf_puts(p->b, "      ");
    pen_paint(p, NOTE, pen_word(p, "about this test: "));
    pen_flow(p, hint, 8);
}

void finding_short(struct pen *p, const json_t *finding, const char *hint, int room,
                   enum detail detail)
{
    enum { PLACES = 4, FEWER_PLACES = 2, PRINTED = 3 };
    const json_t *schedule = json_object_get(finding, "schedule");
    const size_t places = detail == DETAIL_FULL ? PLACES : FEWER_PLACES;
    struct buf *to = p->b, before = {0}, behind = {0};

    p->b = &before;
    buf_puts(p->b, "      ");
    pen_say_line(p, get_str(finding, "text"), 8);
    put_waits(p, finding, "        ");
    put_stacks(p, finding, 8, places);
    p->b = &behind;
    if (detail == DETAIL_FULL) {
        finding_output(p, get_str(schedule, "output"), "      ", PRINTED);
        put_hints(p, finding, hint);
    }
    if (detail != DETAIL_SCREEN)
        put_replay(p, schedule, "      ");
    p->b = to;
    room -= pen_lines(&before) + pen_lines(&behind) + 3; /* its heading, column heads, a cut */
    buf_add(p->b, before.data, before.len);
    if (detail != DETAIL_PLACES && (room = worth_rows(finding, room)) > 0)
        put_table(p, finding, "      ", room);
    buf_add(p->b, behind.data, behind.len);
    to->failed |= before.failed || behind.failed;
    buf_release(&before);
    buf_release(&behind);
}

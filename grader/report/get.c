/* get.c - what several formats ask of a test: where, and what to say in a few lines. */
#include "report/get.h"
#include "report/words.h"

enum { FRAMES_SAID = 4, PROOFS_SAID = 6 };

const json_t *get_place(const json_t *test)
{
    const json_t *p, *s, *f;
    size_t i, k, n;

    json_array_foreach(json_object_get(test, "evidence"), i, p)
        json_array_foreach(json_object_get(p, "stacks"), k, s)
            json_array_foreach(json_object_get(s, "frames"), n,
                               f) if (*get_str(f, "source") && get_num(f, "line") > 0) return f;
    return NULL;
}

const char *get_warning(const json_t *result, enum lang lang)
{
    return json_object_get(result, "oracle")
               ? tr(lang, "Graded without comparing with the reference solutions: a forged "
                          "result would not have been noticed.")
               : NULL;
}

const char *get_path(const struct render_options *o, const json_t *unit, const json_t *place)
{
    const char *path = o->paths ? get_str(o->paths, get_str(unit, "id")) : "";

    return *path ? path : get_str(place, "file");
}

static void put_stack(const json_t *stack, enum lang lang, struct buf *ret)
{
    const json_t *f;
    size_t i;

    buf_puts(ret, "  ");
    say(ret, lang, get_str(stack, "label"));
    buf_puts(ret, "\n");
    json_array_foreach(json_object_get(stack, "frames"), i, f)
    {
        if (i == FRAMES_SAID)
            break;
        buf_printf(ret, "    %s:%ld", *get_str(f, "file") ? get_str(f, "file") : "?",
                   get_num(f, "line"));
        if (*get_str(f, "function"))
            buf_printf(ret, "%s%s", tr(lang, "  in ") + 1, get_str(f, "function"));
        if (*get_str(f, "source"))
            buf_printf(ret, ": %s", get_str(f, "source"));
        buf_puts(ret, "\n");
    }
}

static void put_line(struct buf *ret, enum lang lang, const char *sentence)
{
    say(ret, lang, sentence);
    buf_puts(ret, "\n");
}

void get_message(const json_t *test, enum lang lang, struct buf *ret)
{
    const json_t *p, *s, *hint = json_object_get(test, "hint");
    size_t i, k;

    buf_printf(ret, "%s: ", get_str(test, "verdict"));
    say(ret, lang, get_str(test, "headline"));
    buf_puts(ret, "\n");
    json_array_foreach(json_object_get(test, "evidence"), i, p)
    {
        const json_t *schedule = json_object_get(p, "schedule");

        if (json_is_true(json_object_get(p, "advice")) || i >= PROOFS_SAID)
            continue;
        buf_printf(ret, "%s (%s)\n", get_str(p, "title"), get_str(p, "mode"));
        if (*get_str(p, "text"))
            put_line(ret, lang, get_str(p, "text"));
        json_array_foreach(json_object_get(p, "stacks"), k, s) put_stack(s, lang, ret);
        if (*get_str(schedule, "token"))
            buf_printf(ret, tr(lang, "replay token: %s\n"), get_str(schedule, "token"));
    }
    if (*get_lang(hint, lang))
        buf_printf(ret, tr(lang, "hint: %s\n"), get_lang(hint, lang));
}

/* tap.c - the Test Anything Protocol, version 14: a point a test, a YAML block where one
 * failed.
 *
 * Foreign text stands in YAML block scalars, indented and cleaned, so that no line of it can be
 * taken for a test point.
 */
#include "core/escape.h"
#include "report/get.h"

static int count(const json_t *result)
{
    const json_t *x;
    size_t i;
    int n = 0;

    json_array_foreach(json_object_get(result, "exercises"), i, x) n +=
        get_not_graded(x) ? 1 : (int)json_array_size(json_object_get(x, "tests"));
    return n;
}

/* Descriptions end at '#'; ours have none, and neither has what is left of a title here. */
static void description(struct buf *b, const char *s)
{
    struct buf clean = {0};

    escape_terminal(&clean, s, strlen(s));
    for (size_t i = 0; i < clean.len; i++) {
        if (clean.data[i] == '#' || clean.data[i] == '\\')
            buf_puts(b, "\\");
        buf_add(b, clean.data[i] == '\n' ? " " : clean.data + i, 1);
    }
    b->failed |= clean.failed;
    buf_release(&clean);
}

static void block(struct buf *b, const char *key, const char *text)
{
    struct buf clean = {0};

    escape_terminal(&clean, text, strlen(text));
    buf_printf(b, "  %s: |\n", key);
    for (char *l = clean.data ? clean.data : (char *)"", *next; *l; l = next) {
        const size_t n = strcspn(l, "\n");

        next = l + n + (l[n] != '\0');
        buf_puts(b, "    ");
        buf_add(b, l, n);
        buf_puts(b, "\n");
    }
    b->failed |= clean.failed;
    buf_release(&clean);
}

static void point(struct buf *b, int number, const json_t *x, const json_t *t, enum lang lang)
{
    const bool pass = strcmp(get_str(t, "verdict"), "pass") == 0;
    struct buf message = {0};

    buf_printf(b, "%s %d - %s/%s: ", pass ? "ok" : "not ok", number, get_str(x, "id"),
               get_str(t, "id"));
    description(b, get_lang(json_object_get(t, "title"), lang));
    buf_puts(b, "\n");
    if (pass)
        return;
    get_message(t, lang, &message);
    buf_printf(b, "  ---\n  verdict: %s\n  points: %ld\n  max: %ld\n", get_str(t, "verdict"),
               get_num(t, "points"), get_num(t, "max"));
    block(b, "message", message.data ? message.data : "");
    buf_puts(b, "  ...\n");
    buf_release(&message);
}

int report_tap(const json_t *result, const json_t *timing, const struct render_options *o,
               struct buf *ret, struct err *e)
{
    const json_t *x, *t;
    size_t i, k;
    int n = 0;

    (void)timing;
    buf_printf(ret, "TAP version 14\n1..%d\n", count(result));
    json_array_foreach(json_object_get(result, "exercises"), i, x)
    {
        if (get_not_graded(x)) {
            buf_printf(ret, "not ok %d - %s: not graded\n  ---\n  verdict: grader-error\n", ++n,
                       get_str(x, "id"));
            block(ret, "message", get_str(x, "reason"));
            buf_puts(ret, "  ...\n");
            continue;
        }
        json_array_foreach(json_object_get(x, "tests"), k, t) point(ret, ++n, x, t, o->lang);
    }
    buf_printf(ret, "# total %ld/%ld\n", get_num(result, "score"), get_num(result, "max"));
    return ret->failed ? err_oom(e) : 0;
}

/* github.c - workflow commands of GitHub Actions: at most ten annotations, each on its line.
 *
 * GitHub drops what comes after ten of a kind in a step without a word, so ours are chosen: one
 * a failed test, in order, and the last says how many more there are. Nothing a student wrote
 * stands at the beginning of a line; escaping is core/escape.h's.
 */
#include "core/escape.h"
#include "report/get.h"
#include "report/words.h"

enum { ANNOTATIONS = 10, MESSAGE_MAX = 4000 };

static void property(struct buf *b, const char *name, const char *value, bool first)
{
    buf_printf(b, "%s%s=", first ? "" : ",", name);
    escape_github(b, value, strlen(value), true);
}

static void annotation(struct buf *b, const json_t *x, const json_t *t,
                       const struct render_options *o)
{
    const json_t *place = get_place(t);
    struct buf message = {0}, title = {0};

    get_message(t, o->lang, &message);
    buf_printf(&title, "%s %s: %s", get_str(x, "id"), get_str(t, "id"), get_str(t, "verdict"));
    buf_puts(b, "::error ");
    property(b, "file", get_path(o, x, place), true);
    buf_printf(b, ",line=%ld", place ? get_num(place, "line") : 1);
    property(b, "title", title.data ? title.data : "", false);
    buf_puts(b, "::");
    escape_github(b, message.data ? message.data : "",
                  message.len < MESSAGE_MAX ? message.len : MESSAGE_MAX, false);
    buf_puts(b, "\n");
    b->failed |= message.failed | title.failed;
    buf_release(&message);
    buf_release(&title);
}

static int failures(const json_t *result)
{
    const json_t *x, *t;
    size_t i, k;
    int n = 0;

    json_array_foreach(json_object_get(result, "exercises"), i, x)
        json_array_foreach(json_object_get(x, "tests"), k, t) n +=
        strcmp(get_str(t, "verdict"), "pass") != 0;
    return n;
}

int report_github(const json_t *result, const json_t *timing, const struct render_options *o,
                  struct buf *ret, struct err *e)
{
    const int all = failures(result), shown = all > ANNOTATIONS ? ANNOTATIONS - 1 : all;
    const json_t *x, *t;
    size_t i, k;
    int n = 0;

    (void)timing;
    json_array_foreach(json_object_get(result, "exercises"), i, x)
    {
        if (get_not_graded(x)) {
            buf_puts(ret, "::warning ");
            property(ret, "title", get_str(x, "id"), true);
            buf_printf(ret, "::%s: ", tr(o->lang, "not graded (not a zero)"));
            escape_github(ret, get_str(x, "reason"), strlen(get_str(x, "reason")), false);
            buf_puts(ret, "\n");
        }
        json_array_foreach(json_object_get(x, "tests"), k,
                           t) if (strcmp(get_str(t, "verdict"), "pass") != 0 && n++ < shown)
            annotation(ret, x, t, o);
    }
    if (all > shown)
        buf_printf(
            ret,
            tr(o->lang, "::error title=Lockstep::and %d more failed tests; see the summary\n"),
            all - shown);
    buf_printf(ret, tr(o->lang, "::notice title=Lockstep::%ld/%ld points\n"),
               get_num(result, "score"), get_num(result, "max"));
    return ret->failed ? err_oom(e) : 0;
}

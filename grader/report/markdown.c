/* markdown.c - for $GITHUB_STEP_SUMMARY, forges and chats: a table, then what went wrong.
 *
 * Foreign text is in fenced blocks whose fence is longer than any run of backticks in it, or
 * escaped as HTML. At most a million bytes, GitHub's limit; what does not fit is said.
 */
#include "core/escape.h"
#include "report/get.h"
#include "report/words.h"

enum { SUMMARY_MAX = 1000000 };

static void inline_text(struct buf *b, const char *s)
{
    struct buf clean = {0};

    escape_terminal(&clean, s, strlen(s));
    for (size_t i = 0; i < clean.len; i++) {
        const char c = clean.data[i];

        if (strchr("&<>\"'", c)) {
            escape_html(b, &c, 1);
            continue;
        }
        if (strchr("\\`*_{}[]()#+!|~", c))
            buf_puts(b, "\\");
        buf_add(b, c == '\n' ? " " : &c, 1);
    }
    b->failed |= clean.failed;
    buf_release(&clean);
}

static void fenced(struct buf *b, const char *s)
{
    struct buf clean = {0};
    size_t longest = 2, run = 0;

    escape_terminal(&clean, s, strlen(s));
    for (size_t i = 0; i < clean.len; i++) {
        run = clean.data[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i <= longest; i++)
            buf_puts(b, "`");
        buf_puts(b, side ? "\n\n" : "text\n");
        if (side == 0)
            buf_add(b, clean.data ? clean.data : "", clean.len);
        if (side == 0 && clean.len && clean.data[clean.len - 1] != '\n')
            buf_puts(b, "\n");
    }
    b->failed |= clean.failed;
    buf_release(&clean);
}

static void put_table(struct buf *b, const json_t *x, enum lang lang)
{
    const json_t *t;
    size_t i;

    buf_puts(b, tr(lang, "| | test | points | |\n|---|---|---:|---|\n"));
    json_array_foreach(json_object_get(x, "tests"), i, t)
    {
        const char *verdict = get_str(t, "verdict");
        const bool pass = strcmp(verdict, "pass") == 0;

        buf_printf(b, "| %s | %s | %ld/%ld | ", pass ? "✅" : "❌", get_str(t, "id"),
                   get_num(t, "points"), get_num(t, "max"));
        inline_text(b, pass ? get_lang(json_object_get(t, "title"), lang) : verdict);
        buf_puts(b, " |\n");
    }
    buf_puts(b, "\n");
}

static void put_failures(struct buf *b, const json_t *x, enum lang lang)
{
    const json_t *t;
    size_t i;

    json_array_foreach(json_object_get(x, "tests"), i, t)
    {
        struct buf message = {0};

        if (strcmp(get_str(t, "verdict"), "pass") == 0)
            continue;
        get_message(t, lang, &message);
        if (b->len + 2 * message.len > SUMMARY_MAX - 4096) {
            buf_printf(b, tr(lang, "(%s and what follows is too long for this page)\n\n"),
                       get_str(t, "id"));
            buf_release(&message);
            return;
        }
        buf_printf(b, "**%s**\n\n", get_str(t, "id"));
        fenced(b, message.data ? message.data : "");
        buf_release(&message);
    }
}

int report_markdown(const json_t *result, const json_t *timing, const struct render_options *o,
                    struct buf *ret, struct err *e)
{
    const json_t *x;
    size_t i;

    (void)timing;
    buf_printf(ret, "# Lockstep: %ld/%ld\n\n", get_num(result, "score"),
               get_num(result, "max"));
    json_array_foreach(json_object_get(result, "exercises"), i, x)
    {
        buf_printf(ret, "## %s ", get_str(x, "id"));
        inline_text(ret, get_lang(json_object_get(x, "title"), o->lang));
        if (get_not_graded(x)) {
            buf_puts(ret,
                     tr(o->lang,
                        ": not graded\n\nThe work was not judged; this is not a zero.\n\n"));
            fenced(ret, get_str(x, "reason"));
            continue;
        }
        buf_printf(ret, ": %ld/%ld\n\n", get_num(x, "score"), get_num(x, "max"));
        if (strcmp(get_str(x, "status"), "missing") == 0) {
            buf_puts(ret, tr(o->lang, "Nothing was submitted.\n\n"));
            continue;
        }
        put_table(ret, x, o->lang);
        if (*get_str(x, "compiler_output"))
            fenced(ret, get_str(x, "compiler_output"));
        put_failures(ret, x, o->lang);
    }
    inline_text(ret, tr(o->lang, get_str(result, "trust")));
    buf_puts(ret, "\n");
    return ret->failed ? err_oom(e) : 0;
}

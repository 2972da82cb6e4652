/* pen.c - see pen.h. */
#include "report/pen.h"

#include "core/escape.h"
#include "core/text.h"
#include "report/rows.h"
#include "report/words.h"

static const char *const codes[] = {"", "\033[32m", "\033[31m", "\033[33m", "\033[1m"};

void pen_put(struct pen *p, const char *s)
{
    if (s)
        escape_terminal(p->b, s, strlen(s));
}

void pen_say(struct pen *p, const char *sentence)
{
    struct buf said = {0};

    say(&said, p->o->lang, sentence);
    pen_put(p, said.data);
    buf_release(&said);
}

const char *pen_word(const struct pen *p, const char *msgid)
{
    return tr(p->o->lang, msgid);
}

void pen_paint(struct pen *p, enum color c, const char *s)
{
    if (p->o->color && c != PLAIN)
        buf_puts(p->b, codes[c]);
    pen_put(p, s);
    if (p->o->color && c != PLAIN)
        buf_puts(p->b, "\033[0m");
}

/* The column behind what was written; colours take none. */
static int column(const struct buf *b)
{
    size_t from = b->len;
    char line[512] = "";
    size_t n = 0;

    while (from > 0 && b->data[from - 1] != '\n')
        from--;
    for (size_t i = from; i < b->len && n + 1 < sizeof line; i++) {
        if (b->data[i] == '\033')
            while (i < b->len && b->data[i] != 'm')
                i++;
        else
            line[n++] = b->data[i];
    }
    line[n] = '\0';
    return row_columns(line);
}

/* Bytes up to where a line may be broken: before a blank, or behind a Chinese character. */
static size_t word_length(const char *text)
{
    size_t n = strspn(text, " ");

    while (text[n] && text[n] != ' ') {
        const bool wide = (unsigned char)text[n] >= 0xe3;
        const size_t bytes = text_utf8_char((const unsigned char *)text + n);

        n += bytes ? bytes : 1;
        if (wide && (unsigned char)text[n] >= 0xe4) /* no punctuation begins a line */
            break;
    }
    return n;
}

void pen_flow(struct pen *p, const char *text, int indent)
{
    int at = p->o->width ? column(p->b) : 0;

    while (p->o->width && *text) {
        const size_t blanks = strspn(text, " "), n = word_length(text);
        auto_free char *word = strndup(text, n);
        const int wide = word ? row_columns(word) : 0;

        if (at > indent && at + wide > p->o->width) {
            buf_printf(p->b, "\n%*s", indent, "");
            at = indent - (int)blanks;
            buf_add(p->b, text + blanks, n - blanks);
        } else {
            buf_add(p->b, text, n);
        }
        at += wide;
        text += n;
    }
    buf_puts(p->b, text);
    buf_puts(p->b, "\n");
}

void pen_say_line(struct pen *p, const char *sentence, int indent)
{
    struct buf said = {0}, clean = {0};

    say(&said, p->o->lang, sentence);
    if (said.data)
        escape_terminal(&clean, said.data, said.len);
    pen_flow(p, clean.data ? clean.data : "", indent);
    buf_release(&said);
    buf_release(&clean);
}

int pen_lines(const struct buf *b)
{
    int n = 0;

    for (size_t i = 0; i < b->len; i++)
        n += b->data[i] == '\n';
    return n;
}

/* escape.c - filters over utf8_clean(). */
#include "core/escape.h"

#include <string.h>

#include "core/utf8.h"

void escape_terminal(struct buf *b, const char *s, size_t len)
{
    struct buf clean = {0};
    bool fresh = true; /* nothing but blanks on this line so far */

    utf8_clean(&clean, s, len, UTF8_TERMINAL);
    for (size_t i = 0; i < clean.len; i++) {
        const char *p = clean.data + i;
        const size_t rest = clean.len - i;

        if (fresh && rest >= 2 && memcmp(p, "::", 2) == 0)
            buf_puts(b, "|");
        buf_add(b, p, 1);
        if (i > 0 && rest >= 2 && memcmp(p - 1, "##[", 3) == 0)
            buf_puts(b, "|");
        fresh = *p == '\n' || (fresh && (*p == ' ' || *p == '\t'));
    }
    b->failed |= clean.failed;
    buf_release(&clean);
}

static void markup(struct buf *b, const char *s, size_t len)
{
    struct buf clean = {0};

    utf8_clean(&clean, s, len, UTF8_XML);
    for (size_t i = 0; i < clean.len; i++) {
        switch (clean.data[i]) {
        case '&':
            buf_puts(b, "&amp;");
            break;
        case '<':
            buf_puts(b, "&lt;");
            break;
        case '>':
            buf_puts(b, "&gt;"); /* also the end of ]]> */
            break;
        case '"':
            buf_puts(b, "&quot;");
            break;
        case '\'':
            buf_puts(b, "&#39;");
            break;
        default:
            buf_add(b, clean.data + i, 1);
        }
    }
    b->failed |= clean.failed;
    buf_release(&clean);
}

void escape_xml(struct buf *b, const char *s, size_t len)
{
    markup(b, s, len);
}

void escape_html(struct buf *b, const char *s, size_t len)
{
    markup(b, s, len);
}

void escape_csv(struct buf *b, const char *s, size_t len)
{
    struct buf clean = {0};
    bool formula, quoted;

    utf8_clean(&clean, s, len, UTF8_TERMINAL);
    formula = clean.len && strchr("=+-@\t\r", *clean.data);
    quoted = formula || (clean.len && strpbrk(clean.data, ",\"\r\n"));
    if (quoted)
        buf_puts(b, formula ? "\"'" : "\"");
    for (size_t i = 0; i < clean.len; i++) {
        if (clean.data[i] == '"')
            buf_puts(b, "\"");
        buf_add(b, clean.data + i, 1);
    }
    if (quoted)
        buf_puts(b, "\"");
    b->failed |= clean.failed;
    buf_release(&clean);
}

void escape_github(struct buf *b, const char *s, size_t len, bool property)
{
    struct buf clean = {0};

    utf8_clean(&clean, s, len, UTF8_JSON);
    for (size_t i = 0; i < clean.len; i++) {
        const char c = clean.data[i];

        if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ',')))
            buf_printf(b, "%%%02X", (unsigned)c);
        else
            buf_add(b, &c, 1);
    }
    b->failed |= clean.failed;
    buf_release(&clean);
}

/* utf8.c - one strict decoder (RFC 3629: shortest form, no surrogates) and three filters. */
#include "core/utf8.h"

#include <string.h>

/* Decodes one code point; returns its length in bytes, 0 when these bytes are not UTF-8. */
static size_t decode(const unsigned char *s, size_t len, uint32_t *ret)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = s[0] < 0x80       ? 1
               : s[0] >> 5 == 6  ? 2
               : s[0] >> 4 == 14 ? 3
               : s[0] >> 3 == 30 ? 4
                                 : 0;
    uint32_t c;

    if (n == 0 || n > len)
        return 0;
    c = n == 1 ? s[0] : s[0] & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if (s[i] >> 6 != 2)
            return 0;
        c = c << 6 | (s[i] & 0x3fu);
    }
    if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *ret = c;
    return n;
}

static bool passes(uint32_t c, enum utf8_for use)
{
    if (use == UTF8_JSON)
        return c != 0;
    if (c == '\n' || c == '\t')
        return true;
    if (c < 0x20 || (c >= 0x7f && c < 0xa0))
        return false;
    if (use == UTF8_XML)
        return c != 0xfffe && c != 0xffff;
    /* LRM, RLM, embeddings, overrides, isolates: text that reads other than it is */
    return c != 0x200e && c != 0x200f && !(c >= 0x202a && c <= 0x202e) &&
           !(c >= 0x2066 && c <= 0x2069);
}

void utf8_clean(struct buf *b, const char *s, size_t len, enum utf8_for use)
{
    const unsigned char *p = (const unsigned char *)s, *end = p + len;

    while (p < end) {
        uint32_t c = 0;
        size_t n = decode(p, (size_t)(end - p), &c);

        if (n > 0 && passes(c, use))
            buf_add(b, p, n);
        else
            buf_puts(b, "\xef\xbf\xbd");
        p += n ? n : 1;
    }
}

/* text.c - iconv(3) where it is certain, by rules that Latin-1 and Shift JIS do not meet. */
#include "core/text.h"

#include <iconv.h>
#include <string.h>

size_t text_utf8_char(const unsigned char *p)
{
    const size_t n = *p < 0x80                 ? 1
                     : *p >= 0xc2 && *p < 0xe0 ? 2
                     : *p >= 0xe0 && *p < 0xf0 ? 3
                     : *p >= 0xf0 && *p < 0xf5 ? 4
                                               : 0;

    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] >= 0xa0) ||
        (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] >= 0x90))
        return 0;
    return n;
}

static bool is_utf8(const char *bytes, size_t len)
{
    const unsigned char *p = (const unsigned char *)bytes;
    size_t n;

    for (size_t i = 0; i < len; i += n)
        if ((n = text_utf8_char(p + i)) == 0)
            return false;
    return true;
}

/* "UTF-16LE", "UTF-16BE" or NULL; *skip: bytes of the mark. Without one, each ASCII letter must
 * have its NUL on the same side. */
static const char *utf16_of(const unsigned char *p, size_t len, size_t *skip)
{
    size_t even = 0, odd = 0;

    *skip = 2;
    if (len >= 2 && p[0] == 0xff && p[1] == 0xfe)
        return "UTF-16LE";
    if (len >= 2 && p[0] == 0xfe && p[1] == 0xff)
        return "UTF-16BE";
    *skip = 0;
    if (len < 4 || len % 2)
        return NULL;
    for (size_t i = 0; i < len; i++)
        *(i % 2 ? &odd : &even) += p[i] == 0;
    if (even == 0 && odd * 10 >= len * 4)
        return "UTF-16LE";
    return odd == 0 && even * 10 >= len * 4 ? "UTF-16BE" : NULL;
}

static bool convert(const char *from, const char *bytes, size_t len, char **ret,
                    size_t *ret_len)
{
    iconv_t cd = iconv_open("UTF-8", from);
    char *in = (char *)bytes, *text = malloc(len * 3 + 1), *out = text;
    size_t left = len, room = len * 3;
    const bool done =
        cd != (iconv_t)-1 && text && iconv(cd, &in, &left, &out, &room) == 0 && left == 0;

    iconv_close(cd); /* also of what iconv_open() could not open: EBADF */
    if (!done) {
        free(text);
        return false;
    }
    *out = '\0';
    *ret = text;
    *ret_len = (size_t)(out - text);
    return true;
}

/* All that is not ASCII is a pair of GBK, and one at least of GB 2312, both of whose bytes are
 * above 0xa0: "Müller" in Latin-1 has none. */
static bool may_be_chinese(const unsigned char *p, size_t len)
{
    bool sure = false;

    for (size_t i = 0; i < len; i++) {
        if (p[i] < 0x80)
            continue;
        if (i + 1 == len || p[i] < 0x81 || p[i] == 0xff || p[i + 1] < 0x40 ||
            p[i + 1] == 0x7f || p[i + 1] == 0xff)
            return false;
        sure |= p[i] >= 0xb0 && p[i] <= 0xf7 && p[i + 1] >= 0xa1;
        i++;
    }
    return sure;
}

/* Ideographs, and the punctuation that goes with them (Unicode: CJK blocks, full-width forms).
 */
static bool is_all_chinese(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        const size_t n = text_utf8_char(p);
        const unsigned c =
            n == 3 ? (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu) : 0;

        if (n == 0 ||
            (n > 1 && !((c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3000 && c <= 0x303f) ||
                        (c >= 0xff00 && c <= 0xffef) || (c >= 0x2010 && c <= 0x2027))))
            return false;
        p += n;
    }
    return true;
}

enum text_kind text_decode(const char *bytes, size_t len, char **ret, size_t *ret_len)
{
    size_t skip;
    const char *utf16 = utf16_of((const unsigned char *)bytes, len, &skip);

    if (utf16 && convert(utf16, bytes + skip, len - skip, ret, ret_len)) {
        if (strlen(*ret) == *ret_len)
            return TEXT_UTF16;
        free(*ret);
        *ret = NULL;
    }
    if (memchr(bytes, 0, len))
        return TEXT_BINARY;
    if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        if (!(*ret = strndup(bytes + 3, len - 3)))
            return TEXT_AS_IT_IS;
        *ret_len = len - 3;
        return TEXT_MARKED;
    }
    if (!is_utf8(bytes, len) && may_be_chinese((const unsigned char *)bytes, len) &&
        convert("GB18030", bytes, len, ret, ret_len)) {
        if (is_all_chinese(*ret))
            return TEXT_CHINESE;
        free(*ret);
        *ret = NULL;
    }
    return TEXT_AS_IT_IS;
}

const char *text_kind_name(enum text_kind kind)
{
    return kind == TEXT_UTF16     ? "UTF-16"
           : kind == TEXT_MARKED  ? "UTF-8 with a byte order mark"
           : kind == TEXT_CHINESE ? "GB 18030"
                                  : NULL;
}

/* text.h - bytes that somebody's editor wrote, as UTF-8, where it is certain what is meant.
 *
 * UTF-16 (with its byte order mark, or with a NUL beside every ASCII letter), a UTF-8 mark, and
 * Chinese in GB 18030. Guesses nothing: Latin-1 stays as it is, since a compiler does not mind.
 */
#ifndef GRADER_TEXT_H
#define GRADER_TEXT_H

#include "core/util.h"

enum text_kind {
    TEXT_AS_IT_IS, /* nothing was to be done */
    TEXT_MARKED,   /* UTF-8 with a byte order mark, which was taken off */
    TEXT_UTF16,
    TEXT_CHINESE, /* GB 18030 */
    TEXT_BINARY,  /* it holds NUL bytes and is none of these: no C text */
};

/* Reads `bytes`; when the kind is MARKED, UTF16 or CHINESE *ret is the new text, malloc'ed,
 * with a NUL behind its last byte. Without memory it is AS_IT_IS. */
enum text_kind text_decode(const char *bytes, size_t len, char **ret, size_t *ret_len);

/* "UTF-16", "UTF-8 with a byte order mark", "GB 18030"; NULL for the other kinds. */
const char *text_kind_name(enum text_kind kind);

/* Length of the valid UTF-8 character at p (which ends with a NUL somewhere), 0: none. */
size_t text_utf8_char(const unsigned char *p);

#endif

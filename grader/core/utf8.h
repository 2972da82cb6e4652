/* utf8.h - makes foreign bytes harmless: for JSON, for a terminal, for XML.
 *
 * Not a character library: it only decides which code points pass.
 */
#ifndef GRADER_UTF8_H
#define GRADER_UTF8_H

#include "core/util.h"

enum utf8_for {
    UTF8_JSON,     /* valid UTF-8; everything else stays */
    UTF8_TERMINAL, /* also no control but \n and \t, no direction overrides */
    UTF8_XML,      /* also nothing that XML 1.0 cannot carry */
};

/* Appends `s` to `b`; each byte or code point that may not pass becomes U+FFFD. */
void utf8_clean(struct buf *b, const char *s, size_t len, enum utf8_for use);

#endif

/* escape.h - a stranger's text into a format that has a meaning of its own: one function each.
 *
 * What students print, name and write is hostile text. Each function appends to `b` and takes
 * `len` bytes of anything; what is not valid UTF-8 becomes U+FFFD. XML is written by libxml2
 * and JSON by jansson, which escape by themselves what utf8_clean() lets through.
 */
#ifndef GRADER_ESCAPE_H
#define GRADER_ESCAPE_H

#include "core/util.h"

/* A terminal, and the log of a CI job: no control characters but \n and \t, no direction
 * overrides, and nothing that GitHub takes for a workflow command: "::" at a line's beginning,
 * blanks or not, "##[" anywhere (actions/runner, ActionCommand). */
void escape_terminal(struct buf *b, const char *s, size_t len);

/* Text between XML or HTML tags, or in a quoted attribute: & < > " ' and what XML 1.0 lacks. */
void escape_xml(struct buf *b, const char *s, size_t len);
void escape_html(struct buf *b, const char *s, size_t len);

/* One cell of RFC 4180, never a formula: a leading = + - @ TAB CR gets a ' before it. */
void escape_csv(struct buf *b, const char *s, size_t len);

/* The message of a GitHub workflow command ("::error ...::MESSAGE"), or one of its properties.
 */
void escape_github(struct buf *b, const char *s, size_t len, bool property);

#endif

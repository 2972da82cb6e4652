/* page.h - the frame of every HTML page of ours, and the one way foreign text gets into it.
 *
 * For report/ and the class report. A page is complete in itself: its style is inside, a policy
 * forbids every request, and it reads at phone width and in the dark.
 */
#ifndef GRADER_PAGE_H
#define GRADER_PAGE_H

#include "core/util.h"

/* `script`: the only one that may run on the page, named by its hash in the policy; the same
 * must be given to page_end(), where it stands. NULL: none. */
void page_begin(struct buf *b, const char *lang, const char *title, const char *script);
void page_end(struct buf *b, const char *script);

/* Foreign text between tags or in a quoted attribute; NULL is nothing. */
void page_text(struct buf *b, const char *s);

/* <span class="bar"> of a share, 0 to 100. */
void page_bar(struct buf *b, int percent);

/* The pill of a verdict; `what` is its name ("data-race"). */
void page_verdict(struct buf *b, const char *what);

#endif

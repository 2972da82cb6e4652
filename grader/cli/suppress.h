/* suppress.h - findings that one knows of and does not want to hear about again: a file of
 * them.
 *
 *     # a comment
 *     data-race:stats_add          a verdict, and a function that is in one of its stacks
 *     data-race:stats.c            ... or a file
 *     leak:stats.c:31              ... or a line
 *     *:old_*                      patterns as of fnmatch(3), on both sides
 *
 * The form is that of ThreadSanitizer's suppressions, with our verdicts. What is suppressed is
 * counted and said; it is never part of a claim that there is no bug.
 */
#ifndef GRADER_SUPPRESS_H
#define GRADER_SUPPRESS_H

#include "core/result.h"

enum { SUPPRESS_MAX = 256 };

struct suppress {
    char *text; /* of the file */
    struct suppress_rule {
        const char *verdict, *pattern;
        int line;
        long times;
    } rules[SUPPRESS_MAX];
    int count;
};

/* 0, or -1 and *e with the line that is no rule. suppress_release() in both cases. */
int suppress_read(struct suppress *s, const char *path, struct err *e);
void suppress_release(struct suppress *s);

/* Takes what a rule fits out of x->found and x->bugs, and counts it in x->suppressed. */
void suppress_apply(struct suppress *s, struct exploration *x);

#endif

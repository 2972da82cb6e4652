/* scan.h - looks for constructs that no exercise needs and that reach behind the C language, in
 * a student's source: before and after the preprocessor. Text in, first hit out; reads no file.
 *
 * Not a parser of C: a lexer that knows comments, strings, directives and brackets. What hides
 * in macros shows after preprocessing; what lies about lines and files shows before.
 * Thread-safety: no state.
 */
#ifndef GRADER_SCAN_H
#define GRADER_SCAN_H

#include <stdbool.h>
#include <stddef.h>

struct scan_hit {
    int line;        /* in the student's file */
    char what[80];   /* "inline assembly" */
    char name[160];  /* the token itself, printable */
    const char *why; /* a sentence in plain words */
};

/* What the preprocessor takes out: questions about files beside it (__has_include). Whoever
 * hides the word from this gets the answer "no": there are none when it is preprocessed. */
bool scan_source(const char *text, size_t len, bool (*own)(void *ctx, const char *name),
                 void *ctx, struct scan_hit *ret);

/* Blanks every pragma of preprocessed text but those that change nothing (scan.c has the list),
 * so that none steers one build and not another. */
void scan_drop_pragmas(char *text, size_t len);

/* The output of `gcc -E` on it. `own` decides whether the exercise has a header of that name.
 */
bool scan_preprocessed(const char *text, size_t len, bool (*own)(void *ctx, const char *name),
                       void *ctx, struct scan_hit *ret);

#endif

/* pen.h - writing the terminal's report: one struct, and the only door for foreign text.
 *
 * Private to report/: text.c tells an exercise, finding.c one finding, explored.c what
 * `explore` found. Nothing here decides what is told.
 */
#ifndef GRADER_REPORT_PEN_H
#define GRADER_REPORT_PEN_H

#include "report/get.h"
#include "report/report.h"

struct pen {
    struct buf *b;
    const struct text_options *o;
    bool whole;           /* a replay: every step */
    const char *exercise; /* that is being told; NULL: none, as in `explore` */
    const char *test;     /* whose finding is being told; NULL: none */
};

enum color { PLAIN, GOOD, BAD, NOTE, STRONG };

/* Foreign text, made harmless; NULL is nothing. */
void pen_put(struct pen *p, const char *s);

/* A sentence of the result, in the reader's language. */
void pen_say(struct pen *p, const char *sentence);

void pen_paint(struct pen *p, enum color c, const char *s);

/* `text`, our own or cleaned, from where the line stands, and ends the line. On a terminal it
 * is broken between words, and goes on behind `indent` blanks. */
void pen_flow(struct pen *p, const char *text, int indent);

/* A sentence of the result in the reader's language, to the end of the line as pen_flow(). */
void pen_say_line(struct pen *p, const char *sentence, int indent);

/* A sentence of ours in the reader's language. */
const char *pen_word(const struct pen *p, const char *msgid);

/* How many lines the terminal shows of it, where no line is too long for it. */
int pen_lines(const struct buf *b);

/* One finding of a test with all its stacks and steps: -v. */
void finding_whole(struct pen *p, const json_t *finding);

/* Its stacks, from column `stacks_at`, then schedule, output and replay command, all behind
 * `indent`. */
void finding_body(struct pen *p, const json_t *finding, const char *indent, int stacks_at);

void finding_stacks(struct pen *p, const json_t *finding, int stacks_at);

/* What a program printed, behind `indent`: the last `most` lines, 0: all. "" is nothing. */
void finding_output(struct pen *p, const char *text, const char *indent, int most);

/* How much of a finding: the sentence, for each stack the innermost line of the submission, and
 * the command that shows it again; for a screen with keys the end of the interleaving instead
 * of the command; all of these, and what to look at: the rule of its verdict, and a hint. */
enum detail { DETAIL_PLACES, DETAIL_SCREEN, DETAIL_FULL };

/* A finding in about `room` lines. `hint`: "" for none. */
void finding_short(struct pen *p, const json_t *finding, const char *hint, int room,
                   enum detail detail);

#endif

/* report.h - from results to what people and machines read.
 *
 * report_json() makes the one internal result (report/FORMAT.md); every other format is
 * rendered from that JSON and from nothing else, so a stored result can be shown again.
 * Student bytes pass through exactly one function a format: utf8_clean() in json.c for
 * JSON, put() in text.c for a terminal, libxml2's writer behind clean() in junit.c.
 *
 * All functions return 0 or -1 with *e; a new json_t belongs to the caller.
 */
#ifndef GRADER_REPORT_H
#define GRADER_REPORT_H

#include <jansson.h>

#include "core/result.h"

#define RESULT_FORMAT "lockstep/result/1"
#define TIMING_FORMAT "lockstep/timing/1"
#define EXPLORE_FORMAT "lockstep/explore/1"

/* One submission: `count` graded units. No clock values. */
int report_json(const struct unit_result *units, int count, json_t **ret, struct err *e);

/* What it cost, by exercise and mode; times are seconds, memory is KiB. */
int report_timing(const struct unit_result *units, int count, json_t **ret, struct err *e);

/* Joins results of single exercises (as made by report_json) into one, in this order. */
int report_join(json_t *const *parts, int count, json_t **ret, struct err *e);

/* The result of one unit under the rubric that `x` has now, of which only points, words and
 * visibility have changed: verdicts stay, the score is added up again. -1 with ERR_BUG when a
 * test is missing. */
int report_restate(const json_t *result, const struct exercise *x, json_t **ret, struct err *e);

/* A result as a student may see it: tests that the rubric hides are taken out and leave their
 * sum, "hidden": {"tests", "score", "max"}; scores stay. `due`: the deadline is over, if there
 * is one. */
int report_for_student(const json_t *result, bool due, json_t **ret, struct err *e);

/* Stable text of a result: sorted keys as inserted, two blanks, a line break at the end. */
int report_dump(const json_t *j, struct buf *ret, struct err *e);

struct text_options {
    const char *replay, *behind; /* around a token: a command to type; NULL: none */
    bool color;
    bool first;   /* the cause of the first failed test alone, and no footer */
    bool verbose; /* every finding of every mode in whole, and every mode's verdict */
    bool seen;    /* of a replay: its steps have been looked at; places and command remain */
    int width;    /* columns of the terminal, 0: not one */
    int height;   /* with `first`: rows that an exercise may take, 0: as many as it likes */
    enum lang lang;
    const json_t *paths; /* {exercise: which file was graded}; NULL: it goes without saying */
};

/* For a person at a terminal. */
int report_text(const json_t *result, const struct text_options *o, struct buf *ret,
                struct err *e);

/* What a renderer may be told; zero is a sensible value of each. */
struct render_options {
    enum lang lang;
    bool color, verbose;
    int width;             /* text: columns of the terminal, 0: not one */
    const char *behind;    /* text: behind a replay command */
    const json_t *paths;   /* {exercise: path of its file as the platform knows it} */
    const json_t *sources; /* {exercise: text of its file}, for html */
    const char *(*fact)(const char *name); /* a platform's environment, getenv(3) */
};

typedef int report_renderer(const json_t *result, const json_t *timing,
                            const struct render_options *o, struct buf *ret, struct err *e);

/* All formats by name, ended by a NULL name (formats.c). `timing` may be NULL. */
struct report_format {
    const char *name;
    report_renderer *render;
};
extern const struct report_format report_formats[];

report_renderer report_tap, report_github, report_markdown, report_sarif, report_gradescope,
    report_classroom50, report_classroom, report_autolab, report_prairielearn;

struct html_options {
    const char *student; /* whose report it is; NULL: nobody's name is shown */
    const char *notes;   /* what the gradebook says beside the points; NULL */
    const char *behind;  /* behind a replay command; NULL */
    bool late;           /* something came late: `counted` is what is left of the score */
    int counted;
    enum lang lang;
    const json_t *sources; /* {exercise: text of its file}, shown beside interleavings; NULL */
};

/* A page for a browser, complete in itself: no font, no request leaves it, and the one script
 * in it, which steps through interleavings, is the one its policy names by hash. */
int report_html(const json_t *result, const struct html_options *o, struct buf *ret,
                struct err *e);

/* What `lockstep explore` found, as JSON and for a person. `replay` is put before the token of
 * each schedule: the command that shows it again; `behind` after it. */
int report_exploration(const struct exploration *x, json_t **ret, struct err *e);
int report_exploration_text(const json_t *exploration, const struct text_options *o,
                            const char *replay, const char *behind, struct buf *ret,
                            struct err *e);

/* One step of a finding's schedule as a page of `height` rows: for a command that goes through
 * them by keys. Rows are numbered from 0. */
struct stepping {
    int at;            /* the row */
    int width, height; /* of the terminal; 0: 80 and 24 */
    bool color;
    enum lang lang;
    const char *below;                                /* behind "step 3 of 12": the keys */
    const char *(*text)(void *ctx, const char *file); /* a file in whole, NULL: not known */
    void *ctx;
};
int report_stepping(const json_t *finding, const struct stepping *s, struct buf *ret,
                    struct err *e);

/* The first finding that has steps and is no advice; NULL: there is none. */
const json_t *report_stepping_finding(const json_t *exploration);
int report_stepping_rows(const json_t *finding, enum lang lang);

/* Where its story begins: the first row that one of its places names. */
int report_stepping_begin(const json_t *finding, enum lang lang);

/* The next row behind `from`, going round, that says `what` in any case; -1: none does. */
int report_stepping_find(const json_t *finding, enum lang lang, const char *what, int from);

/* JUnit XML (testmoapp/junitxml); `timing` may be NULL. */
int report_junit(const json_t *result, const json_t *timing, struct buf *ret, struct err *e);

#endif

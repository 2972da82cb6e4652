/* rubric.h - what an exercise asks for: its exercise.yml, read and checked.
 *
 * Not the suite: the tests' code is libcheck's. Ids tie the two together.
 * The format is described in grader/core/RUBRIC.md; every violation is reported as
 * FILE:LINE:COLUMN with what was expected.
 */
#ifndef GRADER_RUBRIC_H
#define GRADER_RUBRIC_H

#include "core/limits.h"
#include "core/util.h"
#include "core/verdict.h"

enum { RUBRIC_HINTS = 3, RUBRIC_POINTS = 100, RUBRIC_API_MAX = 64 };

enum lang { LANG_EN, LANG_ZH, LANG_COUNT };

struct rubric_test {
    const char *id; /* close-wakes-all; START_TEST(close_wakes_all) in the suite */
    const char *title[LANG_COUNT];
    const char *hints[LANG_COUNT][RUBRIC_HINTS]; /* question, direction, almost there */
    int points;
    unsigned modes; /* bit (1u << enum mode) */
    const char
        *visibility; /* "visible", or what Gradescope calls it: who may see it, and when */
    bool hidden;     /* of the instructor's side only: from hidden.yml */
};

struct rubric {
    const char *id; /* 08-event */
    const char *title[LANG_COUNT];
    const char *edit;       /* the one file a student edits */
    const char **api;       /* functions the submission must define; NULL-terminated */
    bool draft;             /* not finished: graded when it is named, listed by lint */
    const char *visibility; /* of a test that says nothing */
    unsigned languages;     /* bit (1u << enum lang): all texts are there in it */
    const char **forbidden; /* fnmatch(3) patterns of symbols it must not use */
    const char **allowed; /* the same, of those it may though the screen forbids them to all */
    struct limits limits;
    struct rubric_test *tests;
    int test_count;
};

/* Reads `path`. Everything *ret points to lives in `a`. `visibility`: the course's. A text that
 * is there in one language only stands for the other, too. Does not check that points sum to
 * RUBRIC_POINTS: that is lint's, so that an author can grade half-way. */
int rubric_load(const char *path, const char *visibility, struct arena *a, struct rubric *ret,
                struct err *e);

/* Adds the tests of a hidden.yml to those of *r. */
int rubric_load_hidden(const char *path, struct arena *a, struct rubric *r, struct err *e);

/* What all tests are worth together: RUBRIC_POINTS, but for a student where some are hidden,
 * and while an exercise is being written. */
int rubric_max(const struct rubric *r);

struct yml;
struct yaml_node_s;

/* For course.yml, which has both too: yml_pair_fn of a title; one of the known words. */
int rubric_read_title(struct yml *r, const char *key, struct yaml_node_s *k,
                      struct yaml_node_s *v, void *to);
int rubric_read_visibility(struct yml *r, struct yaml_node_s *n, const char **ret);

/* The test with this id, or NULL. */
const struct rubric_test *rubric_find(const struct rubric *r, const char *id);

/* May this symbol not be used? */
bool rubric_allows(const struct rubric *r, const char *symbol);
bool rubric_forbids(const struct rubric *r, const char *symbol);

#endif

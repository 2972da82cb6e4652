/* class.h - a whole class, from what was handed in to what goes out.
 *
 *   inputs --intake--> OUT/batch.db --work--> results in it --write--> OUT/gradebook.csv
 *                                                                      OUT/report.html
 *                                                                      OUT/students/NAME/...
 *                                                                      the platforms' own files
 *
 * Each step may be killed at any moment and done again. Prints nothing.
 */
#ifndef GRADER_CLASS_H
#define GRADER_CLASS_H

#include "batch/intake.h"
#include "batch/lms.h"
#include "batch/work.h"

enum { CLASS_FILLS = 8 };

struct class_run {
    const char *out;
    char *const *inputs;                     /* NULL-ended; none: what the store has */
    const struct exercise *const *exercises; /* NULL-ended */
    struct unit_options unit;
    enum layout layout;
    bool layout_given;
    struct deadline deadline;
    const struct roster *roster; /* NULL: none */
    struct map *map;             /* NULL: none */
    bool accept_names;
    const char *fills[CLASS_FILLS + 1]; /* --fill, NULL-ended */
    int jobs;
    struct engine_options engine;
    enum lang lang; /* of students' reports */
    void (*progress)(void *ctx, const struct work_progress *p);
    void *ctx;

    /* ours */
    struct arena *a;
    struct store *store;
    struct key_base keys;
    const char *work_folder;

    /* told */
    struct intake intake;
    struct work work;
    struct buf machines; /* lines about other machines that graded nothing; class_close() */
    struct table table;
    struct lms_told filled[CLASS_FILLS];
};

/* Opens OUT/batch.db, making both. r->a must be set. class_close() after success and failure.
 */
int class_open(struct class_run *r, struct err *e);
void class_close(struct class_run *r);

/* Takes the inputs in. */
int class_take(struct class_run *r, struct err *e);

/* Grades what has no result; then r->work tells. `only`: one exercise's id or NULL; `bind`:
 * give students the results. */
int class_grade(struct class_run *r, const char *only, bool bind, struct err *e);

/* Reads the table and writes everything. */
int class_write(struct class_run *r, struct err *e);

/* One student's grade of an exercise before and after a regrade that is not applied yet. */
struct class_change {
    const char *student;
    int before, after; /* -1: not graded */
    const char *tests; /* "set-wakes-all lost-wakeup -> pass, ..." */
};

/* After class_grade(only, false): calls f for each student whose grade or verdicts change. */
int class_compare(struct class_run *r, int exercise,
                  void (*f)(void *, const struct class_change *), void *ctx, struct err *e);

#endif

/* table.h - a graded class as a table: a row a student, a cell an exercise. What the gradebook,
 * the platforms' files, the terminal and the class report are made from; holds no evidence.
 */
#ifndef GRADER_TABLE_H
#define GRADER_TABLE_H

#include "batch/late.h"
#include "batch/roster.h"
#include "batch/store.h"
#include "core/exercise.h"

enum cell_kind { CELL_NOT_GRADED, CELL_MISSING, CELL_GRADED };

struct cell {
    enum cell_kind kind;
    int score, max; /* what the work is worth */
    int counted;    /* what is left of score after the late rule */
    int days;       /* late by so many begun days */
    const char *reason, *source, *path, *key;
};

struct row {
    struct stored_student student;
    struct cell *cells; /* by exercise */
    int score, max;     /* sums of counted and max; */
    bool whole;         /* every cell has a grade */
    const char *notes;  /* of the archive handed in: "edited: ..."; NULL */
};

struct deadline {
    bool given;
    time_t at;
    struct late_rule rule;
};

struct table {
    const struct exercise *const *exercises; /* NULL-ended */
    int exercise_count;
    struct row *rows;
    int row_count, not_graded; /* cells */
    struct deadline deadline;
};

/* Reads the class out of the store. Everything lives in `a`. */
int table_read(struct store *s, const struct exercise *const *exercises,
               const struct deadline *deadline, const struct roster *roster, struct arena *a,
               struct table *ret, struct err *e);

/* The note of a cell for people: "08-event late 2 days: 90 -> 72"; appends nothing when there
 * is nothing to say. */
void table_note(const struct table *t, const struct row *r, int exercise, struct buf *ret);

/* OUT/gradebook.csv: student, number, a column an exercise, total, max, notes. */
int gradebook_write(const struct table *t, const char *out, struct err *e);

#endif

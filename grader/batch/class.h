/* class.h - a folder of student folders, graded unit by unit, and what comes out.
 *
 *   IN/NAME/{NN-slug/slug.c | slug.c}   ->   OUT/gradebook.csv
 *                                            OUT/students/NAME/result.json
 *                                            OUT/students/NAME/timing.json
 *                                            OUT/students/NAME/report.txt
 *
 * Identity is the folder's name, nothing inside it.
 */
#ifndef GRADER_CLASS_H
#define GRADER_CLASS_H

#include "batch/pool.h"
#include "batch/unitfile.h"

struct class_student {
    const char *name, *dir;
    json_t *result; /* NULL until all of the student's units are in */
};

struct class_run {
    const char *in, *out;
    struct unit_options unit;
    const struct exercise *const *exercises; /* NULL-terminated */
    int exercise_count, jobs;
    struct class_student *students;
    int student_count;
    int not_graded; /* units */
    struct arena *a;
    /* After each unit: how many are done of how many. May be NULL. */
    void (*progress)(int done, int all, const char *student, const char *exercise);
};

/* Finds the students: sub-folders of r->in, sorted, hidden ones left out. */
int class_scan(struct class_run *r, struct err *e);

/* Grades all and writes everything. The students' results stay in r until class_release(). */
int class_grade(struct class_run *r, struct err *e);
void class_release(struct class_run *r);

#endif

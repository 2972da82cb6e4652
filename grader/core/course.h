/* course.h - exercises/course.yml: what course this is (format: grader/core/COURSE.md).
 *
 * Read by course_load() only; everybody else reads struct course. It never holds the course
 * secret: students have this file.
 */
#ifndef GRADER_COURSE_H
#define GRADER_COURSE_H

#include "core/exercise.h"

struct course_file {
    const char *id;
    const char *title[LANG_COUNT];
    unsigned languages;
    const char **exercises; /* ids in their order; NULL: all folders, by their names */
    const char *late, *visibility;
    struct course_deadline {
        const char *exercise, *when;
    } * deadlines; /* ended by one without exercise */
};

/* Writes the course.yml of a course that has these exercises only (NULL-ended; NULL: all). */
void course_file_print(const struct course *c, const struct exercise *const *list,
                       struct buf *ret);

/* A missing file gives the defaults. 0, or -1 with ERR_EXERCISE naming file, line and column.
 */
int course_file_load(const char *path, struct arena *a, struct course_file *ret, struct err *e);

#endif

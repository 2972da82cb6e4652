/* class_page.h - OUT/report.html: the class at a glance, for the instructor.
 *
 * Distribution, exercises, pass rates a test, frequent causes, everybody's row, what was not
 * graded or not understood, who interfered, what took long, look-alikes side by side. One file,
 * no request leaves it; names and sources in it are strangers' text.
 */
#ifndef GRADER_CLASS_PAGE_H
#define GRADER_CLASS_PAGE_H

#include "batch/looks.h"

int class_page_write(struct store *s, const struct table *t, const struct looks *looks,
                     const char *out, struct err *e);

#endif

/* suites.h - every unit suite, one a module; main.c runs them all. */
#ifndef GRADER_SUITES_H
#define GRADER_SUITES_H

#include <check.h>

Suite *assertion_suite(void);
Suite *batch_suite(void);
Suite *class_suite(void);
Suite *core_suite(void);
Suite *escape_suite(void);
Suite *keeper_suite(void);
Suite *report_suite(void);
Suite *uncovered_suite(void);
Suite *text_suite(void);
Suite *scan_suite(void);
Suite *rubric_suite(void);
Suite *strategies_suite(void);
Suite *tasks_suite(void);
Suite *trail_suite(void);
Suite *words_suite(void);

/* Adds a plain test as a TCase of its own name. */
void add_test(Suite *s, const char *name, const TTest *test);

/* A new file under /tmp with this text; removed when the test's process ends. */
const char *temp_file(const char *text);

#endif

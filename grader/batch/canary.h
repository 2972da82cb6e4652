/* canary.h - is this machine fit to grade? Asked before anything is.
 *
 * The references of the exercises at hand must have full marks natively, and three fixtures of
 * the built-in course, a known race, a known lost wake-up and a known deadlock, must be called
 * by their names, whatever course is graded. A machine that gets one of them wrong would be
 * wrong about students too. Where a reference or a fixture is missing nothing is graded, unless
 * no_oracle says so.
 */
#ifndef GRADER_CANARY_H
#define GRADER_CANARY_H

#include "stages/unit.h"

/* Is everything there that grading needs, for the exercises of `list` (NULL-ended)? 0, or -1
 * with ERR_SYSTEM and the remedy. */
int canary_complete(const struct unit_options *o, const struct exercise *const *list,
                    struct err *e);

/* 0: fit. -1 with ERR_SYSTEM "this machine is not fit to grade: ...", or ERR_STOPPED.
 * `wanted` tells by index of `list` (NULL-ended) whose references to run; `work` is a folder of
 * ours. */
int canary_run(const struct unit_options *o, const struct exercise *const *list,
               const bool *wanted, int jobs, const char *work, struct err *e);

#endif

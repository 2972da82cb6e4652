/* findings.h - from Valgrind's XML files to evidence about tests.
 *
 * Format: docs/internals/xml-output-protocol4.txt of Valgrind. Read with libxml2, which
 * also mends the missing end of a file whose process was killed.
 */
#ifndef GRADER_FINDINGS_H
#define GRADER_FINDINGS_H

#include "stages/unit.h"

enum { FINDINGS_PROCESSES = 512, FINDINGS_BYTES = 64 << 20 };

struct test_of_pid {
    pid_t pid; /* as the process sees itself */
    struct test_grade *test;
};

struct findings {
    struct unit *u;
    enum mode mode;
    struct test_of_pid *pids;
    int count;
    struct finding *all; /* sorted and unique once finished */
};

/* Takes in one process's file; one that cannot be read says nothing. */
void findings_read(struct findings *f, const char *path);

/* Turns what was taken in into evidence: same race, same title, once a test; in an order
 * that does not depend on the run. Races in code that uses atomics become advice. */
int findings_finish(struct findings *f, struct err *e);

#endif

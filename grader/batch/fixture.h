/* fixture.h - a submission whose right verdict is known, with the expectation inside it.
 *
 *   // exercise: 08-event            only where the folder does not say (fixtures/hostile)
 *   // expect: close-wakes-all deadlock at @wait
 *   // expect: * early-exit           every test
 *   // expect-later: TEST VERDICT     only controlled schedules can catch it
 *   // never: data-race leak          verdicts that no test may get, shown or beside
 *   ... pthread_cond_wait(...);       / * @wait * /   a line with a name
 *
 * pass-*.c has no expectation: full marks. A test that no line names must pass.
 */
#ifndef GRADER_FIXTURE_H
#define GRADER_FIXTURE_H

#include <jansson.h>

#include "core/exercise.h"

enum fixture_kind {
    FIXTURE_STUB,
    FIXTURE_REFERENCE,
    FIXTURE_PASS,
    FIXTURE_WRONG,
    FIXTURE_LATER
};

enum { FIXTURE_EXPECTS = 32 };

struct expectation {
    char test[64]; /* "*" for every one */
    enum verdict verdict;
    int line; /* of the mark; 0 when none is stated */
    bool later;
};

struct fixture {
    const struct exercise *exercise;
    const char *path, *name; /* name: "08-event/no-flag" */
    enum fixture_kind kind;
    struct expectation expects[FIXTURE_EXPECTS];
    int expect_count;
    unsigned never; /* bits of enum verdict */
};

/* Reads the expectations of f->path; f->kind is set to LATER when all are for later.
 * f->exercise may be NULL if the file names its own. */
int fixture_read(const struct course *c, struct fixture *f, struct err *e);

/* Compares with a graded unit's JSON. True when everything is as stated; else the first
 * differences are appended to `why`, a line each. */
bool fixture_check(const struct fixture *f, const json_t *result, struct buf *why);

#endif

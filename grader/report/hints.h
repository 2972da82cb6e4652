/* hints.h - what leads from a finding to its cause: a question or a rule.
 *
 * Private to report/. The verdict has one (verdict_look()); where the finding itself says more,
 * it has a nearer one.
 */
#ifndef GRADER_REPORT_HINTS_H
#define GRADER_REPORT_HINTS_H

#include <jansson.h>
#include <stdbool.h>

/* In English, for tr(); lives forever; NULL: there is none. *near: of this finding, not only of
 * its verdict. */
const char *hints_find(const json_t *finding, bool *near);

#endif

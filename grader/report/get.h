/* get.h - reading a result's JSON: never NULL, never a surprise.
 *
 * Private to report/.
 */
#ifndef GRADER_REPORT_GET_H
#define GRADER_REPORT_GET_H

#include <string.h>

#include "report/report.h"

static inline const char *get_str(const json_t *j, const char *key)
{
    const char *s = json_string_value(json_object_get(j, key));

    return s ? s : "";
}

static inline long get_num(const json_t *j, const char *key)
{
    return (long)json_integer_value(json_object_get(j, key));
}

static inline const char *get_lang(const json_t *both, enum lang lang)
{
    const char *s = lang == LANG_ZH ? get_str(both, "zh") : "";

    return *s ? s : get_str(both, "en");
}

/* Is this a unit about which no verdict may be drawn? */
static inline bool get_not_graded(const json_t *unit)
{
    return strcmp(get_str(unit, "status"), "not-graded") == 0;
}

/* Where a test went wrong: the first frame in the student's own file; NULL: nowhere known. */
const json_t *get_place(const json_t *test);

/* How the points of a unit are shared out; hidden_max 0: nothing is hidden. */
struct shares {
    long visible, visible_max, hidden, hidden_max;
};
void get_shares(const json_t *unit, struct shares *ret); /* student.c */

/* Said where a class was graded without comparing with the references; NULL: it was not. In the
 * reader's language. */
const char *get_warning(const json_t *result, enum lang lang);

/* The file of an exercise as the caller names it (render_options.paths), else the bare name. */
const char *get_path(const struct render_options *o, const json_t *unit, const json_t *place);

/* A test's proofs in plain sentences, a line each, without colours; for messages. */
void get_message(const json_t *test, enum lang lang, struct buf *ret);

/* A number that is `points` scaled from `from` to `to`, rounded to a whole one. */
static inline long get_scaled(long points, long from, long to)
{
    return from > 0 ? (2 * points * to + from) / (2 * from) : 0;
}

#endif

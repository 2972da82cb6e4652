/* student.c - a result without what its reader may not see. Takes away, never changes a point.
 */
#include "report/get.h"
#include "report/report.h"

#include <string.h>

static bool may_see(const json_t *test, bool due)
{
    const char *v = get_str(test, "visibility");

    if (strcmp(v, "after_due_date") == 0)
        return due;
    return strcmp(v, "hidden") != 0; /* what is handed out is published */
}

void get_shares(const json_t *unit, struct shares *ret)
{
    const json_t *left_out = json_object_get(unit, "hidden"), *t;
    size_t i;

    *ret = (struct shares){0};
    json_array_foreach(json_object_get(unit, "tests"), i, t)
    {
        const bool hidden = strcmp(get_str(t, "visibility"), "visible") != 0;

        *(hidden ? &ret->hidden : &ret->visible) += get_num(t, "points");
        *(hidden ? &ret->hidden_max : &ret->visible_max) += get_num(t, "max");
    }
    ret->hidden += get_num(left_out, "score");
    ret->hidden_max += get_num(left_out, "max");
}

/* Words of the linker or of the grader itself may quote what is hidden. */
static void hide_words(json_t *unit)
{
    static const char *const keys[] = {"compiler_output", "reason"};
    static const char *const instead[] = {
        "The program could not be put together with the tests; your instructor sees why.",
        "The grader could not do its job; your instructor sees why."};

    for (size_t i = 0; i < 2; i++) {
        const char *said = json_string_value(json_object_get(unit, keys[i]));

        if (said && (strstr(said, "hidden_") || strstr(said, "hidden.yml") ||
                     strstr(said, "suite.o") || strstr(said, "exercise.yml")))
            json_object_set_new(unit, keys[i], json_string(instead[i]));
    }
}

static int strip(json_t *unit, bool due)
{
    json_t *all = json_object_get(unit, "tests"), *shown = json_array(), *t;
    long score = 0, max = 0;
    size_t i;
    int n = 0;

    hide_words(unit);
    json_array_foreach(all, i, t)
    {
        if (may_see(t, due)) {
            json_array_append(shown, t);
            continue;
        }
        n++;
        score += get_num(t, "points");
        max += get_num(t, "max");
    }
    if (n)
        json_object_set_new(
            unit, "hidden",
            json_pack("{s:i, s:i, s:i}", "tests", n, "score", score, "max", max));
    return json_object_set_new(unit, "tests", shown);
}

int report_for_student(const json_t *result, bool due, json_t **ret, struct err *e)
{
    json_t *copy = json_deep_copy(result), *unit;
    size_t i;
    int rc = copy ? 0 : -1;

    json_array_foreach(json_object_get(copy, "exercises"), i, unit) rc |= strip(unit, due);
    if (rc < 0) {
        json_decref(copy);
        return err_oom(e);
    }
    *ret = copy;
    return 0;
}

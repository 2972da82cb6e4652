/* hints.c - a table: what a finding says, and where to look then. */
#include "report/hints.h"

#include <string.h>

#include "core/verdict.h"
#include "report/get.h"
#include "report/words.h"

/* The first whose `part` is in the sentence or in a place's label. */
static const struct {
    const char *part, *hint;
} hints[] = {
    {"a spurious wake-up",
     N_("A wait may return without a signal. Is the condition tested again "
        "after each wake-up, in a loop (while, not if)?")},
    {"without unlocking it", N_("On every path to a return: is the lock released?")},
    {"wait for each other", N_("Do all of them take their locks in the same order?")},
    {"that it holds itself",
     N_("Which line here locks what is locked already? A second lock of "
        "the same mutex waits for itself.")},
    {"the last signal, sent here, woke", N_("pthread_cond_signal() wakes one of those who "
                                            "wait. If all of them have to go on, it is "
                                            "pthread_cond_broadcast().")},
    {"when nobody was waiting",
     N_("A signal that comes before the wait is lost. Does the waiting "
        "side test the condition first, with the lock held?")},
    {"still has its", N_("A reader sees the end only when every process has closed the write "
                         "end. Who still has it open?")},
};

static bool says(const json_t *finding, const char *part)
{
    const json_t *s;
    size_t i;

    if (strstr(get_str(finding, "text"), part))
        return true;
    json_array_foreach(json_object_get(finding, "stacks"), i,
                       s) if (strstr(get_str(s, "label"), part)) return true;
    return false;
}

const char *hints_find(const json_t *finding)
{
    enum verdict v;

    for (size_t i = 0; i < ARRAY_SIZE(hints); i++)
        if (says(finding, hints[i].part))
            return hints[i].hint;
    return verdict_parse(get_str(finding, "verdict"), &v) ? verdict_look(v) : NULL;
}

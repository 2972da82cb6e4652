/* hints.c - a table: what a finding says, and where to look then. */
#include "report/hints.h"

#include <string.h>

#include "core/verdict.h"
#include "report/get.h"
#include "report/words.h"

/* The first whose `part` is in the sentence or in a place's label; `all`: in all labels. */
static const struct {
    const char *part, *hint;
    bool all;
} hints[] = {
    {"a spurious wake-up",
     N_("A wait may return without a signal. Is the condition tested again "
        "after each wake-up, in a loop (while, not if)?")},
    {"with the lock still held", N_("On every path to a return: is the lock released?")},
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
    {", holding no lock",
     N_("Nothing orders these two accesses, so they can overlap. Every access to this memory "
        "has to "
        "hold the same lock, or be atomic."),
     true},
    {"still has its", N_("A reader sees the end only when every process has closed the write "
                         "end. Who still has it open?")},
};

static bool says(const json_t *finding, const char *part, bool all)
{
    const json_t *stacks = json_object_get(finding, "stacks"), *s;
    size_t i, labels = 0;

    if (strstr(get_str(finding, "text"), part))
        return true;
    json_array_foreach((json_t *)stacks, i, s) labels +=
        strstr(get_str(s, "label"), part) != NULL;
    return all ? labels && labels == json_array_size(stacks) : labels > 0;
}

/* Are there several places whose labels say `part`, and all of them the same lines? */
static bool same_lines(const json_t *finding, const char *part)
{
    const json_t *first = NULL, *s;
    int count = 0;
    size_t i;

    json_array_foreach(json_object_get(finding, "stacks"), i, s)
    {
        if (!strstr(get_str(s, "label"), part))
            continue;
        if (first &&
            !json_equal(json_object_get(first, "frames"), json_object_get(s, "frames")))
            return false;
        first = s;
        count++;
    }
    return count > 1;
}

/* Two locks as arguments, taken in the order in which they came. */
static const char exchanged[] =
    N_("All of them run the same lines, with the locks exchanged. Put the locks into one "
       "order, by "
       "address or number, before the line that takes the first of them.");

const char *hints_find(const json_t *finding, bool *near)
{
    enum verdict v;

    *near = true;
    if (says(finding, "wait for each other", false) &&
        same_lines(finding, " waits for lock ") && same_lines(finding, " has held lock "))
        return exchanged;
    for (size_t i = 0; i < ARRAY_SIZE(hints); i++)
        if (says(finding, hints[i].part, hints[i].all))
            return hints[i].hint;
    *near = false;
    return verdict_parse(get_str(finding, "verdict"), &v) ? verdict_look(v) : NULL;
}

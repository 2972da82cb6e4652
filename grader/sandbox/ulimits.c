/* ulimits.c - a table of what grading needs; see ulimits.h. */
#include "sandbox/ulimits.h"

#include <sys/resource.h>

#include "core/util.h"

static const struct {
    int resource;
    const char *flag, *what, *unit; /* as ulimit has it */
    unsigned long long least, unit_size;
} needs[] = {
    {RLIMIT_FSIZE, "-f", "the size of a file", " KiB", 512ull << 20, 1024},
    {RLIMIT_STACK, "-s", "the stack", " KiB", 8ull << 20, 1024},
    {RLIMIT_AS, "-v", "address space", " KiB", 16ull << 30, 1024}, /* the explorer: 8 GiB */
    {RLIMIT_DATA, "-d", "data", " KiB", 8ull << 30, 1024},
    {RLIMIT_NOFILE, "-n", "open files", "", 256, 1},
    {RLIMIT_NPROC, "-u", "processes", "", 128, 1},
    {RLIMIT_MSGQUEUE, "-q", "message queues", " bytes", 819200, 1}, /* what Linux gives */
    {RLIMIT_SIGPENDING, "-i", "pending signals", "", 256, 1},
    {RLIMIT_CPU, "-t", "processor time", " s", 3600, 1},
};

static bool is_enough(rlim_t have, unsigned long long least)
{
    return have == RLIM_INFINITY || have >= least;
}

void ulimits_raise(void)
{
    struct rlimit l;

    for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
        if (getrlimit((__rlimit_resource_t)needs[i].resource, &l) < 0 ||
            is_enough(l.rlim_cur, needs[i].least))
            continue;
        l.rlim_cur = needs[i].least;
        if (!is_enough(l.rlim_max, needs[i].least))
            l.rlim_max = needs[i].least; /* root may */
        setrlimit((__rlimit_resource_t)needs[i].resource, &l);
    }
}

int ulimits_check(struct err *e)
{
    struct rlimit l;

    for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
        if (getrlimit((__rlimit_resource_t)needs[i].resource, &l) == 0 &&
            !is_enough(l.rlim_cur, needs[i].least))
            return err_set(
                e, ERR_SYSTEM,
                "this shell limits %s to %llu%s (ulimit %s), and grading needs %llu; "
                "start it from a shell without that limit",
                needs[i].what, (unsigned long long)l.rlim_cur / needs[i].unit_size,
                needs[i].unit, needs[i].flag, needs[i].least / needs[i].unit_size);
    return 0;
}

/* tier.h - how strongly a run was confined: the closed list, its names and what each
 * guarantees.
 *
 * Plain values; sandbox/tier.h finds out which one a machine can give.
 */
#ifndef GRADER_CORE_TIER_H
#define GRADER_CORE_TIER_H

#include <stdbool.h>

/* X(constant, name, what it guarantees, what remains). The order is that of strength. */
#define TIERS(X)                                                                               \
    X(NONE, "none",                                                                            \
      "runs are watched and cleaned up, not confined; grade only code you trust",              \
      "a submission runs with the rights of who grades, and can read and write what they can") \
    X(FALLBACK, "fallback",                                                                    \
      "files and system calls are confined (Landlock, seccomp); processes, IPC and the "       \
      "network are the machine's",                                                             \
      "a submission can reach /tmp, /dev/shm, System V objects and loopback servers of the "   \
      "machine while it runs")                                                                 \
    X(FULL, "full",                                                                            \
      "own user, processes, files, IPC and network (bubblewrap), system calls confined "       \
      "(seccomp)",                                                                             \
      "the kernel is shared with the machine")

enum tier {
#define X(constant, name, promise, rest) TIER_##constant,
    TIERS(X)
#undef X
        TIER_COUNT
};

const char *tier_name(enum tier t);
const char *tier_promise(enum tier t);

/* The trust note of a report: what was guaranteed and what could be done all the same. */
const char *tier_trust(enum tier t);

bool tier_parse(const char *name, enum tier *ret);

#endif

/* limits.h - every limit of the explorer, and what happens when a program meets it: one table,
 * which the code uses and grader/LIMITS.md is made from (grader/tests/limits.py).
 *
 * A limit that is met never ends in a verdict. "refused" is exit status 3 with the limit in
 * words, or, when other schedules came to their end, a schedule that is cut and counted as such
 * in the last line, where the word "all" then does not stand.
 */
#ifndef LOCKSTEP_LIMITS_H
#define LOCKSTEP_LIMITS_H

/* X(name, value, what is limited, what happens) */
#define LIMITS(X)                                                                              \
    X(TASK_MAX, 4096, "threads and processes of one run, also those that have ended",          \
      "refused")                                                                               \
    X(FIBERS_MAX, 512, "threads of one process at the same time", "refused")                   \
    X(STABLE_MAX, 8192, "different threads over all schedules", "refused")                     \
    X(PROCESS_MAX, 400, "processes of one run, also those that have ended", "refused")         \
    X(KEYS_MAX, 1024, "thread-specific keys (glibc's own limit)",                              \
      "pthread_key_create() gives EAGAIN, as glibc's does")                                    \
    X(QUEUED_MAX, 1024, "signals that wait in one process", "refused")                         \
    X(HANDLERS_MAX, 16, "signal handlers that interrupt each other", "refused")                \
    X(TIMERS_MAX, 16, "timers of one process", "refused")                                      \
    X(AT_FORK_MAX, 64, "pthread_atfork() handlers", "refused")                                 \
    X(MAPPINGS_MAX, 512, "shared mappings of one process", "refused")                          \
    X(OBJECTS_MAX, 4096, "shared mappings, pipes and files over all schedules", "refused")     \
    X(FILES_MAX, 4096, "files, pipes and segments of one schedule", "refused")                 \
    X(NAMES_MAX, 2048, "names in the file system that one schedule makes", "refused")          \
    X(STEPS_MAX, 3000000, "hooks of one schedule", "refused; never a livelock")                \
    X(ALL_STEPS_MAX, 20000000, "hooks of all schedules",                                       \
      "the exploration ends; the last line says so")                                           \
    X(NEVER_ENDS, 3, "schedules that are cut before any has ended", "refused")                 \
    X(CUT_MOST, 8, "schedules that are cut", "the exploration ends; the last line says so")    \
    X(HEAP_MIB, 1024, "MiB of heap in one run", "refused")                                     \
    X(STACK_MIB, 8, "MiB of stack of a thread that asks for more", "refused")                  \
    X(WATCHED_MIB, 64, "MiB of memory that are watched for races",                             \
      "the rest is not watched; the last line says so")                                        \
    X(LONGEST_MIB, 4, "MiB of one access (memset) that are watched",                           \
      "the rest is not watched; the last line says so")                                        \
    X(FOUND_MAX, 96, "different findings", "further ones are counted in the last line")        \
    X(FOUND_KEPT, 32, "of these kept free for what ends a schedule",                           \
      "races and advice do not take them")                                                     \
    X(PROMISES_MAX, 16, "labels of ls_enter() in a suite", "the suite is refused")             \
    X(SEARCH_TASKS, 64, "threads that --strategy dpor tells apart",                            \
      "dpor is refused; the default plan samples")                                             \
    X(SEARCH_DEPTH, 16384, "steps of one schedule of dpor",                                    \
      "dpor is refused; the default plan samples")                                             \
    X(EDGES_MAX, 4096, "pairs of locks in one schedule, for advice on their order",            \
      "no further advice")                                                                     \
    X(LOOPS_MAX, 16, "places of endless loops that are remembered",                            \
      "finding one again takes longer")                                                        \
    X(STACK_DEPTH, 256, "frames of a call stack that are kept", "deeper ones are not shown")   \
    X(FOUND_STACKS, 24, "stacks of one finding", "further ones are not shown")                 \
    X(FOUND_WAITS, 16, "arrows of a deadlock's picture", "further ones are not shown")         \
    X(FOUND_FRAMES, 24, "frames of one stack", "further ones are not shown")                   \
    X(TOKEN_MAX, 4000, "bytes of a token", "the finding has no token")

enum {
#define X(name, value, what, met) name = value,
    LIMITS(X)
#undef X
};

#endif

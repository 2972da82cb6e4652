/* limits.h - how much a program of a submission may use. Plain values, no code.
 *
 * Read from a rubric (core/rubric.c) and enforced by the keeper (sandbox/keeper.h).
 */
#ifndef GRADER_LIMITS_H
#define GRADER_LIMITS_H

struct limits {
    long cpu_s;     /* processor seconds, summed over the whole process tree */
    long wall_s;    /* safety net on elapsed seconds; waiting for a core is not counted */
    long memory_mb; /* address space of each process; 0 = unlimited (Valgrind needs it) */
    long processes; /* live processes and threads of the tree */
    long output_kb; /* bytes printed in all; one more is a resource-limit */
    long file_mb;   /* size of any one file written */
    long all_s;     /* processor seconds of all that is done for one submission together, the
                       compiler and the tools included; 0 = unlimited */
};

#define LIMITS_DEFAULT                                                                         \
    {                                                                                          \
        .cpu_s = 5, .wall_s = 20, .memory_mb = 1024, .processes = 64, .output_kb = 256,        \
        .file_mb = 16, .all_s = 600                                                            \
    }

#endif

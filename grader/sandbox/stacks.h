/* stacks.h - the stacks of a living process, with source lines: libdw's unwinder.
 *
 * Attaches with ptrace(2) for the length of one call, so the process must be ours (same
 * user, dumpable). Debug information is taken from the program file alone: what a machine
 * has installed for libc must not change a report.
 * Thread-safety: one call at a time.
 */
#ifndef GRADER_STACKS_H
#define GRADER_STACKS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/err.h"

enum { STACK_FRAMES = 24, STACKS_MAX = 64 };

struct live_frame {
    char function[64]; /* "" when unknown */
    char called[64];   /* the function it was calling, as the program names it; "" = unknown */
    char file[64];     /* bare name, "" when unknown */
    int line;          /* 0 when unknown */
    bool in_program;   /* in the program file, not in a shared library */
};

struct live_stack {
    pid_t tid; /* as the grader sees it */
    int count;
    struct live_frame frames[STACK_FRAMES];
};

/* Fills at most `max` stacks, one a thread, in the order of thread creation; returns how
 * many. A thread that cannot be unwound has count 0. `folder` is where the program's files are
 * with their symbols: what runs is a copy without, in the folder above it or in /job. */
int stacks_of(pid_t pid, const char *folder, struct live_stack *ret, int max, struct err *e);

#endif

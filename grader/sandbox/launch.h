/* launch.h - starts lockstep-init with a program inside, in the room of a tier. For keeper.c
 * and nobody else.
 */
#ifndef GRADER_LAUNCH_H
#define GRADER_LAUNCH_H

#include "sandbox/cgroup.h"
#include "sandbox/keeper.h"
#include "sandbox/tier.h"

/* The program's ends of what connects it to the keeper; they stay the caller's. */
struct launch_ends {
    int out, status, control;
    int wire;                   /* -1: none */
    const struct cgroup *group; /* to be entered */
};

/* The process started: init itself, or bubblewrap, whose only child init will be. -1 with *e.
 */
pid_t sandbox_launch(const struct keeper_job *job, enum tier tier,
                     const struct launch_ends *ends, struct err *e);

/* profile.c: bubblewrap's arguments for the job, NUL-separated; `data` are files it is handed
 * by descriptor, `first` the number of the first of them. */
enum { PROFILE_DATA = 5 };
int profile_arguments(const struct keeper_job *job, struct buf *ret, int data[PROFILE_DATA],
                      int first, struct err *e);

#endif

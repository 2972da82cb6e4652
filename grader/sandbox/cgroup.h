/* cgroup.h - one run's memory and tasks limited as a whole, where the machine delegates control
 * groups (cgroups(7)): version 2 with its memory and pids controllers, or version 1 as root.
 *
 * Not a wall of its own: without one, memory is limited for each process only, and reports say
 * so. Found out by doing: a group is made and a limit written, names prove nothing.
 *
 * A group belongs to the process that made it. Thread-safety: the first call probes; make it
 * before threads or workers exist, as with sandbox_tier().
 */
#ifndef GRADER_CGROUP_H
#define GRADER_CGROUP_H

#include <stdbool.h>

#include "core/err.h"

enum { CGROUP_PATH = 512, CGROUP_FDS = 2 };

struct cgroup {
    char memory[CGROUP_PATH], pids[CGROUP_PATH]; /* version 2: the same; "": none */
    int enter[CGROUP_FDS];                       /* where one enters, open; -1: none */
};

/* Are runs limited as a whole here? */
bool cgroup_works(void);

/* "control group, version 2", or why there is none. */
const char *cgroup_words(void);

/* Makes a group that may use `mb` MiB and have `tasks` tasks. Where cgroup_works() is false:
 * nothing, and an empty *ret. -1 with *e when the machine, which could, now cannot. */
int cgroup_make(long mb, long tasks, struct cgroup *ret, struct err *e);

/* In the child, before it becomes somebody else: async-signal-safe. 0, or -1 with errno. */
int cgroup_enter(const struct cgroup *g);

/* Has the group met its memory limit? */
bool cgroup_exceeded(const struct cgroup *g);

/* Was somebody in it killed for memory, or not let fork, although the group has not met its
 * limits? Then the machine was short of it, or a group above (a batch system's, a container's):
 * nothing that the run did. */
bool cgroup_hit_from_above(const struct cgroup *g);

/* How often the group that we are in ourselves, or one above it, has met its memory limit (a
 * batch system sets such limits). Whom the kernel ended or did not let fork then has not broken
 * a limit of ours. */
long cgroup_limits_met(void);

/* Lets those go on who were held at the limit (version 1), so that they can be ended. */
void cgroup_relax(const struct cgroup *g);

/* Kills who is still in it, and removes it. */
void cgroup_remove(struct cgroup *g);

#endif

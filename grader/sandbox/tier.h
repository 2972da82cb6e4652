/* tier.h - how strongly this machine can confine what we run, and which user a run gets.
 *
 * A tier is found out by doing: the real profile is started with a program that does nothing.
 * Printed in every report, because correct work gets full marks in each of them and the
 * difference is what a hostile one could have done.
 *
 * Thread-safety: sandbox_tier() is to be called once before threads or workers are made.
 */
#ifndef GRADER_SANDBOX_TIER_H
#define GRADER_SANDBOX_TIER_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/err.h"
#include "core/tier.h"

/* The strongest tier that works here, or the one LOCKSTEP_TIER names if that is weaker. */
enum tier sandbox_tier(void);

/* Why it is not the full one, in the words of what refused; "" when it is. */
const char *sandbox_refusal(void);

/* What to do about that refusal on this machine: one sentence. */
const char *sandbox_remedy(void);

/* Where lockstep-init is: beside this program in a build tree, or installed. "" if nowhere. */
const char *sandbox_init_path(void);

/* The folder that a confined program sees where we see `cwd`. */
const char *sandbox_cwd(const char *cwd);

/* A grader with root's rights never lends them: each process of it takes a user id that no
 * other run on this machine has, until it ends. -1: we are not root. -2: none could be had. */
long sandbox_slot(struct err *e);

/* Is a folder of this user one of ours: our own, or lent to a run? */
bool sandbox_owns(uid_t uid);

/* Mutation test only (make mutants): is this protection among those that LOCKSTEP_WITHOUT takes
 * away (parted by commas)? Else false. */
#ifdef LOCKSTEP_MUTANTS
bool sandbox_without(const char *protection);
#else
static inline bool sandbox_without(const char *protection)
{
    (void)protection;
    return false;
}
#endif

#endif

/* probe.h - loops that pass no hook; see probe.c. Not a crash: trap.c. */
#ifndef LOCKSTEP_PROBE_H
#define LOCKSTEP_PROBE_H

#include <signal.h>
#include <stdbool.h>
#include <ucontext.h>

enum { TICK_MS = 10 }; /* of processor time between two calls of probe_tick() */

void probe_open(void);
/* The running task leaves a hook: does a loop begin here that is known to be endless? */
void probe_hook(void);
/* SIGVTALRM: has the running task passed a hook since the last one? */
void probe_tick(int sig, siginfo_t *info, void *context);
/* SIGTRAP: one instruction of a loop that is looked at; false: it was not ours. */
bool probe_step(ucontext_t *u);

#endif

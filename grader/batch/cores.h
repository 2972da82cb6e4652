/* cores.h - as much work at once as there are cores, though a grading waits for half of its
 * time.
 *
 * Compiling, Valgrind and the explorer keep a core busy; native tests wait for time limits and
 * for the kernel to show who sleeps. A worker holds one of `count` permits for the first kind
 * and none for the second, so a few more workers than cores keep the cores busy, and never
 * more.
 *
 * A counting semaphore for processes whose permits are not lost with a killed holder: a robust
 * mutex and a condition variable in shared memory (pthread_mutexattr_setrobust(3)), and a table
 * of who holds one, which the parent clears for the dead.
 */
#ifndef GRADER_CORES_H
#define GRADER_CORES_H

#include <stdbool.h>

#include "core/err.h"

struct cores;

/* Workers that keep `cores` busy. */
int cores_workers(int cores);

/* Shared with all later forks. cores_free() in the parent, when they are gone. */
int cores_new(int count, struct cores **ret, struct err *e);
void cores_free(struct cores *c);

/* In a worker. Give without take, and take twice, do nothing. */
void cores_take(struct cores *c);
void cores_give(struct cores *c);

/* In the parent, for a worker that has ended however it did. */
void cores_bury(struct cores *c, int pid);

/* The form of unit_options.busy. */
void cores_busy(void *cores, bool begins);

#endif

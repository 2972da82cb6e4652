/* pool.h - N pieces of work, at most `jobs` at once, each in a process of its own.
 *
 * A worker is a fork of this process: what it allocates, breaks or leaves open ends with it.
 */
#ifndef GRADER_POOL_H
#define GRADER_POOL_H

#include "core/err.h"

struct pool {
    int count, jobs;
    /* In the worker: does piece `index`, returns its exit status (0..255). */
    int (*work)(void *ctx, int index);
    /* Here, as each ends, in order of ending; status -1: it was killed. */
    void (*done)(void *ctx, int index, int status);
    void *ctx;
};

/* Runs all. 0, or -1 with ERR_STOPPED after an interrupt; no worker is left either way. */
int pool_run(const struct pool *p, struct err *e);

/* Cores this process may use. */
int pool_cores(void);

#endif

/* pool.h - N pieces of work, at most `jobs` at once, each in a process of its own.
 *
 * A worker is a fork of this process: what it allocates, breaks or leaves open ends with it.
 */
#ifndef GRADER_POOL_H
#define GRADER_POOL_H

#include "batch/cores.h"

struct pool {
    int count, jobs;
    struct cores *cores; /* whose permits a worker that ends gives back; NULL: none */
    /* Here, before a piece's worker is made. -1 with *e ends the run. NULL: nothing to do. */
    int (*begin)(void *ctx, int index, struct err *e);
    /* In the worker: does piece `index`, returns its exit status (0..255). */
    int (*work)(void *ctx, int index);
    /* Here, as each ends, in order of ending; status -1: it was killed. -1 with *e ends the
     * run: no further piece is begun. */
    int (*done)(void *ctx, int index, int status, struct err *e);
    void *ctx;
};

/* Runs all. 0, or -1 with ERR_STOPPED after an interrupt; no worker is left either way. */
int pool_run(const struct pool *p, struct err *e);

/* Cores this process may use. */
int pool_cores(void);

#endif

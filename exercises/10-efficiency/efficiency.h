
/* efficiency.h - the contract of exercise 10: the same work, three ways, with a stopwatch.
 *
 * Frozen: the suite is compiled against this file. Write your code in efficiency.c.
 *
 * Thread-safety: called from one thread at a time. The program has no other children meanwhile.
 */
#ifndef EFFICIENCY_H
#define EFFICIENCY_H

#include <stdio.h>

/* A job: gets its number, gives a result, any long. Jobs may run at the same time; what they
 * share is their own business. */
typedef long efficiency_job(long number);

enum efficiency_way {
    EFFICIENCY_LINE,     /* one after the other, in order, in the calling thread */
    EFFICIENCY_THREADS,  /* each in a thread of its own, all at the same time */
    EFFICIENCY_PROCESSES /* each in a child process of its own, all at the same time */
};

/* Runs job(0) to job(n-1), n >= 1, and writes what job(i) returned to results[i].
 *
 * *seconds is the real time that passed, on a clock that nobody can set (CLOCK_MONOTONIC), from
 * before the first was started until all were done and their results collected.
 *
 * 0, or -1 with errno set: EIO when a process ended without a result (a crash, an _exit() in the
 * job); what pthread_create(3) or fork(2) say when there are not enough. All threads have
 * ended and all processes are waited for in any case; results and *seconds are then undefined.
 *
 * A process leaves with nothing done twice: what the caller had printed, but not flushed, comes
 * out once. */
int efficiency_run(enum efficiency_way way, efficiency_job *job, int n, long results[],
                   double *seconds);

enum efficiency_kind { EFFICIENCY_CPU, EFFICIENCY_IO };

struct efficiency_table {
    double seconds[2][3]; /* [kind][way] */
};

/* Fills the table: n jobs of each kind (cpu: computes; io: waits), all three ways. 0, or -1 with
 * errno as efficiency_run() set it. */
int efficiency_measure(efficiency_job *cpu, efficiency_job *io, int n, struct efficiency_table *ret);

/* Prints it as the lesson does: eight lines, two of them empty, six digits behind the point:
 *
 *     Line cpu: 9.014907
 *     Line IO: 4.548823
 *
 *     thread cpu: 9.389664
 *     thread  IO: 4.614353
 *
 *     Process  cpu: 5.466825
 *     Process  IO: 2.946818
 *
 * (without the margin), and flushes it. 0, or -1 when it cannot be written. */
int efficiency_print(const struct efficiency_table *t, FILE *out);

#endif

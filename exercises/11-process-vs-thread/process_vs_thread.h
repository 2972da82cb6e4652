
/* process_vs_thread.h - the contract of exercise 11: what a process and a thread share with
 * whoever made them, measured.
 *
 * Frozen: the suite is compiled against this file. Write your code in process_vs_thread.c.
 *
 * Thread-safety: called from one thread at a time. The program has no other children meanwhile,
 * and SIGUSR2 is yours to use.
 */
#ifndef PROCESS_VS_THREAD_H
#define PROCESS_VS_THREAD_H

#include <stdio.h>

/* A way: runs body(arg) somewhere else, and comes back when that is over, however it ended. 0, or
 * -1 when it could not be run. `arg` points to the same bytes there, or to a copy as fork(2) makes it.
 *
 * Whether "somewhere else" shares anything with here is what the probes find out. A body may
 * call _exit(); no other way out of it is taken. */
typedef int pvt_way(void (*body)(void *arg), void *arg);

/* The two ways of the lesson: in a child process, in another thread of this process. What the
 * caller had printed, but not flushed, comes out once. */
int pvt_in_process(void (*body)(void *arg), void *arg);
int pvt_in_thread(void (*body)(void *arg), void *arg);

/* The probes. Each runs bodies of its own `way`, and returns
 *
 *    1   shared: what was done there shows here
 *    0   own: it does not
 *   -1   the way failed, or something else did: nothing is known
 *
 * and leaves everything as it found it: descriptors, handlers, directory, variables, no
 * children, no files. */
int pvt_same_pid(pvt_way *way);       /* getpid() there is getpid() here */
int pvt_same_global(pvt_way *way);    /* a global variable that is set there is set here */
int pvt_same_local(pvt_way *way);     /* a local variable of the caller, set there through arg */
int pvt_same_offset(pvt_way *way);    /* a file opened before: reading there moves the position here */
int pvt_same_files(pvt_way *way);     /* a descriptor that is opened there is open here */
int pvt_same_handler(pvt_way *way);   /* a signal handler that is installed there is installed here */
int pvt_same_directory(pvt_way *way); /* chdir() there moves us here */
int pvt_same_end(pvt_way *way);       /* _exit() there would end the caller. It must not end you. */

/* The real time, in nanoseconds, that one run of an empty body costs this way: the average of
 * `times` (>= 1) runs, one after the other. -1 when one failed. */
long pvt_cost_ns(pvt_way *way, int times);

/* Prints the summary for two ways: ten lines, each with a label, the answer for `process` and the
 * answer for `thread`, as printf("%-20s%-16s%s\n") sets them:
 *
 *     "", "process", "thread"
 *     "pid", then "own" or "shared", twice; and so on, in the order of the probes:
 *     "global variable", "local variable", "file offset", "open files", "signal handler",
 *     "working directory", "exit"
 *     "cost", then the cost as "%ld ns", twice (of as many runs as you like)
 *
 * and flushes it. 0, or -1 when a probe failed or the table cannot be written. */
int pvt_table(pvt_way *process, pvt_way *thread, FILE *out);

#endif

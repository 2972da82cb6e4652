/* harness.h - shared by the files of the native harness; not for suites. */
#ifndef LOCKSTEP_HARNESS_H
#define LOCKSTEP_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/wire.h"

/* Sends one packet; without a keeper (run by hand) it prints the facts that matter. */
void harness_send(enum ls_wire_type type, int line, int64_t number, const char *text);

/* Waits for the keeper's LS_GO. Returns at once without a keeper. */
void harness_wait(void);

/* The process the test's body runs in. */
pid_t harness_main_pid(void);

/* Does this run have more patience for slow tools (Valgrind)? */
bool harness_slow(void);

/* One look at all other tasks below the test's process. A fingerprint changes whenever
 * one of them ran in between. */
struct tree_look {
    uint64_t fingerprint;
    uint64_t switches; /* voluntary switches of the task with most of them */
    uint64_t cpu_ns;   /* of the others, together */
    int tasks;
    int running;  /* in state R or D */
    int timed;    /* in a wait that has a time limit */
    int sleeping; /* in a plain sleep */
};

void tree_look(struct tree_look *ret);

/* Zeroed memory that children share; given back with munmap(). A failure ends the test. */
void *harness_shared(size_t size);

#endif

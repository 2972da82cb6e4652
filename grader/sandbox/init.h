/* init.h - the process between the keeper and a program: pid 1 of its own namespace, or a
 * sub-reaper where there is none. Not for anybody but keeper.c.
 */
#ifndef GRADER_INIT_H
#define GRADER_INIT_H

#include "sandbox/keeper.h"

/* What init needs to know; everything in it was made before the clone. */
struct init_job {
    const struct keeper_job *job;
    bool namespaces; /* it was cloned into new pid, ipc, net and mount namespaces */
    bool user_ns;    /* and a new user namespace, whose maps it writes itself */
    unsigned uid, gid;
    int out;     /* program's stdout and stderr */
    int wire;    /* the program's end of the stream, -1 for none */
    int status;  /* init's report to the keeper, lines of text */
    int control; /* a byte or the end of file: end everything now */
};

/* The whole life of init. */
void init_main(const struct init_job *j) __attribute__((noreturn));

#endif

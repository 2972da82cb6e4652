/* tasks.h - what the kernel shows of a running process tree: who runs, who waits in what.
 *
 * Reads /proc only (proc(5)); stops nobody, changes nothing. Not the unwinder: stacks.h.
 * Thread-safety: no state.
 */
#ifndef GRADER_TASKS_H
#define GRADER_TASKS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { TASKS_MAX = 1024 };

enum task_wait {
    TASK_RUNS,    /* or wants to */
    TASK_TIMED,   /* sleeps, but the kernel will wake it by itself; or we cannot tell */
    TASK_FOREVER, /* waits for somebody else's doing */
    TASK_STOPPED, /* Ctrl-Z, SIGSTOP */
    TASK_DEAD,    /* a zombie */
};

struct task {
    pid_t pid, tid;  /* as the grader sees them */
    pid_t inner_tid; /* as the program sees itself (innermost pid namespace) */
    enum task_wait wait;
    long sysno;          /* the call it waits in, -1 when unknown */
    uint64_t args[6];    /* that call's arguments */
    uint64_t switches;   /* context switches so far: unchanged = has not run since */
    uint64_t starved_ns; /* time spent ready to run without a core */
};

struct task_tree {
    struct task tasks[TASKS_MAX];
    int count;
    int processes;
    bool overflow; /* there are more */
    double cpu_s;  /* used so far by the tree, finished members included */
};

/* One look at all descendants of `root`, root itself excluded. */
void tasks_look(pid_t root, struct task_tree *ret);

/* Where a task stands that waits in the system call `sysno`: its stack pointer and its program
 * counter, as the kernel has them. Waits for it to get there as long as it runs, `patience_s`
 * at most. 1; 0 when it waits in another call, or has gone; -1 when it still runs. */
int tasks_standing(pid_t pid, long sysno, double patience_s, uint64_t *ret_sp,
                   uint64_t *ret_pc);

/* Did nobody run between two looks, and does everybody wait for somebody else?
 * Then nobody ever will run again. False for an empty tree. */
bool tasks_stuck(const struct task_tree *was, const struct task_tree *is);

/* Did nobody run between two looks, whatever they wait for? */
bool tasks_still(const struct task_tree *was, const struct task_tree *is);

/* Kills all descendants of `root`, for machines without pid namespaces: stops every one
 * until a look finds no new one, so that none can fork away from the second pass, which
 * kills. Returns how many were found. */
int tasks_kill(pid_t root);

#endif

/* keeper.h - run one program we do not trust, watch it, end it, account for it.
 *
 *   grader (keeper) --> bubblewrap --> lockstep-init --> program
 *
 * The keeper runs in the grader's own thread: it holds the limits and the clock, drains
 * what the program prints and says, and looks at the kernel. lockstep-init (sandbox/init) is
 * pid 1 of the program's namespaces, or a sub-reaper where the machine has none; its end leaves
 * nobody behind. How well the program is confined is the tier's matter (tier.h); what the
 * keeper believes of what it says is runtime/wire.h's.
 */
#ifndef GRADER_KEEPER_H
#define GRADER_KEEPER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/limits.h"
#include "core/util.h"
#include "runtime/wire.h"

/* How it ended. Everything but EXITED and SIGNALED was the keeper's doing. */
enum keeper_end {
    KEEPER_EXITED,    /* code = exit status */
    KEEPER_SIGNALED,  /* code = signal */
    KEEPER_HUNG,      /* nobody can run and nothing will change that */
    KEEPER_CPU,       /* processor time used up */
    KEEPER_WALL,      /* safety net on elapsed time */
    KEEPER_STARVED,   /* the same, but the machine gave it no processor: no verdict */
    KEEPER_OUTPUT,    /* printed too much */
    KEEPER_PROCESSES, /* too many processes and threads */
    KEEPER_MEMORY,    /* too much memory as a whole; only where control groups work */
    KEEPER_JUDGED,    /* on_event said stop */
};

/* A packet of the program, its sender named by the kernel. */
struct keeper_event {
    enum ls_wire_type type;
    pid_t pid;  /* of the sending process, as the grader sees it */
    pid_t init; /* root of the tree it belongs to: lockstep-init */
    pid_t inner_tid;
    int line;
    int64_t number;
    const char *text; /* NUL-terminated */
};

enum keeper_answer {
    KEEPER_GO_ON, /* and let a waiting sender go on */
    KEEPER_STAY,  /* leave the sender waiting; for what has been dealt with otherwise */
    KEEPER_STOP,  /* end the run: KEEPER_JUDGED */
};

struct keeper_job {
    char *const *argv;
    char *const *envp;
    const char
        *cwd; /* its working folder, absolute; NULL: an empty one (or ours, below full) */
    /* Names in cwd that the program sees, read-only, and sees alone; NULL-terminated. NULL: all
     * of cwd, to write as well, which is for tools of ours. */
    const char *const *files;
    const char *out; /* with files: a folder in cwd it may write, NULL for none */
    int in;          /* an open file to be its standard input; 0: there is none */
    struct limits limits;
    bool trusted;    /* not a stranger's: not confined */
    bool watch_left; /* tell what it leaves behind */
    bool stream;     /* give the program LS_WIRE_FD */
    bool slow_tool;  /* under Valgrind: what a task waits in says nothing, patience is longer */
    bool timers;     /* may use alarm(2) or timers, which /proc does not show */

    /* A packet came. NULL: packets are dropped. */
    enum keeper_answer (*on_event)(void *ctx, const struct keeper_event *ev);
    /* The keeper is about to end the run; all tasks still stand. NULL: nothing to see. */
    void (*before_end)(void *ctx, pid_t init, enum keeper_end why);
    /* A slow tool's run stands still: true if the callee killed what stood, to go on. */
    bool (*on_still)(void *ctx, pid_t init);
    /* Called about every LOOK_MS while it runs. NULL: nobody watches. */
    void (*on_look)(void *ctx);
    /* keeper_interrupted was set: true if the callee has asked the program to end by itself;
     * the run goes on then, and a second interrupt ends it. NULL: the first one does. */
    bool (*on_interrupt)(void *ctx);
    void *ctx;
};

struct keeper_result {
    enum keeper_end end;
    int code;
    bool forged;       /* something that is no packet came over the stream */
    struct buf output; /* what was printed, at most limits.output_kb */
    struct buf
        left; /* one line a thing left behind: "shared memory object purse", "process sleep" */
    double wall_s, cpu_s;
    long rss_kb;
};

/* Runs the job to its end. 0, or -1 when the grader could not (no verdict). The result's
 * buffers belong to the caller; keeper_release() frees them. */
int keeper_run(const struct keeper_job *job, struct keeper_result *ret, struct err *e);
void keeper_release(struct keeper_result *r);

/* Set from a signal handler, to the signal: every run ends soon, with ERR_STOPPED. */
extern volatile sig_atomic_t keeper_interrupted;

#endif

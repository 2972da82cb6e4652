/* engine.h - who runs the units of a batch: this machine (work.c), Slurm, or GNU parallel over
 * ssh.
 *
 *   parent:  share_open, share_add, share_seal
 *   attempt: share_tasks of what has no result, start(), look until nothing runs any more
 *   node:    lockstep node SHARE ATTEMPT TASK puts results/N.json into the share (node.h)
 *   until ENGINE_ATTEMPTS of them brought nothing; what is left then is not graded, and listed
 *
 * No scheduler of our own: queueing, placing, limits, requeueing after a lost node are the
 * engine's. That something is missing is seen from the results, not from accounting.
 */
#ifndef GRADER_ENGINE_H
#define GRADER_ENGINE_H

#include "batch/share.h"

/* X(constant, name) */
#define ENGINES(X)                                                                             \
    X(LOCAL, "local")                                                                          \
    X(SLURM, "slurm")                                                                          \
    X(PARALLEL, "parallel")

enum engine_kind {
#define X(constant, name) ENGINE_##constant,
    ENGINES(X)
#undef X
        ENGINE_COUNT
};

bool engine_parse(const char *name, enum engine_kind *ret);

enum { ENGINE_ATTEMPTS = 3, ENGINE_ATTEMPTS_ALL = 20 };

struct engine_options {
    enum engine_kind kind;
    const char *partition, *account; /* Slurm's; NULL: its defaults */
    long array_size;                 /* tasks of an array at most; 0: ARRAY_SIZE_DEFAULT */
    const char *hosts; /* GNU parallel's --sshlogin, "4/lab1,4/lab2"; NULL: here */
};

/* A task has a few units, since a grading waits for half of its time (cores.h). */
enum { ARRAY_SIZE_DEFAULT = 500, UNITS_A_TASK = 4 };

struct engine_job {
    const struct engine_options *o;
    struct share *share;
    int count;            /* units in the share */
    bool *done;           /* by unit */
    const char *lockstep; /* this program's path, which nodes have as well */
    /* A unit's result has come: 0 taken, 1 it cannot be read (and is graded again), -1 with *e:
     * the run ends. */
    int (*collect)(void *ctx, int unit, const char *path, struct err *e);
    /* Now and then: how many tasks run or wait, and why none runs yet ("": it does, or nobody
     * knows). */
    void (*look)(void *ctx, int tasks, const char *waits_for);
    void *ctx;

    /* told */
    int attempts; /* made */
    bool stray;   /* what was started could not be ended: its share must stay */

    /* the engine's own */
    long id;             /* Slurm's job, parallel's process; 0: not known */
    char job[64];        /* its name */
    const char *exclude; /* machines that others() has left out */
    char state[64];      /* the last state that a lost task was seen in */
    char waits_for[64];  /* why no task runs */
    char handle[192];    /* how to end what was started: "slurm lockstep-Xa1b2c host" */
};

/* One attempt's steps, by kind (slurm.c, parallel.c). */
struct engine {
    const char *name;
    /* Is it there? -1 with *e saying what to do. */
    int (*check)(struct engine_job *j, struct err *e);
    /* Are there machines that have not said that they are unfit? NULL: nobody knows. */
    bool (*others)(struct engine_job *j);
    /* Starts tasks 0 to `tasks` - 1 of this attempt. */
    int (*start)(struct engine_job *j, int attempt, long tasks, struct err *e);
    /* How many tasks run or wait; 0: it is over; -1: it does not answer just now. */
    int (*running)(struct engine_job *j);
    /* Ends the job of this name ("lockstep-", and what the share's folder ends in), of this
     * batch or of one that was killed, which was started on `host`. False: it may still run. */
    bool (*stop)(const char *job, const char *host);
};
extern const struct engine engine_slurm, engine_parallel;

/* Runs all units. 0: every unit has a result or is left as not done (j->done); -1 with *e.
 * Nothing is left running unless j->stray says so. */
int engine_run(struct engine_job *j, struct err *e);

/* Ends what a killed batch had started: the text of the share's `handle`. False: it cannot be
 * reached now. */
bool engine_stop_handle(const char *handle);

#endif

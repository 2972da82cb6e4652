/* engine.h - who runs the units of a batch: this machine (work.c), Slurm, or GNU parallel over
 * ssh.
 *
 *   parent: share_open, share_add, share_seal
 *   attempt: list of what has no result, start(), look until nothing runs any more
 *   node:    lockstep node SHARE LIST K STEP puts results/N.json into the share
 *   at most ENGINE_ATTEMPTS of them; what is left then is not graded, and listed
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

enum { ENGINE_ATTEMPTS = 3 };

struct engine_options {
    enum engine_kind kind;
    const char *partition, *account; /* Slurm's; NULL: its defaults */
    long array_size;                 /* tasks of an array at most; 0: ARRAY_SIZE_DEFAULT */
    const char *hosts; /* GNU parallel's --sshlogin, "4/lab1,4/lab2"; NULL: here */
};

/* A task has a few units, since a grading waits for half of its time (cores.h). */
enum { ARRAY_SIZE_DEFAULT = 500, UNITS_A_TASK = 4 };

/* Tasks for so many units, `most` at most. */
static inline long engine_tasks(int units, long most)
{
    const long tasks = (units + UNITS_A_TASK - 1) / UNITS_A_TASK;

    return tasks < most ? tasks : most;
}

struct engine_job {
    const struct engine_options *o;
    struct share *share;
    int count;            /* units in the share */
    bool *done;           /* by unit */
    const char *lockstep; /* this program's path, which nodes have as well */
    /* A unit's result has come. -1 with *e ends the run. */
    int (*collect)(void *ctx, int unit, const char *path, struct err *e);
    void (*look)(void *ctx, int running); /* now and then; how many tasks run */
    void *ctx;

    /* the engine's own */
    long id;        /* Slurm's job, parallel's process */
    char state[64]; /* the last state that a lost task was seen in */
};

/* One attempt's steps, by kind (slurm.c, parallel.c). */
struct engine {
    const char *name;
    /* Is it there? -1 with *e saying what to do. */
    int (*check)(struct engine_job *j, struct err *e);
    /* Starts `count` units of `list`; fills j->id. */
    int (*start)(struct engine_job *j, const char *list, int count, struct err *e);
    /* How many tasks run or wait; 0: it is over; -1: it does not answer just now. */
    int (*running)(struct engine_job *j);
    void (*stop)(long id);
};
extern const struct engine engine_slurm, engine_parallel;

/* Runs all units. 0: every unit has a result or is left as not done (j->done); -1 with *e, with
 * nothing left running. */
int engine_run(struct engine_job *j, struct err *e);

/* Ends what a killed batch had started: the text of the share's `handle`. */
void engine_stop_handle(void *ctx, const char *handle);

#endif

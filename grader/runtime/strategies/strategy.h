/* strategy.h - who chooses the next task; knows tasks, objects and effects, no pthreads.
 *
 * The scheduler offers, at each scheduling point, every task that can run now together with
 * the event it would carry out. A strategy picks one. It may keep what it likes in its own
 * memory, which survives from one schedule to the next; the scheduler zeroes it once.
 *
 * Contract
 *   begin   a new schedule starts. `info` tells what earlier ones found out. false: this
 *           strategy has nothing more to try (it was exhaustive).
 *   pick    returns an index into c->enabled, 0 <= index < c->n; n >= 1.
 *           Called for every event, also when n is 1, so counting works.
 *           -1 abandons the schedule: it would repeat what has been seen.
 *   finish  the schedule ended; `blocked` are the announced events of tasks that have not
 * ended. cut: it was abandoned (a limit, a bug), not run to its end. reset   forget everything:
 * what counts as an event has changed. complete  every schedule has been covered, one way or
 * another. Deterministic: the same seed and the same offers give the same picks. No clock, no
 * addresses that differ between runs, no libc randomness.
 * Thread-safety: one schedule at a time.
 */
#ifndef LOCKSTEP_STRATEGY_H
#define LOCKSTEP_STRATEGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How an event touches its object. Two events of different tasks conflict if they touch the
 * same bytes of the same object and the table in conflict.c says so. */
enum effect {
    EFFECT_NONE,     /* touches nothing that another task's event could */
    EFFECT_READ,     /* looks */
    EFFECT_WRITE,    /* changes, or looks at everything: conflicts with all */
    EFFECT_ACQUIRE,  /* waits until it can take: lock, semaphore */
    EFFECT_RELEASE,  /* gives back; enables an acquire, never conflicts with one */
    EFFECT_SHARE,    /* waits until it can take together with other sharers: read lock */
    EFFECT_READ_ALL, /* looks at a count: conflicts with acquire, release and write */
    EFFECT_POST,     /* a release that others of its kind are told from: whose came first */
    EFFECT_UNSHARE, /* gives back what was shared; enables an acquire, commutes with its like */
    EFFECT_END /* nothing comes behind it: conflicts with everything, whatever the object */
};

struct event {
    int16_t task;
    uint8_t effect, effect2, effect3;
    bool after_unshares; /* ... and what gave its object back after sharing it */
    uint8_t mask;
    bool interesting; /* an access to what has raced, or a lock: what SURW counts */
    uint32_t stable;  /* the task's number, the same in every schedule */
    uint32_t place;   /* where in the program: equal for tasks that do the same thing */
    uint64_t object;  /* never 0 unless effect is NONE */
    uint64_t object2; /* a second object: the mutex of a condition wait */
    uint64_t object3; /* a third one: the wish to cancel the task */
    /* The event that made this one possible (a thread's creation, the giving back of a lock,
     * the signal of a wake-up): 1 + its number in this schedule; 0 = none; AFTER_ALL = it was
     * only possible because nobody else could run. */
    uint32_t after, after2;
};

#define AFTER_ALL UINT32_MAX

struct choice {
    const struct event *enabled; /* by task number, ascending */
    int n;
    int current; /* index of the task that ran last, or -1 when it cannot run */
};

/* What earlier schedules of this exploration found out. */
struct knowledge {
    uint64_t seed;           /* of this schedule */
    uint64_t schedule;       /* number of this schedule, from 0 */
    uint32_t steps;          /* most scheduling points in one schedule so far */
    uint32_t tasks;          /* most tasks in one schedule so far */
    const uint32_t *count;   /* by stable task number: most interesting events so far */
    const uint32_t *parent;  /* by stable task number: who created it */
    uint32_t stable;         /* how many stable task numbers there are */
    const uint64_t *objects; /* objects with interesting events, in order of discovery */
    uint32_t object_count;
    int preemptions; /* bound for exhaustive search; -1 = none */
};

struct strategy {
    const char *name; /* as in --strategy */
    size_t size;      /* bytes of `self` */
    bool (*begin)(void *self, const struct knowledge *k);
    int (*pick)(void *self, const struct choice *c);
    void (*finish)(void *self, const struct choice *blocked, bool cut);
    void (*reset)(void *self);
    bool (*complete)(const void *self);
};

extern const struct strategy strategy_walk, strategy_pct, strategy_pos, strategy_surw,
    strategy_dfs, strategy_dpor;

/* NULL when there is none of that name. */
const struct strategy *strategy_named(const char *name);

/* Do two events touch the same thing in a way whose order matters? Symmetric. */
bool events_conflict(const struct event *a, const struct event *b);

/* xorshift64* (Vigna, ACM TOMS 42(4), 2016), seeded through splitmix64. */
uint64_t strategy_seed(uint64_t seed);
uint64_t strategy_random(uint64_t *state);
/* Uniform in [0, n), n >= 1 (Lemire, ACM TOMACS 29(1), 2019, without the rejection: the bias
 * is below n / 2^64). */
uint32_t strategy_below(uint64_t *state, uint32_t n);

#endif

/* world.h - everything the explorer knows while a schedule runs, in one shared region.
 *
 * The region is mapped shared and inherited over fork, so a schedule run in a child process
 * leaves what it learned for the next. Nothing of it is reset by snapshot.c; what belongs to
 * one schedule is thrown away by world_begin() through the generation number and the scratch
 * arena. Only one task runs at a time, so nothing here is locked.
 *
 * Who may touch what: sched.c owns tasks' states and the choice; sync_*.c their objects;
 * race.c clocks and cells; driver.c budgets and findings.
 */
#ifndef LOCKSTEP_WORLD_H
#define LOCKSTEP_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/explore/fiber.h"
#include "runtime/explore/op.h"

enum {
    TASK_MAX = 512,     /* tasks in one schedule */
    STABLE_MAX = 1024,  /* different tasks over all schedules */
    STACK_DEPTH = 256,  /* shadow frames; deeper ones are counted, not kept */
    KEYS_MAX = 1024,    /* pthread keys */
    PROCESS_MAX = 400,  /* processes in one schedule */
    SIGNALS = 65,       /* numbers 1 to 64 */
    QUEUED_MAX = 1024,  /* signals with a value that wait in one process */
    MAPPINGS_MAX = 512, /* shared mappings of one process */
    HANDLERS_MAX = 16,  /* that interrupt each other */
    TIMERS_MAX = 16,    /* of one process */
    SPIN_RING = 16,     /* what a task has lately seen, to recognise a loop */
    OWN_WRITES = 8,     /* places of its own stack that a loop may write again and again */
    FOUND_MAX = 64,     /* different findings of one exploration */
    FOUND_STACKS = 24,  /* stacks of one finding */
    FOUND_FRAMES = 24,  /* frames of one stack */
    TOKEN_MAX = 4000,   /* bytes of a token */
    MESSAGE_MAX = 600,
};

#define NEVER INT64_MAX
/* The shared region. Address space, not memory: pages come when they are touched. */
#define REGION_SIZE ((size_t)3 << 30)

/* A growable vector clock: entries behind n are 0. */
struct vclock {
    uint32_t n, cap;
    uint32_t *c;
};

/* ---- tasks ------------------------------------------------------------------------- */

enum task_state { TASK_FREE, TASK_READY, TASK_DONE };

struct shadow_frame {
    uint32_t node;
    uintptr_t at; /* frame address, to notice frames that longjmp skipped */
};

struct queued {
    int sig, code, from;
    int task;   /* sent to this one; -1: to the process */
    int status; /* of a child */
    uint64_t value;
};

struct task {
    int id;
    int process;     /* number of the process it belongs to */
    uint32_t stable; /* the same number in every schedule */
    int parent, children;
    enum task_state state;
    struct op op; /* pending */
    struct fiber *fiber;
    void *(*start)(void *);
    void *arg, *result;
    bool detached, joined;
    int joiner; /* the task that waits to join it, or -1 */
    uint32_t created_pc, created_node;

    /* waiting */
    bool notified, expired, spurious; /* why the wait ended */
    bool excluded;                    /* has had its turn for very long: not this once */
    struct task *next_waiter;
    uint32_t enabled_by, ended_at; /* numbers of events, from 1: struct event.after */

    /* spinning: `seen` says what it saw since its own last progress, and when */
    uint64_t seen[SPIN_RING], seen_at[SPIN_RING];
    uint32_t seen_next;
    bool spinning;
    uintptr_t own_writes[OWN_WRITES]; /* where on its own stack it wrote last */
    uint32_t own_next;
    uint64_t spin_at; /* world.changes when it began */

    /* clocks */
    struct vclock clock, acquire_fence, release_fence;
    bool has_release_fence;

    /* shadow stack */
    int depth;
    struct shadow_frame stack[STACK_DEPTH];
    uint64_t ops;        /* hooks passed: the position of a token */
    uint64_t quiet;      /* hooks since the last sync operation or switch */
    uint64_t run_since;  /* ops when it was last switched to */
    uint32_t last_pc;    /* for crashes without a hook */
    uintptr_t as_caller; /* see sync.h */

    /* cancel, cleanup, keys, name */
    bool cancel_pending, cancel_disabled, cancel_async, exiting;
    void *cleanups; /* the innermost __pthread_unwind_buf_t; each links the next */
    void *keys[KEYS_MAX];
    char name[16];

    /* signals; process.h and signal.c */
    uint64_t sigmask, sigpending;
    bool mailman; /* no task of the program: delivers the signals of its process */
    int deliver;  /* the signal whose handler runs next, 0 = none */
    struct queued delivered;
    bool handler_is_safe; /* it interrupted a wait that POSIX calls safe */
    int handlers;         /* how many it is in */
    int handling;         /* the signal of the innermost */
    struct handler_frame {
        uintptr_t at;  /* its place on the stack: code above it is not in it any more */
        uint64_t mask; /* of the code it interrupted */
    } frames[HANDLERS_MAX];
    bool left_by_jump, mask_by_jump; /* siglongjmp(3) has been called; and restores the mask */
    bool was_blocked;                /* when the signal came */
    bool signal_due;  /* one is pending since before its last system call: comes first of all */
    bool mask_waits;  /* in a call that set its own mask: ppoll(2) and its like */
    bool interrupted; /* its wait ended because of a signal: EINTR */
    uint64_t waits_for;         /* sigwait(3): the set; 0 = none */
    uint64_t io_seen;           /* version of the channel when its call would have blocked */
    bool io_part;               /* this call is over in part: a signal ends it */
    uint32_t mappings;          /* how many shared mappings it has made */
    int wait_pid, wait_options; /* waitpid(2) */
    bool errno_changed;         /* by a handler, and nothing has been called since */
    int errno_value;
    uint32_t errno_pc, errno_node; /* of that handler */
    bool waits_for_zero;           /* semop(2) with 0 */
    bool range_lock, gave_way;     /* F_SETLKW; it has been told EDEADLK */
    int io_fd;                     /* what it waits for, for the report */

    /* locks held, for deadlocks and lock order */
    uint64_t held[32];
    uint32_t held_pc[32], held_node[32];
    int held_count;

    /* how often each label was asked for, ls_input() */
    char *heap, *heap_end; /* its own part of the heap */
};

/* ---- objects: mutexes and everything else that is waited for, by address -------------- */

enum object_kind {
    OBJ_MUTEX = 1,
    OBJ_COND,
    OBJ_SEM,
    OBJ_RWLOCK,
    OBJ_SPIN,
    OBJ_BARRIER,
    OBJ_ONCE,
    OBJ_ATOMIC,
    OBJ_GATE,
    OBJ_CHANNEL, /* a pipe, a queue, sockets: `version` counts what was done to it */
};

struct object {
    struct object *next; /* in its bucket */
    uint64_t addr;
    uint8_t kind;
    uint8_t type; /* PTHREAD_MUTEX_... */
    bool robust, dead_owner, unrecoverable, realtime, destroyed;
    int owner;            /* task id or -1 */
    uint32_t count;       /* recursion, semaphore value, readers, arrived */
    uint32_t limit;       /* barrier */
    uint32_t released_at; /* number of the event that gave it back last; 0 = none */
    uint64_t generation;
    uint32_t owner_pc, owner_node;
    struct task *waiters; /* condition: in order of arrival */
    uint32_t spent;       /* condition: signals that nobody waited for */
    uint32_t spent_pc, spent_node;
    struct vclock clock, readers_clock;
    struct token_clock *tokens, *tokens_end; /* semaphore: one clock a post, oldest first */
    uint64_t version;
    bool shared;      /* made for several processes (PTHREAD_PROCESS_SHARED, pshared) */
    uint32_t used_by; /* 1 + the process that used it first */
};

/* ---- what was found ------------------------------------------------------------------ */

/* In the order of the verdicts; the names are those of core/verdict.h. */
#define BUGS(X)                                                                                \
    X(CRASH, "crash")                                                                          \
    X(DEADLOCK, "deadlock")                                                                    \
    X(LOST_WAKEUP, "lost-wakeup")                                                              \
    X(LIVELOCK, "livelock")                                                                    \
    X(DATA_RACE, "data-race")                                                                  \
    X(MISUSE, "misuse")                                                                        \
    X(WRONG_RESULT, "wrong-result")                                                            \
    X(SIGNAL_UNSAFE, "signal-unsafe")                                                          \
    X(ZOMBIE, "zombie")                                                                        \
    X(LEAK, "leak")                                                                            \
    X(BUSY_WAIT, "busy-wait")                                                                  \
    X(TOO_STRICT, "too-strict")                                                                \
    X(EARLY_EXIT, "early-exit")                                                                \
    X(LOCK_ORDER, "lock-order")                                                                \
    X(GRADER_ERROR, "grader-error")

enum bug {
    BUG_NONE,
#define X(name, text) BUG_##name,
    BUGS(X)
#undef X
};

struct found_stack {
    char label[120];
    int task; /* -1: none */
    int count;
    uint32_t pc[FOUND_FRAMES]; /* offsets in the program, innermost first */
};

struct switch_at;

struct found {
    enum bug bug;
    char verdict[24]; /* a suite may name one itself ("order-violation: ...") */
    char message[MESSAGE_MAX];
    int line;      /* of a failed assertion */
    char file[64]; /* bare name */
    int err_no;
    uint64_t address; /* race: where; 0 = none */
    uint64_t in_block, block_size;
    uint32_t block_pc;
    bool block_shared; /* a mapping, not a block of the heap */
    uint32_t size;
    uint64_t key;      /* equal findings have equal keys in every schedule */
    bool final;        /* takes too long to be shown again */
    uint64_t schedule; /* first seen in */
    uint64_t times;
    struct switch_at *switches; /* the schedule up to here */
    int switch_count;
    int stack_count;
    struct found_stack stacks[FOUND_STACKS];
};

/* How a schedule ended. */
enum ending {
    END_NONE,
    END_FINISHED,    /* the program or test came to its end */
    END_TOO_LARGE,   /* more than can be explored; world.broken says of what */
    END_BUG,         /* stopped at a bug: world.last is it */
    END_PRUNED,      /* the strategy abandoned it: nothing new would come */
    END_MORE_FIBERS, /* ask again with more fibers */
    END_BROKEN,      /* the explorer itself cannot go on: world.broken says why */
};

/* One switch that is not what would happen anyway; see token.c. */
struct switch_at {
    int task;  /* the one that was running, or waiting longest to go on */
    char what; /* '>' run `to`, 's' signal wakes waiter number `to`, 'w' wake `to` for no reason
                */
    uint64_t op;
    int to;
};

struct trace_step {
    int task;
    struct op op;
    uint32_t node;
    uint64_t value;
    uint8_t size;
    bool has_value, shared, switched, spurious, stuck;
};

/* ---- processes: process.c ---------------------------------------------------------------- */

enum process_state { PROCESS_RUNS, PROCESS_ZOMBIE, PROCESS_REAPED };

struct mapping {
    uintptr_t from, to;
    uint64_t key; /* of `from` */
    uint32_t pc;  /* who mapped it */
    int opens;    /* of a named semaphore */
};

/* What a process does with one signal. */
struct disposition {
    uintptr_t handler; /* SIG_DFL, SIG_IGN or an address in that process */
    uint64_t mask;
    int flags;
    uint32_t pc, node; /* where it was set */
};

struct timer {
    bool used;
    int sig;
    int64_t next, interval; /* virtual; NEVER = not running */
    int clock;
    uint64_t value;
    int overruns;
};

struct process {
    int id;
    int pid, ppid, group, session; /* as the program sees them */
    int real;                      /* the kernel's number */
    int parent;                    /* process number, -1: adopted by init */
    int main;                      /* its first task */
    int mailman;                   /* task number, -1: none yet */
    int live;                      /* tasks that have not ended */
    enum process_state state;
    bool stopped, stop_told, continued, killed;
    int stop_signal;
    int leaving; /* number of its end in this schedule, from 1 */
    int status;  /* as waitpid(2) gives it */
    uint32_t ended_at, forked_pc, forked_node;
    struct vclock clock; /* at its end */
    uint64_t tag;        /* its own memory's keys begin with it */
    struct mapping map[MAPPINGS_MAX];
    int map_count;
    uintptr_t map_low, map_high;

    struct disposition act[SIGNALS];
    uint64_t pending;
    uint32_t handlers_set;
    struct vclock sent[SIGNALS]; /* what the senders had seen */
    struct queued queue[QUEUED_MAX];
    int queue_count;
    struct timer timer[TIMERS_MAX]; /* 0: alarm(2) and ITIMER_REAL */

    uint32_t turn; /* futex: 1 = has the baton, 2 = is to die */
    uint32_t gone; /* futex: has left the kernel's tables as far as others can see */
};

/* ---- the world ------------------------------------------------------------------------- */

struct call_node { /* calling contexts: a tree, one number a context */
    uint32_t parent, pc;
    uint32_t next; /* in its bucket */
};

/* A promise that tasks can overlap: ls_enter(), ls_leave(). */
enum { PROMISES_MAX = 16 };
struct promise {
    const char *label;
    uint32_t pc, node;
    int inside;      /* in this schedule */
    uint64_t of;     /* which one that was */
    int most, tasks; /* at the same time, in any schedule; how many came at all, at most */
    int came;
};

struct options {
    uint64_t seed;
    uint64_t schedules;              /* budget */
    uint64_t steps;                  /* hooks of one schedule before it is given up */
    uint64_t all_steps;              /* hooks of all schedules together */
    int preemptions;                 /* -1: none */
    uint64_t after;                  /* schedules more once it has failed */
    uint64_t inputs;                 /* seed of a suite's inputs */
    bool inline_run;                 /* for a debugger: no process of its own for a replay */
    bool fork_each;                  /* a process for every schedule */
    bool spurious;                   /* wake condition waits for no reason, now and then */
    bool all_points;                 /* every access is a scheduling point */
    bool keep_going;                 /* do not stop at the first failure */
    bool leaks;                      /* tasks left over are a bug */
    bool suite;                      /* a test of an exercise, not a program of one's own */
    bool quiet;                      /* the program's own output goes nowhere */
    const struct strategy *strategy; /* NULL: the default plan */
};

struct world {
    struct options o;
    uintptr_t base;      /* where the program is loaded */
    uint64_t generation; /* of this schedule: older cells and objects are empty */

    /* this schedule */
    bool running;
    bool in_task; /* a task's code runs, not the scheduler's */
    struct task *me;
    struct task *tasks; /* TASK_MAX of them */
    int task_count, live;
    struct process *processes; /* PROCESS_MAX of them */
    int process_count, leavings;
    uint32_t delivery_places, delivery_tried; /* over all schedules: delivery.c */
    int foreground;                           /* process group of the terminal */
    unsigned uid;
    uint64_t io_epoch;   /* counts what was done to channels unseen */
    uint64_t io_retried; /* changes + 1, when those that wait last looked again for nothing */
    bool forks, signals, timers; /* in this schedule */
    bool undo;                   /* System V semaphores are given back by the kernel's exit */
    int dying;          /* the kernel's number of a process that has just ended; 0: none */
    uint64_t passed_at; /* hooks passed when time went on beside work */
    bool short_reads;
    uint64_t ops, points, switches;
    uint64_t fresh_at;                   /* hooks passed when other memory was touched last */
    uint64_t written;                    /* hooks passed when memory was written last */
    uint64_t changes;                    /* how often anything was changed by anybody */
    int64_t now;                         /* virtual nanoseconds, CLOCK_MONOTONIC */
    uint64_t idle_spins, settling_since; /* hooks passed when a task began to wait for rest */
    uint64_t naps;
    uint64_t random; /* what the program sees as chance */
    uint64_t dice;   /* for choices that are not a strategy's */
    enum ending ending;
    struct found last;
    char broken[200];
    int crash_signal;
    bool main_returned;
    int exit_status;
    bool bounded; /* something was left out: not exhaustive */

    /* choosing */
    const struct strategy *strategy;
    void *strategy_memory;
    bool use_filter; /* plain accesses are points only where something raced */
    bool replaying;
    struct switch_at *plan; /* of a replay, sorted by task and op */
    int plan_count;
    int plan_first[TASK_MAX]; /* index of the task's next entry */
    struct switch_at *taken;  /* of this schedule, in order */
    int taken_count, taken_max;
    bool wake_spuriously; /* in this schedule */
    int spurious_left;
    bool shuffle_signals;

    /* what was done, for the self-check: synchronisation and atomics, which are points always
     */
    struct logged {
        uint32_t pc;
        int16_t task;
        uint8_t kind;
    } * log[2];
    int log_count[2], log_side, log_max;

    /* tracing */
    bool tracing;
    struct trace_step *trace;
    int trace_count, trace_max;
    struct found *shown; /* by the last replay that showed what it should */
    uint64_t trace_key;  /* the finding that is being shown; 0: any */
    int trace_stop;      /* steps up to it; 0: it has not come */

    /* what is known over all schedules */
    struct knowledge known;
    uint32_t *stable_count, *stable_parent, *stable_hash, *this_count;
    uint32_t stable_used;
    uint64_t *hot_objects;
    uint32_t hot_object_count;
    struct found *found;
    int found_count;
    struct switch_at *found_switches; /* taken_max for each finding */
    bool keep_switches;
    uint64_t large; /* schedules that were given up; too_large: nearly all */
    bool too_large; /* world.broken says why */
    struct promise promises[PROMISES_MAX];
    int promise_count;
    uint64_t schedules_run, pruned, points_total, ops_total;
    uint64_t races_new;

    struct arena_state {
        char *base, *used, *end;
    } keep, scratch;
};

extern struct world *W;

#define RUNNING (W && W->running)
#define CALLER ((uintptr_t)__builtin_return_address(0))

/* ---- arena.c -------------------------------------------------------------------------- */
void world_open(void);            /* maps the region; dies with a sentence if it cannot */
void *keep_alloc(size_t size);    /* zeroed, for the whole exploration */
void *scratch_alloc(size_t size); /* zeroed, for this schedule */
void scratch_reset(void);
void *region_alloc(size_t size); /* a large zeroed piece of the region, page-aligned */

/* ---- sched.c -------------------------------------------------------------------------- */
void sched_open(void);
void hooks_open(void);
void hooks_begin(void);            /* a schedule, or a wait for rest */
uint32_t program_pc(uintptr_t pc); /* offset in the program; 0 when elsewhere */
/* Announces an operation and returns when this task was picked to carry it out. */
void step(enum op_kind kind, uint64_t obj, uintptr_t pc);
void step_op(const struct op *op);
uint8_t op_effect(enum op_kind kind);
/* One hook passed that is no scheduling point unless the plan of a replay, or the watch over
 * loops without any, says so. */
enum quiet { QUIET_NOTHING, QUIET_PLANNED, QUIET_WATCH };
enum quiet quiet_point(void);
struct task *task_new(struct task *parent);
void task_finished(struct task *t); /* never returns: switches away */
enum arrival {
    ARRIVAL_BEFORE,
    ARRIVAL_IN_WAIT,
    ARRIVAL_KILLS,
    ARRIVAL_STOPS,
    ARRIVAL_ENDS_WAIT
};
void trace_signal(const struct task *t, int sig, enum arrival how);
void trace_stuck(const struct task *t);
void handle_signals(void); /* those whose handler is to run in this task now */
void task_arrived(void);   /* the running task was picked in another process */
/* The running task's process has ended: picks who goes on, and leaves. */
void baton_hand_on(void) __attribute__((noreturn));
void changed(void);                /* somebody else's loop has something new to see */
void look(uint64_t what);          /* saw something; the same again and again is spinning */
bool task_enabled(struct task *t); /* ready.c, and these: */
bool may_be_ended(void);           /* sched.c: a loop, by somebody outside of it */
bool is_interesting(const struct op *op);
void event_of(const struct task *t, struct event *ret);
void schedule_begin(void);
void schedule_run(void (*first)(void *), void *arg); /* returns when the schedule has ended */
void schedule_end(enum ending e) __attribute__((noreturn));
int blocked_events(const struct event **ret); /* announced by tasks that have not ended */
void take(char what, int to);
int planned(char what);
void plan_sort(void);    /* after world.plan was set */
bool planned_here(void); /* the plan has something for this very place */
/* The program is too large to be explored: nothing is held against it. */
void too_much(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
void broken(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* ---- report.c: findings of this schedule ------------------------------------------------ */
/* Starts world.last; bug_done() ends the schedule with it, bug_note() only keeps it. */
struct found *bug_begin(enum bug bug, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
struct found_stack *bug_stack(struct found *f, int task, uint32_t pc, uint32_t node,
                              const char *fmt, ...) __attribute__((format(printf, 5, 6)));
struct found_stack *bug_stack_of(struct found *f, struct task *t, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void bug_done(struct found *f) __attribute__((noreturn));
void unsafe_call(const char *name, uintptr_t pc); /* stdio.c: a finding in a handler */
void lockstep_failed(void); /* called for every finding, for a debugger's breakpoint */
void bug_note(struct found *f);
void bug_deadlock(void) __attribute__((noreturn));
const char *task_name(int id, char buf[static 32]);

/* ---- token.c: a schedule as text ------------------------------------------------------------
 */
/* Writes world.taken; false: it does not fit, and ret is "". */
bool token_write(const struct switch_at *s, int n, char *ret, size_t size);
/* Reads a token into s; returns how many, or -1 when it is not one. */
int token_read(const char *token, struct switch_at *s, int max);

/* ---- race.c ----------------------------------------------------------------------------- */
void vclock_join(struct vclock *into, const struct vclock *from);
void vclock_copy(struct vclock *into, const struct vclock *from);
void clock_acquire(const struct vclock *from); /* the running task has seen `from` */
void clock_release(struct vclock *into);       /* `into` becomes what the running task is */
void clock_release_join(struct vclock *into);
void clock_start(struct task *child); /* what its creator has seen, it has seen */
const struct call_node *node_at(uint32_t n);
bool cell_shared(uintptr_t addr); /* touched by several tasks in this schedule */
uint32_t node_enter(uint32_t parent, uint32_t pc);
uint32_t task_node(const struct task *t);
void access_plain(uintptr_t addr, size_t size, bool write, uintptr_t pc);
void access_volatile(uintptr_t addr, size_t size, bool write, uintptr_t pc);
void access_atomic(uintptr_t addr, size_t size, bool write, uintptr_t pc);
void access_range(uintptr_t addr, size_t size, bool write, uintptr_t pc);
void access_forget(uintptr_t addr, size_t size); /* fresh memory, or a stack that ended */
bool hot(uintptr_t addr);
void errno_is_hot(void); /* the running task's: a handler has changed it */
void race_open(void);

void sem_fork(struct object *copy, const struct object *of);
uint32_t sem_after(const struct object *sem); /* the event that made its oldest token */

/* ---- space.c: keys of places ------------------------------------------------------------- */
void space_open(void);
void space_begin(void); /* a schedule */
/* One key for each place, the same in all processes that share it; small numbers and keys are
 * what they are. */
uint64_t key_of(uintptr_t addr);
uintptr_t key_address(uint64_t key); /* in the running process; 0: not there */
bool key_shared(uint64_t key);       /* of memory that processes share */
void map_shared(uintptr_t at, size_t size, uint64_t kind, uint64_t number, uint64_t offset,
                uintptr_t pc);
void map_gone(uintptr_t at, size_t size);
int map_opens(uintptr_t at, int more);
const struct mapping *mapping_at(uintptr_t addr);

/* ---- object.c ------------------------------------------------------------------------- */
struct object *object_at(const void *addr, enum object_kind kind);
struct object *object_find(const void *addr);
void object_forget(uintptr_t addr, size_t size);
void object_open(void);
/* `clock` becomes part of the clock of every object of the kind. */
void objects_each(enum object_kind kind, const struct vclock *clock);
void objects_fork(const struct process *from, const struct process *to, int forker, int child);
void held_push(uint64_t obj, uintptr_t pc);
void held_pop(uint64_t obj);

/* ---- memory.c ------------------------------------------------------------------------- */
void heap_open(void);
void heap_begin(void);
bool heap_block(uintptr_t addr, uintptr_t *start, size_t *size, uint32_t *pc, bool *freed);
void heap_check(uintptr_t addr, size_t size, bool write, uintptr_t pc);
bool in_heap(uintptr_t addr);
extern char *heap_base, *heap_limit;

/* ---- snapshot.c: as before the schedule ---------------------------------------------------
 */
/* Remembers what the program's writable memory looks like. -1: too much to copy each time. */
int snapshot_take(void);
void snapshot_restore(void);

/* ---- thread.c ------------------------------------------------------------------------- */
void thread_main_begin(void (*first)(void *), void *arg);
void cancel_point(void);
void thread_leave(void *result) __attribute__((noreturn));
void program_exit(int status, bool returned) __attribute__((noreturn));
uint64_t thread_handle(const struct task *t);
void abandon_mutexes(struct task *t);
int leftover_tasks(void); /* running, or finished and never joined */

/* ---- virtual time ------------------------------------------------------------------------ */
struct timespec;
int64_t deadline_of(int clock, const struct timespec *t);

#endif

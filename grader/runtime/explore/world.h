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
#include "runtime/explore/limits.h"
#include "runtime/explore/op.h"

enum {
    SIGNALS = 65,   /* numbers 1 to 64 */
    SPIN_RING = 16, /* what a task has lately seen, to recognise a loop */
    MESSAGE_MAX = 600,
};

/* An object that is no memory: the end of the program. Others: ready.c. */
#define END_OF_PROGRAM ((uint64_t)0x803)
#define THE_CLOCK ((uint64_t)0x804)
#define THE_KEYS ((uint64_t)0x805)
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

enum { BLOCKS_KEPT = 4, STRAY_BRANCHES = 2, LEFT_KEPT = 3, LEFT_BLOCKS = 3 };
struct shadow_frame {
    uint32_t node;
    uintptr_t at; /* frame address, to notice frames that longjmp skipped */
    uint32_t blocks, block[BLOCKS_KEPT]; /* path.c: its basic blocks so far, the last ones */

    uintptr_t frame; /* rbp of the function */

    /* returns.c: */
    uintptr_t back;  /* where it returns to */
    uintptr_t apart; /* above where that stands, in a realigned function; 0: it is none */
    bool suite;      /* it is the suite's */
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
    bool gave_up;                     /* its limit has passed: no signal comes to it any more */
    bool notified_behind;             /* ... of the code that a handler has interrupted */
    uint64_t wait_number;             /* of its condition wait in this schedule, from 1 */
    uint64_t limit_number;            /* of its wait with a time limit, from 1 */
    uint64_t ran_at;                  /* world.ops when it last ran */
    uint32_t passed_over;             /* how often it could have run since then */
    struct task *next_waiter;
    uint32_t enabled_by, ended_at; /* numbers of events, from 1: struct event.after */

    /* looking again and again (idle.c): what it saw, when, how often */
    uint64_t seen[SPIN_RING], seen_at[SPIN_RING];
    uint8_t seen_times[SPIN_RING];
    uint32_t seen_next;
    bool spinning;     /* parked: it would see the same again */
    uint64_t spin_at;  /* world.changes when it was parked */
    uint64_t news_at;  /* world.news when `fresh_at` and `naps` began */
    uint64_t fresh_at; /* its own hooks when it last did something new */
    uint64_t place_at; /* its own hooks when it last touched another place than lately */
    uint32_t naps;     /* time limits that passed since there was news */
    uint32_t clock_pc, clock_reads; /* readings of the clock in a row at one place */
    uint64_t stuck_at;  /* 1 + world.news when it was shown to wait for what nobody does */
    uintptr_t wrote_at; /* its last plain write and what was there before: did it change? */
    uint64_t wrote_over;
    uint8_t wrote_size;

    /* clocks */
    struct vclock clock, acquire_fence, release_fence;
    struct vclock strong; /* creations and joins alone: what no schedule can change */
    bool has_release_fence;

    /* shadow stack */
    int depth;
    bool frames_lost; /* longjmp(3) among those that are not kept */
    struct shadow_frame stack[STACK_DEPTH];
    uint64_t ops;        /* hooks passed: the position of a token */
    uint64_t quiet;      /* hooks since the last sync operation or switch */
    uint64_t run_since;  /* ops when it was last switched to */
    uint32_t last_pc;    /* for crashes without a hook */
    uintptr_t as_caller; /* see sync.h */

    /* cancel, cleanup, keys, name */
    bool cancel_pending, cancel_disabled, cancel_async, exiting;
    void *cleanups;    /* the innermost __pthread_unwind_buf_t; each links the next */
    struct once_call { /* of pthread_once(3), innermost first; on its own stack */
        struct object *object;
        const void *cleanups; /* when it began */
        struct once_call *outer;
    } * once;
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
    bool mask_by_jump; /* a jump out of a handler restores the mask */
    bool was_blocked;  /* when the signal came */
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
    const char *outside; /* its call waits for somebody outside of the program, thus */

    /* locks held, for deadlocks and lock order */
    struct held {
        uint64_t lock;
        uint32_t pc, node;
        bool tried; /* by a trylock: nobody waited */
        int depth;  /* path.c: frames below the function that has it now */
        struct left {
            uint32_t exit, block[LEFT_BLOCKS]; /* the last one first */
        } left[LEFT_KEPT]; /* the functions that were left with it held, innermost first */
        int left_count;
    } * held;
    int held_count, held_max;

    /* path.c: its last condition wait ended without a notice, and it has gone on; pc 0: not so
     */
    struct stray {
        uint32_t pc, node;
        int depth;    /* of the frame in which the condition may still be tested again */
        bool gone_on; /* behind the wait it has come to another branch, or has left */
        uint32_t branch[STRAY_BRANCHES]; /* the blocks before, the last one first */
    } stray;

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
    uint8_t type; /* PTHREAD_MUTEX_..., PTHREAD_RWLOCK_PREFER_... */
    bool typed;   /* it has been read */
    bool robust, dead_owner, unrecoverable, realtime, destroyed;
    int owner;            /* task id or -1 */
    uint32_t count;       /* recursion, semaphore value, readers, arrived */
    uint32_t limit;       /* barrier */
    uint32_t released_at; /* number of the event that gave it back last; 0 = none. Of a
                           * read-write lock: from writing */
    uint64_t generation;
    uint32_t owner_pc, owner_node;
    bool by_wait;         /* a condition wait has taken it again */
    struct task *waiters; /* condition: in order of arrival */
    uint64_t mutex;       /* condition: of those who wait */
    bool signalled;       /* condition: somebody has given it a signal, last: */
    uint32_t signal_pc, signal_node;
    int signal_by, signal_to; /* tasks; to -1: nobody waited, -2: all of them */
    uint32_t queued;          /* read-write lock: writers that have asked for it */
    struct vclock clock, readers_clock;
    struct token_clock *tokens,
        *tokens_end;    /* semaphore: a clock for each post, oldest first */
    struct head *heads; /* atomic: the release sequences that go on here, one for each task */
    uint64_t version;
    bool shared;      /* made for several processes (PTHREAD_PROCESS_SHARED, pshared) */
    uint32_t used_by; /* 1 + the process that used it first */
    int first_user;   /* task */
    bool several;     /* tasks have used it */
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
    int task;        /* -1: none */
    uint64_t object; /* the lock that it is about; 0: about none */
    bool left;       /* pc: path.c, put_ways_out(), for each function that was left */
    bool holder;     /* of who has the lock */
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
    struct wait_edge { /* who waits for whom: a deadlock's graph */
        int waiter, holder;
        uint64_t object; /* what is held; 0: the holder's end is waited for */
    } waits[FOUND_WAITS];
    int wait_count;
};

/* How a schedule ended. */
enum ending {
    END_NONE,
    END_FINISHED,    /* the program or test came to its end */
    END_OUTSIDE,     /* it waits for somebody outside; world.broken says for whom */
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
struct promise {
    const char *label;
    uint32_t pc, node;
    int inside;      /* in this schedule */
    uint64_t of;     /* which one that was */
    int most, tasks; /* at the same time, in any schedule; how many came at all, at most */
    int came;
};

enum { PATIENCE = 10 /* s, by default */ };

struct options {
    uint64_t seed;
    uint64_t schedules;              /* budget */
    uint64_t steps;                  /* hooks of one schedule before it is given up */
    uint64_t all_steps;              /* hooks of all schedules together */
    int preemptions;                 /* -1: none */
    int64_t patience;                /* ns that others may be kept from running: odd.c */
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
    bool output;                     /* tell what it printed */
    bool terminal;                   /* standard input would be a person's terminal */
    bool opaque;                     /* it calls what has a state that nobody sees */
    bool code;                       /* a suite's program may make code: runtime/noexec.h */
    bool returns;                    /* a suite's frames are guarded: returns.c */
    const char *trail;               /* where a test comes by: "FILE:FIRST-LAST,..." */
    const char *input;               /* file that is standard input; NULL: there is none */
    const struct strategy *strategy; /* NULL: the default plan */
};

/* What happens in this schedule beside turns (odd.c). */
struct odd {
    bool wakes;        /* condition waits return for no reason now and then: `left` times */
    int left;          /* and a weak exchange fails */
    uint64_t wake_at;  /* the one, counted from 1, that does; 0: none in particular */
    bool newest;       /* a signal wakes who began to wait last */
    int alone;         /* the task that goes on whenever it can; -1: none */
    bool limits;       /* time limits pass and sleeps end while others could run */
    uint64_t limit_at; /* the one, counted from 1, that does; 0: none in particular */
    int64_t delay;     /* ns that they were kept from running by that, in all */
    int late;          /* the task whose limit passed last; -1: none */
    uint32_t late_pc, late_node;
};

struct world {
    struct options o;
    uintptr_t base;      /* where the program is loaded */
    uint64_t generation; /* of this schedule: older cells and objects are empty */

    /* this schedule */
    bool own_stacks; /* the program switches between stacks itself; from then on, in all
                        schedules */
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
    bool cancels;                /* some schedule has called pthread_cancel(3) */
    bool undo;                   /* System V semaphores are given back by the kernel's exit */
    int dying;          /* the kernel's number of a process that has just ended; 0: none */
    uint64_t passed_at; /* hooks passed when time went on beside work */
    bool short_reads;
    uint64_t ops, points, switches;
    uint64_t changes; /* how often anything was changed by anybody, locks too */
    uint64_t news;    /* the same without what is put back: a lock taken and given back */
    int insister;     /* the task that goes on alone, to see where its loop leads; -1: none */
    uint64_t solo_since; /* hooks passed when it began */
    bool clock_turn;     /* next time nobody can run, the clock goes before the spinners */
    uint64_t work_step;  /* hooks after which time has passed beside work */
    int64_t now;         /* virtual nanoseconds, CLOCK_MONOTONIC */
    bool settling;       /* a task of the suite waits for rest */
    uint64_t rest_naps;  /* time limits that passed since then */
    uint64_t random;     /* what the program sees as chance */
    uint64_t dice;       /* for choices that are not a strategy's */
    enum ending ending;
    struct found last;
    char broken[200];
    uint32_t broken_pc;  /* where; 0: nowhere in particular */
    uint64_t sent_ever;  /* signals that some schedule has sent, as bits */
    uint64_t async_ever; /* of these, what came from somebody else than who got it */
    bool outside;        /* it waits for somebody outside */
    struct loop_place {  /* over all schedules: an endless loop without hooks begins there */
        uint32_t stable;
        uint64_t ops;
    } loops[LOOPS_MAX];
    int loop_count;
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
    struct odd odd;
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
    bool tracing, capturing;
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
    uint64_t large;        /* schedules that were cut; too_large: all of them */
    uint64_t finished;     /* that came to an end, or to a bug */
    char broken_text[200]; /* why the last one was cut */
    uint32_t broken_text_pc;
    bool too_large; /* world.broken says why */
    struct promise promises[PROMISES_MAX];
    int promise_count;
    uint64_t schedules_run, pruned, points_total, ops_total;
    uint64_t races_new;
    uint64_t dropped;            /* findings that found no room */
    bool other_locks;            /* it takes what may be locks and is not counted as held */
    bool interrupted;            /* the search was ended by who watches it */
    bool unwatched;              /* it touched more memory than is watched for races */
    uint64_t waits, waits_max;   /* condition waits and weak exchanges; most in a schedule */
    uint64_t limits, limits_max; /* waits with a time limit, and sleeps; the same */

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
void moved(void);                  /* the same, of what is put back: a lock */
void look(uint64_t what);          /* saw something; the same again and again is spinning */
bool task_enabled(struct task *t); /* ready.c, and these: */
bool rw_readable(const struct object *o); /* a reader may come in */
/* ---- idle.c: nobody can run, or only those who look again and again -------------------- */
/* Something has become possible. Comes back never when nothing can: the schedule ends. */
void idle_unblock(void);
/* While a task of the suite waits for rest: somebody still moves. Ends the schedule when one
 * waits by looking again and again. */
bool idle_unrest(void);
void idle_time_passes(void); /* beside very much work */
/* A hook of the running task has passed: true when it is to give way, parked. */
bool idle_hook(uint32_t pc, int what); /* what: enum op_kind, or -1 for an access */
void idle_park(struct task *t);
bool idle_stuck(const struct task *t);
/* ---- outside.c: does it wait for a person, or for another program? ----------------------- */
void outside_waits(void); /* ends the schedule if so */
const char *
outside_descriptor(int fd); /* why a wait for it is one for somebody outside; NULL */
/* ---- loop.c: does a task that runs alone come back to where it was? ---------------------- */
void loop_open(void);
void loop_begin(void);                        /* a run alone begins */
bool loop_recurs(uint32_t pc, int what);      /* the same stack and own memory as before */
void loop_disturb(void);                      /* something outside of it was seen: a clock */
void loop_write(uintptr_t addr, size_t size); /* it is about to write there */
bool is_ours(uintptr_t pc);                   /* code of this runtime */
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
void too_much_at(uint32_t pc, const char *fmt, ...)
    __attribute__((noreturn, format(printf, 2, 3)));
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
bool waits_for_lock(const struct task *t);
bool held_semaphore(const struct task *t);
/* ---- odd.c: what a schedule may do beside turns ---- */
void odd_begin(void);   /* of a schedule */
void odd_happens(void); /* before a choice: a wait returns for no reason, a limit passes */
void cond_give_up(struct task *t); /* sync_cond.c: its wait's limit passes now */
void odd_limit(struct task *t);    /* it begins to wait, with a limit */
bool odd_exchange(void); /* a weak compare-exchange of the running task fails for no reason */
void odd_tell(struct found *f); /* the delay that the finding needs */

/* waits.c: f->waits from the tasks that cannot run; in a circle of at least two; the sentence
 */
void waits_collect(struct found *f);
bool waits_in_cycle(const struct found *f, int task);
bool waits_in_lock_cycle(const struct found *f, int task); /* nobody in it only joins */
void waits_message(struct found *f);
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
uint32_t clock_strong_at(const struct task *t, int task); /* what it has seen of the other for
                                                             sure: creation and joining alone */
void clock_joined(const struct task *ended);
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
void make_hot(uintptr_t addr);            /* its accesses are scheduling points from now on */
const char *library_name(uintptr_t addr); /* libc.c: "the buffer of ctime()"; NULL: none */
void errno_is_hot(void);                  /* the running task's: a handler has changed it */
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
/* How a kind of object is born, and how its memory tells that it has been put to another use.
 */
struct birth {
    enum object_kind kind;
    const char *what;                /* "a mutex" */
    size_t size, stamp;              /* bytes; the offset of a word that is ours; 0: none */
    bool (*is_static)(const void *); /* zeroed, or a static initialiser? NULL: neither is one */
};
/* The object at `addr`, to be used now: every use of an object comes through here. Ends the
 * schedule (crash, misuse) when its memory is gone, it was destroyed, or nobody made it. */
struct object *object_use(const void *addr, const struct birth *b, uintptr_t pc);
/* It has been initialised: what was there before is forgotten. */
struct object *object_born(void *addr, const struct birth *b);
bool object_alive(const void *addr, const struct birth *b); /* not assigned anew */
void object_destroyed(void *addr, const struct birth *b, struct object *o);
void object_born_before(const void *addr); /* by an initialiser that ran before main() */
bool is_static_data(uintptr_t addr);       /* of the program: everybody can reach it */
struct object *object_find(const void *addr);
void object_forget(uintptr_t addr, size_t size);
void object_open(void);
/* `clock` becomes part of the clock of every object of the kind. */
void objects_each(enum object_kind kind, const struct vclock *clock);
void objects_fork(const struct process *from, const struct process *to, int forker, int child);
void held_push(uint64_t obj, uintptr_t pc, bool tried);
void held_pop(uint64_t obj);

/* ---- memory.c ------------------------------------------------------------------------- */
void heap_open(void);
void heap_begin(void);
bool heap_block(uintptr_t addr, uintptr_t *start, size_t *size, uint32_t *pc, bool *freed);
void heap_check(uintptr_t addr, size_t size, bool write, uintptr_t pc);
bool in_heap(uintptr_t addr);
void stack_check(uintptr_t addr, bool write, uintptr_t pc); /* of a thread that has ended? */
void stack_check_frames(uintptr_t addr, uintptr_t sp, bool write,
                        uintptr_t pc);        /* a function? */
void own_check(uintptr_t addr, uintptr_t pc); /* the explorer's own memory? */
extern char *heap_base, *heap_limit;

/* ---- returns.c: nobody comes back to a suite's code but by returning to it ------------------
 * `frame`: rbp of the function that calls the hook, `pc`: a place in it. */
void returns_open(void); /* before a test's body, and behind it */
void returns_close(void);
void returns_enter(struct shadow_frame *f, const void *frame, uintptr_t pc, bool realigned);
bool returns_in_suite(uintptr_t pc); /* false as well where there is no suite */
void returns_exit(struct task *t, const void *frame, uintptr_t pc);
void returns_check_call(uintptr_t pc, const void *frame);
void returns_check_jump(const void *env, uintptr_t pc); /* a jmp_buf */
uintptr_t returns_jump_target(const void *env);         /* the stack pointer behind the jump */

/* ---- path.c: which way a function went ------------------------------------------------------
 */
void __sanitizer_cov_trace_pc(void);
void path_block(uint32_t pc, uintptr_t frame);  /* a basic block begins */
void path_leave(uintptr_t pc, uintptr_t frame); /* a function ends, and its task holds locks */
void path_woken(bool without_notice, uint32_t pc); /* a condition wait is over */
void path_leave_stray(void);
void path_read_stray(void);
void path_tell_left(struct found *f, const struct task *holder, uint64_t lock);
void path_tell_strays(struct found *f);

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

/* ---- virtual time ------------------------------------------------------------------------ */
struct timespec;
int64_t deadline_of(int clock, const struct timespec *t);

#endif

/* result.h - what was found out about one submission of one exercise.
 *
 * Stages fill it, core/score.c decides the verdicts, report/ renders it; it holds no
 * clock value in its graded part (those are in struct spent). Everything lives in the
 * unit's arena.
 */
#ifndef GRADER_RESULT_H
#define GRADER_RESULT_H

#include "core/exercise.h"
#include "core/tier.h"

/* One stack frame or one place in the source. `file` is the bare name ("event.c"). */
struct frame {
    const char *file; /* NULL when unknown */
    const char *function;
    const char *source; /* that line of the student's file, or NULL */
    int line;           /* 0 when unknown */
};

/* A labelled stack: "writes here", "thread 2 waits in pthread_cond_wait". */
struct stack {
    struct stack *next;
    const char *label;
    struct frame *frames;
    int count;
};

/* One step of a schedule: what a task did, and where. */
struct schedule_step {
    const char *who;  /* "main", "thread 1", "process 2" */
    int task;         /* 0 = main */
    const char *what; /* "reads counter", "locks" */
    struct frame at;
};

/* The interleaving that showed it, with the fewest switches; replayable by its token. */
struct schedule {
    const char *token;
    long found_in; /* number of the schedule that showed it first */
    int tasks;     /* highest task number + 1 */
    struct schedule_step *steps;
    int count;
    const char
        *output; /* what the program printed up to there; NULL: nothing, or not asked for */
};

/* One proof. Advice costs nothing and says so. */
enum { WAITS_MAX = 16 };

/* An arrow of the wait-for graph. */
struct wait {
    const char *who, *holder; /* "main", "thread 1" */
    const char *object; /* the variable that is held; NULL: it has no name, or is no object */
};

struct evidence {
    struct evidence *next;
    enum verdict verdict;
    enum mode mode;
    bool advice;
    const char *title; /* "data-race: counter_add / counter_get" */
    const char *text;  /* one or more plain sentences */
    struct stack *stacks;
    struct schedule *schedule; /* NULL when no schedule was chosen */
    struct wait *waits;        /* of a deadlock, WAITS_MAX at most; NULL: unknown */
    int wait_count;
};

enum { NOT_VARIED_MAX = 16 };

/* What the exploration of one program or test found. */
struct exploration {
    const char
        *extent;     /* "all": every schedule was tried; "budget"; "replay"; "none": see why */
    const char *why; /* why it cannot be explored, or not further; NULL: no reason */
    long schedules, steps, points, tasks;
    long cut;            /* schedules that a limit of ours has ended: see why */
    const char *stopped; /* why there are not as many as asked for; NULL: there are */
    bool used_up;        /* the budget of steps ended it */
    long dropped;        /* findings that found no room */
    bool unwatched;      /* more memory than is watched for races */
    const char *not_varied[NOT_VARIED_MAX]; /* kinds of choices that were no choices */
    int not_varied_count;
    const char *output;         /* what the first schedule printed; NULL: not asked for */
    long delivered, deliveries; /* points where a signal came, and could have come */
    struct evidence *found;     /* worst first */
    int bugs;                   /* of them no advice */
    int suppressed; /* findings that a file of the user's keeps out (cli/suppress.h) */
};

struct test_grade {
    const struct rubric_test *test;
    enum verdict verdict; /* the first of what the modes found */
    int points;           /* earned */
    unsigned ran;         /* modes that were run, bits as in the rubric */
    bool out_of_cpu;      /* natively the keeper ended it at its processor time */
    unsigned also;        /* other verdicts found, bit (1u << enum verdict) */
    enum verdict by_mode[MODE_COUNT];
    struct evidence *evidence; /* in order of discovery */
};

struct spent {
    double wall_s, cpu_s;
    long rss_kb;
};

struct unit_result {
    const struct exercise *exercise;
    const char *submission_hash; /* SHA-256 of the submitted file, hex; NULL when missing */
    const char *compiler_output; /* gcc's words, unaltered; NULL when silent */
    const char *not_graded;      /* why no verdict may be drawn; NULL when graded */
    struct test_grade *tests;    /* in rubric order */
    int test_count, score, max;
    enum tier tier; /* how strongly its runs were confined */
    bool whole;     /* memory was limited as a whole, not only each process's */
    bool missing;   /* nothing was submitted */
    bool no_oracle; /* graded in a class without comparing with the reference */
    struct spent stages[MODE_COUNT]; /* by mode; not part of the grade */
    struct spent compile;
};

_Static_assert(VERDICT_COUNT <= 32, "verdict sets are 32-bit masks");

/* Adds a proof at the end of a test's list and returns it; NULL when memory is short. */
struct evidence *result_prove(struct arena *a, struct test_grade *t, enum mode mode,
                              enum verdict v, const char *title);

/* Adds a stack behind the proof's others; NULL when memory is short. */
struct stack *evidence_stack(struct arena *a, struct evidence *ev, const char *label,
                             int frames);

/* A unit with every test at VERDICT_PASS and nothing run. */
int result_init(struct arena *a, const struct exercise *x, struct unit_result *ret,
                struct err *e);

/* Gives every test the same verdict (compile-error, forbidden, nothing submitted). */
void result_all(struct arena *a, struct unit_result *u, enum verdict v, const char *title,
                const char *text);

/* Decides each test's verdict from its proofs, and the unit's score. Advice is ignored. */
void result_score(struct unit_result *u);

#endif

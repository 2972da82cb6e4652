/* unit.h - one (submission, exercise) on its way through the stages.
 *
 *   unit_grade()  opens a work folder, then
 *     compile.c   the submission and the suite become one program
 *     native.c    each test alone, in its own process tree
 *     oracle.c    the reference's observations for the same seed (instructor's side)
 *     valgrind.c  Helgrind and memcheck, one run of the suite each
 *   and fills a struct unit_result. Renders and prints nothing.
 */
#ifndef GRADER_UNIT_H
#define GRADER_UNIT_H

#include "core/result.h"
#include "sandbox/keeper.h"
#include "stages/dialect.h"
#include "stages/trail.h"

/* How to grade; the same for all units of a run. */
struct unit_options {
    const struct course *course;
    const char *secret; /* course secret for the seeds; NULL = the fixed practice secret */
    bool oracle;        /* compare observations with the reference solution's */
    bool no_oracle;     /* a batch that was told to do without (canary.h) */
    unsigned modes;     /* modes allowed, bits; all by default */
    const char *shelf;  /* a folder of ours for what all submissions share (shelf.h); NULL */
    const char *only;   /* run this test alone, the others stay at pass; NULL: all */
    void (*progress)(void *ctx, const char *what); /* NULL: silent */
    void *ctx;
    /* Told before work that keeps a core busy, which may wait here for one, and after it. */
    void (*busy)(void *cores, bool begins);
    void *cores;
};

enum { SEED_HEX = 17 };

struct unit {
    const struct unit_options *o;
    const struct exercise *x;
    struct arena *a;
    const char *file; /* the submitted file, absolute */
    char *source;     /* its text, malloc'ed; for quoting lines */
    size_t source_len;
    char *text; /* the source, preprocessed once and screened, malloc'ed; what every mode
                   compiles */
    size_t text_len;
    const char *suite; /* its text; NULL: not read yet (native.c) */
    bool hidden; /* this round is for the hidden tests: only then are they in the program, whose
                    memory a submission can read, and whose other reports students see */
    const char *work; /* temporary folder of this unit */
    const char *program;
    enum dialect dialect; /* of the submission, once it is known */
    bool uses_timers;     /* references alarm(2) or timers */
    double began_cpu_s;   /* processor time of our children before this unit */
    bool reference_built; /* remembered here: a file could have been planted */
    struct unit_result *r;
};

/* Grades `file` as the submission of `x`; a missing file is "nothing submitted", zero.
 * 0, or -1 when no verdict may be drawn (then ret->not_graded is not set either). */
int unit_grade(const struct unit_options *o, const struct exercise *x, const char *file,
               struct arena *a, struct unit_result *ret, struct err *e);

/* Builds `file` for the explorer and runs the test `t` of it: under the schedule of `token`, or
 * looking for one that fails when token is NULL. With `debug`, calls that on the built program
 * (arguments for the test in `more`) instead, and returns what it returns. Else 0, or -1. */
int unit_replay(const struct unit_options *o, const struct exercise *x, const char *file,
                const struct rubric_test *t, const char *token,
                int (*debug)(void *ctx, const char *work, const char *program,
                             char *const more[], struct err *e),
                void *ctx, struct arena *a, struct exploration *ret, struct err *e);

/* Makes an empty folder below TMPDIR that unit_sweep() knows. *ret is set as soon as there is
 * something to remove (remove_tree), even when -1 is returned. */
int unit_open_work(struct arena *a, const char **ret, struct err *e);

/* Removes work folders of graders that were killed before they could. Only those of
 * processes that are gone; call it once at a command's start. */
void unit_sweep(void);

/* The ids of the suite's tests, one a line, in order; built with the reference solution. */
int unit_suite_ids(const struct unit_options *o, const struct exercise *x, struct arena *a,
                   struct buf *ret, struct err *e);

/* gcc's flag for the unit's dialect. */
char *unit_dialect(const struct unit *u);

/* ---- for the stages themselves ---------------------------------------------------- */

/* Ready to run: 1. The submission's own fault, every test has its proof: 0. Else -1. */
int stage_compile(struct unit *u, struct err *e);
int stage_native(struct unit *u, struct err *e);
int stage_valgrind(struct unit *u, enum mode mode, struct err *e);
int stage_explore(struct unit *u, struct err *e);
int explore_build(struct unit *u, bool *pure, struct err *e);
int explore_run(struct unit *u, const struct rubric_test *t, const char *token, bool pure,
                struct exploration *ret, struct err *e);
/* Copies a file of ours into the work folder: a sandbox shows nothing else. The suite comes
 * only when the submission has been compiled, and what runs sees none of it. 0 or -1. */
int unit_bring(struct unit *u, const char *folder, const char *name, struct err *e);

extern const char explore_program[]; /* its file name, as the native one's */
/* Where it stands: in a folder of its own, so that its name does not tell the mode. */
const char *explore_folder(const struct unit *u);

/* A compiling step: 1 = went well, 0 = the submission's fault, said; -1. `students`: the tool's
 * words are about the submission and are kept. */
int unit_step(struct unit *u, char *const argv[], bool students, struct err *e);
/* The same for a tool on the submission, and *ret has all of its words (keeper_release). */
int unit_words(struct unit *u, char *const argv[], struct keeper_result *ret, struct err *e);
/* Compiles u->text to `object` (a name in u->work) in a folder that holds nothing else: no mode
 * can be told from another by what lies beside it. `argv` ends with NULL and has room for four
 * more. As unit_step(..., true). */
int unit_compile_text(struct unit *u, char **argv, const char *object, struct err *e);
/* A fresh folder with submission.i alone, in u->work; its path in *ret. */
int unit_text_folder(struct unit *u, const char **ret, struct err *e);
extern const struct limits unit_compiler_limits;
/* Calls that no build folds: the explorer must see them. NULL-ended. */
extern char *const unit_no_builtin[];

/* screen.c: what no exercise needs, in the source and in submission.o. 1 = nothing of the kind,
 * 0 = proven for every test, -1. */
int screen_source(struct unit *u, struct err *e);
int screen_object(struct unit *u, struct err *e);

/* Makes everything local that an object of the submission defines beyond the contract, so that
 * a helper called `read` hurts nobody. 1, or -1. */
int unit_localise(struct unit *u, const char *object, struct err *e);

/* What a test observed. */
struct observation {
    char label[64];
    int64_t value;
};
struct observations {
    struct observation *list;
    int count;
};

/* The seed of a test: 16 hex digits of HMAC-SHA-256(secret, submission hash ":" test id). */
void unit_seed(const struct unit *u, const struct rubric_test *t, char ret[static SEED_HEX]);

/* Runs the suite's program for one test natively and collects what it says. */
struct native_run {
    struct unit *u;
    struct test_grade *t;
    struct observations seen;
    bool began, ended, failed, crashed, exited;
    struct buf left; /* found at the body's end, one line a thing */
    pid_t main_pid;
    uint64_t begin_sp, begin_pc; /* where it stood at its beginning; 0: not seen */
    int64_t last_mark;           /* line of the last assertion that held */
    struct trail *trail;         /* by which assertions it came; NULL: none held yet */
    int64_t end_offset;          /* how far from there at its end */
    bool stood;                  /* both are known */
    struct buf fds_before;
};
/* What a test comes by (trail.h). NULL: not known, no memory. */
const struct trail_due *unit_trail(struct unit *u, const struct rubric_test *t);
/* Compares one run's stream of observations, and where it ended, with the reference's. */
int oracle_check(struct unit *u, struct test_grade *t, const struct native_run *run,
                 struct err *e);
int native_run_one(struct unit *u, const char *program, struct test_grade *t,
                   struct native_run *run, struct keeper_result *kr, struct err *e);

/* Around work that keeps a core busy (unit_options.busy). */
void unit_busy(const struct unit *u, bool begins);

/* Has all that was done for this submission used up its processor time? Then the test gets its
 * proof of that, for `mode`, unless it has failed already. */
bool unit_exhausted(struct unit *u, struct test_grade *t, enum mode mode);

/* Is this test to be run? */
bool unit_wants(const struct unit *u, const struct rubric_test *t);

/* A tool of ours (gcc, nm, ...) under limits. */
int unit_tool(const struct unit *u, char *const argv[], const struct limits *l,
              struct keeper_result *ret, struct err *e);

/* Line `no` of the submission, without leading blanks; NULL when there is none. */
const char *unit_line(const struct unit *u, int no);

/* Is this the submission's own file? */
bool unit_owns(const struct unit *u, const char *file);

/* Is that file (no folders) the suite's, visible or hidden? */
bool unit_is_suite(const struct unit *u, const char *file);

/* Is that file (no folders) one of the native harness, which no report shows? */
bool unit_is_harness(const char *file);

/* Adds a frame to a stack, quoting the student's line. */
void unit_frame(const struct unit *u, struct stack *s, const char *function, const char *file,
                int line);

/* Adds to what the unit has spent on `mode`; the memory is the most of all. */
void unit_spend(struct unit *u, enum mode mode, double wall_s, double cpu_s, long rss_kb);

extern char *const unit_env[]; /* the environment of every program we run */

#endif

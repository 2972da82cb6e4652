/* explorer.h - building a program with the explorer's runtime, running it, reading its
 * findings.
 *
 *   sources --gcc -fsanitize=thread--> objects --objcopy, redirect.syms--> +
 * liblockstep_explore.a
 *
 * Used for tests of an exercise (explore.c) and for any C program (cli/cmd_explore.c). The
 * runtime's own words are described in runtime/explore/emit.c.
 * Not the explorer: it runs inside the program.
 */
#ifndef GRADER_EXPLORER_H
#define GRADER_EXPLORER_H

#include "core/result.h"
#include "runtime/progress.h"
#include "sandbox/keeper.h"
#include "stages/dialect.h"
#include "stages/places.h"

/* How a program is explored; zero values are the defaults. */
struct explorer_options {
    const char *strategy; /* NULL: the plan of runtime/explore/plan.c */
    long schedules;       /* 0: 1000 */
    long seed;            /* 0: 1 */
    long after;           /* schedules more once it has failed; < 0: the default */
    int preemptions;      /* bound + 1; 0: none */
    int patience;         /* s that others may be kept from running, + 1; 0: 10 s */
    const char *inputs;   /* seed of a suite's inputs, hex */
    const char *test;     /* a suite's test; NULL for a program with a main */
    const char *trail;    /* by which assertions that comes (trail.h); NULL: unknown */
    const char *token;    /* replay this schedule instead */
    bool leaks;           /* threads left over are a bug */
    bool fork_each;       /* a process for every schedule */
    bool show;            /* the program's own output is not thrown away */
    bool trusted;         /* one's own program, with all of the machine before it */
    bool opaque;          /* it calls functions whose state nobody sees: pure.c */
    bool returns;         /* a suite's frames are guarded: runtime/explore/returns.c */
    bool code;            /* a suite's program may make code: runtime/noexec.h */
    bool output;          /* tell what it printed */
    const char *symbols;  /* the program's file with its symbols; NULL: itself */
    const char *input;    /* a file that is its standard input; NULL: there is none */
    bool terminal;        /* ... because that is a person's terminal */
    const char *cwd;      /* where it runs, absolute; NULL: in `work` */
    char *const *args;    /* of the program, NULL-terminated, or NULL */
    /* Called some times a second while it searches; Ctrl-C then ends the search, and what was
     * found so far is told. NULL: nobody watches, and Ctrl-C ends it all. */
    void (*watch)(void *ctx, const struct ls_progress *p);
    void *watch_ctx;
};

/* How the files of one program are built. */
struct explorer_build {
    const char
        *runtime;     /* the folder of redirect.syms, runtime.syms and the archives; NULL: they
                         are in `work`, and the source is a stranger's: tools are confined */
    const char *work; /* objects and the program appear here; absolute */
    const char *cwd;  /* where relative names of flags begin; NULL: in `work` */
    char *const *flags; /* of the compiler, and -l, -L, -Wl, for the linker; NULL-terminated */
    enum dialect dialect;
    const char *text; /* explorer_redirect(): the section code goes to; NULL: as it is */
};

/* Inline assembly with an effect: what it does to memory is not seen. */
struct explorer_asm {
    int line; /* 0: there is none */
    char file[200];
};

/* Compiles one C file to `object` (a name in work). `found`: where the first inline assembly
 * stands; NULL: nobody asks. 1 = done, 0 = the compiler refused (its words in *output), -1.
 */
int explorer_compile(const struct explorer_build *b, const char *source, const char *object,
                     struct explorer_asm *found, struct buf *output, struct err *e);

/* Lets the objects (NULL-terminated names in work) call the explorer instead of libc, but for
 * what the program has defined itself. `is_main`: main() is the program's. As above. */
int explorer_redirect(const struct explorer_build *b, char *const objects[], bool is_main,
                      struct buf *output, struct err *e);

/* Links objects into `program` (a name in work). As above. */
int explorer_link(const struct explorer_build *b, char *const objects[], const char *program,
                  bool suite, struct buf *output, struct err *e);

/* May schedules be reset in process? Only if the objects call nothing that changes the kernel's
 * state: pure.c. 1, 0 or -1. */
int explorer_is_pure(const char *work, char *const objects[], struct err *e);

/* Reads what the explorer's runtime said of a program whose places are known; foreign input. 0,
 * or -1 and *ret untouched. Strings live in `a`. */
int explorer_read(struct places *places, const char *text,
                  const char *(*line)(void *ctx, const char *file, int no), void *ctx,
                  struct arena *a, struct exploration *ret, struct err *e);

/* Runs `program` (a name in `work`) there and reads what it found. `line` quotes the program's
 * sources: line(ctx, file, no) or NULL. */
int explorer_run(const char *work, const char *program, const struct explorer_options *o,
                 const char *(*line)(void *ctx, const char *file, int no), void *ctx,
                 struct arena *a, struct exploration *ret, struct err *e);

#endif

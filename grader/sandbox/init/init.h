/* init.h - lockstep-init, the static program between the keeper and what it runs: pid 1 of the
 * sandbox in the full tier, a sub-reaper in the others.
 *
 *   lockstep-init KEY=VALUE... -- PROGRAM ARGUMENT...
 *
 * Started by sandbox/launch.c and by nobody else; its command line is seen by what it runs
 * (/proc/1/cmdline), so nothing secret is in it. Linked without the grader.
 */
#ifndef GRADER_INIT_H
#define GRADER_INIT_H

#include <stdbool.h>
#include <stddef.h>

/* Descriptors it is born with. */
enum {
    INIT_STATUS_FD = 3,  /* its report, lines of text (main.c) */
    INIT_CONTROL_FD = 4, /* a byte or the end of file: end everything now */
};

enum { INIT_TOO_LARGE = 126 }; /* exit status of a program that its memory limit keeps out */

enum { INIT_PATHS = 512 };

/* What the command line says. */
struct init_config {
    bool namespaces; /* it is pid 1 of its own pid, IPC, mount and network namespaces */
    bool knobs;      /* a /proc that may be written stands under KNOBS: set limits there */
    bool wire;       /* the program gets the stream, runtime/wire.h */
    bool watch_left; /* report what is left behind when the program has ended */
    bool keep;       /* one's own program: what it leaves is its user's business */
    bool landlock;   /* the program sees only `read`, and writes only `write` */
    bool deaf;       /* mutation test: the keeper's death is not noticed */
    bool dumpable;   /* mutation test: /proc/1/mem is open to the program */
    int filter;      /* INIT_FILTER_... */
    long uid;        /* the program's user and group, -1: as they are */
    long cpu_s, as_mb, file_mb, tasks; /* rlimits; 0: unlimited */
    const char *read[INIT_PATHS], *write[INIT_PATHS];
    char **argv; /* the program */
};

enum { INIT_FILTER_NONE, INIT_FILTER_FULL, INIT_FILTER_FALLBACK };

/* The /proc that may be written, inside a folder that only init's capability opens. */
#define INIT_KNOBS "/knobs"

/* Says one line on the status pipe. */
void init_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "fail WHAT: strerror": the room could not be made. */
void init_fail(const char *what) __attribute__((noreturn));

/* room.c: in init, before the program exists; gives up all capabilities. */
void init_room(const struct init_config *c);

/* room.c: in the program's process, the last before execve(2). */
void init_confine(const struct init_config *c);

/* guard.c: no scheduling call reaches init and the graders above it. In the program's process.
 */
void init_guard(void);

/* left.c: remembers what is there, and later says what is new. */
void init_left_before(const struct init_config *c);
void init_left_report(const struct init_config *c);

/* left.c: all processes are gone. Without namespaces: refuses the run ("fail ...") if the
 * program opened a name that had been left there by somebody else. */
void init_left_foreign(const struct init_config *c);

/* left.c: when all processes are gone. */
void init_left_remove(const struct init_config *c);

#endif

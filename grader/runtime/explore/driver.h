/* driver.h - one exploration: many schedules of one program, and what came out.
 *
 * The program under test is a function. It runs in child processes of the caller, which stays
 * as it was, so that every schedule can begin from there.
 */
#ifndef LOCKSTEP_DRIVER_H
#define LOCKSTEP_DRIVER_H

#include "runtime/explore/world.h"

/* Explores first(arg) within world.o's budget and writes what was found to descriptor `out`, a
 * JSON object a line (emit.c has the format). Returns the exit status: 0 nothing found,
 * 1 a bug, 3 the explorer could not do its job. */
int explore(void (*first)(void *), void *arg, int out);

/* Runs one schedule, that of the token, with every step written to `out`. */
int explore_token(void (*first)(void *), void *arg, const char *token, int out);

/* ---- between driver.c, plan.c, minimise.c and emit.c ------------------------------------ */

/* Settings of schedule number `n`: strategy, filter, extras. false: nothing is left to try. */
bool plan_next(uint64_t n);
void plan_learn(bool cut);
/* How the exploration ended: "all" (exhaustive) or "budget". */
const char *plan_extent(void);
void plan_open(void);
/* The schedule was not run after all: a search that counted on it begins anew. */
void plan_restart(void);

/* One schedule in a fresh process, by plan; true if it shows the finding `key` again. */
bool replay_shows(const struct switch_at *s, int n, uint64_t key, bool trace);

/* trap.c: catches crashes and loops without hooks in this process. */
void trap_open(void);

/* selfcheck.c: shall the schedule that has just been run be run again; does run() do the same
 * from its recorded switches; and, if not, what is different (ends the exploration). */
bool check_is_due(void);
bool same_again(void (*run)(void));
void tell_difference(void) __attribute__((noreturn));

/* The fewest switches that still show it; s is changed in place, returns how many are left. */
int minimise(struct switch_at *s, int n, uint64_t key);

void emit_found(int out, struct found *f, const char *token);
void emit_steps(int out);
const char *call_text(const struct trace_step *s, char *buf, size_t size); /* failed.c */
void emit_end(int out, const char *how);
void emit_output(int out, const char *text, size_t size);

/* capture.c: what the program prints, from begin to end; here: in the process that runs it. */
void capture_begin(void);
void capture_here(void);
void capture_flush(void);
size_t capture_end(char *ret, size_t size);

const char *bug_name(enum bug bug);
const char *op_name(int kind);

/* ---- progress.c: for who watches the search -------------------------------------------------
 */
void progress_open(
    const char *path);       /* a file of a struct ls_progress; no watcher is no error */
void progress_note(void);    /* after a schedule */
bool progress_stopped(void); /* the watcher wants it to end */

#endif

/* lockstep.h - what a suite may ask of Lockstep, beside libcheck itself.
 *
 * A suite is ordinary libcheck code. It defines lockstep_suite(), one TCase a test; the
 * TCase's name is the test's id ("close-wakes-all") and its function the same word in C
 * (START_TEST(close_wakes_all)). The same suite runs natively, under Valgrind and under
 * controlled schedules, so it never sleeps and never decides by the clock:
 *
 *   they overlap   a rendezvous that only passes when all are inside together
 *   it blocks      ls_settle(), then look: it has not come back
 *   it wakes       release it, then join it; if it never comes, Lockstep says who waits
 *                  where, at which line
 *
 * A failed ck_assert in any thread or process of the test ends the test. If its message
 * begins with the name of a verdict and a colon ("order-violation: the driver left first")
 * that is the verdict, else it is wrong-result; with errno at ENOSYS it is not-implemented.
 * Where races are looked for, threads call no ck_assert_...(): libcheck takes a lock of its own
 * for each, which orders the threads and hides what they do to each other.
 *
 * Not for submissions: they see their exercise's header and POSIX.
 */
#ifndef LOCKSTEP_H
#define LOCKSTEP_H

#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* Marks a text that a message takes as %s, so that it is translated with the rest. */
#define LS_SAYS(text) text

/* The suite; defined by check_SLUG.c. */
Suite *lockstep_suite(void);

/* Adds one test as a TCase of its own, so that it can be run alone. `id` is the word of the
 * rubric, `test` what START_TEST made. */
void ls_test(Suite *suite, const char *id, const TTest *test);

/* A random number in [lo, hi] that depends only on the run's seed, the test, the label
 * and how often the label was asked before. Call it from the test's first thread. The
 * seed is derived from the course's secret and the submission, so a regrade asks the
 * same questions and nobody can know them beforehand. */
int64_t ls_input(const char *label, int64_t lo, int64_t hi);

/* Reports a value that does not depend on the schedule. On the instructor's side the
 * reference solution ran the same test with the same seed, and the two streams of
 * observations must be equal, complete and in order. Call it from the first thread. */
void ls_observe(const char *label, int64_t value);

/* Returns when no other task of this test (thread, child process or their descendants)
 * can run: each one is blocked, stopped or finished. Fails the test with busy-wait when
 * one keeps running or keeps polling instead. */
void ls_settle(void);

/* Puts the calling thread, and those it makes later, on one core: what then runs at the same
 * time as what is not left to luck. Core 0 is the first this process may use. */
void ls_stay_on(int core);

/* The calling thread never takes the core from the one that wakes it (SCHED_BATCH, sched(7)).
 * On one core, a waker so gets to finish what it is doing. */
void ls_polite(void);

/* True when the thread or process sits in a stop (Ctrl-Z). */
bool ls_stopped(pid_t pid);

/* Runs body(arg) in a child process, which leaves with its return value (0..127).
 * -1 never comes back: a failed fork ends the test. */
pid_t ls_spawn(int (*body)(void *), void *arg);

/* Waits for that child: its exit status, or 128 + the signal that killed it. */
int ls_reap(pid_t pid);

/* A gate, closed until it is opened: threads and processes of a test that pass it wait there.
 * Made before the fork(), freed when nobody is at it any more.
 *
 * pass     arrives, and waits until the gate is open
 * arrived  how many have come so far, waiting or through
 * open     opens it for good */
struct ls_gate;
struct ls_gate *ls_gate_new(void);
void ls_gate_pass(struct ls_gate *g);
int ls_gate_arrived(struct ls_gate *g);
void ls_gate_open(struct ls_gate *g);
void ls_gate_free(struct ls_gate *g);

/* Two processes at the same time: step(arg, 0) again and again in the calling process,
 * step(arg, 1) in a child, each on a core of its own, until each has seen the other's progress
 * between two of its own steps some thousand times: then there was overlap, whatever the
 * machine. On one core there is little to wait for; each stops after one second of processor
 * time. Returns with both ended; turns[0] and turns[1] say how often each stepped. A step must
 * not wait for the other's, and must call ck_assert_...() only to fail: each one leaves a mark
 * in a file. Cores stay as they are for the caller. */
void ls_alongside(void (*step)(void *arg, int me), void *arg, int64_t turns[2]);

/* Overlap that the contract promises, for the explore mode: two tasks must be able to be
 * between ls_enter() and ls_leave() of the same label at the same time. If no schedule shows
 * it, the test is too-strict. Natively both do nothing: one run proves no promise broken. At
 * most 16 labels a test; each is a string that stays where it is. */
void ls_enter(const char *label);
void ls_leave(const char *label);

/* One process at a time, one line: for a process that must die in the middle. */
void ls_kill_self(void) __attribute__((noreturn));

/* Facts of the calling process, to compare before and after: nanoseconds on CLOCK_MONOTONIC
 * (for lower bounds: "not before its time"); milliseconds of a time limit, below a second,
 * whose nanoseconds must be carried whenever it is used soon (it may sleep until that is so);
 * open descriptors; mappings. */
int64_t ls_now_ns(void);
int64_t ls_past_next_second(void);
int ls_descriptors(void);
int ls_mappings(void);

/* ---- a real terminal ------------------------------------------------------------- */

struct ls_leaving {
    pid_t pid;
    int status;   /* as waitpid(2) gives it */
    bool adopted; /* its own parent left without waiting for it */
};

/* Runs program() as the foreground job of a small shell on a new pseudo-terminal, as a
 * user would start it, with the terminal as its standard input, output and error.
 * Returns its pid. One at a time. */
pid_t ls_terminal_start(int (*program)(void));

/* Types one key: 'C' is Ctrl-C, '\\' is Ctrl-\, 'Z' is Ctrl-Z. Returns when the terminal
 * has acted on it, that is, when the whole foreground group has the signal. */
void key(int ch);

/* The next whole line the program printed, without its line break; NULL when all tasks
 * are settled and nothing more was printed. Valid until the next call. */
const char *ls_terminal_line(void);

/* The children of `pid` that are alive, at most `max`; returns how many. */
int ls_children(pid_t pid, pid_t *ret, int max);

/* Returns as soon as `pid` has a child, and says which: nobody has come to rest yet. -1 when
 * `pid` has ended without one. */
pid_t ls_first_child(pid_t pid);

/* The next task that left the terminal's job, in order; false when all are settled and
 * nobody else has left. */
bool ls_terminal_left(struct ls_leaving *ret);

/* Takes terminal and shell down. Whoever of the job is still there stays and is found. */
void ls_terminal_end(void);

#endif

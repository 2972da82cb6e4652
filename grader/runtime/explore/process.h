/* process.h - processes of the program under test, and the baton that they hand to each other.
 *
 * Each modelled process is a process of the kernel, made by a real fork, so memory, descriptors
 * and file locks are what they are. Control state is in the shared region, and exactly one of
 * all kernel processes runs; the others sleep on a futex of their own.
 *
 * Thread-safety: whoever has the baton.
 */
#ifndef LOCKSTEP_PROCESS_H
#define LOCKSTEP_PROCESS_H

#include "runtime/explore/world.h"

enum { STATUS_EXITED, STATUS_KILLED };

/* The first process of a schedule; `main` is its first task. */
void process_begin(struct task *main);
struct process *process_of(const struct task *t);
struct process *process_me(void);      /* of the running task */
struct process *process_with(int pid); /* as the program sees it; NULL: there is none */
const char *process_name(int process, char buf[static 32]);

/* Ends the running task's process: status as waitpid(2) gives it. Comes back never, except
 * in the first process when `stay` is asked for. */
void process_end(int status) __attribute__((noreturn));
/* The same, as a return from its main() does. */
void process_end_of_main(int status) __attribute__((noreturn));
/* Ends another process, as a signal does. */
void process_kill(struct process *p, int status);
/* Children left over, for a test that ends: running (or stopped), and dead but not waited for.
 */
void process_left(int *running, int *zombies);

/* ---- baton.c ----- */
int baton_here(void);           /* the number of the process this code runs in */
void baton_become(int process); /* in a new kernel process */
void baton_pass(int process);   /* this kernel process must then wait, or leave */
void baton_wait(void);          /* until W->me is a task of this process */
void baton_leave(void) __attribute__((noreturn)); /* closes everything and is gone */
void baton_kill(struct process *p);               /* until it has closed everything */
void close_all_descriptors(void);
char process_state(int pid); /* the kernel's letter; 'X': there is none */
void baton_finish(void);     /* in the first process: nobody else is left */

/* ---- signal.c ---- */
void signal_fork(struct process *child, const struct process *parent);
void signal_post(struct process *p, struct task *t, int sig, int code, uint64_t value,
                 uintptr_t pc);
void signal_drop(struct process *p, int sig); /* what is pending of it */
uint64_t signals_open(const struct task *t);  /* handled, and not blocked: may come any time */
bool signal_deliverable(const struct process *p);
struct task *signal_deliver(struct process *p); /* NULL: nobody runs because of it */
void signal_jumped(uintptr_t at); /* a frame at `at` runs: handlers below it were left */
void signal_run_handler(void);    /* of the running task's t->deliver */
bool signal_waits_ready(const struct task *t); /* for sigwait(3) */
bool signal_take(struct task *t, uint64_t set, struct queued *ret);
int signal_next(const struct process *p, struct task **to);
void signal_due(void); /* what is pending since before the last system call comes now */
bool signal_is_due(const struct task *t);
void signal_now(void); /* what is pending and not blocked comes at once */
void signal_group(int group, int sig, uintptr_t pc);
const char *signal_name(int sig);
/* A point at which a signal may come before a wait begins. */
void signal_window(uintptr_t pc);

/* ---- delivery.c ---- */
void delivery_open(void);
int delivery_wanted(struct task *const *list, int n);
void delivery_done(const struct task *mailman); /* before signal_deliver() */

/* ---- timer.c ---- */
bool timers_due(void);     /* sends what is due; true if anything was sent */
int64_t timers_next(void); /* NEVER: none runs */

/* ---- io.c ---- */
void io_changed_all(void); /* something was done that no hook saw */
bool io_ready(const struct task *t);

/* ---- wait.c ---- */
bool wait_ready(const struct task *t);
bool wait_first(const struct process *parent); /* it has a child, or will never have one */
uint32_t wait_after(const struct task *t);

/* ---- leftovers.c ---- */
void leftovers_open(void);
void leftovers_remove(void); /* whatever names are left at the end of a schedule */
void leftovers_tell(void);   /* ends the schedule with a finding, if there are any */
void leftovers_file(const char *path, uintptr_t pc);
void files_order(void); /* io.c: a name was made or removed */
void leftovers_removed(bool messages, int id);
struct stat;
/* A pipe, a queue, a file: by one number in every schedule (who made it first, or its name). */
uint32_t file_id(const struct stat *st);
void file_named(const struct stat *st, const char *path);
uint64_t file_number(uint32_t id); /* its inode in this run */
void map_file(uintptr_t at, size_t size, const struct stat *st, uintptr_t pc); /* space.c */

int pid_seen(int real);                        /* what the program calls the kernel's process */
void channels_end(const struct vclock *clock); /* io.c: a process has ended */

/* ---- process.c, for signals ---- */
void process_stopped(struct process *p, bool stopped);
void process_over(int status) __attribute__((noreturn)); /* without a step before it */

/* ---- deadlock.c ---- */
void tell_others(struct found *f); /* who waits for what, beside the running task */

#endif

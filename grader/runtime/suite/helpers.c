/* helpers.c - gates and child processes of a suite, under the explorer.
 *
 * The words of lockstep.h with the explorer's means: a gate is an object of the scheduler, a
 * child is forked like the program's own, and what must overlap natively by many turns needs
 * few here, since the schedule is chosen.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "runtime/explore/process.h"
#include "runtime/explore/sync.h"
#include "runtime/lockstep.h"

/* ---- gates
 * ---------------------------------------------------------------------------------------- */

struct ls_gate {
    int unused;
};

struct ls_gate *ls_gate_new(void)
{
    struct ls_gate *g = scratch_alloc(sizeof *g); /* shared by all processes */

    object_at(g, OBJ_GATE);
    return g;
}

void ls_gate_pass(struct ls_gate *g)
{
    struct object *o = object_at(g, OBJ_GATE);

    o->count++;
    clock_release_join(&o->readers_clock);
    changed();
    step(OP_GATE, (uint64_t)g, CALLER);
    clock_acquire(&object_at(g, OBJ_GATE)->clock);
}

int ls_gate_arrived(struct ls_gate *g)
{
    struct object *o;

    step(OP_YIELD, 0, CALLER);
    o = object_at(g, OBJ_GATE);
    clock_acquire(&o->readers_clock);
    look(CALLER ^ o->count * 31);
    return (int)o->count;
}

void ls_gate_open(struct ls_gate *g)
{
    struct object *o;

    step(OP_GATE_OPEN, (uint64_t)g, CALLER);
    o = object_at(g, OBJ_GATE);
    o->limit = 1;
    o->released_at = (uint32_t)W->points;
    clock_release_join(&o->clock);
    changed();
}

void ls_gate_free(struct ls_gate *g)
{
    (void)g; /* goes with the schedule */
}

/* ---- processes -----------------------------------------------------------------------------
 */

pid_t ls_x_fork(void);
pid_t ls_x_waitpid(pid_t pid, int *status, int options);

bool ls_stopped(pid_t pid)
{
    const struct process *p = process_with(pid);

    step(OP_YIELD, 0, CALLER);
    return p && p->stopped;
}

pid_t ls_spawn(int (*body)(void *), void *arg)
{
    const pid_t pid = ls_x_fork();

    if (pid == 0)
        process_end((body(arg) & 255) << 8);
    return pid;
}

int ls_reap(pid_t pid)
{
    int status;

    while (ls_x_waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    errno = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void ls_kill_self(void)
{
    step(OP_YIELD, 0, CALLER);
    process_kill(process_me(), SIGKILL);
    __builtin_unreachable();
}

int ls_children(pid_t pid, pid_t *ret, int max)
{
    const struct process *parent = process_with(pid);
    int n = 0;

    step(OP_YIELD, 0, CALLER);
    for (int i = 0; parent && i < W->process_count && n < max; i++)
        if (W->processes[i].parent == parent->id && W->processes[i].state == PROCESS_RUNS)
            ret[n++] = W->processes[i].pid;
    return n;
}

pid_t ls_first_child(pid_t pid)
{
    const struct process *parent = process_with(pid);

    if (!parent)
        return -1;
    step(OP_FIRST_CHILD, (uint64_t)parent->id + 1, CALLER);
    for (int i = 0; i < W->process_count; i++)
        if (W->processes[i].parent == parent->id)
            return W->processes[i].pid;
    return -1;
}

/* ---- two at the same time ---- */

enum { TURNS = 3 };

void ls_alongside(void (*work)(void *arg, int me), void *arg, int64_t turns[2])
{
    const pid_t pid = ls_x_fork();

    for (int i = 0; i < TURNS; i++)
        work(arg, pid == 0);
    if (pid == 0)
        process_end(0);
    if (ls_reap(pid) != 0)
        too_much("a process that was to run alongside did not come to its end");
    turns[0] = turns[1] = TURNS;
}

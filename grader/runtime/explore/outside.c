/* outside.c - does a program that stands still wait for what only somebody outside can do?
 *
 * A signal that the program handles and that nothing in it sends (Ctrl-C), a connection, a line
 * of a terminal: whoever waits for that is not deadlocked, and a task that it would set free is
 * not either. Such a program cannot be explored, and the sentence says what it waits for. A
 * suite is a closed world: there nobody is outside.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/explore/io.h"
#include "runtime/explore/process.h"

/* Signals that come from inside of a program: from its own faults, children and timers. */
static bool from_inside(int sig)
{
    switch (sig) {
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGTRAP:
    case SIGABRT:
    case SIGPIPE:
    case SIGCHLD:
    case SIGALRM:
    case SIGVTALRM:
    case SIGPROF:
    case SIGCONT:
        return true;
    default:
        return false;
    }
}

/* The first signal of `set` that nobody here has ever sent; 0: none. */
static int unsent(uint64_t set)
{
    for (int sig = 1; sig < SIGNALS; sig++)
        if (set >> (sig - 1) & 1 && !from_inside(sig) && !(W->sent_ever >> (sig - 1) & 1))
            return sig;
    return 0;
}

static const char *signal_from_outside(const struct task *t, char *buf, size_t size)
{
    int sig = 0;

    if (t->op.kind == OP_SIGWAIT)
        sig = unsent(t->waits_for);
    else if (t->op.kind == OP_PAUSE || t->op.kind == OP_SLEEP || t->op.kind == OP_FOREVER ||
             t->op.kind == OP_POLL || t->spinning)
        sig = unsent(signals_open(t));
    if (!sig)
        return NULL;
    snprintf(buf, size, "it waits for %s from outside", signal_name(sig));
    return buf;
}

const char *outside_descriptor(int fd)
{
    struct stat st;
    int listening = 0;
    socklen_t size = sizeof listening;

    if (fd < 0 || fstat(fd, &st) < 0)
        return NULL;
    if (S_ISSOCK(st.st_mode) &&
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening)
        return "it waits for a connection from another program";
    if (S_ISCHR(st.st_mode))
        return "it waits for somebody to type something";
    return NULL;
}

static const char *waits_outside(const struct task *t, char *buf, size_t size)
{
    const char *why = signal_from_outside(t, buf, size);

    return why || (t->op.kind != OP_IO && t->op.kind != OP_POLL) ? why : t->outside;
}

/* Whoever holds what `t` waits for; -1: nobody, or it is not known. */
static int holder(const struct task *t)
{
    const struct object *o;

    switch (t->op.kind) {
    case OP_LOCK:
    case OP_WRLOCK:
    case OP_RDLOCK:
    case OP_ONCE:
        o = object_find((void *)t->op.obj);
        return o ? o->owner : -1;
    case OP_JOIN:
        return (int)t->op.obj;
    default:
        return -1;
    }
}

/* A chain of holders that comes back to its own beginning, or ends at one that has ended, is a
 * deadlock whatever comes from outside. */
static bool is_hopeless(const struct task *t)
{
    int at = holder(t);

    for (int n = 0; at >= 0 && n < W->task_count; n++) {
        if (W->tasks[at].state == TASK_DONE && t->op.kind != OP_JOIN)
            return true;
        if (&W->tasks[at] == t)
            return true;
        at = holder(&W->tasks[at]);
    }
    return false;
}

void outside_waits(void)
{
    const char *why = NULL;
    uint32_t pc = 0;
    char buf[80];

    if (W->o.suite)
        return;
    for (int i = 0; i < W->task_count; i++) {
        const struct task *t = &W->tasks[i];

        if (t->state != TASK_READY || t->mailman)
            continue;
        if (is_hopeless(t))
            return;
        if (!why && (why = waits_outside(t, buf, sizeof buf)))
            pc = t->op.pc ? t->op.pc : t->last_pc;
    }
    if (!why)
        return;
    snprintf(W->broken, sizeof W->broken, "%s", why);
    W->broken_pc = pc;
    W->outside = W->bounded = true;
    schedule_end(END_OUTSIDE);
}

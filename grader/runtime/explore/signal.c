/* signal.c - signals to a thread and to oneself, as far as they need no choice of the moment.
 *
 * Held until the target next runs; there its handler is called. Choosing the moment among all
 * where a signal may arrive is the business of the second half (processes and signals). Also
 * flockfile(3), whose lock belongs to a thread.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "runtime/explore/sync.h"

/* ---- to a thread ---- */

REPLACES(int, pthread_kill, pthread_t thread, int sig)
{
    struct task *t;

    if (!RUNNING)
        return pthread_kill(thread, sig);
    t = task_of(thread, CALLER);
    if (sig < 0 || sig > 64)
        return EINVAL;
    step(OP_SIGNAL, (uint64_t)t->id, CALLER);
    if (t->state == TASK_DONE)
        return t->joined ? ESRCH : 0;
    if (sig) {
        t->sigpending |= (uint64_t)1 << (sig - 1);
        changed();
    }
    return 0;
}

void deliver_signals(void)
{
    struct task *t = W->me;
    const struct op op = t->op; /* the handler has scheduling points of its own */
    const bool notified = t->notified, expired = t->expired, spurious = t->spurious;

    for (int sig = 1; sig <= 64; sig++) {
        const uint64_t bit = (uint64_t)1 << (sig - 1);
        const int saved = errno;
        struct sigaction sa;

        if (!(t->sigpending & bit) || (t->sigmask & bit))
            continue;
        t->sigpending &= ~bit;
        if (sigaction(sig, NULL, &sa) == 0 && sa.sa_handler != SIG_DFL &&
            sa.sa_handler != SIG_IGN) {
            t->sigmask |= bit;
            sa.sa_handler(sig);
            t->sigmask &= ~bit;
        }
        errno = saved;
    }
    t->op = op;
    t->notified = notified;
    t->expired = expired;
    t->spurious = spurious;
}

REPLACES(int, pthread_sigmask, int how, const sigset_t *set, sigset_t *old)
{
    uint64_t bits = 0;

    if (!RUNNING)
        return pthread_sigmask(how, set, old);
    if (old)
        memcpy(old, &W->me->sigmask, sizeof W->me->sigmask);
    if (!set)
        return 0;
    memcpy(&bits, set, sizeof bits);
    if (how == SIG_BLOCK)
        W->me->sigmask |= bits;
    else if (how == SIG_UNBLOCK)
        W->me->sigmask &= ~bits;
    else if (how == SIG_SETMASK)
        W->me->sigmask = bits;
    else
        return EINVAL;
    return 0;
}

/* ---- to oneself ---- */

static void die_of(int sig, uintptr_t pc)
{
    struct found *f = bug_begin(BUG_CRASH, "is killed by signal %d, sent by itself", sig);

    bug_stack(f, W->me->id, program_pc(pc), task_node(W->me), "sends it here");
    bug_done(f);
}

static int to_oneself(int sig, uintptr_t pc)
{
    struct sigaction sa;

    step(OP_SIGNAL, (uint64_t)W->me->id, pc);
    if (sig == 0 || sigaction(sig, NULL, &sa) < 0)
        return 0;
    if (sig == SIGKILL || (sa.sa_handler == SIG_DFL && sig != SIGCHLD && sig != SIGURG &&
                           sig != SIGWINCH && sig != SIGCONT && sig != SIGSTOP &&
                           sig != SIGTSTP && sig != SIGTTIN && sig != SIGTTOU))
        die_of(sig, pc);
    W->me->sigpending |= (uint64_t)1 << (sig - 1);
    deliver_signals();
    return 0;
}

REPLACES(int, raise, int sig)
{
    if (!RUNNING || sig < 0 || sig > 64)
        return raise(sig);
    return to_oneself(sig, CALLER);
}

REPLACES(int, kill, pid_t pid, int sig)
{
    if (!RUNNING || sig < 0 || sig > 64)
        return kill(pid, sig);
    if (pid == VIRTUAL_PID)
        return to_oneself(sig, CALLER);
    broken("the program sends signals to other processes, which are not explored yet");
}

/* A thread that waits in flockfile(3) would stop everybody: all share one kernel thread. */
REPLACES(void, flockfile, FILE *f)
{
    struct object *o;

    if (!RUNNING)
        return;
    o = object_at(f, OBJ_MUTEX);
    o->type = PTHREAD_MUTEX_RECURSIVE;
    step(OP_LOCK, (uint64_t)f, CALLER);
    o = object_at(f, OBJ_MUTEX);
    if (o->owner == W->me->id) {
        o->count++;
        return;
    }
    o->owner = W->me->id;
    o->count = 1;
    clock_acquire(&o->clock);
    changed();
}

REPLACES(void, funlockfile, FILE *f)
{
    struct object *o;

    if (!RUNNING)
        return;
    step(OP_UNLOCK, (uint64_t)f, CALLER);
    o = object_at(f, OBJ_MUTEX);
    if (o->owner != W->me->id || --o->count > 0)
        return;
    clock_release(&o->clock);
    o->released_at = (uint32_t)W->points;
    o->owner = -1;
    changed();
}

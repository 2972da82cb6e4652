/* sigmask.c - dispositions, masks, and waiting for signals.
 *
 * Kept here, not in the kernel: the real masks hold everything back (trap.c).
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "runtime/explore/process.h"
#include "runtime/explore/sync.h"

#define BIT(sig) ((uint64_t)1 << ((sig)-1))

static int fails(int err)
{
    errno = err;
    return (int)call_result(-1);
}

static bool settable(int sig)
{
    return sig >= 1 && sig <= 64 && sig != SIGKILL && sig != SIGSTOP;
}

static void count_handlers(struct process *p)
{
    p->handlers_set = 0;
    for (int i = 1; i < SIGNALS; i++)
        p->handlers_set += p->act[i].handler > 1;
}

static void set(int sig, const struct disposition *d)
{
    struct process *p = process_me();

    p->act[sig] = *d;
    count_handlers(p);
    if (d->handler == (uintptr_t)SIG_IGN || (d->handler == 0 && sig == SIGCHLD)) {
        signal_drop(p, sig); /* blocked or not */
    }
}

REPLACES(int, sigaction, int sig, const struct sigaction *new, struct sigaction *old)
{
    struct disposition d = {0};
    const struct disposition *was;

    if (!RUNNING)
        return sigaction(sig, new, old);
    if (sig < 1 || sig > 64 || (new && !settable(sig)))
        return fails(EINVAL);
    if (new)
        step(OP_SIGACTION, 0x800, CALLER);
    was = &process_me()->act[sig];
    if (new) {
        d.handler = (uintptr_t) new->sa_handler;
        memcpy(&d.mask, &new->sa_mask, sizeof d.mask);
        d.flags = new->sa_flags;
        d.pc = program_pc(CALLER);
        d.node = task_node(W->me);
    }
    if (old) {
        memset(old, 0, sizeof *old);
        old->sa_handler = (void (*)(int))was->handler;
        memcpy(&old->sa_mask, &was->mask, sizeof was->mask);
        old->sa_flags = was->flags;
    }
    if (new)
        set(sig, &d);
    return 0;
}

static void (*set_simply(int sig, void (*handler)(int), int flags, uintptr_t pc))(int)
{
    struct disposition d = {.handler = (uintptr_t)handler, .flags = flags};
    uintptr_t was;

    if (!settable(sig)) {
        errno = EINVAL;
        return SIG_ERR;
    }
    step(OP_SIGACTION, 0x800, pc);
    d.pc = program_pc(pc);
    d.node = task_node(W->me);
    was = process_me()->act[sig].handler;
    set(sig, &d);
    return (void (*)(int))was;
}

typedef void (*handler)(int);

REPLACES(handler, signal, int sig, handler h)
{
    return RUNNING ? set_simply(sig, h, SA_RESTART, CALLER) : signal(sig, h);
}

REPLACES(handler, __sysv_signal, int sig, handler h)
{
    return RUNNING ? set_simply(sig, h, (int)(SA_RESETHAND | SA_NODEFER), CALLER)
                   : signal(sig, h);
}

REPLACES(int, sigaltstack, const stack_t *new, stack_t *old)
{
    if (RUNNING && new && !(new->ss_flags &SS_DISABLE))
        too_much("it has a stack of its own for handlers (sigaltstack)");
    return sigaltstack(new, old);
}

REPLACES(int, siginterrupt, int sig, int flag)
{
    struct disposition *d;

    if (!RUNNING)
        return 0;
    if (!settable(sig))
        return fails(EINVAL);
    d = &process_me()->act[sig];
    d->flags = flag ? d->flags & ~SA_RESTART : d->flags | SA_RESTART;
    return 0;
}

/* ---- masks ---- */

static int mask(int how, const sigset_t *set, sigset_t *old, uintptr_t pc)
{
    struct task *t = W->me;
    uint64_t bits = 0, now;

    now = t->sigmask;
    if (old) {
        memset(old, 0, sizeof *old);
        memcpy(old, &t->sigmask, sizeof t->sigmask);
    }
    if (!set)
        return 0;
    memcpy(&bits, set, sizeof bits);
    bits &= ~(BIT(SIGKILL) | BIT(SIGSTOP));
    if (how == SIG_BLOCK)
        now |= bits;
    else if (how == SIG_UNBLOCK)
        now &= ~bits;
    else if (how == SIG_SETMASK)
        now = bits;
    else
        return EINVAL;
    if (process_me()->handlers_set)
        step(OP_YIELD, 0, pc); /* the last moment at which one may come */
    t->sigmask = now;
    signal_now();
    return 0;
}

REPLACES(int, pthread_sigmask, int how, const sigset_t *set, sigset_t *old)
{
    return RUNNING ? mask(how, set, old, CALLER) : pthread_sigmask(how, set, old);
}

REPLACES(int, sigprocmask, int how, const sigset_t *set, sigset_t *old)
{
    int rc;

    if (!RUNNING)
        return sigprocmask(how, set, old);
    rc = mask(how, set, old, CALLER);
    return rc ? fails(rc) : 0;
}

REPLACES(int, sigpending, sigset_t *ret)
{
    uint64_t bits;

    if (!RUNNING)
        return sigpending(ret);
    step(OP_YIELD, 0, CALLER);
    bits = (process_me()->pending | W->me->sigpending) & W->me->sigmask;
    memset(ret, 0, sizeof *ret);
    memcpy(ret, &bits, sizeof bits);
    look(CALLER ^ bits);
    return 0;
}

/* ---- waiting ---- */

REPLACES(int, pause, void)
{
    if (!RUNNING)
        return pause();
    cancel_point();
    signal_window(CALLER);
    step(OP_PAUSE, 0, CALLER);
    cancel_point();
    return fails(EINTR);
}

REPLACES(int, sigsuspend, const sigset_t *set)
{
    struct task *t;
    uint64_t bits, was;

    if (!RUNNING)
        return sigsuspend(set);
    t = W->me;
    memcpy(&bits, set, sizeof bits);
    cancel_point();
    signal_window(CALLER);
    was = t->sigmask;
    t->sigmask = bits & ~(BIT(SIGKILL) | BIT(SIGSTOP));
    step(OP_PAUSE, 0, CALLER);
    t->sigmask = was;
    cancel_point();
    return fails(EINTR);
}

static int wait_until(const sigset_t *set, siginfo_t *info, int64_t until, uintptr_t pc)
{
    struct task *t = W->me;
    struct queued q;
    uint64_t bits;

    memcpy(&bits, set, sizeof bits);
    cancel_point();
    signal_window(pc);
    t->waits_for = bits;
    step_until(OP_SIGWAIT, 0, 0, until, pc);
    t->waits_for = 0;
    cancel_point();
    if (!signal_take(t, bits, &q))
        return fails(t->interrupted ? EINTR : EAGAIN);
    clock_acquire(&process_me()->sent[q.sig]);
    if (info)
        signal_describe(&q, info);
    changed();
    return q.sig;
}

REPLACES(int, sigwaitinfo, const sigset_t *set, siginfo_t *info)
{
    return RUNNING ? wait_until(set, info, NEVER, CALLER) : sigwaitinfo(set, info);
}

REPLACES(int, sigtimedwait, const sigset_t *set, siginfo_t *info, const struct timespec *t)
{
    int64_t ns;

    if (!RUNNING)
        return sigtimedwait(set, info, t);
    if (!t)
        return wait_until(set, info, NEVER, CALLER);
    if (t->tv_nsec < 0 || t->tv_nsec >= 1000000000)
        return fails(EINVAL);
    ns = deadline_of(CLOCK_MONOTONIC, t);
    return wait_until(set, info, ns > NEVER - 2 - W->now ? NEVER - 2 : W->now + ns, CALLER);
}

REPLACES(int, sigwait, const sigset_t *set, int *sig)
{
    int rc;

    if (!RUNNING)
        return sigwait(set, sig);
    do
        rc = wait_until(set, NULL, NEVER, CALLER);
    while (rc < 0 && errno == EINTR);
    *sig = rc;
    return 0;
}

/* ---- the old names ---- */

static int mask_one(int how, int sig, uintptr_t pc)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, sig);
    return mask(how, &set, NULL, pc) ? -1 : 0;
}

REPLACES(int, sighold, int sig)
{
    return RUNNING ? mask_one(SIG_BLOCK, sig, CALLER) : -1;
}

REPLACES(int, sigrelse, int sig)
{
    return RUNNING ? mask_one(SIG_UNBLOCK, sig, CALLER) : -1;
}

REPLACES(int, sigignore, int sig)
{
    return RUNNING && set_simply(sig, SIG_IGN, 0, CALLER) != SIG_ERR ? 0 : -1;
}

REPLACES(handler, sigset, int sig, handler h)
{
    const bool was_held = RUNNING && W->me->sigmask & BIT(sig);
    handler was;

    if (!RUNNING)
        return SIG_ERR;
    if (h == SIG_HOLD) {
        was = (handler)process_me()->act[sig].handler;
        mask_one(SIG_BLOCK, sig, CALLER);
    } else {
        was = set_simply(sig, h, 0, CALLER);
        mask_one(SIG_UNBLOCK, sig, CALLER);
    }
    return was_held ? SIG_HOLD : was;
}

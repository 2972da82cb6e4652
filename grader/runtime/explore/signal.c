/* signal.c - signals: sent, held back, and delivered when the scheduler says so.
 *
 * Nothing is sent for real: real masks hold everything back. A signal that is sent becomes
 * pending; from then on a pseudo-task of the process, its mailman, could run whenever some
 * thread does not block it. When the strategy picks the mailman, the handler runs in that
 * thread, between the two operations where it happens to be. So "the signal came between the
 * check and the pause" is a schedule like any other. What must come at once does: a signal to
 * oneself, and what was pending when it is unblocked (kill(2), sigprocmask(2)).
 *
 * A wait that a handler interrupted ends with EINTR, or begins anew (SA_RESTART; signal(7) has
 * the list). Standard signals of a kind merge while they are pending; real-time ones queue.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "runtime/explore/io.h"

#define BIT(sig) ((uint64_t)1 << ((sig)-1))

enum action { IGNORE, TERMINATE, STOP, CONTINUE, CALL };

static enum action default_action(int sig)
{
    switch (sig) {
    case SIGCHLD:
    case SIGURG:
    case SIGWINCH:
        return IGNORE;
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
        return STOP;
    case SIGCONT:
        return CONTINUE;
    default:
        return TERMINATE;
    }
}

static enum action action_of(const struct process *p, int sig)
{
    const uintptr_t h = p->act[sig].handler;

    if (sig == SIGKILL || sig == SIGSTOP || h == (uintptr_t)SIG_DFL)
        return default_action(sig);
    return h == (uintptr_t)SIG_IGN ? IGNORE : CALL;
}

void signal_fork(struct process *child, const struct process *parent)
{
    memcpy(child->act, parent->act, sizeof child->act);
    child->handlers_set = parent->handlers_set;
}

/* ---- sending ---------------------------------------------------------------------------- */

static bool is_blocked(const struct process *p, const struct task *t, int sig)
{
    if (t)
        return t->sigmask & BIT(sig);
    for (int i = 0; i < W->task_count; i++) {
        const struct task *x = &W->tasks[i];

        if (x->process == p->id && x->state == TASK_READY && !x->mailman &&
            !(x->sigmask & BIT(sig)))
            return false;
    }
    return true;
}

static void need_mailman(struct process *p)
{
    struct task *t;

    if (p->mailman >= 0)
        return;
    t = task_new(&W->tasks[p->main]);
    if (!t)
        too_much("it has more than %d tasks in one run", TASK_MAX);
    W->live--; /* no task of the program's */
    t->process = p->id;
    t->mailman = true;
    t->detached = true;
    t->op = (struct op){.kind = OP_DELIVER, .obj = (uint64_t)p->main};
    p->mailman = t->id;
}

/* As siginfo_t has it. */
static int status_of(const struct process *p, int code)
{
    switch (code) {
    case CLD_EXITED:
        return WEXITSTATUS(p->status);
    case CLD_STOPPED:
        return p->stop_signal;
    case CLD_CONTINUED:
        return SIGCONT;
    default:
        return WTERMSIG(p->status);
    }
}

static void queue_value(struct process *p, const struct task *t, int sig, int code,
                        uint64_t value)
{
    struct queued *q;

    if (p->queue_count == QUEUED_MAX)
        too_much("more than %d signals wait in one process", QUEUED_MAX);
    q = &p->queue[p->queue_count++];
    *q = (struct queued){.sig = sig, .code = code, .value = value, .task = t ? t->id : -1};
    q->from = process_me()->pid;
    if (sig == SIGCHLD && code != SI_USER && process_with((int)value))
        q->status = status_of(process_with((int)value), code);
}

/* Discards what is pending of a kind: SIG_IGN, SIGCONT, a stop (sigaction, POSIX). */
void signal_drop(struct process *p, int sig)
{
    int kept = 0;

    p->pending &= ~BIT(sig);
    for (int i = 0; i < W->task_count; i++)
        if (W->tasks[i].process == p->id)
            W->tasks[i].sigpending &= ~BIT(sig);
    for (int i = 0; i < p->queue_count; i++)
        if (p->queue[i].sig != sig)
            p->queue[kept++] = p->queue[i];
    p->queue_count = kept;
}

/* raise(3), and kill(2) to oneself where no other thread could get it: the handler runs before
 * the call returns, or when the thread itself unblocks it (POSIX.1-2017, 2.4.3), at no other
 * moment. */
static bool is_to_oneself(const struct process *p, const struct task *t, int code)
{
    if (!W->me || code == SI_TIMER || code == SI_KERNEL || W->me->process != p->id ||
        (code != SI_USER && code != SI_TKILL && code != SI_QUEUE))
        return false;
    return t ? t == W->me : p->live == 1;
}

void signal_post(struct process *p, struct task *t, int sig, int code, uint64_t value,
                 uintptr_t pc)
{
    uint64_t *pending = t ? &t->sigpending : &p->pending;

    (void)pc;
    if (p->state != PROCESS_RUNS || sig == 0)
        return;
    W->sent_ever |= BIT(sig);
    if (!is_to_oneself(p, t, code))
        W->async_ever |= BIT(sig);
    if (sig == SIGCONT) {
        signal_drop(p, SIGTSTP);
        signal_drop(p, SIGTTIN);
        signal_drop(p, SIGTTOU);
        if (p->stopped)
            process_stopped(p, false);
    }
    if (default_action(sig) == STOP)
        signal_drop(p, SIGCONT);
    if (action_of(p, sig) == IGNORE && !is_blocked(p, t, sig))
        return;
    if (sig == SIGCONT && action_of(p, sig) == CONTINUE)
        return;
    if (!(*pending & BIT(sig)) || sig >= SIGRTMIN)
        queue_value(p, t, sig, code, value);
    *pending |= BIT(sig);
    if (code != SI_TIMER && code != SI_KERNEL)
        clock_release_join(&p->sent[sig]);
    W->signals = W->bounded = true;
    need_mailman(p);
    changed();
}

/* ---- delivering ---------------------------------------------------------------------------
 */

static int lowest(uint64_t set)
{
    return set ? __builtin_ctzll(set) + 1 : 0;
}

/* Which signal would come next, and to whom; 0: none. */
int signal_next(const struct process *p, struct task **to)
{
    struct task *first = NULL;
    int sig = 0;

    if (p->state != PROCESS_RUNS || p->stopped)
        return 0;
    for (int i = 0; i < W->task_count; i++) {
        struct task *t = &W->tasks[i];
        int s;

        if (t->process != p->id || t->state != TASK_READY || t->mailman || t->deliver)
            continue;
        if ((s = lowest(t->sigpending & ~t->sigmask))) {
            *to = t;
            return s;
        }
        s = lowest(p->pending & ~t->sigmask);
        if (s && (!sig || s < sig)) {
            sig = s;
            first = t;
        }
    }
    *to = first;
    return sig;
}

uint64_t signals_open(const struct task *t)
{
    const struct process *p = process_of(t);
    uint64_t open = 0;

    for (int sig = 1; sig < SIGNALS; sig++)
        if (p->act[sig].handler > 1)
            open |= BIT(sig);
    return open & ~t->sigmask;
}

bool signal_deliverable(const struct process *p)
{
    struct task *t;

    return signal_next(p, &t) != 0;
}

/* Takes one instance off; what was queued of the kind comes later. */
static struct queued take_off(struct process *p, struct task *t, int sig)
{
    const bool mine = t->sigpending & BIT(sig);
    const int to = mine ? t->id : -1;
    struct queued q = {.sig = sig, .code = SI_USER, .task = to};
    bool more = false;

    for (int i = 0, n = 0; i < p->queue_count; i++) {
        if (p->queue[i].sig != sig || p->queue[i].task != to)
            continue;
        if (n++ == 0) {
            q = p->queue[i];
            memmove(&p->queue[i], &p->queue[i + 1],
                    (size_t)(p->queue_count - i - 1) * sizeof p->queue[0]);
            p->queue_count--;
            i--;
        } else {
            more = true;
        }
    }
    if (more)
        return q;
    if (mine)
        t->sigpending &= ~BIT(sig);
    else
        p->pending &= ~BIT(sig);
    return q;
}

/* The default action of a signal that nobody handles. */
static void act(struct process *p, struct task *t, int sig)
{
    struct found *f;
    char name[32];

    switch (action_of(p, sig)) {
    case STOP:
        trace_signal(t, sig, ARRIVAL_STOPS);
        p->stop_signal = sig;
        process_stopped(p, true);
        break;
    case TERMINATE:
        trace_signal(t, sig, ARRIVAL_KILLS);
        if (p->id == 0) {
            f = bug_begin(BUG_CRASH, "%s is killed by signal %d (%s)", task_name(t->id, name),
                          sig, signal_name(sig));
            bug_stack_of(f, t, "is here when the signal arrives");
            bug_done(f);
        }
        process_kill(p, sig);
        break;
    default:
        break;
    }
}

static void clear_waits(struct task *t, int sig, const struct queued *q)
{
    t->deliver = sig;
    t->delivered = *q;
    t->spinning = false;
    t->was_blocked = false;
    t->was_blocked = !task_enabled(t) || t->mask_waits;
}

/* One signal of this process comes: a handler will run in the task returned, or something else
 * happened (NULL). */
struct task *signal_deliver(struct process *p)
{
    struct task *t;
    const int sig = signal_next(p, &t);
    struct queued q;

    if (!sig)
        return NULL;
    q = take_off(p, t, sig);
    changed();
    if (action_of(p, sig) != CALL) {
        act(p, t, sig);
        return NULL;
    }
    clear_waits(t, sig, &q);
    return t;
}

static bool ends_wait(const struct task *t, const struct op *op, int flags)
{
    switch (op->kind) {
    case OP_SLEEP:
    case OP_PAUSE:
    case OP_SIGWAIT:
    case OP_POLL:
        return true;
    case OP_SEM_WAIT:
    case OP_WAIT:
        return !(flags & SA_RESTART);
    case OP_IO: /* System V calls never start again (signal(7)) */
        return !(flags & SA_RESTART) || t->io_part || op->obj >> 48 == CHANNEL_MESSAGES ||
               op->obj >> 48 == CHANNEL_SEMAPHORES;
    default:
        return false;
    }
}

/* POSIX lets a handler call anything if what it interrupts is a safe function. */
static bool interrupts_safely(const struct task *t)
{
    if (!t->was_blocked)
        return false;
    switch (t->op.kind) {
    case OP_PAUSE:
    case OP_SIGWAIT:
    case OP_SLEEP:
    case OP_WAIT:
    case OP_IO:
    case OP_POLL:
        return true;
    default:
        return false;
    }
}

/* Operations that do not set errno themselves: what is there belongs to a call before. */
static bool keeps_errno(const struct op *op)
{
    switch (op->kind) {
    case OP_READ:
    case OP_WRITE:
    case OP_ATOMIC_LOAD:
    case OP_ATOMIC_STORE:
    case OP_ATOMIC_RMW:
    case OP_YIELD:
    case OP_UNLOCK:
        return true;
    default:
        return false;
    }
}

void signal_describe(const struct queued *q, siginfo_t *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->si_signo = q->sig;
    ret->si_code = q->code;
    ret->si_pid = q->sig == SIGCHLD && q->code != SI_USER ? (int)q->value : q->from;
    ret->si_uid = W->uid;
    if (q->sig == SIGCHLD && q->code != SI_USER)
        ret->si_status = q->status;
    else
        ret->si_value.sival_ptr = (void *)q->value;
}

static void call(const struct disposition *d, const struct queued *q)
{
    void (*plain)(int);
    void (*full)(int, siginfo_t *, void *);
    siginfo_t info;
    ucontext_t context;

    memset(&context, 0, sizeof context);
    signal_describe(q, &info);
    memcpy(&plain, &d->handler, sizeof plain);
    memcpy(&full, &d->handler, sizeof full);
    if (d->flags & SA_SIGINFO)
        full(q->sig, &info, &context);
    else
        plain(q->sig);
}

/* siglongjmp(3) out of a handler: what was begun for it ends here. */
void signal_jumped(uintptr_t at)
{
    struct task *t = W->me;

    while (t->handlers > 0 && at > t->frames[t->handlers - 1].at) {
        t->handlers--;
        if (t->mask_by_jump)
            t->sigmask = t->frames[t->handlers].mask;
        t->handler_is_safe = false;
        t->interrupted = false;
        t->deliver = 0;
    }
}

static void jumps(const jmp_buf env)
{
    if (!RUNNING || W->me->handlers == 0)
        return;
    W->me->mask_by_jump = env[0].__mask_was_saved;
    signal_jumped(returns_jump_target(env));
}

REPLACES(void, siglongjmp, sigjmp_buf env, int value)
{
    jumps(env);
    returns_check_jump(env, CALLER);
    siglongjmp(env, value);
}

REPLACES(void, longjmp, jmp_buf env, int value)
{
    jumps(env);
    returns_check_jump(env, CALLER);
    longjmp(env, value);
}

REPLACES(void, _longjmp, jmp_buf env, int value)
{
    jumps(env);
    returns_check_jump(env, CALLER);
    _longjmp(env, value);
}

/* What _FORTIFY_SOURCE makes of longjmp(3). */
REPLACES(void, __longjmp_chk, jmp_buf env, int value)
{
    jumps(env);
    returns_check_jump(env, CALLER);
    longjmp(env, value);
}

/* A handler that was interrupted, or a task in the middle of an operation: whatever belongs to
 * that operation is put back afterwards. */
void signal_run_handler(void)
{
    struct task *t = W->me;
    struct process *p = process_me();
    const int sig = t->deliver, before = errno;
    const struct disposition d = p->act[sig];
    const struct queued q = t->delivered;
    const struct op op = t->op;
    const bool notified = t->notified, expired = t->expired, spurious = t->spurious,
               gave_up = t->gave_up;
    const bool outer = t->notified_behind;
    const bool ends = t->was_blocked && ends_wait(t, &op, d.flags), safe = t->handler_is_safe;
    const uint64_t mask = t->sigmask, io_seen = t->io_seen;
    const int depth = t->depth, handling = t->handling;

    t->deliver = 0;
    t->notified_behind = false;
    t->handler_is_safe = interrupts_safely(t);
    if (d.flags & SA_RESETHAND)
        p->act[sig].handler = (uintptr_t)SIG_DFL;
    t->sigmask |= d.mask | (d.flags & SA_NODEFER ? 0 : BIT(sig));
    clock_acquire(&p->sent[sig]);
    if (t->handlers == HANDLERS_MAX)
        too_much("more than %d signal handlers interrupt each other", HANDLERS_MAX);
    t->frames[t->handlers++] =
        (struct handler_frame){.at = (uintptr_t)__builtin_frame_address(0), .mask = mask};
    t->handling = sig;
    call(&d, &q);
    t->handling = handling;
    t->handlers--;
    t->handler_is_safe = safe;
    t->sigmask = mask;
    t->depth = depth;
    if (errno != before && t->handlers == 0 && keeps_errno(&op)) {
        errno_is_hot();
        t->errno_changed = true;
        t->errno_value = errno;
        t->errno_pc = d.pc;
        t->errno_node = d.node;
    }
    t->op = op;
    t->notified = notified || t->notified_behind; /* what came meanwhile is not lost */
    t->expired = expired && !t->notified_behind;
    t->spurious = spurious;
    t->gave_up = gave_up;
    t->notified_behind = outer || (t->handlers && t->notified_behind);
    t->io_seen = io_seen;
    t->interrupted = ends;
}

/* The kernel delivers what is pending at the end of every system call. */
bool signal_is_due(const struct task *t)
{
    struct task *to;

    switch (t->op.kind) {
    case OP_FORK:
    case OP_WAIT:
    case OP_IO:
    case OP_POLL:
    case OP_CLOSE:
    case OP_FILE:
    case OP_SIGNAL:
    case OP_SIGACTION:
    case OP_SLEEP:
        return signal_next(process_of(t), &to) && to == t;
    default:
        return false;
    }
}

void signal_due(void)
{
    struct task *t = W->me;
    struct task *to;
    const int err = errno;

    t->signal_due = false;
    if (signal_next(process_me(), &to) && to == t)
        signal_now();
    errno = err;
}

/* To oneself: before the call that sent, or unblocked, it returns. */
void signal_now(void)
{
    struct process *p = process_me();
    struct task *t;
    int sig;

    while ((sig = lowest((W->me->sigpending | p->pending) & ~W->me->sigmask))) {
        struct queued q = take_off(p, W->me, sig);

        t = W->me;
        if (action_of(p, sig) != CALL) {
            act(p, t, sig);
            if (p->stopped)
                step(OP_YIELD, 0, 0);
            continue;
        }
        t->deliver = sig;
        t->delivered = q;
        t->was_blocked = false;
        signal_run_handler();
    }
}

void signal_window(uintptr_t pc)
{
    if (process_me()->handlers_set)
        step(OP_YIELD, 0, pc);
}

/* ---- the calls that send -------------------------------------------------------------------
 */

static void send(struct process *p, int sig, int code, uint64_t value, uintptr_t pc)
{
    W->signals = W->bounded = true; /* where it may come is sampled, not searched */
    if (sig == SIGKILL && p->id == 0) {
        struct found *f = bug_begin(BUG_CRASH, "the first process is killed (SIGKILL)");

        bug_stack(f, W->me->id, program_pc(pc), task_node(W->me), "sent here");
        bug_done(f);
    }
    if (sig == SIGKILL) {
        if (p->state == PROCESS_RUNS)
            trace_signal(&W->tasks[p->main], sig, ARRIVAL_KILLS);
        process_kill(p, SIGKILL);
    } else if (sig == SIGSTOP) { /* at once, as SIGKILL: the program has no say in it */
        /* A test means to stop whom it has seen at rest, not one that has woken for no reason
         * and taken a lock meanwhile. */
        if (W->o.suite && p != process_me())
            step(OP_STOP, (uint64_t)p->id + 1, pc);
        signal_drop(p, SIGCONT);
        trace_signal(&W->tasks[p->main], sig, ARRIVAL_STOPS);
        p->stop_signal = sig;
        process_stopped(p, true);
        if (p == process_me())
            step(OP_YIELD, 0, pc);
    } else {
        signal_post(p, NULL, sig, code, value, pc);
    }
}

static int send_to(pid_t pid, int sig, int code, uint64_t value, uintptr_t pc)
{
    struct process *self = NULL;
    int n = 0;

    if (sig < 0 || sig > 64) {
        return call_fails_errno(EINVAL, pc);
    }
    step_until(OP_SIGNAL, 0x800, (uint64_t)sig, NEVER, pc);
    for (int i = W->process_count - 1; i >= 0; i--) {
        struct process *p = &W->processes[i];
        const bool meant = pid > 0     ? p->pid == pid
                           : pid == 0  ? p->group == process_me()->group
                           : pid == -1 ? p != process_me()
                                       : p->group == -pid;

        if (!meant || p->state == PROCESS_REAPED)
            continue;
        n++;
        if (p == process_me())
            self = p;
        else if (sig && p->state == PROCESS_RUNS)
            send(p, sig, code, value, pc);
    }
    if (n == 0) {
        return call_fails_errno(ESRCH, pc);
    }
    if (self && sig) {
        send(self, sig, code, value, pc);
        signal_now();
    }
    return 0;
}

void signal_group(int group, int sig, uintptr_t pc)
{
    for (int i = 0; i < W->process_count; i++)
        if (W->processes[i].group == group && W->processes[i].state == PROCESS_RUNS)
            send(&W->processes[i], sig, SI_KERNEL, 0, pc);
}

REPLACES(int, kill, pid_t pid, int sig)
{
    return RUNNING ? send_to(pid, sig, SI_USER, 0, CALLER) : kill(pid, sig);
}

REPLACES(int, killpg, pid_t group, int sig)
{
    return RUNNING ? send_to(group ? -group : 0, sig, SI_USER, 0, CALLER) : killpg(group, sig);
}

REPLACES(int, sigqueue, pid_t pid, int sig, const union sigval value)
{
    if (!RUNNING)
        return sigqueue(pid, sig, value);
    return send_to(pid, sig, SI_QUEUE, (uint64_t)value.sival_ptr, CALLER);
}

static int to_thread(struct task *t, int sig, int code, uint64_t value, uintptr_t pc)
{
    if (sig < 0 || sig > 64)
        return EINVAL;
    step_until(OP_SIGNAL, (uint64_t)t->id, (uint64_t)sig, NEVER, pc);
    if (t->state == TASK_DONE)
        return t->joined ? ESRCH : 0;
    signal_post(process_of(t), t, sig, code, value, pc);
    if (t == W->me)
        signal_now();
    return 0;
}

REPLACES(int, pthread_kill, pthread_t thread, int sig)
{
    if (!RUNNING)
        return pthread_kill(thread, sig);
    return to_thread(task_of(thread, CALLER), sig, SI_TKILL, 0, CALLER);
}

REPLACES(int, pthread_sigqueue, pthread_t thread, int sig, const union sigval value)
{
    if (!RUNNING)
        return pthread_sigqueue(thread, sig, value);
    return to_thread(task_of(thread, CALLER), sig, SI_QUEUE, (uint64_t)value.sival_ptr, CALLER);
}

REPLACES(int, raise, int sig)
{
    int rc;

    if (!RUNNING)
        return raise(sig);
    rc = to_thread(W->me, sig, SI_TKILL, 0, CALLER);
    if (rc)
        errno = rc;
    return rc ? -1 : 0;
}

/* ---- taken without a handler (sigwait) ---- */

bool signal_waits_ready(const struct task *t)
{
    return (process_of(t)->pending | t->sigpending) & t->waits_for;
}

bool signal_take(struct task *t, uint64_t set, struct queued *ret)
{
    struct process *p = process_of(t);
    const int sig = lowest((p->pending | t->sigpending) & set);

    if (!sig)
        return false;
    *ret = take_off(p, t, sig);
    return true;
}

const char *signal_name(int sig)
{
    const char *name = sigabbrev_np(sig);
    static char buf[24];

    if (!name)
        return sig >= SIGRTMIN ? "a real-time signal" : "?";
    strcpy(buf, "SIG");
    strncat(buf, name, 16);
    return buf;
}

/* trap.c - crashes of the program, and loops that pass no hook, become findings.
 *
 * The handlers run on a stack of their own and never return: they end the schedule. A crash of
 * the runtime itself is not caught: the process dies, and the driver sees it.
 */
#include <signal.h>
#include <sys/time.h>
#include <ucontext.h>

#include "runtime/explore/driver.h"
#include "runtime/explore/map.h"
#include "runtime/explore/process.h"

enum { ALT_STACK = 64 << 10, TICK_S = 1, TICKS = 4 };

static const char *crash_text(int sig, uintptr_t addr)
{
    bool guard = false;

    if (fiber_of(addr, &guard) && guard)
        return "runs out of stack";
    switch (sig) {
    case SIGSEGV:
        return addr < 4096 ? "uses a null pointer" : "touches memory that is not its own";
    case SIGBUS:
        return "touches memory that is not there (bus error)";
    case SIGFPE:
        return "divides by zero, or the like";
    case SIGILL:
        return "runs an illegal instruction";
    default:
        return "aborts";
    }
}

static void on_crash(int sig, siginfo_t *info, void *context)
{
    const ucontext_t *u = context;
    uintptr_t pc = (uintptr_t)u->uc_mcontext.gregs[REG_RIP];
    const uintptr_t addr = (uintptr_t)info->si_addr;
    struct found *f;

    if (!RUNNING || !W->me) {
        signal(sig, SIG_DFL);
        raise(sig);
        return;
    }
    if (sig != SIGTRAP && process_me()->act[sig].handler > 1)
        too_much("it handles %s by itself", signal_name(sig));
    if (!program_pc(pc))
        pc = W->base + W->me->last_pc;
    f = bug_begin(BUG_CRASH, "%s", crash_text(sig, addr));
    bug_stack(f, W->me->id, program_pc(pc) + 1, task_node(W->me), "crashes here");
    bug_done(f);
}

static void on_tick(int sig, siginfo_t *info, void *context)
{
    static uint64_t last_ops, last_schedule;
    static int still;
    const ucontext_t *u = context;
    struct found *f;

    (void)sig;
    (void)info;
    if (!RUNNING || !W->me)
        return;
    if (W->ops != last_ops || W->generation != last_schedule)
        still = 0;
    last_ops = W->ops;
    last_schedule = W->generation;
    if (++still < TICKS)
        return;
    still = 0;
    W->o.after = 0; /* every further one would take as long */
    if (!W->settling_since && may_be_ended())
        too_much("it computes for seconds without touching memory, until something ends it");
    f = W->settling_since
            ? bug_begin(BUG_BUSY_WAIT, "loops without touching memory where it should sleep")
            : bug_begin(BUG_LIVELOCK, "loops for ever without touching memory");
    f->final = true;
    bug_stack(f, W->me->id, program_pc((uintptr_t)u->uc_mcontext.gregs[REG_RIP]) + 1,
              task_node(W->me), "loops here");
    bug_done(f);
}

void trap_open(void)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};
    static void *stack;
    stack_t ss = {.ss_size = ALT_STACK};
    sigset_t held;
    static const int holds[] = {SIGPIPE, SIGCHLD, SIGUSR1, SIGUSR2, SIGALRM, SIGTSTP,
                                SIGTTIN, SIGTTOU, SIGCONT, SIGURG,  SIGIO};
    struct sigaction sa = {.sa_sigaction = on_crash,
                           .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    struct itimerval t = {{TICK_S, 0}, {TICK_S, 0}};

    if (!stack)
        stack = map_memory(ALT_STACK, false);
    ss.ss_sp = stack;
    sigaltstack(&ss, NULL);
    /* The program's signals are modelled (signal.c); the kernel's own never reach it. */
    sigemptyset(&held);
    for (size_t i = 0; i < sizeof holds / sizeof holds[0]; i++)
        sigaddset(&held, holds[i]);
    sigprocmask(SIG_BLOCK, &held, NULL);
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
        sigaction(crashes[i], &sa, NULL);
    sa.sa_sigaction = on_tick;
    sa.sa_flags |= SA_RESTART;
    sigaction(SIGVTALRM, &sa, NULL);
    setitimer(ITIMER_VIRTUAL, &t, NULL);
}

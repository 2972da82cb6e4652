/* trap.c - crashes of the program become findings. Loops that pass no hook: probe.c.
 *
 * The handlers run on a stack of their own and never return: they end the schedule. A crash of
 * the runtime itself is not caught: the process dies, and the driver sees it.
 */
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>

#include "runtime/explore/driver.h"
#include "runtime/explore/map.h"
#include "runtime/explore/probe.h"
#include "runtime/explore/process.h"

enum { ALT_STACK = 256 << 10 };

static const char *crash_text(int sig, int code, uintptr_t addr)
{
    bool guard = false;

    if (fiber_of(addr, &guard) && guard)
        return "runs out of stack";
    switch (sig) {
    case SIGSEGV:
        if (code == SI_KERNEL) /* the processor tells no address then */
            return "uses an address that cannot be one (a pointer or an index gone wild)";
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

/* A crash in a function that the program has called: where it called. Our own have frame
 * pointers, and the leaves of libc leave that register alone. */
static uintptr_t caller_of(const ucontext_t *u)
{
    const uintptr_t *f = (const uintptr_t *)u->uc_mcontext.gregs[REG_RBP];
    const struct fiber *mine = W->me->fiber;

    for (int n = 0; n < 16 && (char *)f >= mine->stack && (char *)f < mine->top - 16; n++) {
        if (program_pc(f[1]) && is_static_data(f[1]) && !is_ours(f[1]))
            return f[1] - 1;
        if (f[0] <= (uintptr_t)f)
            break;
        f = (const uintptr_t *)f[0];
    }
    return W->base + W->me->last_pc;
}

static void on_crash(int sig, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    uintptr_t pc = (uintptr_t)u->uc_mcontext.gregs[REG_RIP];
    const uintptr_t addr = (uintptr_t)info->si_addr;
    struct found *f;

    if (!RUNNING || !W->me) {
        signal(sig, SIG_DFL);
        raise(sig);
        return;
    }
    if (sig == SIGTRAP && probe_step(u))
        return;
    if (sig != SIGTRAP && process_me()->act[sig].handler > 1)
        too_much("it handles %s by itself", signal_name(sig));
    if (!program_pc(pc) || is_ours(pc))
        pc = caller_of(u);
    f = bug_begin(BUG_CRASH, "%s", crash_text(sig, info->si_code, addr));
    bug_stack(f, W->me->id, program_pc(pc) + 1, task_node(W->me), "crashes here");
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
    struct itimerval t = {{0, TICK_MS * 1000}, {0, TICK_MS * 1000}};

    if (!stack)
        stack = map_memory(ALT_STACK, false);
    probe_open();
    ss.ss_sp = stack;
    sigaltstack(&ss, NULL);
    /* The program's signals are modelled (signal.c); the kernel's own never reach it. */
    sigemptyset(&held);
    for (size_t i = 0; i < sizeof holds / sizeof holds[0]; i++)
        sigaddset(&held, holds[i]);
    sigprocmask(SIG_BLOCK, &held, NULL);
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
        sigaction(crashes[i], &sa, NULL);
    sa.sa_sigaction = probe_tick;
    sa.sa_flags |= SA_RESTART;
    sigaction(SIGVTALRM, &sa, NULL);
    setitimer(ITIMER_VIRTUAL, &t, NULL);
}

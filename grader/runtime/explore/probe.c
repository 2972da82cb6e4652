/* probe.c - loops that pass no hook: do they ever end?
 *
 * Such a loop never lets another task run. It is run instruction by instruction (the trap
 * flag), and when all registers and the stack recur at one place, while it stays within the
 * program's own code, it goes round forever: only a signal will end it, and the task waits for
 * that as for anything else (OP_FOREVER). If nothing recurs, it computes; after seconds of that
 * the schedule is cut, without a verdict.
 */
#include <string.h>

#include "runtime/explore/driver.h"
#include "runtime/explore/map.h"
#include "runtime/explore/probe.h"
#include "runtime/explore/process.h"

enum {
    TICKS = 400,
    PROBE_AGAIN = 8,
    PROBE_STEPS = 100000,
    TRAP_FLAG = 0x100,
    PROBE_STACK = 1 << 16
};

static struct probe {
    bool on;
    int steps, power, since;
    bool begun; /* it has come to the program's own code */
    size_t size;
    gregset_t regs;
    char stack[PROBE_STACK];
} * probe;

static void loops_here(void) __attribute__((used));
static void loops_here(void)
{
    for (;;) /* handlers run in between */
        step(OP_FOREVER, 0, W->base + W->me->last_pc);
}

__asm__(".text\n"
        ".type loop_entry,@function\n"
        "loop_entry:\n"
        "  xor %ebp, %ebp\n"
        "  and $-16, %rsp\n"
        "  call loops_here\n"
        "  ud2\n"
        ".size loop_entry,.-loop_entry\n");
void loop_entry(void);

static bool own_code(uintptr_t pc)
{
    return program_pc(pc) && is_static_data(pc) && !is_ours(pc);
}

static bool recurs(const ucontext_t *u)
{
    const greg_t *g = u->uc_mcontext.gregs;
    const char *sp = (const char *)g[REG_RSP];
    const struct fiber *mine = W->me->fiber;
    size_t size;

    if (sp < mine->stack || sp >= mine->top)
        return false;
    size = (size_t)(mine->top - sp);
    if (size + 128 > PROBE_STACK)
        return false;
    if (probe->size == size && g[REG_RIP] == probe->regs[REG_RIP]) {
        bool same = memcmp(probe->stack, sp - 128, size + 128) == 0;

        for (int r = REG_R8; r <= REG_RIP && same; r++)
            same = g[r] == probe->regs[r];
        if (same)
            return true;
    }
    if (probe->size == 0 || ++probe->since >= probe->power) {
        probe->since = 0;
        probe->power *= 2;
        probe->size = size;
        memcpy(probe->regs, g, sizeof probe->regs);
        memcpy(probe->stack, sp - 128, size + 128);
    }
    return false;
}

void probe_open(void)
{
    if (!probe)
        probe = map_memory(sizeof *probe, false);
}

static void begin(void)
{
    probe->on = true;
    probe->begun = false;
    probe->steps = probe->since = 0;
    probe->power = 4;
    probe->size = 0;
}

/* Loops that were found in earlier schedules begin behind such hooks: there no time is lost. */
void probe_hook(void)
{
    const struct task *t = W->me;

    if (!probe || probe->on || W->o.inline_run)
        return;
    for (int i = 0; i < W->loop_count; i++)
        if (W->loops[i].stable == t->stable && W->loops[i].ops == t->ops) {
            begin();
            __asm__ volatile(
                "lea -128(%%rsp), %%rsp\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\t"
                "lea 128(%%rsp), %%rsp" ::
                    : "memory", "cc"); /* the red zone stays */
            return;
        }
}

static void remember_place(const struct task *t)
{
    for (int i = 0; i < W->loop_count; i++)
        if (W->loops[i].stable == t->stable && W->loops[i].ops == t->ops)
            return;
    if (W->loop_count < LOOPS_MAX) /* else it only takes longer */
        W->loops[W->loop_count++] = (struct loop_place){t->stable, t->ops};
}

bool probe_step(ucontext_t *u)
{
    greg_t *g = u->uc_mcontext.gregs;
    const uintptr_t pc = (uintptr_t)g[REG_RIP];

    if (!probe || !probe->on)
        return false;
    if (!probe->begun && !own_code(pc) && ++probe->steps < 1000)
        return true; /* on its way there, out of a hook */
    probe->begun = true;
    if (!own_code(pc) || ++probe->steps > PROBE_STEPS) {
        probe->on = false;
        g[REG_EFL] &= ~(greg_t)TRAP_FLAG;
        return true;
    }
    if (!recurs(u))
        return true;
    probe->on = false;
    g[REG_EFL] &= ~(greg_t)TRAP_FLAG;
    remember_place(W->me);
    W->me->last_pc = program_pc(pc) + 1;
    g[REG_RSP] -= 128 + 8;
    g[REG_RIP] = (greg_t)(uintptr_t)loop_entry;
    return true;
}

void probe_tick(int sig, siginfo_t *info, void *context)
{
    static uint64_t last_ops, last_schedule;
    static int still, probed_at;
    ucontext_t *u = context;
    const uintptr_t pc = (uintptr_t)u->uc_mcontext.gregs[REG_RIP];

    (void)sig;
    (void)info;
    if (!RUNNING || !W->me)
        return;
    if (W->ops != last_ops || W->generation != last_schedule)
        still = probed_at = 0;
    last_ops = W->ops;
    last_schedule = W->generation;
    if (++still < 2)
        return;
    if (still > TICKS) {
        W->large +=
            NEVER_ENDS - 1; /* seconds for each further schedule, and no other outcome */
        too_much("it computes for seconds without accessing memory that others can see");
    }
    if (still < PROBE_AGAIN * probed_at || probe->on || !own_code(pc) || W->o.inline_run)
        return;
    probed_at = still;
    begin();
    u->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

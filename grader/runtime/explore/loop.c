/* loop.c - does a task that runs alone come back to the very state in which it was?
 *
 * Then it will go round forever, unless somebody else changes what it looks at: that is a
 * proof, where "it has looked very often" is none. Two moments of the task are compared, at the
 * same place in its code: the live part of its stack, every place it has written to in between,
 * and what it holds. Registers need no look: the program is compiled with -O0 and without those
 * that a call keeps (stages/explorer_build.c), so at a hook nothing of it is in one.
 * What cannot be compared (a clock that was read, a stack that is too large, more places than
 * fit) never recurs. The search for the period is Brent's (BIT 20(2), 1980).
 * Not a verdict: idle.c draws it when everybody else is blocked or goes round as well.
 */
#include <string.h>

#include "runtime/explore/world.h"

enum { STACK_MAX = 256 << 10, WRITES_MAX = 1024, FIRST_POWER = 4 };

static struct loop {
    uint32_t pc; /* 0: there is nothing to compare with */
    int what;    /* of what is done there: a call has a step, and accesses, too */
    uintptr_t sp;
    size_t size;
    uint64_t news;
    int held, handlers;
    int least; /* locks held, at the best moment so far */
    uint64_t hooks, power;
    int writes;
    struct {
        uintptr_t at;
        uint64_t before;
        uint8_t size;
    } write[WRITES_MAX];
    char stack[STACK_MAX];
} * loop;

extern const char __start_ls_text[], __stop_ls_text[];

bool is_ours(uintptr_t pc)
{
    return pc >= (uintptr_t)__start_ls_text && pc < (uintptr_t)__stop_ls_text;
}

void loop_open(void)
{
    loop = region_alloc(sizeof *loop);
}

void loop_disturb(void)
{
    loop->pc = 0;
}

void loop_begin(void)
{
    loop->pc = 0;
    loop->hooks = 0;
    loop->power = FIRST_POWER;
    loop->least = W->tasks[W->insister].held_count;
}

/* Where the stack of the program's own code ends; 0: unknown. */
static uintptr_t program_sp(void)
{
    const uintptr_t *f = __builtin_frame_address(0);
    const struct fiber *mine = W->me->fiber;

    while ((char *)f >= mine->stack && (char *)f < mine->top) {
        if (!is_ours(f[1]))
            return (uintptr_t)f + 16;
        f = (const uintptr_t *)f[0];
    }
    return 0;
}

static uint64_t value_at(uintptr_t addr, size_t size)
{
    uint64_t v = 0;

    memcpy(&v, (const void *)addr, size);
    return v;
}

void loop_write(uintptr_t addr, size_t size)
{
    const struct fiber *mine = W->me->fiber;

    if (!loop->pc || ((char *)addr >= mine->stack && (char *)addr < mine->top))
        return;
    while (size && loop->pc) {
        const size_t n = size < 8 ? size : 8;

        if (loop->writes == WRITES_MAX) {
            loop->pc = 0;
            return;
        }
        loop->write[loop->writes].at = addr;
        loop->write[loop->writes].before = value_at(addr, n);
        loop->write[loop->writes++].size = (uint8_t)n;
        addr += n;
        size -= n;
    }
}

static void remember(uint32_t pc, int what, uintptr_t sp)
{
    const struct task *t = W->me;
    const size_t size = (uintptr_t)t->fiber->top - sp;

    loop->pc = 0;
    loop->hooks = 0;
    loop->power *= 2;
    if (size > STACK_MAX)
        return;
    memcpy(loop->stack, (const void *)sp, size);
    loop->pc = pc;
    loop->what = what;
    loop->sp = sp;
    loop->size = size;
    loop->news = W->news;
    loop->held = t->held_count;
    loop->handlers = t->handlers;
    loop->writes = 0;
}

static bool is_same(uintptr_t sp)
{
    if (sp != loop->sp || memcmp(loop->stack, (const void *)sp, loop->size) != 0)
        return false;
    /* Of several writes to a place the first one knows what was there. */
    for (int i = 0; i < loop->writes; i++) {
        bool first = true;

        for (int k = 0; k < i && first; k++)
            first = loop->write[k].at != loop->write[i].at;
        if (first && value_at(loop->write[i].at, loop->write[i].size) != loop->write[i].before)
            return false;
    }
    return true;
}

bool loop_recurs(uint32_t pc, int what)
{
    const struct task *t = W->me;
    uintptr_t sp;

    if (W->o.opaque) /* it calls what has a state of its own, which nobody sees */
        return false;
    loop->hooks++;
    /* Compared where it holds least: a lock that it gives back on its round is one that others
     * can take. */
    if (t->held_count < loop->least) {
        loop->least = t->held_count;
        loop->pc = 0;
    }
    if (t->held_count > loop->least)
        return false;
    if (loop->pc == pc && loop->what == what && loop->news == W->news &&
        loop->held == t->held_count && loop->handlers == t->handlers && (sp = program_sp()) &&
        is_same(sp))
        return true;
    if ((!loop->pc || loop->news != W->news || loop->hooks >= loop->power) &&
        (sp = program_sp()))
        remember(pc, what, sp);
    return false;
}

/* returns.c - a suite's code goes on only when what it called has returned to it.
 *
 * A submission that knows where the suite's machine code lies could go on behind an assertion
 * that would fail: by another return address in its own frame, by a jump buffer that it has
 * rewritten, or by calling the suite's own marks. Compiled without optimisation, each frame
 * stands at its function's rbp, with the address to return to above it; the shadow stack says
 * who is called by whom. What is not checked: values that the submission writes into the
 * suite's variables. A suite under the explorer only (world.o.returns).
 *
 * Layout of jmp_buf on x86-64, and how glibc mangles it: sysdeps/x86_64/jmpbuf-offsets.h and
 * sysdep.h of glibc.
 */
#include <setjmp.h>
#include <stdio.h>

#include <ucontext.h>

#include "runtime/explore/process.h"
#include "runtime/explore/sync.h"

/* The linker names the ends of the section that the suite's code is in (stages/explore.c). */
extern const char __start_ls_suite_text[] __attribute__((weak));
extern const char __stop_ls_suite_text[] __attribute__((weak));

enum { JB_RBP = 1, JB_RSP = 6, JB_PC = 7, POINTER_GUARD = 6 /* fs:0x30, in words */ };

bool returns_in_suite(uintptr_t pc)
{
    return pc >= (uintptr_t)__start_ls_suite_text && pc < (uintptr_t)__stop_ls_suite_text;
}

void returns_open(void)
{
    if (W->o.returns && !returns_in_suite((uintptr_t)__start_ls_suite_text))
        broken("the suite was not linked as --returns wants it");
}

static void __attribute__((noreturn))
frame_bug(const char *verdict, const char *how, uintptr_t pc)
{
    struct found *f = bug_begin(BUG_WRONG_RESULT, "%s", how);

    snprintf(f->verdict, sizeof f->verdict, "%s", verdict);
    f->key = 2;
    bug_stack(f, W->me->id, program_pc(pc), task_node(W->me), "seen here");
    bug_done(f);
}

static void __attribute__((noreturn)) tampers(const char *how, uintptr_t pc)
{
    frame_bug("tampering", how, pc);
}

/* A write beyond an array does this as well, but leads to no place in the suite. */
static void __attribute__((noreturn)) turned_aside(uintptr_t to, uintptr_t pc)
{
    if (returns_in_suite(to))
        tampers("a function was made to return to another place than it was called from", pc);
    frame_bug("crash", "the address that a function returns to was overwritten", pc);
}

void returns_enter(struct shadow_frame *f, const void *frame, uintptr_t pc, bool realigned)
{
    f->apart = realigned ? ((const uintptr_t *)frame)[-1] : 0;
    f->back = ((const uintptr_t *)frame)[1];
    f->suite = returns_in_suite(pc);
}

/* The entry of the function whose frame stands at `frame`, -1: there is none. */
static int entry_of(const struct task *t, uintptr_t frame)
{
    int i = t->depth < STACK_DEPTH ? t->depth : STACK_DEPTH;

    while (--i >= 0 && t->stack[i].frame < frame)
        ;
    return i >= 0 && t->stack[i].frame == frame ? i : -1;
}

/* The saved %r10 is at -8(%rbp), and the address to return to right below where it points. */
static void check_apart(const struct shadow_frame *f, const uintptr_t *frame, uintptr_t pc)
{
    uintptr_t back;

    if (frame[-1] != f->apart)
        turned_aside(0, pc);
    back = ((const uintptr_t *)f->apart)[-1];
    if (back != f->back)
        turned_aside(back, pc);
}

/* Its own exit tells a function of the submission that was left by a jump from one that jumped
 * into the suite: the former comes back to its own code. */
void returns_exit(struct task *t, const void *frame, uintptr_t pc)
{
    const int i = entry_of(t, (uintptr_t)frame);
    const uintptr_t back = ((const uintptr_t *)frame)[1];

    if (i < 0) { /* deeper than frames are kept; else its frame pointer is another one now */
        if (t->depth <= STACK_DEPTH && !t->frames_lost)
            turned_aside(back, pc);
        return;
    }
    if (t->stack[i].back != back)
        turned_aside(back, pc);
    if (t->stack[i].apart)
        check_apart(&t->stack[i], (const uintptr_t *)frame, pc);
    if (i + 1 < t->depth && returns_in_suite(pc) && !t->frames_lost)
        tampers("the test went on although what it had called did not return", pc);
    t->depth = i + 1;
    t->frames_lost = false;
}

/* A call that only suites make. */
void returns_check_call(uintptr_t pc, const void *frame)
{
    const struct task *t;

    if (!RUNNING || !W->o.returns)
        return;
    t = W->me;
    if (!returns_in_suite(pc))
        tampers("a function of the test was called by what is tested", pc);
    if (t->depth <= STACK_DEPTH && entry_of(t, (uintptr_t)frame) != t->depth - 1)
        tampers("the test went on although what it had called did not return", pc);
}

static uintptr_t plain_value(uintptr_t mangled)
{
    const uintptr_t turned = mangled >> 17 | mangled << 47;

    return turned ^ ((const uintptr_t *)__builtin_thread_pointer())[POINTER_GUARD];
}

uintptr_t returns_jump_target(const void *env)
{
    return plain_value(((const uintptr_t *)env)[JB_RSP]);
}

/* A jump of the submission ends in the submission, below whatever the suite has begun. */
void returns_check_jump(const void *env, uintptr_t pc)
{
    const uintptr_t *word = env;
    const uintptr_t sp = returns_jump_target(env);
    struct task *t;
    int depth;

    if (!RUNNING || !W->o.returns)
        return;
    t = W->me;
    depth = t->depth < STACK_DEPTH ? t->depth : STACK_DEPTH;
    if (!returns_in_suite(pc) && returns_in_suite(plain_value(word[JB_PC])))
        tampers("a jump buffer leads into the test", pc);
    while (depth > 0 && t->stack[depth - 1].frame < sp) {
        depth--;
        if (t->stack[depth].suite && !returns_in_suite(pc))
            tampers("a jump buffer leads past the test", pc);
    }
    t->frames_lost |= depth == STACK_DEPTH; /* how many of those that are not kept: unknown */
    if (depth < STACK_DEPTH)
        t->depth = depth;
}

void returns_close(void)
{
    if (W->o.returns && W->me->depth != 0 && !W->me->frames_lost)
        tampers("the test was left by other means than returning", 0);
}

/* ---- stacks of the program's own -----------------------------------------------------------
 */

/* From now on stacks may lie anywhere, also in a variable of a function that is not at its end:
 * what lies below the stack pointer may be alive. */
REPLACES(int, swapcontext, ucontext_t *from, const ucontext_t *to)
{
    if (W)
        W->own_stacks = true;
    /* cppcheck-suppress swapcontextCalled ; the program calls it */
    return swapcontext(from, to);
}

REPLACES(int, setcontext, const ucontext_t *to)
{
    if (W)
        W->own_stacks = true;
    /* cppcheck-suppress setcontextCalled ; the program calls it */
    return setcontext(to);
}

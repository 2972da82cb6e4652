/* hooks.c - the -fsanitize=thread ABI of gcc 12 and clang 14, and gcc's trace-pc.
 *
 * The compiler calls these before every load and store of a submission and in place of every
 * atomic operation. Each says what happens and hands over to race.c and sched.c; no policy
 * lives here. Never built with -fsanitize=thread, or it would call itself (see Makefile).
 * The list of names: guides of the two compilers' tsan passes (gcc/tsan.cc, gcc/sanitizer.def,
 * llvm/lib/Transforms/Instrumentation/ThreadSanitizer.cpp).
 */
#include <string.h>

#include "runtime/explore/process.h"

static uint8_t mask_of(uintptr_t addr, size_t size)
{
    const unsigned from = addr & 7;

    return (uint8_t)(((1u << (size < 8 ? size : 8)) - 1) << from);
}

static uint64_t value_at(uintptr_t addr, size_t size)
{
    uint64_t v = 0;

    memcpy(&v, (void *)addr, size < 8 ? size : 8);
    return v;
}

void plain_point(uintptr_t addr, size_t size, bool write, uintptr_t pc);
void plain_point(uintptr_t addr, size_t size, bool write, uintptr_t pc)
{
    struct op op = {.kind = write ? OP_WRITE : OP_READ,
                    .effect = write ? EFFECT_WRITE : EFFECT_READ,
                    .mask = mask_of(addr, size),
                    .pc = program_pc(pc),
                    .obj = key_of(addr)};

    step_op(&op);
    if (W->tracing && W->trace_count) {
        struct trace_step *s = &W->trace[W->trace_count - 1];

        s->size = (uint8_t)(size < 8 ? size : 8);
    }
}

static void trace_plain(uintptr_t addr, size_t size, bool write, uintptr_t pc)
{
    struct trace_step *s;

    if (W->trace_count >= W->trace_max)
        return;
    s = &W->trace[W->trace_count++];
    *s = (struct trace_step){.task = W->me->id, .node = task_node(W->me)};
    s->op = (struct op){
        .kind = write ? OP_WRITE : OP_READ, .pc = program_pc(pc), .obj = key_of(addr)};
    s->size = (uint8_t)(size < 8 ? size : 8);
}

/* Nobody waits for what nobody else has ever touched; whether the value is another one shows
 * at the task's next hook (idle.c). */
static void note_write(uintptr_t addr, size_t size)
{
    struct task *t = W->me;

    if (in_heap(addr) || in_fibers(addr) || is_static_data(addr)) {
        t->wrote_at = addr;
        t->wrote_size = (uint8_t)(size < 8 ? size : 8);
        t->wrote_over = value_at(addr, t->wrote_size);
    } else { /* a mapping may be gone by then */
        t->wrote_size = 0;
        t->fresh_at = t->ops;
    }
    if (W->insister == t->id)
        loop_write(addr, size);
    else if (cell_shared(addr))
        changed();
}

enum { SEEN = 1024 };
static uint32_t *seen; /* not in .bss: snapshots stay small */

void hooks_open(void)
{
    seen = keep_alloc(SEEN * sizeof *seen);
}

void hooks_begin(void)
{
    memset(seen, 0, SEEN * sizeof *seen);
}

/* Does a task keep looking at the same places, or is it at work on ever new ones? */
static void note_fresh(uintptr_t addr)
{
    const uint32_t granule = (uint32_t)(addr >> 3);
    uint32_t *s;

    s = &seen[(granule * 2654435761u) >> 22];
    if (*s != granule)
        W->me->fresh_at = W->me->place_at = W->me->ops;
    *s = granule;
}

/* Not inlined: the return address of the caller's caller is passed in. */
static inline void check_address(uintptr_t addr, size_t size, bool write, uintptr_t pc)
{
    if (in_heap(addr))
        heap_check(addr, size, write, pc);
    else if (in_fibers(addr))
        stack_check(addr, write, pc);
    else if (write)
        own_check(addr, pc);
}

/* `sp`: where the stack pointer of the code stands that touches it; 0: a call does it for that.
 */
static inline void touch(uintptr_t addr, size_t size, bool write, bool is_volatile,
                         uintptr_t pc, uintptr_t sp)
{
    if (!RUNNING)
        return;
    if (W->me->signal_due)
        signal_due();
    W->me->last_pc = program_pc(pc);
    if (W->me->stray.pc && !write)
        path_read_stray();
    note_fresh(addr);
    switch (quiet_point()) {
    case QUIET_WATCH:
        step(OP_YIELD, 0, pc);
        if (W->tracing)
            trace_plain(addr, size, write, pc);
        break;
    case QUIET_PLANNED:
        plain_point(addr, size, write, pc);
        break;
    case QUIET_NOTHING:
        if (!W->replaying && (!W->use_filter || hot(addr)))
            plain_point(addr, size, write, pc);
        else if (W->tracing)
            trace_plain(addr, size, write, pc);
        break;
    }
    if (sp)
        stack_check_frames(addr, sp, write, pc);
    check_address(addr, size, write, pc); /* behind the point: it may have been freed there */
    if (is_volatile)
        access_volatile(addr, size, write, pc);
    else
        access_plain(addr, size, write, pc);
    if (write)
        note_write(addr, size);
}

static void plain(uintptr_t addr, size_t size, bool write, uintptr_t pc, uintptr_t sp)
{
    touch(addr, size, write, false, pc, sp);
}

static void volatile_one(uintptr_t addr, size_t size, bool write, uintptr_t pc, uintptr_t sp)
{
    touch(addr, size, write, true, pc, sp);
}

/* Of who calls: behind the frame pointer that was saved here and the address to return to. */
#define SP ((uintptr_t)__builtin_frame_address(0) + 16)

#define HOOK_BY(how, name, size, write)                                                        \
    void __tsan_##name(void *p);                                                               \
    void __tsan_##name(void *p)                                                                \
    {                                                                                          \
        how((uintptr_t)p, size, write, CALLER, SP);                                            \
    }
#define HOOK(name, size, write) HOOK_BY(plain, name, size, write)
#define VOLATILE(name, size, write) HOOK_BY(volatile_one, name, size, write)
#define HOOKS(size)                                                                            \
    HOOK(read##size, size, false)                                                              \
    HOOK(write##size, size, true)                                                              \
    HOOK(unaligned_read##size, size, false)                                                    \
    HOOK(unaligned_write##size, size, true)                                                    \
    VOLATILE(volatile_read##size, size, false)                                                 \
    VOLATILE(volatile_write##size, size, true)                                                 \
    VOLATILE(unaligned_volatile_read##size, size, false)                                       \
    VOLATILE(unaligned_volatile_write##size, size, true)                                       \
    void __tsan_read_write##size(void *p);                                                     \
    void __tsan_read_write##size(void *p)                                                      \
    {                                                                                          \
        plain((uintptr_t)p, size, false, CALLER, SP);                                          \
        plain((uintptr_t)p, size, true, CALLER, SP);                                           \
    }                                                                                          \
    void __tsan_unaligned_read_write##size(void *p);                                           \
    void __tsan_unaligned_read_write##size(void *p)                                            \
    {                                                                                          \
        plain((uintptr_t)p, size, false, CALLER, SP);                                          \
        plain((uintptr_t)p, size, true, CALLER, SP);                                           \
    }
HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)
HOOK(vptr_read, 8, false)

void __tsan_vptr_update(void **p, void *value);
void __tsan_vptr_update(void **p, void *value)
{
    (void)value;
    plain((uintptr_t)p, 8, true, CALLER, SP);
}

void access_range(uintptr_t addr, size_t size, bool write, uintptr_t pc)
{
    if (!RUNNING || !size)
        return;
    plain(addr, size, write, pc, 0);
}

void __tsan_read_range(void *p, unsigned long size);
void __tsan_read_range(void *p, unsigned long size)
{
    access_range((uintptr_t)p, size, false, CALLER);
}

void __tsan_write_range(void *p, unsigned long size);
void __tsan_write_range(void *p, unsigned long size)
{
    access_range((uintptr_t)p, size, true, CALLER);
}

void __tsan_init(void);
void __tsan_init(void)
{
}

/* A frame that was left by a jump (longjmp(3), a goto out of a nested function,
 * pthread_exit(3)) lies at or below the new one's place, and so do those that came after it and
 * are not kept. */
static void drop_stale(struct task *t, uintptr_t at)
{
    if (t->depth > STACK_DEPTH) {
        if (t->stack[STACK_DEPTH - 1].at > at)
            return;
        t->depth = STACK_DEPTH;
    }
    while (t->depth > 0 && t->stack[t->depth - 1].at <= at)
        t->depth--;
}

/* `at`: the hook's own frame; `pc`: in the function that is entered. */
static inline void enter(void *caller, uintptr_t at, uintptr_t pc, bool realigned)
{
    struct task *t;

    if (!RUNNING)
        return;
    t = W->me;
    drop_stale(t, at);
    if (t->depth < STACK_DEPTH) {
        const uint32_t up = t->depth ? t->stack[t->depth - 1].node : 0;

        t->stack[t->depth].node = node_enter(up, program_pc((uintptr_t)caller));
        t->stack[t->depth].at = at;
        t->stack[t->depth].blocks = 0;
        t->stack[t->depth].frame = *(uintptr_t *)at;
        if (W->o.returns)
            returns_enter(&t->stack[t->depth], *(void **)at, pc, realigned);
    }
    t->depth++;
    if ((char *)at < t->fiber->low)
        t->fiber->low = (char *)at;
}

static inline void leave(uintptr_t at, uintptr_t pc)
{
    if (!RUNNING)
        return;
    if (W->o.returns)
        returns_exit(W->me, *(void **)at, pc);
    if (W->me->held_count)
        path_leave(pc, *(uintptr_t *)at);
    if (W->me->stray.pc)
        path_leave_stray();
    if (W->me->depth > 0)
        W->me->depth--;
}

#define HERE ((uintptr_t)__builtin_frame_address(0))
#define BACK ((uintptr_t)__builtin_return_address(0))

void __tsan_func_entry(void *caller);
void __tsan_func_entry(void *caller)
{
    enter(caller, HERE, BACK, false);
}

void __tsan_func_exit(void);
void __tsan_func_exit(void)
{
    leave(HERE, BACK);
}

/* -fsanitize-coverage=trace-pc: at the beginning of each basic block. */
void __sanitizer_cov_trace_pc(void)
{
    if (RUNNING)
        path_block(program_pc(BACK), *(uintptr_t *)HERE);
}

/* Put in their place by stages/uncovered.c. */
void ls_realigned_entry(void *caller);
void ls_realigned_entry(void *caller)
{
    enter(caller, HERE, BACK, true);
}

void ls_realigned_exit(void);
void ls_realigned_exit(void)
{
    leave(HERE, BACK);
}

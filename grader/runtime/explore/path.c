/* path.c - which way a function went: the line at which it was left with a lock held, and the
 * test that came once before a wait.
 *
 * gcc calls a hook at the beginning of each basic block (-fsanitize-coverage=trace-pc, GCC
 * manual, "Program Instrumentation Options"). The last blocks of each frame are kept. They
 * explain a finding that others have made; no verdict rests on them, and no key.
 */
#include <string.h>

#include "runtime/explore/driver.h"

/* How gcc calls the hook: CALL and a displacement of four bytes. A block longer than LONGEST
 * has no end that we would know. */
enum { CALL = 0xe8, RET = 0xc3, CALL_BYTES = 5, LONGEST = 4096 };

static struct shadow_frame *frame_of(struct task *t)
{
    return t->depth > 0 && t->depth <= STACK_DEPTH ? &t->stack[t->depth - 1] : NULL;
}

static bool was_here(const struct shadow_frame *f, uint32_t pc)
{
    for (uint32_t i = 0; i < f->blocks && i < BLOCKS_KEPT; i++)
        if (f->block[i] == pc)
            return true;
    return false;
}

/* The last block for 0, the one before for 1; 0: there was none. */
static uint32_t block_before(const struct shadow_frame *f, uint32_t back)
{
    return back < f->blocks ? f->block[(f->blocks - 1 - back) % BLOCKS_KEPT] : 0;
}

/* Where the block behind `pc` ends, which is where the next hook is called: 0: not found, or
 * the function ends there. Its last instruction has the line of the branch or the return. */
static uint32_t end_of(uint32_t pc)
{
    const unsigned char *code = (const unsigned char *)W->base + pc;

    for (uint32_t i = 0; pc && i < LONGEST; i++) {
        int32_t to;

        if (code[i] == RET)
            return 0;
        memcpy(&to, code + i + 1, sizeof to);
        if (code[i] == CALL && (uintptr_t)(code + i + CALL_BYTES) + (uintptr_t)(intptr_t)to ==
                                   (uintptr_t)__sanitizer_cov_trace_pc)
            return pc + i;
    }
    return 0;
}

/* A hook behind that of the function's end belongs to a frame that is gone. */
void path_block(uint32_t pc, uintptr_t frame)
{
    struct task *t = W->me;
    struct shadow_frame *f = frame_of(t);

    if (!f || f->frame != frame)
        return;
    if (t->stray.pc && task_node(t) == t->stray.node && was_here(f, pc))
        t->stray.pc = 0; /* a loop: the condition is tested again */
    f->block[f->blocks++ % BLOCKS_KEPT] = pc;
}

/* A lock belongs to the function that took it, and when that is left, to its caller. */
void path_leave(uintptr_t pc)
{
    struct task *t = W->me;
    const struct shadow_frame *f = frame_of(t);

    for (int i = 0; f && i < t->held_count; i++) {
        struct held *h = &t->held[i];

        if (h->depth < t->depth)
            continue;
        h->depth = t->depth - 1;
        if (h->left_count < LEFT_KEPT)
            h->left[h->left_count++] =
                (struct left){program_pc(pc), {block_before(f, 0), block_before(f, 1)}};
    }
}

void path_woken(bool without_notice, uint32_t pc)
{
    struct task *t = W->me;
    const struct shadow_frame *f = frame_of(t);

    t->stray = (struct stray){without_notice ? pc : 0, task_node(t), {0}};
    for (uint32_t i = 0; f && i < STRAY_BRANCHES; i++)
        t->stray.branch[i] = block_before(f, i + 1);
}

/* Where the last statement of a function ends. Where several returns lead to one end, that is a
 * block of its own, without a statement: then it is where the block before ends. */
static uint32_t way_out(const struct left *left)
{
    const uint32_t behind = left->exit - CALL_BYTES;

    if (behind != left->block[0] || !left->block[1])
        return behind;
    return end_of(left->block[1]) ? end_of(left->block[1]) : left->block[1];
}

void path_tell_left(struct found *f, const struct task *holder, uint64_t lock)
{
    char name[32];

    for (int i = 0; i < holder->held_count; i++) {
        const struct held *h = &holder->held[i];
        struct found_stack *s;

        if (h->lock != lock || h->left_count == 0)
            continue;
        s = bug_stack(f, holder->id, 0, 0, "%s returned here without unlocking it",
                      task_name(holder->id, name));
        if (!s)
            return;
        for (int k = 0; k < h->left_count; k++)
            s->pc[s->count++] = way_out(&h->left[k]);
        s->left = true;
        s->object = lock;
    }
}

void path_tell_strays(struct found *f)
{
    char name[32];

    for (int i = 0; i < W->task_count; i++) {
        const struct task *t = &W->tasks[i];
        struct found_stack *s;

        if (!t->stray.pc)
            continue;
        bug_stack(f, i, t->stray.pc, t->stray.node,
                  "%s was woken here without a signal, which POSIX allows (a spurious "
                  "wake-up), and went on",
                  task_name(i, name));
        s = t->stray.branch[0] ? bug_stack(f, i, 0, 0, "the last branches before that wait:")
                               : NULL;
        for (int k = STRAY_BRANCHES - 1; s && k >= 0; k--)
            s->pc[s->count++] = end_of(t->stray.branch[k]);
    }
}

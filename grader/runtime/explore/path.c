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
enum { CALL = 0xe8, JUMP = 0xe9, JUMP_SHORT = 0xeb, CALL_BYTES = 5, LONGEST = 4096 };

static struct shadow_frame *frame_of(struct task *t)
{
    return t->depth > 0 && t->depth <= STACK_DEPTH ? &t->stack[t->depth - 1] : NULL;
}

/* The entry of the function whose frame stands at `frame`, -1: it is gone, or deeper than
 * frames are kept. Those that longjmp(3) has left lie above it. */
static int entry_of(const struct task *t, uintptr_t frame)
{
    int i = t->depth <= STACK_DEPTH ? t->depth - 1 : -1;

    while (i >= 0 && t->stack[i].frame < frame)
        i--;
    return i >= 0 && t->stack[i].frame == frame ? i : -1;
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

/* A displacement of four bytes, and where it leads from behind itself. */
static uint32_t target_of(uint32_t behind)
{
    int32_t by;

    memcpy(&by, (const unsigned char *)W->base + behind - sizeof by, sizeof by);
    return behind + (uint32_t)by;
}

/* Where the block behind `pc` ends, which is where the next hook is called, before `limit`; 0:
 * not found. Its last instruction has the line of the branch or the return. */
static uint32_t end_of(uint32_t pc, uint32_t limit)
{
    const unsigned char *code = (const unsigned char *)W->base;
    const uint32_t hook = program_pc((uintptr_t)__sanitizer_cov_trace_pc);

    for (uint32_t at = pc; pc && at < limit && at < pc + LONGEST; at++)
        if (code[at] == CALL && target_of(at + CALL_BYTES) == hook)
            return at;
    return 0;
}

/* Does a block that ends there always go on at `to`: by falling through, or by a jump? */
static bool leads_to(uint32_t end, uint32_t to)
{
    const unsigned char *code = (const unsigned char *)W->base;

    return end == to ||
           (code[end - 2] == JUMP_SHORT && end + (uint32_t)(int8_t)code[end - 1] == to) ||
           (code[end - CALL_BYTES] == JUMP && target_of(end) == to);
}

/* A hook behind that of the function's end belongs to a frame that is gone. */
void path_block(uint32_t pc, uintptr_t frame)
{
    struct task *t = W->me;
    const int i = entry_of(t, frame);

    if (i < 0)
        return;
    if (t->stray.pc && i + 1 == t->stray.depth) {
        if (was_here(&t->stack[i], pc))
            t->stray.pc = 0; /* a loop: the condition is tested again */
        t->stray.gone_on = true;
    }
    t->stack[i].block[t->stack[i].blocks++ % BLOCKS_KEPT] = pc;
}

/* A lock belongs to the function that took it, and when that is left, to its caller. */
void path_leave(uintptr_t pc, uintptr_t frame)
{
    struct task *t = W->me;
    const int at = entry_of(t, frame);

    for (int i = 0; at >= 0 && i < t->held_count; i++) {
        const struct shadow_frame *f = &t->stack[at];
        struct held *h = &t->held[i];

        if (h->depth <= at)
            continue;
        h->depth = at;
        if (h->left_count < LEFT_KEPT)
            h->left[h->left_count++] = (struct left){
                program_pc(pc), {block_before(f, 0), block_before(f, 1), block_before(f, 2)}};
    }
}

/* The condition may be tested again by who has called the function that waits. */
void path_leave_stray(void)
{
    struct task *t = W->me;

    if (t->depth <= t->stray.depth) {
        t->stray.depth = t->depth - 1;
        t->stray.gone_on = true;
    }
}

/* It reads before any branch behind the wait: do { wait } while (...) tests its condition
 * there. */
void path_read_stray(void)
{
    if (!W->me->stray.gone_on)
        W->me->stray.pc = 0;
}

/* Without blocks (code that is optimised has none) a loop could not be told from an if. */
void path_woken(bool without_notice, uint32_t pc)
{
    struct task *t = W->me;
    const struct shadow_frame *f = frame_of(t);
    const bool known = without_notice && f && f->blocks;

    t->stray = (struct stray){known ? pc : 0, task_node(t), t->depth, false, {0}};
    for (uint32_t i = 0; known && i < STRAY_BRANCHES; i++)
        t->stray.branch[i] = block_before(f, i + 1);
}

/* The blocks that may be the return by which a function was left, the last one first: a block
 * from which only one way leads to the end. As pairs of where it begins and ends, behind their
 * number. Which of them is a return, the line table and the source tell. */
static void put_ways_out(struct found_stack *s, const struct left *left)
{
    const int at = s->count++;
    uint32_t begin = left->block[0] - CALL_BYTES, end = left->exit - CALL_BYTES;

    s->pc[at] = 0;
    for (int k = 0; left->block[k];) {
        s->pc[s->count++] = begin;
        s->pc[s->count++] = end;
        s->pc[at]++;
        if (++k == LEFT_BLOCKS || !left->block[k])
            return;
        end = end_of(left->block[k], left->exit);
        if (!end || !leads_to(end, begin))
            return;
        begin = left->block[k] - CALL_BYTES;
    }
}

void path_tell_left(struct found *f, const struct task *holder, uint64_t lock)
{
    char name[32];

    for (int i = 0; i < holder->held_count; i++) {
        const struct held *h = &holder->held[i];
        struct found_stack *s;

        if (h->lock != lock || h->left_count == 0)
            continue;
        s = bug_stack(f, holder->id, 0, 0, "%s returned here with the lock still held",
                      task_name(holder->id, name));
        if (!s)
            return;
        for (int k = 0; k < h->left_count; k++)
            put_ways_out(s, &h->left[k]);
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

        if (!t->stray.pc || !t->stray.gone_on)
            continue;
        bug_stack(f, i, t->stray.pc, t->stray.node,
                  "%s was woken here without a signal, which POSIX allows (a spurious "
                  "wake-up), and went on",
                  task_name(i, name));
        s = t->stray.branch[0] ? bug_stack(f, i, 0, 0, "the way to that wait:") : NULL;
        for (int k = STRAY_BRANCHES - 1; s && k >= 0; k--)
            s->pc[s->count++] = end_of(t->stray.branch[k], t->stray.pc);
    }
}

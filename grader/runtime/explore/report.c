/* report.c - what a schedule was found to do: stacks and messages.
 *
 * A finding is put together in world.last and then either ends the schedule (bug_done) or is
 * only kept (bug_note: races, advice). Equal findings have equal keys, whatever the schedule,
 * so they are counted and told once. Symbols and source lines are the grader's business: here a
 * place is an offset in the program. The picture of a deadlock: deadlock.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime/explore/driver.h"
#include "runtime/explore/process.h"

static const char *const bug_names[] = {[BUG_NONE] = "pass",
#define X(name, text) [BUG_##name] = text,
                                        BUGS(X)
#undef X
};

static const char *const op_names[OP_COUNT] = {
#define X(name, effect, text) [OP_##name] = text,
    OPS(X)
#undef X
};

const char *bug_name(enum bug bug)
{
    return bug_names[bug];
}

const char *op_name(int kind)
{
    return kind >= 0 && kind < OP_COUNT ? op_names[kind] : "?";
}

const char *task_name(int id, char buf[static 32])
{
    const struct task *t = &W->tasks[id];

    if (id == 0)
        snprintf(buf, 32, "main");
    else if (t->mailman)
        snprintf(buf, 32, "a signal");
    else if (t->process == 0)
        snprintf(buf, 32, "thread %d", id);
    else if (W->processes[t->process].main == id)
        snprintf(buf, 32, "process %d", t->process);
    else
        snprintf(buf, 32, "thread %d of process %d", id, t->process);
    return buf;
}

struct found *bug_begin(enum bug bug, const char *fmt, ...)
{
    struct found *f = &W->last;
    va_list ap;

    f->bug = bug;
    snprintf(f->verdict, sizeof f->verdict, "%s", bug_names[bug]);
    f->final = false;
    f->line = f->err_no = f->stack_count = f->wait_count = 0;
    f->file[0] = '\0';
    f->address = f->key = f->in_block = f->block_size = 0;
    f->block_pc = f->size = 0;
    f->block_shared = false;
    va_start(ap, fmt);
    vsnprintf(f->message, sizeof f->message, fmt, ap);
    va_end(ap);
    return f;
}

struct found_stack *bug_stack(struct found *f, int task, uint32_t pc, uint32_t node,
                              const char *fmt, ...)
{
    struct found_stack *s;
    va_list ap;

    if (f->stack_count >= FOUND_STACKS)
        return NULL;
    s = &f->stacks[f->stack_count++];
    s->task = task;
    s->count = 0;
    s->object = 0;
    s->left = s->holder = false;
    if (pc)
        s->pc[s->count++] = pc;
    for (; node && s->count < FOUND_FRAMES; node = node_at(node)->parent)
        if (node_at(node)->pc)
            s->pc[s->count++] = node_at(node)->pc;
    va_start(ap, fmt);
    vsnprintf(s->label, sizeof s->label, fmt, ap);
    va_end(ap);
    return s;
}

struct found_stack *bug_stack_of(struct found *f, struct task *t, const char *fmt, ...)
{
    char label[100];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(label, sizeof label, fmt, ap);
    va_end(ap);
    /* What the running task announced last may be far behind: plain accesses are not. */
    return bug_stack(f, t->id, t == W->me || !t->op.pc ? t->last_pc : t->op.pc, task_node(t),
                     "%s", label);
}

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 32;
}

/* Which tasks they are does not matter, nor their order; where they are does. */
static void set_key(struct found *f)
{
    uint64_t places = 0;

    if (f->key == 0) {
        for (int i = 0; i < f->stack_count; i++)
            places += mix(1, f->stacks[i].count ? f->stacks[i].pc[0] : 0);
        if (f->bug == BUG_WRONG_RESULT)
            places = f->stack_count && f->stacks[0].count ? f->stacks[0].pc[0] : 0;
        f->key = mix(places, (uint64_t)f->line);
    }
    f->key = mix(f->key, f->bug) | 1;
    for (const char *p = f->verdict; *p; p++)
        f->key = mix(f->key, (unsigned char)*p) | 1;
}

/* Where in the heap the address is, told by who allocated it. */
static void place_address(struct found *f)
{
    uintptr_t start;
    size_t size;
    bool freed;

    const struct mapping *m = f->address ? mapping_at(f->address) : NULL;

    if (m) {
        f->in_block = f->address - m->from;
        f->block_size = m->to - m->from;
        f->block_pc = m->pc;
        f->block_shared = true;
        return;
    }
    if (!f->address || !heap_block(f->address, &start, &size, &f->block_pc, &freed))
        return;
    f->in_block = f->address - start;
    f->block_size = size;
}

static struct found *known(uint64_t key)
{
    for (int i = 0; i < W->found_count; i++)
        if (W->found[i].key == key)
            return &W->found[i];
    return NULL;
}

static void keep_schedule(struct found *f, int slot)
{
    if (!W->keep_switches)
        return;
    f->switches = W->found_switches + (size_t)slot * (size_t)W->taken_max;
    f->switch_count = W->taken_count;
    memcpy(f->switches, W->taken, (size_t)W->taken_count * sizeof *f->switches);
}

void __attribute__((noinline)) lockstep_failed(void)
{
    __asm__ volatile("");
}

/* Room is kept for what ends a schedule: a hundred races must not hide the failure. */
static bool may_be_kept(const struct found *f)
{
    const bool notes =
        f->bug == BUG_DATA_RACE || f->bug == BUG_LOCK_ORDER || f->bug == BUG_SIGNAL_UNSAFE;

    return W->found_count < (notes ? FOUND_MAX - FOUND_KEPT : FOUND_MAX);
}

void bug_note(struct found *f)
{
    struct found *k;

    set_key(f);
    place_address(f);
    odd_tell(f);
    if (W->tracing && f->key == W->trace_key && !W->trace_stop)
        W->trace_stop = W->trace_count;
    k = known(f->key);
    if (!k && !may_be_kept(f)) {
        W->dropped++;
    } else if (!k) {
        k = &W->found[W->found_count];
        *k = *f;
        k->times = 0;
        k->schedule = W->known.schedule;
        keep_schedule(k, W->found_count++);
    }
    if (k)
        k->times++;
    if (W->o.inline_run && f->bug != BUG_LOCK_ORDER)
        lockstep_failed();
}

void bug_done(struct found *f)
{
    bug_note(f);
    schedule_end(END_BUG);
}

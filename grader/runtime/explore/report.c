/* report.c - what a schedule was found to do: stacks, messages, the picture of a deadlock.
 *
 * A finding is put together in world.last and then either ends the schedule (bug_done) or is
 * only kept (bug_note: races, advice). Equal findings have equal keys, whatever the schedule,
 * so they are counted and told once. Symbols and source lines are the grader's business: here a
 * place is an offset in the program.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime/explore/driver.h"

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
    if (id == 0)
        snprintf(buf, 32, "main");
    else
        snprintf(buf, 32, "thread %d", id);
    return buf;
}

struct found *bug_begin(enum bug bug, const char *fmt, ...)
{
    struct found *f = &W->last;
    va_list ap;

    f->bug = bug;
    snprintf(f->verdict, sizeof f->verdict, "%s", bug_names[bug]);
    f->final = false;
    f->line = f->err_no = f->stack_count = 0;
    f->file[0] = '\0';
    f->address = f->key = f->in_block = f->block_size = 0;
    f->block_pc = f->size = 0;
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

void bug_note(struct found *f)
{
    struct found *k;

    set_key(f);
    place_address(f);
    if (W->tracing && f->key == W->trace_key && !W->trace_stop)
        W->trace_stop = W->trace_count;
    k = known(f->key);
    if (!k && W->found_count < FOUND_MAX) {
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

/* ---- deadlock --------------------------------------------------------------------------- */

/* A semaphore used as a lock: the last one that took it has not posted since, and is blocked
 * itself, elsewhere. */
static bool held_semaphore(const struct task *t)
{
    const struct object *o = object_find((void *)t->op.obj);
    const struct task *h = o && o->owner >= 0 ? &W->tasks[o->owner] : NULL;

    return h && h != t && h->state == TASK_READY &&
           !(h->op.kind == OP_SEM_WAIT && h->op.obj == t->op.obj);
}

static bool waits_for_lock(const struct task *t)
{
    switch (t->op.kind) {
    case OP_SEM_WAIT:
        return held_semaphore(t);
    case OP_LOCK:
    case OP_RDLOCK:
    case OP_WRLOCK:
    case OP_ONCE:
        return true;
    case OP_COND_WAKE: /* woken, but the mutex is not to be had */
        return t->notified || t->expired || t->spurious;
    default:
        return false;
    }
}

static bool waits_for_notice(const struct task *t)
{
    return (t->op.kind == OP_COND_WAKE && !waits_for_lock(t)) ||
           (t->op.kind == OP_SEM_WAIT && !held_semaphore(t)) || t->op.kind == OP_PAUSE;
}

static void tell_holder(struct found *f, uint64_t addr, int waiter)
{
    const struct object *o = object_find((void *)addr);
    char name[32], other[32];

    if (!o)
        return;
    if (o->owner == waiter)
        bug_stack(f, o->owner, o->owner_pc, o->owner_node, "%s holds it itself since here",
                  task_name(waiter, name));
    else if (o->owner >= 0)
        bug_stack(f, o->owner, o->owner_pc, o->owner_node, "%s holds it since here%s",
                  task_name(o->owner, name),
                  W->tasks[o->owner].state == TASK_DONE ? ", and has ended" : "");
    else if (o->count)
        bug_stack(f, waiter, o->owner_pc, o->owner_node, "%s waits for its last reader, here",
                  task_name(waiter, other));
}

static void tell_spent(struct found *f, const struct task *t)
{
    const struct object *o = object_find((void *)t->op.obj);

    if (o && o->kind == OBJ_COND && o->spent)
        bug_stack(f, -1, o->spent_pc, o->spent_node,
                  "the signal was sent here, when nobody was waiting%s",
                  o->spent > 1 ? " (the last one)" : "");
}

static void tell_wait(struct found *f, struct task *t)
{
    char name[32], other[32];
    const char *who = task_name(t->id, name);

    switch (t->op.kind) {
    case OP_JOIN:
        bug_stack_of(f, t, "%s waits for %s to end", who, task_name((int)t->op.obj, other));
        return;
    case OP_COND_WAKE:
        if (waits_for_lock(t)) {
            bug_stack_of(f, t, "%s was woken and waits for the mutex", who);
            tell_holder(f, t->op.obj2, t->id);
        } else {
            bug_stack_of(f, t, "%s waits for a condition that nobody will signal", who);
            tell_spent(f, t);
        }
        return;
    case OP_SEM_WAIT:
        bug_stack_of(f, t, "%s waits for a semaphore that nobody will post", who);
        if (held_semaphore(t))
            tell_holder(f, t->op.obj, t->id);
        return;
    case OP_BARRIER_WAKE:
        bug_stack_of(f, t, "%s waits at a barrier for others to arrive", who);
        return;
    case OP_GATE:
        bug_stack_of(f, t, "%s waits at a gate of the test", who);
        return;
    case OP_PAUSE:
        bug_stack_of(f, t, "%s waits for a signal", who);
        return;
    default:
        bug_stack_of(f, t, "%s waits for a lock", who);
        tell_holder(f, t->op.obj, t->id);
    }
}

void bug_deadlock(void)
{
    bool lock = false, notice = false;
    struct found *f;
    int n = 0;

    for (int i = 0; i < W->task_count; i++) {
        const struct task *t = &W->tasks[i];

        if (t->state != TASK_READY)
            continue;
        n++;
        lock |= waits_for_lock(t);
        notice |= waits_for_notice(t);
    }
    if (!lock && notice)
        f = bug_begin(BUG_LOST_WAKEUP, "nobody will wake the %s that %s",
                      n == 1 ? "task" : "tasks", n == 1 ? "waits" : "wait");
    else
        f = bug_begin(BUG_DEADLOCK,
                      n == 1 ? "a task waits for what can never happen"
                             : "%d tasks wait for each other",
                      n);
    for (int i = 0; i < W->task_count; i++)
        if (W->tasks[i].state == TASK_READY)
            tell_wait(f, &W->tasks[i]);
    bug_done(f);
}

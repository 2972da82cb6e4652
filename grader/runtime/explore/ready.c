/* ready.c - who could carry out what it has announced, and what a strategy gets to know of it.
 *
 * Facts only: sched.c chooses. Everything here is asked of any task from any process, so it
 * uses the shared region alone.
 */
#include <string.h>

#include "runtime/explore/process.h"

/* ---- who can run ------------------------------------------------------------------------ */

static bool lockable(const struct task *t, uint64_t addr)
{
    const struct object *m = object_find((void *)addr);

    return !m || m->owner < 0 || m->dead_owner || m->unrecoverable ||
           (m->owner == t->id && m->type != 0);
}

/* With writers preferred, one that has asked keeps readers out (pthread_rwlockattr_setkind_np).
 */
bool rw_readable(const struct object *o)
{
    return o->owner < 0 && o->queued == 0;
}

static bool holds_nothing(const struct process *p)
{
    for (int i = 0; i < W->task_count; i++)
        if (W->tasks[i].process == p->id && W->tasks[i].state == TASK_READY &&
            W->tasks[i].held_count > 0)
            return false;
    return true;
}

static bool op_ready(const struct task *t)
{
    const struct op *op = &t->op;
    const struct object *o;

    switch (op->kind) {
    case OP_LOCK:
        return lockable(t, op->obj);
    case OP_COND_WAKE:
        return (t->notified || t->spurious ||
                (t->cancel_pending && !t->cancel_disabled && !t->exiting)) &&
               lockable(t, op->obj2);
    case OP_JOIN:
        return W->tasks[op->obj].state == TASK_DONE;
    case OP_SEM_WAIT:
        return (o = object_find((void *)op->obj)) && o->count > 0;
    case OP_RDLOCK:
        return !(o = object_find((void *)op->obj)) || rw_readable(o);
    case OP_WRLOCK:
        return !(o = object_find((void *)op->obj)) || (o->owner < 0 && o->count == 0);
    case OP_BARRIER_WAKE:
        return t->notified;
    case OP_ONCE:
        return !(o = object_find((void *)op->obj)) || o->owner < 0;
    case OP_GATE:
        return (o = object_find((void *)op->obj)) && o->limit;
    case OP_SLEEP:
    case OP_PAUSE:
    case OP_FOREVER:
        return false;
    case OP_SIGWAIT:
        return signal_waits_ready(t);
    case OP_WAIT:
        return wait_ready(t);
    case OP_FIRST_CHILD:
        return wait_first(&W->processes[op->obj - 1]);
    case OP_STOP:
        return holds_nothing(&W->processes[op->obj - 1]);
    case OP_IO:
    case OP_POLL:
        return io_ready(t);
    case OP_DELIVER:
        return signal_deliverable(process_of(t));
    default:
        return true;
    }
}

/* Waits that a cancellation ends (condition waits: see op_ready). */
static bool cancelled(const struct task *t)
{
    if (!t->cancel_pending || t->cancel_disabled || t->exiting)
        return false;
    switch (t->op.kind) {
    case OP_JOIN:
    case OP_SEM_WAIT:
    case OP_SLEEP:
    case OP_PAUSE:
    case OP_SIGWAIT:
    case OP_WAIT:
    case OP_IO:
    case OP_POLL:
        return true;
    default:
        return false;
    }
}

bool task_enabled(struct task *t)
{
    if (t->state != TASK_READY || W->processes[t->process].stopped)
        return false;
    if (t->interrupted)
        return true;
    if (t->op.timed && t->op.until <= W->now)
        t->expired = true;
    /* At a plain access it goes on to its next operation proper: a replay has no point there.
     */
    if (t->spinning && t->op.kind != OP_READ && t->op.kind != OP_WRITE) {
        /* One that was shown to go round stands where it holds least; it stays there until
         * there is news, so what was shown of it stays true. */
        if ((t->spin_at == W->changes || idle_stuck(t)) && !t->expired && W->insister != t->id)
            return false;
        t->spinning = false;
    }
    if (t->expired)
        return t->op.kind != OP_COND_WAKE || lockable(t, t->op.obj2);
    return op_ready(t) || cancelled(t);
}

/* Objects that are no memory: below the first page, or above all keys. */
#define END_OF(task) (0x10000 + (uint64_t)(task))
#define CANCEL_OF(task) (0x20000 + (uint64_t)(task))
#define NUMBERS ((uint64_t)0x30000)

static bool is_cancel_point(const struct task *t)
{
    switch (t->op.kind) {
    case OP_JOIN:
    case OP_SEM_WAIT:
    case OP_COND_WAIT:
    case OP_COND_WAKE:
    case OP_SLEEP:
    case OP_PAUSE:
    case OP_SIGWAIT:
    case OP_WAIT:
    case OP_IO:
    case OP_POLL:
    case OP_YIELD: /* pthread_testcancel(3) */
    case OP_EXIT:
        return true;
    default:
        return t->cancel_async;
    }
}

/* ---- what a strategy gets to know ------------------------------------------------------ */

bool is_interesting(const struct op *op)
{
    switch (op->kind) {
    case OP_READ:
    case OP_WRITE:
        return hot(op->obj);
    case OP_ATOMIC_LOAD:
    case OP_ATOMIC_STORE:
    case OP_ATOMIC_RMW:
    case OP_LOCK:
    case OP_TRYLOCK:
    case OP_SEM_WAIT:
    case OP_SEM_TRY:
    case OP_RDLOCK:
    case OP_WRLOCK:
    case OP_COND_SIGNAL:
    case OP_COND_BROADCAST:
    case OP_FORK:
    case OP_FILE:
    case OP_IO:
    case OP_WAIT:
        return true;
    default:
        return false;
    }
}

/* The number of the event without which this one could not be: see struct event. */
static uint32_t after_of(const struct task *t)
{
    const struct object *o;

    switch (t->op.kind) {
    case OP_START:
        return t->enabled_by;
    case OP_JOIN:
        return W->tasks[t->op.obj].ended_at;
    case OP_COND_WAKE:
        o = object_find((void *)t->op.obj2);
        return o ? o->released_at : 0;
    case OP_BARRIER_WAKE:
        return t->enabled_by;
    case OP_WAIT:
        return wait_after(t);
    case OP_SEM_WAIT:
        o = object_find((void *)t->op.obj);
        return o ? sem_after(o) : 0;
    case OP_LOCK:
    case OP_RDLOCK:
    case OP_WRLOCK:
    case OP_ONCE:
    case OP_GATE:
        o = object_find((void *)t->op.obj);
        return o ? o->released_at : 0;
    default:
        return 0;
    }
}

void event_of(const struct task *t, struct event *ret)
{
    const struct op *op = &t->op;

    *ret = (struct event){.task = (int16_t)t->id, .stable = t->stable, .place = op->pc};
    ret->after = t->expired || op->kind == OP_SETTLE ? AFTER_ALL : after_of(t);
    ret->effect = op->effect;
    ret->mask = op->mask;
    ret->object = op->obj;
    ret->interesting = is_interesting(op);
    if (W->cancels && !t->mailman && is_cancel_point(t)) {
        ret->object3 = CANCEL_OF(t->id);
        ret->effect3 = EFFECT_READ;
    }
    switch (op->kind) {
    case OP_READ:
    case OP_WRITE:
    case OP_ATOMIC_LOAD:
    case OP_ATOMIC_STORE:
    case OP_ATOMIC_RMW:
        ret->object = op->obj & ~(uint64_t)7;
        break;
    case OP_COND_WAIT:
        ret->object2 = op->obj2;
        ret->effect2 = EFFECT_RELEASE;
        break;
    case OP_COND_WAKE:
        ret->object = op->obj2;
        ret->after2 = t->notified ? t->enabled_by : 0;
        if (W->cancels && t->notified && t->cancel_pending) { /* hands its signal on */
            ret->object2 = op->obj;
            ret->effect2 = EFFECT_WRITE;
        }
        break;
    case OP_WRLOCK:
        ret->after_unshares = true;
        break;
    case OP_EXIT:
    case OP_JOIN:
    case OP_TRYJOIN:
    case OP_DETACH:
        ret->object = END_OF(op->obj);
        break;
    case OP_CANCEL:
        ret->object = CANCEL_OF(op->obj);
        break;
    case OP_CREATE: /* numbers are given in the order of the calls */
    case OP_FORK:
        ret->object = NUMBERS;
        break;
    }
}

/* thread.c - threads: created, joined, detached, cancelled, ended. Keys, names: identity.c.
 *
 * A thread is a task on a fiber. pthread_t is its number in disguise, never reused within a
 * schedule, so what is joined twice or after a detach is always recognised: undefined in
 * POSIX (pthread_join, pthread_detach), hence a misuse.
 * Cancellation is deferred to cancellation points, as is usual; an asynchronous one acts at
 * the next scheduling point. Clean-up handlers are those of the pthread_cleanup_push() macro
 * without exceptions (glibc, pthread.h): a chain of jump buffers.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "runtime/explore/probe.h"
#include "runtime/explore/process.h"
#include "runtime/explore/sync.h"

#define HANDLE_TAG 0x7e000000u

uint64_t thread_handle(const struct task *t)
{
    return ((uint64_t)t->id + 1) << 12 | (uint64_t)HANDLE_TAG << 16;
}

struct task *task_of(pthread_t thread, uintptr_t pc)
{
    const uint64_t id = ((uint64_t)thread - ((uint64_t)HANDLE_TAG << 16)) >> 12;

    if (id < 1 || id > (uint64_t)W->task_count || (thread & 0xfff))
        misuse(NULL, pc, "uses a pthread_t that no thread has");
    return &W->tasks[id - 1];
}

/* ---- the end of a thread --------------------------------------------------------------- */

/* Robust mutexes go to the next one with EOWNERDEAD; others stay locked forever. */
void abandon_mutexes(struct task *t)
{
    for (int i = t->held_count - 1; i >= 0; i--) {
        struct object *o = object_find((void *)t->held[i].lock);

        if (o && o->kind == OBJ_MUTEX && o->robust && o->owner == t->id) {
            o->dead_owner = true;
            mutex_given_back(o);
        }
    }
}

/* One by one: until then each is only held. */
static void leave_mutexes(struct task *t)
{
    for (int i = t->held_count - 1; i >= 0; i--) {
        const struct object *o = object_find((void *)t->held[i].lock);

        if (o && o->kind == OBJ_MUTEX && o->robust && o->owner == t->id) {
            step(OP_UNLOCK, key_address(o->addr), 0);
            abandon_mutexes(t);
            return;
        }
    }
}

void thread_leave(void *result)
{
    struct task *t = W->me;

    t->exiting = true;
    destroy_keys(t);
    leave_mutexes(t);
    t->result = result;
    step(OP_EXIT, (uint64_t)t->id, 0);
    task_finished(t);
    __builtin_unreachable();
}

static void __attribute__((noreturn)) unwind(void)
{
    struct task *t = W->me;
    __pthread_unwind_buf_t *buf = t->cleanups;
    struct __jmp_buf_tag *place;

    t->exiting = true;
    t->as_caller = 0;
    once_unwind(t, buf);
    if (!buf)
        thread_leave(t->result);
    t->cleanups = buf->__pad[0];
    place = (struct __jmp_buf_tag *)buf->__cancel_jmp_buf;
    __asm__("" : "+r"(place)); /* it has no room for the signal mask, which was not saved */
    longjmp(place, 1);
}

void ls_x___pthread_register_cancel(__pthread_unwind_buf_t *buf);
void ls_x___pthread_register_cancel(__pthread_unwind_buf_t *buf)
{
    if (!RUNNING)
        return;
    buf->__pad[0] = W->me->cleanups;
    W->me->cleanups = buf;
}

void ls_x___pthread_unregister_cancel(__pthread_unwind_buf_t *buf);
void ls_x___pthread_unregister_cancel(__pthread_unwind_buf_t *buf)
{
    if (RUNNING)
        W->me->cleanups = buf->__pad[0];
}

void ls_x___pthread_unwind_next(__pthread_unwind_buf_t *buf) __attribute__((noreturn));
void ls_x___pthread_unwind_next(__pthread_unwind_buf_t *buf)
{
    (void)buf;
    unwind();
}

void cancel_point(void)
{
    struct task *t = W->me;

    if (!t->cancel_pending || t->cancel_disabled || t->exiting)
        return;
    t->result = PTHREAD_CANCELED;
    unwind();
}

static void thread_body(void *arg)
{
    struct task *t = arg;

    if (t->deliver)
        handle_signals(); /* one came before its first step */
    if (W->loop_count)
        probe_hook();
    thread_leave(t->start(t->arg));
}

/* ---- the beginning ------------------------------------------------------------------------
 */

static struct fiber *new_fiber(struct task *t)
{
    struct fiber *f = fiber_take(thread_body, t);

    for (int i = 0; !f && i < W->task_count; i++) {
        struct task *done = &W->tasks[i];

        if (done->process != t->process || done->mailman || done->state != TASK_DONE ||
            !done->fiber)
            continue;
        access_forget((uintptr_t)done->fiber->low,
                      (size_t)(done->fiber->top - done->fiber->low));
        object_forget((uintptr_t)done->fiber->low,
                      (size_t)(done->fiber->top - done->fiber->low));
        fiber_give_back(done->fiber);
        done->fiber = NULL;
        f = fiber_take(thread_body, t);
    }
    if (!f)
        schedule_end(END_MORE_FIBERS);
    return f;
}

static void *run_first(void *arg)
{
    void (*first)(void *) = *(void (**)(void *))arg;

    first(((void **)arg)[1]);
    return NULL;
}

void thread_main_begin(void (*first)(void *), void *arg)
{
    struct task *t = task_new(NULL);
    void **call = scratch_alloc(2 * sizeof *call);

    memcpy(&call[0], &first, sizeof first);
    call[1] = arg;
    process_begin(t);
    clock_start(t);
    t->start = run_first;
    t->arg = call;
    snprintf(t->name, sizeof t->name, "main");
    t->fiber = fiber_take(thread_body, t);
    t->op = (struct op){.kind = OP_START};
    t->ops = 1;
}

REPLACES(int, pthread_create, pthread_t *ret, const pthread_attr_t *attr,
         void *(*start)(void *), void *arg)
{
    struct task *t, *me;
    int detach = PTHREAD_CREATE_JOINABLE;

    if (!RUNNING)
        return pthread_create(ret, attr, start, arg);
    me = W->me;
    step(OP_CREATE, (uint64_t)W->task_count, CALLER);
    t = task_new(me);
    if (!t)
        too_much("it creates more than %d threads and processes in one run", TASK_MAX);
    if (attr) {
        size_t stack = 0;

        pthread_attr_getdetachstate(attr, &detach);
        if (pthread_attr_getstacksize(attr, &stack) == 0 && stack > FIBER_STACK)
            too_much("it asks for a stack of more than %d MiB", FIBER_STACK >> 20);
    }
    t->detached = detach == PTHREAD_CREATE_DETACHED;
    process_of(t)->live++;
    t->start = start;
    t->arg = arg;
    t->created_pc = program_pc(CALLER);
    t->created_node = task_node(me);
    t->sigmask = me->sigmask;
    memcpy(t->name, me->name, sizeof t->name);
    t->enabled_by = (uint32_t)W->points;
    t->fiber = new_fiber(t);
    clock_start(t);
    t->op = (struct op){.kind = OP_START, .obj = (uint64_t)t->id, .pc = t->created_pc};
    t->ops = 1;
    access_range((uintptr_t)ret, sizeof *ret, true, CALLER);
    *ret = (pthread_t)thread_handle(t);
    changed();
    return 0;
}

/* ---- join and detach ------------------------------------------------------------------------
 */

/* NULL: waiting for it could never end (EDEADLK in glibc). */
static struct task *joinable(pthread_t thread, uintptr_t pc)
{
    struct task *t = task_of(thread, pc);
    char name[32];

    if (t == W->me || W->me->joiner == t->id)
        return NULL; /* for oneself, or for the one that waits for oneself */
    if (t->joined)
        misuse(NULL, pc, "joins %s a second time", task_name(t->id, name));
    if (t->detached)
        misuse(NULL, pc, "joins %s, which is detached", task_name(t->id, name));
    if (t->joiner >= 0 && t->joiner != W->me->id)
        misuse(NULL, pc, "joins %s, which another thread is joining", task_name(t->id, name));
    return t;
}

static void joined(struct task *t, void **result, uintptr_t pc)
{
    t->joined = true;
    clock_joined(t);
    if (result) {
        access_range((uintptr_t)result, sizeof *result, true, pc);
        *result = t->result;
    }
    changed();
}

static int join_until(pthread_t thread, void **result, int64_t until, uintptr_t pc)
{
    struct task *t = joinable(thread, pc);

    if (!t)
        return call_fails(EDEADLK, pc);
    t->joiner = W->me->id;
    step_until(OP_JOIN, (uint64_t)t->id, 0, until, pc);
    if (W->me->cancel_pending && t->state != TASK_DONE)
        t->joiner = -1;
    cancel_point();
    if (t->state != TASK_DONE) {
        t->joiner = -1;
        return call_fails(ETIMEDOUT, pc);
    }
    joined(t, result, pc);
    return 0;
}

REPLACES(int, pthread_join, pthread_t thread, void **result)
{
    return RUNNING ? join_until(thread, result, NEVER, CALLER) : pthread_join(thread, result);
}

REPLACES(int, pthread_timedjoin_np, pthread_t thread, void **result, const struct timespec *t)
{
    if (!t)
        return join_until(thread, result, NEVER, CALLER);
    if (t->tv_nsec < 0 || t->tv_nsec >= 1000000000)
        return call_fails_time(t->tv_nsec, CALLER);
    return join_until(thread, result, deadline_of(CLOCK_REALTIME, t), CALLER);
}

REPLACES(int, pthread_clockjoin_np, pthread_t thread, void **result, clockid_t clock,
         const struct timespec *t)
{
    if (!t)
        return join_until(thread, result, NEVER, CALLER);
    if (t->tv_nsec < 0 || t->tv_nsec >= 1000000000)
        return call_fails_time(t->tv_nsec, CALLER);
    return join_until(thread, result, deadline_of(clock, t), CALLER);
}

REPLACES(int, pthread_tryjoin_np, pthread_t thread, void **result)
{
    struct task *t = joinable(thread, CALLER);

    if (!t)
        return call_fails(EDEADLK, CALLER);
    step(OP_TRYJOIN, (uint64_t)t->id, CALLER);
    if (t->state != TASK_DONE) {
        look(CALLER ^ (uint64_t)t->id);
        return call_fails(EBUSY, CALLER);
    }
    joined(t, result, CALLER);
    return 0;
}

REPLACES(int, pthread_detach, pthread_t thread)
{
    struct task *t;
    char name[32];

    if (!RUNNING)
        return pthread_detach(thread);
    t = task_of(thread, CALLER);
    step(OP_DETACH, (uint64_t)t->id, CALLER);
    if (t->joined)
        misuse(NULL, CALLER, "detaches %s, which has been joined", task_name(t->id, name));
    if (t->detached)
        misuse(NULL, CALLER, "detaches %s a second time", task_name(t->id, name));
    t->detached = true;
    return 0;
}

REPLACES(void, pthread_exit, void *result)
{
    if (!RUNNING)
        pthread_exit(result);
    W->me->result = result;
    unwind();
}

/* ---- cancel
 * ---------------------------------------------------------------------------------- */

REPLACES(int, pthread_cancel, pthread_t thread)
{
    struct task *t;

    if (!RUNNING)
        return pthread_cancel(thread);
    t = task_of(thread, CALLER);
    if (!W->cancels) { /* now they matter: a search begins anew */
        W->cancels = true;
        W->races_new++;
    }
    step(OP_CANCEL, (uint64_t)t->id, CALLER);
    if (t->state == TASK_DONE)
        return t->joined ? ESRCH : 0;
    t->cancel_pending = true;
    vclock_join(&t->acquire_fence, &W->me->clock); /* seen when it acts: after its next fence */
    changed();
    return 0;
}

REPLACES(void, pthread_testcancel, void)
{
    if (!RUNNING)
        return;
    step(OP_YIELD, 0, CALLER);
    cancel_point();
}

REPLACES(int, pthread_setcancelstate, int state, int *old)
{
    if (!RUNNING)
        return pthread_setcancelstate(state, old);
    if (state != PTHREAD_CANCEL_ENABLE && state != PTHREAD_CANCEL_DISABLE)
        return EINVAL;
    if (old)
        *old = W->me->cancel_disabled ? PTHREAD_CANCEL_DISABLE : PTHREAD_CANCEL_ENABLE;
    W->me->cancel_disabled = state == PTHREAD_CANCEL_DISABLE;
    return 0;
}

REPLACES(int, pthread_setcanceltype, int type, int *old)
{
    if (!RUNNING)
        return pthread_setcanceltype(type, old);
    if (type != PTHREAD_CANCEL_DEFERRED && type != PTHREAD_CANCEL_ASYNCHRONOUS)
        return EINVAL;
    if (old)
        *old = W->me->cancel_async ? PTHREAD_CANCEL_ASYNCHRONOUS : PTHREAD_CANCEL_DEFERRED;
    W->me->cancel_async = type == PTHREAD_CANCEL_ASYNCHRONOUS;
    return 0;
}

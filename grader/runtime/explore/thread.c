/* thread.c - threads: created, joined, detached, cancelled, ended; their keys and names.
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

#include "runtime/explore/sync.h"

#define HANDLE_TAG 0x7e000000u

uint64_t thread_handle(const struct task *t)
{
    return ((uint64_t)t->id + 1) << 12 | (uint64_t)HANDLE_TAG << 16;
}

static struct task *task_of(pthread_t thread, uintptr_t pc)
{
    const uint64_t id = ((uint64_t)thread - ((uint64_t)HANDLE_TAG << 16)) >> 12;

    if (id < 1 || id > (uint64_t)W->task_count || (thread & 0xfff))
        misuse(NULL, pc, "uses a pthread_t that no thread has");
    return &W->tasks[id - 1];
}

/* ---- the end of a thread --------------------------------------------------------------- */

struct key {
    bool used;
    void (*destroy)(void *);
};

static struct key keys[KEYS_MAX];
static uint64_t keys_of;

static void destroy_keys(struct task *t)
{
    for (int round = 0, again = 1; again && round < 4; round++) {
        again = 0;
        for (int i = 0; i < KEYS_MAX; i++) {
            void *v = t->keys[i];

            if (!v || keys_of != W->generation || !keys[i].used)
                continue;
            t->keys[i] = NULL;
            if (keys[i].destroy) {
                keys[i].destroy(v);
                again = 1;
            }
        }
    }
}

/* Robust mutexes go to the next one with EOWNERDEAD; others stay locked for ever. */
static void abandon_mutexes(struct task *t)
{
    for (int i = t->held_count - 1; i >= 0; i--) {
        struct object *o = object_find((void *)t->held[i]);

        if (o && o->kind == OBJ_MUTEX && o->robust && o->owner == t->id) {
            o->dead_owner = true;
            mutex_given_back(o);
        }
    }
}

void thread_leave(void *result)
{
    struct task *t = W->me;

    t->exiting = true;
    destroy_keys(t);
    abandon_mutexes(t);
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

    thread_leave(t->start(t->arg));
}

/* ---- the beginning ------------------------------------------------------------------------
 */

static struct fiber *new_fiber(struct task *t)
{
    struct fiber *f = fiber_take(thread_body, t);

    for (int i = 0; !f && i < W->task_count; i++) {
        struct task *done = &W->tasks[i];

        if (done->state != TASK_DONE || !done->fiber)
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
        too_much("it creates more than %d threads in one run", TASK_MAX);
    if (attr) {
        size_t stack = 0;

        pthread_attr_getdetachstate(attr, &detach);
        if (pthread_attr_getstacksize(attr, &stack) == 0 && stack > FIBER_STACK)
            too_much("it asks for a stack of more than %d MiB", FIBER_STACK >> 20);
    }
    t->detached = detach == PTHREAD_CREATE_DETACHED;
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

static void joined(struct task *t, void **result)
{
    t->joined = true;
    clock_acquire(&t->clock);
    if (result)
        *result = t->result;
    changed();
}

static int join_until(pthread_t thread, void **result, int64_t until, uintptr_t pc)
{
    struct task *t = joinable(thread, pc);

    if (!t)
        return EDEADLK;
    cancel_point();
    t->joiner = W->me->id;
    step_until(OP_JOIN, (uint64_t)t->id, 0, until, pc);
    if (W->me->cancel_pending && t->state != TASK_DONE)
        t->joiner = -1;
    cancel_point();
    if (t->state != TASK_DONE) {
        t->joiner = -1;
        return ETIMEDOUT;
    }
    joined(t, result);
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
        return EINVAL;
    return join_until(thread, result, deadline_of(CLOCK_REALTIME, t), CALLER);
}

REPLACES(int, pthread_clockjoin_np, pthread_t thread, void **result, clockid_t clock,
         const struct timespec *t)
{
    if (!t)
        return join_until(thread, result, NEVER, CALLER);
    if (t->tv_nsec < 0 || t->tv_nsec >= 1000000000)
        return EINVAL;
    return join_until(thread, result, deadline_of(clock, t), CALLER);
}

REPLACES(int, pthread_tryjoin_np, pthread_t thread, void **result)
{
    struct task *t = joinable(thread, CALLER);

    if (!t)
        return EDEADLK;
    step(OP_TRYJOIN, (uint64_t)t->id, CALLER);
    if (t->state != TASK_DONE) {
        look(CALLER ^ (uint64_t)t->id);
        return EBUSY;
    }
    joined(t, result);
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

int leftover_tasks(void)
{
    int n = 0;

    for (int i = 1; i < W->task_count; i++)
        n += W->tasks[i].state != TASK_DONE || (!W->tasks[i].joined && !W->tasks[i].detached);
    return n;
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

/* ---- keys
 * --------------------------------------------------------------------------------------- */

REPLACES(int, pthread_key_create, pthread_key_t *ret, void (*destroy)(void *))
{
    if (!RUNNING)
        return pthread_key_create(ret, destroy);
    if (keys_of != W->generation) {
        keys_of = W->generation;
        memset(keys, 0, sizeof keys);
    }
    for (unsigned i = 0; i < KEYS_MAX; i++)
        if (!keys[i].used) {
            keys[i] = (struct key){.used = true, .destroy = destroy};
            for (int t = 0; t < W->task_count; t++)
                W->tasks[t].keys[i] = NULL;
            *ret = i;
            return 0;
        }
    return EAGAIN;
}

REPLACES(int, pthread_key_delete, pthread_key_t key)
{
    if (!RUNNING)
        return pthread_key_delete(key);
    if (key >= KEYS_MAX || keys_of != W->generation || !keys[key].used)
        return EINVAL;
    keys[key].used = false;
    return 0;
}

REPLACES(void *, pthread_getspecific, pthread_key_t key)
{
    if (!RUNNING)
        return pthread_getspecific(key);
    return key < KEYS_MAX ? W->me->keys[key] : NULL;
}

REPLACES(int, pthread_setspecific, pthread_key_t key, const void *value)
{
    if (!RUNNING)
        return pthread_setspecific(key, value);
    if (key >= KEYS_MAX || keys_of != W->generation || !keys[key].used)
        return EINVAL;
    W->me->keys[key] = (void *)value;
    return 0;
}

/* ---- self, names, attributes
 * --------------------------------------------------------------------- */

REPLACES(pthread_t, pthread_self, void)
{
    return RUNNING ? (pthread_t)thread_handle(W->me) : pthread_self();
}

REPLACES(int, pthread_setname_np, pthread_t thread, const char *name)
{
    if (!RUNNING)
        return pthread_setname_np(thread, name);
    if (strlen(name) > 15)
        return ERANGE;
    strcpy(task_of(thread, CALLER)->name, name);
    return 0;
}

REPLACES(int, pthread_getname_np, pthread_t thread, char *buf, size_t size)
{
    const struct task *t;

    if (!RUNNING)
        return pthread_getname_np(thread, buf, size);
    t = task_of(thread, CALLER);
    if (strlen(t->name) >= size)
        return ERANGE;
    strcpy(buf, t->name);
    return 0;
}

REPLACES(int, pthread_getattr_np, pthread_t thread, pthread_attr_t *attr)
{
    const struct task *t;

    if (!RUNNING)
        return pthread_getattr_np(thread, attr);
    t = task_of(thread, CALLER);
    pthread_attr_init(attr);
    if (t->fiber && pthread_attr_setstack(attr, t->fiber->stack, FIBER_STACK) != 0)
        return EINVAL;
    pthread_attr_setdetachstate(attr, t->detached ? PTHREAD_CREATE_DETACHED
                                                  : PTHREAD_CREATE_JOINABLE);
    return 0;
}

/* Priorities and cores mean nothing to a scheduler that decides by itself. */
REPLACES(int, pthread_setschedparam, pthread_t t, int policy, const struct sched_param *p)
{
    return RUNNING ? 0 : pthread_setschedparam(t, policy, p);
}

REPLACES(int, pthread_getschedparam, pthread_t t, int *policy, struct sched_param *p)
{
    if (!RUNNING)
        return pthread_getschedparam(t, policy, p);
    *policy = SCHED_OTHER;
    p->sched_priority = 0;
    return 0;
}

REPLACES(int, pthread_setaffinity_np, pthread_t t, size_t size, const cpu_set_t *set)
{
    return RUNNING ? 0 : pthread_setaffinity_np(t, size, set);
}

REPLACES(int, pthread_getaffinity_np, pthread_t t, size_t size, cpu_set_t *set)
{
    return pthread_getaffinity_np(RUNNING ? pthread_self() : t, size, set);
}

/* ---- signals to a thread
 * --------------------------------------------------------------------------- Held until the
 * target next runs; there its handler is called. Choosing the moment is the business of the
 * second half (processes and signals). */

REPLACES(int, pthread_kill, pthread_t thread, int sig)
{
    struct task *t;

    if (!RUNNING)
        return pthread_kill(thread, sig);
    t = task_of(thread, CALLER);
    if (sig < 0 || sig > 64)
        return EINVAL;
    step(OP_SIGNAL, (uint64_t)t->id, CALLER);
    if (t->state == TASK_DONE)
        return t->joined ? ESRCH : 0;
    if (sig) {
        t->sigpending |= (uint64_t)1 << (sig - 1);
        changed();
    }
    return 0;
}

void deliver_signals(void)
{
    struct task *t = W->me;
    const struct op op = t->op; /* the handler has scheduling points of its own */
    const bool notified = t->notified, expired = t->expired, spurious = t->spurious;

    for (int sig = 1; sig <= 64; sig++) {
        const uint64_t bit = (uint64_t)1 << (sig - 1);
        const int saved = errno;
        struct sigaction sa;

        if (!(t->sigpending & bit) || (t->sigmask & bit))
            continue;
        t->sigpending &= ~bit;
        if (sigaction(sig, NULL, &sa) == 0 && sa.sa_handler != SIG_DFL &&
            sa.sa_handler != SIG_IGN) {
            t->sigmask |= bit;
            sa.sa_handler(sig);
            t->sigmask &= ~bit;
        }
        errno = saved;
    }
    t->op = op;
    t->notified = notified;
    t->expired = expired;
    t->spurious = spurious;
}

REPLACES(int, pthread_sigmask, int how, const sigset_t *set, sigset_t *old)
{
    uint64_t bits = 0;

    if (!RUNNING)
        return pthread_sigmask(how, set, old);
    if (old)
        memcpy(old, &W->me->sigmask, sizeof W->me->sigmask);
    if (!set)
        return 0;
    memcpy(&bits, set, sizeof bits);
    if (how == SIG_BLOCK)
        W->me->sigmask |= bits;
    else if (how == SIG_UNBLOCK)
        W->me->sigmask &= ~bits;
    else if (how == SIG_SETMASK)
        W->me->sigmask = bits;
    else
        return EINVAL;
    return 0;
}

/* ---- signals to oneself
 * ------------------------------------------------------------------------- */

static void die_of(int sig, uintptr_t pc)
{
    struct found *f = bug_begin(BUG_CRASH, "is killed by signal %d, sent by itself", sig);

    bug_stack(f, W->me->id, program_pc(pc), task_node(W->me), "sends it here");
    bug_done(f);
}

static int to_oneself(int sig, uintptr_t pc)
{
    struct sigaction sa;

    step(OP_SIGNAL, (uint64_t)W->me->id, pc);
    if (sig == 0 || sigaction(sig, NULL, &sa) < 0)
        return 0;
    if (sig == SIGKILL || (sa.sa_handler == SIG_DFL && sig != SIGCHLD && sig != SIGURG &&
                           sig != SIGWINCH && sig != SIGCONT && sig != SIGSTOP &&
                           sig != SIGTSTP && sig != SIGTTIN && sig != SIGTTOU))
        die_of(sig, pc);
    W->me->sigpending |= (uint64_t)1 << (sig - 1);
    deliver_signals();
    return 0;
}

REPLACES(int, raise, int sig)
{
    if (!RUNNING || sig < 0 || sig > 64)
        return raise(sig);
    return to_oneself(sig, CALLER);
}

REPLACES(int, kill, pid_t pid, int sig)
{
    if (!RUNNING || sig < 0 || sig > 64)
        return kill(pid, sig);
    if (pid == VIRTUAL_PID)
        return to_oneself(sig, CALLER);
    broken("the program sends signals to other processes, which are not explored yet");
}

/* A thread that waits in flockfile(3) would stop everybody: all share one kernel thread. */
REPLACES(void, flockfile, FILE *f)
{
    struct object *o;

    if (!RUNNING)
        return;
    o = object_at(f, OBJ_MUTEX);
    o->type = PTHREAD_MUTEX_RECURSIVE;
    step(OP_LOCK, (uint64_t)f, CALLER);
    o = object_at(f, OBJ_MUTEX);
    if (o->owner == W->me->id) {
        o->count++;
        return;
    }
    o->owner = W->me->id;
    o->count = 1;
    clock_acquire(&o->clock);
    changed();
}

REPLACES(void, funlockfile, FILE *f)
{
    struct object *o;

    if (!RUNNING)
        return;
    step(OP_UNLOCK, (uint64_t)f, CALLER);
    o = object_at(f, OBJ_MUTEX);
    if (o->owner != W->me->id || --o->count > 0)
        return;
    clock_release(&o->clock);
    o->released_at = (uint32_t)W->points;
    o->owner = -1;
    changed();
}

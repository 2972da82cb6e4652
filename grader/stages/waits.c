/* waits.c - from stopped tasks to "thread 2 waits in pthread_mutex_lock at lock.c:31 for a
 * mutex that thread 1 holds".
 *
 * Two sources are joined. libdw gives each task's stack: the libc function called from the
 * first frame with source code is what it waits in. The kernel gives the futex's address
 * (/proc/PID/task/TID/syscall), and a glibc mutex keeps its owner's thread id 8 bytes behind
 * that word (struct __pthread_mutex_s, sysdeps/x86/nptl/bits/struct_mutex.h).
 */
#include "stages/waits.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "sandbox/stacks.h"
#include "sandbox/tasks.h"
#include "stages/blind.h"

enum wait_kind { WAITS_OTHER, WAITS_JOIN, WAITS_NOTICE, WAITS_LOCK };

/* What a task is doing, from the function it called. The first match counts. */
static const struct {
    const char *function;
    enum wait_kind kind;
    const char *what;
} calls[] = {
    {"pthread_mutex", WAITS_LOCK, "for a mutex"},
    {"pthread_rwlock", WAITS_LOCK, "for a read-write lock"},
    {"pthread_spin", WAITS_LOCK, "for a spin lock"},
    {"mtx_", WAITS_LOCK, "for a mutex"},
    {"pthread_cond", WAITS_NOTICE, "for a signal on a condition variable"},
    {"cnd_", WAITS_NOTICE, "for a signal on a condition variable"},
    {"sem_", WAITS_NOTICE, "for a semaphore"},
    {"pthread_barrier", WAITS_NOTICE, "at a barrier"},
    {"sigsuspend", WAITS_NOTICE, "for a signal"},
    {"pause", WAITS_NOTICE, "for a signal"},
    {"sigwait", WAITS_NOTICE, "for a signal"},
    {"sigtimedwait", WAITS_NOTICE, "for a signal"},
    {"semop", WAITS_NOTICE, "for a semaphore"},
    {"msgrcv", WAITS_NOTICE, "for a message"},
    {"mq_", WAITS_NOTICE, "for a message"},
    {"pthread_join", WAITS_JOIN, "for a thread to finish"},
    {"pthread_clockjoin", WAITS_JOIN, "for a thread to finish"},
    {"pthread_timedjoin", WAITS_JOIN, "for a thread to finish"},
    {"thrd_join", WAITS_JOIN, "for a thread to finish"},
    {"wait", WAITS_JOIN, "for a child process to finish"},
};

struct standing {
    struct task task;
    struct live_stack *stack; /* NULL when it cannot be read */
    int process, thread;      /* 1-based, for names that do not change from run to run */
    int first;                /* first frame with source */
    const char *call;         /* libc function it stands in, "" when in its own code */
    enum wait_kind kind;
    const char *what;
    struct standing *holder;
};

struct picture {
    const struct unit *u;
    struct task_tree tree;
    struct live_stack stacks[STACKS_MAX];
    struct standing all[STACKS_MAX];
    int count, processes;
};

/* libc exports one function under several names: ___pthread_mutex_lock. */
static const char *plain(const char *name)
{
    return name + strspn(name, "_");
}

static enum wait_kind call_kind(const char *call, const char **what)
{
    for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
        if (strncmp(call, calls[i].function, strlen(calls[i].function)) == 0) {
            *what = calls[i].what;
            return calls[i].kind;
        }
    }
    return WAITS_OTHER;
}

/* At a gate of the test, or inside a wrapper of runtime/helgrind.c: then the wrapped call
 * is the one to speak of, from the frame below. */
static bool waits_in_harness(struct standing *s)
{
    const struct live_frame *f = &s->stack->frames[s->first];

    if (s->first >= s->stack->count || !unit_is_harness(f->file))
        return false;
    s->call = plain(f->function);
    if (strncmp(s->call, "wrap_", 5) == 0) {
        s->call += 5;
        s->first++;
        s->kind = call_kind(s->call, &s->what);
    } else if (strcmp(s->call, "ls_gate_pass") == 0) {
        s->what = "at a gate that the test opens later";
    }
    return true;
}

static void classify(struct standing *s)
{
    s->call = "";
    s->first = 0;
    if (!s->stack)
        return;
    while (s->first < s->stack->count && !s->stack->frames[s->first].in_program)
        s->first++;
    if (s->first == 0)
        return;
    if (waits_in_harness(s))
        return;
    s->call = plain(s->stack->frames[s->first - 1].function);
    if (s->first < s->stack->count && *s->stack->frames[s->first].called)
        s->call = plain(s->stack->frames[s->first].called);
    s->kind = call_kind(s->call, &s->what);
}

/* The thread id in the mutex that task waits for, 0 when nobody's or not a mutex. */
static pid_t mutex_owner(const struct task *t)
{
    int32_t words[3] = {0};
    struct iovec to = {words, sizeof words},
                 from = {(void *)(uintptr_t)t->args[0], sizeof words};

    if (t->sysno != SYS_futex || process_vm_readv(t->pid, &to, 1, &from, 1, 0) != sizeof words)
        return 0;
    return words[2];
}

static void find_holders(struct picture *p)
{
    for (int i = 0; i < p->count; i++) {
        struct standing *s = &p->all[i];
        pid_t owner = s->kind == WAITS_LOCK ? mutex_owner(&s->task) : 0;

        for (int k = 0; owner && k < p->count; k++)
            if (p->all[k].task.inner_tid == owner)
                s->holder = &p->all[k];
    }
}

static void add_process(struct picture *p, pid_t pid)
{
    struct err ignored = {0};
    const int room = STACKS_MAX - p->count;
    const char *folder = arena_printf(p->u->a, "%s/" BLIND_FULL, p->u->work);
    int n =
        room > 0 && folder ? stacks_of(pid, folder, p->stacks + p->count, room, &ignored) : 0;
    int base = p->count, thread = 0;

    p->processes++;
    for (int i = 0; i < p->tree.count && p->count < STACKS_MAX; i++) {
        struct standing *s = &p->all[p->count];

        if (p->tree.tasks[i].pid != pid || p->tree.tasks[i].wait == TASK_DEAD)
            continue;
        *s = (struct standing){.task = p->tree.tasks[i], .process = p->processes};
        s->thread = ++thread;
        for (int k = 0; k < n; k++)
            if (p->stacks[base + k].tid == s->task.tid)
                s->stack = &p->stacks[base + k];
        p->count++;
        classify(s);
    }
}

static struct picture *take_picture(const struct unit *u, pid_t init)
{
    struct picture *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->u = u;
    tasks_look(init, &p->tree);
    for (int i = 0; i < p->tree.count; i++) {
        const struct task *t = &p->tree.tasks[i];

        if (t->pid == t->tid && t->wait != TASK_DEAD && p->count < STACKS_MAX)
            add_process(p, t->pid);
    }
    find_holders(p);
    return p;
}

/* Copies the frames a student understands: from their code to the test's body. */
static int show_frames(const struct unit *u, const struct standing *s, struct stack *to)
{
    for (int i = s->first; s->stack && i < s->stack->count; i++) {
        const struct live_frame *f = &s->stack->frames[i];

        if (f->in_program && !unit_is_harness(f->file))
            unit_frame(u, to, f->function, f->file, f->line);
    }
    return to->count;
}

static bool same_place(const struct standing *a, const struct standing *b)
{
    if (a->process != b->process || a->kind != b->kind || strcmp(a->call, b->call) != 0 ||
        a->holder != b->holder || !a->stack || !b->stack || a->thread == 1 || b->thread == 1)
        return false;
    if (a->stack->count - a->first != b->stack->count - b->first)
        return false;
    for (int i = a->first, k = b->first; i < a->stack->count; i++, k++)
        if (a->stack->frames[i].line != b->stack->frames[k].line)
            return false;
    return true;
}

static void name_task(const struct picture *p, const struct standing *s, struct buf *b)
{
    if (p->processes > 1)
        buf_printf(b, "process %d%s", s->process, s->thread > 1 ? ", " : "");
    if (p->processes == 1 || s->thread > 1)
        buf_printf(b, "thread %d", s->thread);
}

static const char *describe(const struct picture *p, const struct standing *s, int same)
{
    struct buf b = {0};
    const char *text;

    if (same > 1)
        buf_printf(&b, "%d threads", same);
    else
        name_task(p, s, &b);
    if (s->task.wait == TASK_STOPPED)
        buf_printf(&b, " %s stopped", same > 1 ? "are" : "is");
    else if (s->task.wait == TASK_RUNS)
        buf_printf(&b, " %s running", same > 1 ? "are" : "is");
    else if (*s->call)
        buf_printf(&b, " wait%s in %s%s%s", same > 1 ? "" : "s", s->call, s->what ? " " : "",
                   s->what ? s->what : "");
    else
        buf_printf(&b, " wait%s", same > 1 ? "" : "s");
    if (s->holder == s) {
        buf_puts(&b, " that it holds itself");
    } else if (s->holder) {
        buf_puts(&b, " that ");
        name_task(p, s->holder, &b);
        buf_puts(&b, " holds");
    } else if (s->kind == WAITS_LOCK && mutex_owner(&s->task)) {
        buf_puts(&b, " whose holder is gone");
    }
    text = b.data ? arena_strdup(p->u->a, b.data) : NULL;
    buf_release(&b);
    return text;
}

/* A wait that the test itself makes is no wake-up that the submission lost. */
static bool waits_in_submission(const struct unit *u, const struct standing *s)
{
    return s->stack && s->first < s->stack->count &&
           unit_owns(u, s->stack->frames[s->first].file);
}

enum verdict waits_explain(const struct unit *u, pid_t init, struct evidence *ev)
{
    struct picture *p = take_picture(u, init);
    bool lock = false, notice = false;

    if (!p)
        return VERDICT_DEADLOCK;
    for (int i = 0; i < p->count; i++) {
        struct standing *s = &p->all[i];
        bool told = false;
        int same = 1;
        struct stack *st;

        lock |= s->kind == WAITS_LOCK;
        notice |= s->kind == WAITS_NOTICE && waits_in_submission(u, s);
        for (int k = 0; k < i; k++)
            told |= same_place(&p->all[k], s);
        if (told)
            continue;
        for (int k = i + 1; k < p->count; k++)
            same += same_place(s, &p->all[k]);
        st = evidence_stack(u->a, ev, describe(p, s, same), STACK_FRAMES);
        if (st)
            show_frames(u, s, st);
    }
    free(p);
    return !lock && notice ? VERDICT_LOST_WAKEUP : VERDICT_DEADLOCK;
}

bool waits_stack(const struct unit *u, const struct keeper_event *at, const char *label,
                 struct evidence *ev)
{
    struct picture *p = take_picture(u, at->init);
    bool found = false;

    for (int i = 0; p && i < p->count && !found; i++) {
        const struct task *t = &p->all[i].task;
        struct stack *st;

        if (t->pid != at->pid || t->inner_tid != at->inner_tid)
            continue;
        st = evidence_stack(u->a, ev, label, STACK_FRAMES);
        found = st && show_frames(u, &p->all[i], st) > 0;
    }
    free(p);
    return found;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *waits_functions(const struct unit *u, const struct evidence *ev)
{
    const char *names[8] = {NULL}, *text;
    struct buf b = {0};
    int n = 0;

    for (const struct stack *s = ev->stacks; s; s = s->next) {
        for (int i = 0; i < s->count && n < (int)ARRAY_SIZE(names); i++) {
            bool known = false;

            if (!unit_owns(u, s->frames[i].file) || !s->frames[i].function)
                continue;
            for (int k = 0; k < n; k++)
                known |= strcmp(names[k], s->frames[i].function) == 0;
            if (!known)
                names[n++] = s->frames[i].function;
            break; /* the innermost one of each stack */
        }
    }
    qsort(names, (size_t)n, sizeof *names, by_name);
    for (int i = 0; i < n; i++)
        buf_printf(&b, "%s%s", i ? " / " : "", names[i]);
    text = b.data ? arena_strdup(u->a, b.data) : NULL;
    buf_release(&b);
    return text;
}

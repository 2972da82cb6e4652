/* program.c - a plain program under the explorer: its main(), its exits and its assertions.
 *
 *   program --explore [options] [-- ARGS]     (the grader's words; `lockstep explore` is the
 *   program --replay TOKEN [-- ARGS]           person's way in)
 *
 * The program's own main has been renamed ls_program_main by the redirections. A suite has
 * none: suite.c provides what is run instead.
 */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <unistd.h>

#include "runtime/explore/driver.h"
#include "runtime/explore/process.h"
#include "runtime/explore/sync.h"

int ls_x_main(int argc, char **argv, char **envp) __attribute__((weak));
void (*suite_test(const char *id))(void *) __attribute__((weak));

static int program_argc;
static char **program_argv;

/* ---- how a program ends
 * ---------------------------------------------------------------------- */

/* What is to be called at the end, last first: atexit(3), on_exit(3). In memory of the
 * schedule, so it is forgotten with it; a child has its parent's (fork(2)). */
static struct at_exit {
    struct at_exit *next;
    void (*plain)(void);
    void (*with_status)(int, void *);
    void *arg;
} * exit_calls, *quick_exit_calls;
static uint64_t at_exit_of;

static void remember_exit(struct at_exit **list, const struct at_exit *what)
{
    struct at_exit *e;

    if (at_exit_of != W->generation) {
        at_exit_of = W->generation;
        exit_calls = quick_exit_calls = NULL;
    }
    e = scratch_alloc(sizeof *e);
    *e = *what;
    e->next = *list;
    *list = e;
}

static void call_at_exit(struct at_exit **list, int status)
{
    while (at_exit_of == W->generation && *list) {
        const struct at_exit *e = *list;

        *list = e->next;
        if (e->plain)
            e->plain();
        else
            e->with_status(status, e->arg);
    }
}

REPLACES(int, atexit, void (*f)(void))
{
    if (!RUNNING)
        return atexit(f);
    remember_exit(&exit_calls, &(struct at_exit){.plain = f});
    return 0;
}

REPLACES(int, on_exit, void (*f)(int, void *), void *arg)
{
    if (!RUNNING)
        return on_exit(f, arg);
    remember_exit(&exit_calls, &(struct at_exit){.with_status = f, .arg = arg});
    return 0;
}

REPLACES(int, at_quick_exit, void (*f)(void))
{
    if (!RUNNING)
        return at_quick_exit(f);
    remember_exit(&quick_exit_calls, &(struct at_exit){.plain = f});
    return 0;
}

/* What others do after this one's last operation, and before the process has ended, may happen
 * as well: the end is a step, and nothing of the process comes behind it. */
static void leave(void)
{
    const struct op op = {.kind = OP_LEAVE,
                          .effect = EFFECT_END,
                          .mask = 0xff,
                          .pc = W->me->last_pc,
                          .obj = END_OF_PROGRAM};

    if (process_me()->live > 1)
        step_op(&op);
}

static bool is_left(const struct task *t)
{
    return t->process == 0 && !t->mailman && t->id > 0 &&
           (t->state != TASK_DONE || (!t->joined && !t->detached));
}

/* A detached thread that has not quite ended when a test ends is no leak: it may come to its
 * end. One that then still waits has been left. */
static void await_detached(void)
{
    for (int i = 1; i < W->task_count; i++) {
        const struct task *t = &W->tasks[i];

        if (is_left(t) && t->detached) {
            step(OP_SETTLE, 0, 0);
            return;
        }
    }
}

static void tell_threads(void)
{
    struct found *f;
    char name[32];
    int n = 0, detached = 0;

    for (int i = 1; i < W->task_count; i++)
        if (is_left(&W->tasks[i])) {
            n++;
            detached += W->tasks[i].detached;
        }
    if (n == 0)
        return;
    if (detached == n)
        f = bug_begin(BUG_LEAK,
                      n == 1 ? "a detached thread still waits when the test has ended"
                             : "%d detached threads still wait when the test has ended",
                      n);
    else
        f = bug_begin(BUG_LEAK, "%d %s left: neither joined nor detached", n - detached,
                      n - detached == 1 ? "thread is" : "threads are");
    for (int i = 1; i < W->task_count; i++) {
        const struct task *t = &W->tasks[i];

        if (is_left(t) && (detached == n || !t->detached))
            bug_stack(f, i, t->created_pc, t->created_node, "%s was created here%s",
                      task_name(i, name), t->state == TASK_DONE ? " and has ended" : "");
    }
    bug_done(f);
}

static void tell_processes(void)
{
    int running, zombies;
    struct found *f;
    char name[32];

    process_left(&running, &zombies);
    if (running + zombies == 0)
        return;
    if (zombies)
        f = bug_begin(BUG_ZOMBIE, "%d child %s ended and %s never waited for", zombies,
                      zombies == 1 ? "process" : "processes", zombies == 1 ? "was" : "were");
    else
        f = bug_begin(BUG_LEAK, "%d %s left behind", running,
                      running == 1 ? "process is" : "processes are");
    for (int i = 1; i < W->process_count; i++) {
        const struct process *p = &W->processes[i];

        if (p->state == PROCESS_RUNS ? !zombies : p->state == PROCESS_ZOMBIE)
            bug_stack(f, p->main, p->forked_pc, p->forked_node, "%s was forked here",
                      task_name(p->main, name));
    }
    bug_done(f);
}

/* What a test must not leave behind, in any schedule. */
static void tell_leftovers(void)
{
    if (!W->o.leaks)
        return;
    await_detached();
    tell_threads();
    tell_processes();
    leftovers_tell();
}

void program_exit(int status, bool returned)
{
    struct found *f;

    call_at_exit(&exit_calls, status);
    leave();
    if (W->forks) { /* what it has printed may go to a pipe */
        fflush(NULL);
        io_changed_all();
    }
    if (process_me()->id != 0)
        process_end((status & 255) << 8);
    W->exit_status = status;
    if (!suite_test && status != 0) {
        f = bug_begin(BUG_WRONG_RESULT, "the program exits with status %d", status & 255);
        bug_stack_of(f, W->me, returned ? "returns from main" : "calls exit here");
        bug_done(f);
    }
    if (suite_test && !returned) {
        f = bug_begin(BUG_EARLY_EXIT, "exit(%d) was called before the test ended", status);
        bug_stack_of(f, W->me, "calls exit here");
        bug_done(f);
    }
    if (returned)
        tell_leftovers();
    if (!suite_test && W->forks)
        process_end((status & 255) << 8);
    schedule_end(END_FINISHED);
}

void process_end_of_main(int status)
{
    program_exit(status, true);
}

REPLACES(void, exit, int status)
{
    if (!RUNNING)
        exit(status);
    unsafe_call("exit", CALLER);
    W->me->last_pc = program_pc(CALLER);
    program_exit(status, false);
}

REPLACES(void, _exit, int status)
{
    if (!RUNNING)
        _exit(status);
    W->me->last_pc = program_pc(CALLER);
    if (process_me()->id != 0)
        process_end((status & 255) << 8);
    at_exit_of = 0;
    program_exit(status, false);
}

REPLACES(void, _Exit, int status)
{
    ls_x__exit(status);
}

REPLACES(void, quick_exit, int status)
{
    if (RUNNING)
        call_at_exit(&quick_exit_calls, status);
    ls_x__exit(status);
}

/* ---- assertions
 * ------------------------------------------------------------------------------- */

static void __attribute__((noreturn))
failed(const char *file, int line, const char *text, uintptr_t pc)
{
    struct found *f = bug_begin(BUG_WRONG_RESULT, "%s", text);
    const char *slash = strrchr(file, '/');

    f->line = line;
    snprintf(f->file, sizeof f->file, "%s", slash ? slash + 1 : file);
    bug_stack(f, W->me->id, program_pc(pc), task_node(W->me), "fails here");
    path_tell_strays(f);
    bug_done(f);
}

REPLACES(void, __assert_fail, const char *expr, const char *file, unsigned line,
         const char *function)
{
    char text[MESSAGE_MAX];

    if (!RUNNING)
        __assert_fail(expr, file, line, function);
    snprintf(text, sizeof text, "assertion failed: %s", expr);
    failed(file, (int)line, text, CALLER);
}

REPLACES(void, __assert_perror_fail, int err, const char *file, unsigned line,
         const char *function)
{
    if (!RUNNING)
        __assert_perror_fail(err, file, line, function);
    failed(file, (int)line, strerror(err), CALLER);
}

REPLACES(void, abort, void)
{
    struct found *f;

    if (!RUNNING)
        abort();
    W->me->last_pc = program_pc(CALLER);
    if (process_me()->act[SIGABRT].handler > 1) {
        signal_post(process_me(), W->me, SIGABRT, SI_TKILL, 0, CALLER);
        signal_now();
    }
    if (process_me()->id != 0)
        process_end(SIGABRT | 0x80);
    f = bug_begin(BUG_CRASH, "calls abort()");
    bug_stack(f, W->me->id, program_pc(CALLER), task_node(W->me), "aborts here");
    bug_done(f);
}

/* ---- main
 * --------------------------------------------------------------------------------------- */

static void run_main(void *arg)
{
    (void)arg;
    W->exit_status = ls_x_main(program_argc, program_argv, environ);
    W->main_returned = true;
    program_exit(W->exit_status, true);
}

/* Nothing decides by an address, but reports are easier to compare when they stay the same.
 * Binding all symbols first keeps the linker's work out of the schedules. */
static void settle_down(char **argv)
{
    int p = personality(0xffffffff);

    if (getenv("LOCKSTEP_SETTLED"))
        return;
    setenv("LOCKSTEP_SETTLED", "1", 1);
    setenv("LD_BIND_NOW", "1", 1);
    if (p >= 0)
        personality((unsigned long)p | ADDR_NO_RANDOMIZE); /* refused in some sandboxes: fine */
    execv("/proc/self/exe", argv);
}

static uint64_t number(const char *s)
{
    char *end;
    const uint64_t v = strtoull(s, &end, 10);

    if (*s < '0' || *s > '9' || *end)
        broken("'%s' is not a number", s);
    return v;
}

struct request {
    const char *token, *test;
    int out;
};

/* Options without a value. */
static bool *flag_of(const char *name)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"--fork", &W->o.fork_each},    {"--leaks", &W->o.leaks},
                 {"--inline", &W->o.inline_run}, {"--opaque", &W->o.opaque},
                 {"--code", &W->o.code},         {"--returns", &W->o.returns},
                 {"--output", &W->o.output},     {"--terminal", &W->o.terminal}};

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (strcmp(name, flags[i].name) == 0)
            return flags[i].flag;
    return NULL;
}

static void read_value(const char *o, const char *value, struct request *r)
{
    if (strcmp(o, "--token") == 0)
        r->token = value;
    else if (strcmp(o, "--test") == 0)
        r->test = value;
    else if (strcmp(o, "--out") == 0)
        r->out = (int)number(value);
    else if (strcmp(o, "--trail") == 0)
        W->o.trail = value;
    else if (strcmp(o, "--input") == 0)
        W->o.input = value;
    else if (strcmp(o, "--progress") == 0)
        progress_open(value);
    else if (strcmp(o, "--schedules") == 0)
        W->o.schedules = number(value);
    else if (strcmp(o, "--seed") == 0)
        W->o.seed = number(value);
    else if (strcmp(o, "--inputs") == 0)
        W->o.inputs = strtoull(value, NULL, 16);
    else if (strcmp(o, "--steps") == 0)
        W->o.steps = number(value);
    else if (strcmp(o, "--preemptions") == 0)
        W->o.preemptions = (int)number(value);
    else if (strcmp(o, "--patience") == 0)
        W->o.patience = (int64_t)number(value) * 1000000000;
    else if (strcmp(o, "--after") == 0)
        W->o.after = number(value);
    else if (strcmp(o, "--strategy") != 0)
        broken("unknown option '%s'", o);
    else if (!(W->o.strategy = strategy_named(value)) && strcmp(value, "default") != 0)
        broken("there is no strategy '%s'", value);
}

static void read_options(int argc, char **argv, struct request *r)
{
    int i;

    for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        bool *flag = flag_of(argv[i]);

        if (flag)
            *flag = true;
        else if (strcmp(argv[i], "--show") == 0)
            W->o.quiet = false;
        else {
            read_value(argv[i], i + 1 < argc ? argv[i + 1] : "", r);
            i++;
        }
    }
    if (i < argc)
        argv[i] = argv[0];
    program_argc = i < argc ? argc - i : 1;
    program_argv = i < argc ? argv + i : argv;
    if (i >= argc)
        argv[1] = NULL;
}

static void *of_the_program(void)
{
    extern char __executable_start[];

    return __executable_start;
}

static void open_world(void)
{
    heap_open();
    world_open();
    W->base = (uintptr_t)of_the_program();
    W->o = (struct options){.seed = 1,
                            .schedules = 1000,
                            .steps = STEPS_MAX,
                            .all_steps = ALL_STEPS_MAX,
                            .preemptions = -1,
                            .patience = PATIENCE * (int64_t)1000000000,
                            .after = 50,
                            .quiet = true};
    W->tasks = region_alloc(TASK_MAX * sizeof *W->tasks);
    W->found = region_alloc(FOUND_MAX * sizeof *W->found);
    W->taken_max = 1 << 16;
    W->taken = region_alloc((size_t)W->taken_max * sizeof *W->taken);
    W->found_switches = region_alloc((size_t)W->taken_max * FOUND_MAX * sizeof *W->taken);
    W->keep_switches = true;
    W->plan = region_alloc(2 * (size_t)W->taken_max * sizeof *W->plan);
    W->log_max = 1 << 16;
    for (int i = 0; i < 2; i++)
        W->log[i] = region_alloc((size_t)W->log_max * sizeof *W->log[i]);
    W->trace_max = 1 << 16;
    W->trace = region_alloc((size_t)W->trace_max * sizeof *W->trace);
    sched_open();
    hooks_open();
    race_open();
    object_open();
    space_open();
    leftovers_open();
    delivery_open();
    W->processes = region_alloc(PROCESS_MAX * sizeof *W->processes);
    W->uid = getuid();
}

int main(int argc, char **argv)
{
    struct request r = {.out = 1};
    void (*first)(void *) = run_main;

    settle_down(argv);
    open_world();
    read_options(argc, argv, &r);
    plan_open();
    if (suite_test && r.test)
        first = suite_test(r.test);
    else if (!ls_x_main)
        broken("there is no main() to run");
    if (!first)
        broken("there is no test '%s'", r.test);
    if (r.token)
        return explore_token(first, NULL, r.token, r.out);
    return explore(first, NULL, r.out);
}

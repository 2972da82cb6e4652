/* native.c - each test alone, in its own process tree, judged from outside.
 *
 * What a test says over its stream is compared with what the kernel shows:
 *
 *   BEGIN  the keeper lists the open descriptors
 *   FAIL, CRASH, EXIT   the sender stands still; stacks are read; the run ends
 *   END    the sender stands still; descriptors, threads and children are compared
 *   then   exit status 0, and init finds no process and no IPC object left
 *
 * Anything else than that whole story is a verdict. The exit status alone proves nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "sandbox/init/init.h"
#include "sandbox/tasks.h"
#include "sandbox/tier.h"
#include "stages/assertion.h"
#include "stages/unit.h"
#include "stages/waits.h"

/* Looks at threads that are on their way out; each look is 2 ms apart. */
static const double STAND_S = 10; /* patience, processor time that others take */

enum { SETTLE_LOOKS = 2500, OBSERVATIONS_MAX = 4096 };

static struct evidence *prove(struct native_run *run, enum verdict v, const char *title)
{
    return result_prove(run->u->a, run->t, MODE_NATIVE, v, title);
}

static void prove_text(struct native_run *run, enum verdict v, const char *text)
{
    struct evidence *ev = prove(run, v, verdict_name(v));

    if (ev)
        ev->text = text;
}

/* "deadlock: f / g" once the stacks are known. */
static void title_from_stacks(struct native_run *run, struct evidence *ev)
{
    const char *functions = waits_functions(run->u, ev);

    ev->title = functions
                    ? arena_printf(run->u->a, "%s: %s", verdict_name(ev->verdict), functions)
                    : verdict_name(ev->verdict);
}

/* ---- what the test says ------------------------------------------------------------ */

/* Verdicts a suite may name at the start of a failure message. */
static bool suite_verdict(const char *message, enum verdict *ret, const char **rest)
{
    static const enum verdict allowed[] = {
        VERDICT_DEADLOCK,       VERDICT_LOST_WAKEUP,     VERDICT_LIVELOCK,
        VERDICT_DATA_RACE,      VERDICT_MISUSE,          VERDICT_WRONG_RESULT,
        VERDICT_SIGNAL_UNSAFE,  VERDICT_ORDER_VIOLATION, VERDICT_ZOMBIE,
        VERDICT_LEAK,           VERDICT_BUSY_WAIT,       VERDICT_TOO_STRICT,
        VERDICT_RESOURCE_LIMIT,
    };

    for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
        const char *name = verdict_name(allowed[i]);
        size_t n = strlen(name);

        if (strncmp(message, name, n) == 0 && strncmp(message + n, ": ", 2) == 0) {
            *ret = allowed[i];
            *rest = message + n + 2;
            return true;
        }
    }
    return false;
}

static bool wants_stacks(enum verdict v)
{
    return v == VERDICT_DEADLOCK || v == VERDICT_LOST_WAKEUP || v == VERDICT_BUSY_WAIT;
}

static void test_failed(struct native_run *run, const struct keeper_event *at)
{
    struct unit *u = run->u;
    const char *nl = strchr(at->text, '\n'), *message = nl ? nl + 1 : at->text;
    enum verdict v = VERDICT_WRONG_RESULT;
    const char *file;
    struct evidence *ev;
    struct stack *s;

    if (at->number == ENOSYS)
        v = VERDICT_NOT_IMPLEMENTED;
    else
        suite_verdict(message, &v, &message);
    ev = prove(run, v, verdict_name(v));
    if (!ev)
        return;
    ev->text = v == VERDICT_NOT_IMPLEMENTED
                   ? "A function of the contract still returns ENOSYS, as the stub does."
                   : assertion_say(u->a, arena_strdup(u->a, message));
    /* a failure inside our own helpers has its place in the stacks below */
    file = nl ? arena_strndup(u->a, at->text, (size_t)(nl - at->text)) : NULL;
    s = unit_is_suite(u, file) ? evidence_stack(u->a, ev, "the test says so here", 1) : NULL;
    if (s)
        unit_frame(u, s, NULL, file, at->line);
    if (wants_stacks(v))
        waits_explain(u, at->init, ev);
    run->failed = true;
}

static void test_crashed(struct native_run *run, const struct keeper_event *at)
{
    struct unit *u = run->u;
    const char *name = sigabbrev_np(at->line);
    struct evidence *ev = prove(run, VERDICT_CRASH, "crash");

    run->crashed = true;
    if (!ev)
        return;
    if (at->line == SIGABRT)
        ev->text = "The program called abort(), or an assertion or a check of the C library "
                   "failed (SIGABRT).";
    else if (at->line == SIGSEGV || at->line == SIGBUS)
        ev->text = arena_printf(
            u->a, "The program accessed memory that is not its own (SIG%s%s).",
            name ? name : "?", at->number >= 0 && at->number < 4096 ? ", a null pointer" : "");
    else
        ev->text = arena_printf(u->a, "The program was stopped by SIG%s.", name ? name : "?");
    waits_stack(u, at, arena_printf(u->a, "SIG%s here", name ? name : "?"), ev);
    title_from_stacks(run, ev);
}

static void test_exited(struct native_run *run, const struct keeper_event *at)
{
    struct evidence *ev = prove(run, VERDICT_EARLY_EXIT, "early-exit");

    run->exited = true;
    if (!ev)
        return;
    ev->text = "exit() was called before the test had ended.";
    waits_stack(run->u, at, "exit() called here", ev);
    title_from_stacks(run, ev);
}

static void observed(struct native_run *run, const struct keeper_event *at)
{
    struct observations *o = &run->seen;

    if (!o->list)
        o->list = arena_zalloc(run->u->a, OBSERVATIONS_MAX * sizeof *o->list);
    if (!o->list || o->count == OBSERVATIONS_MAX)
        return;
    snprintf(o->list[o->count].label, sizeof o->list->label, "%s", at->text);
    o->list[o->count++].value = at->number;
}

static void held(struct native_run *run, const struct keeper_event *at)
{
    struct trail *t = run->trail;

    if (!t)
        t = run->trail = arena_zalloc(run->u->a, sizeof *t);
    if (!t || t->count == TRAIL_MAX)
        return;
    snprintf(t->list[t->count].file, sizeof t->list->file, "%s", at->text);
    t->list[t->count++].line = at->line;
}

/* ---- what the kernel shows ---------------------------------------------------------- */

/* "3 pipe" a line: numbers in pipe:[4711] differ from run to run. */
static void list_fds(pid_t pid, struct buf *ret)
{
    char path[64], target[256];
    DIR *d;

    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    d = opendir(path);
    if (!d)
        return;
    for (struct dirent *de; (de = readdir(d));) {
        ssize_t n = readlinkat(dirfd(d), de->d_name, target, sizeof target - 1);

        if (n < 0)
            continue;
        target[n] = '\0';
        if (strncmp(target, "pipe:[", 6) == 0)
            target[4] = '\0';
        if (strncmp(target, "socket:[", 8) == 0)
            target[6] = '\0';
        buf_printf(ret, "%s %s\n", de->d_name, target);
    }
    closedir(d);
}

/* Is this line in the list, whole? "8 socket:[1]" is in "18 socket:[1]". */
static bool has_line(const struct buf *list, const char *line)
{
    for (const char *p = list->data; p && (p = strstr(p, line)); p++)
        if (p == list->data || p[-1] == '\n')
            return true;
    return false;
}

static void compare_fds(struct native_run *run)
{
    struct buf after = {0};
    char *save = NULL;
    int libchecks = 0;

    list_fds(run->main_pid, &after);
    for (char *l = after.data ? strtok_r(after.data, "\n", &save) : NULL; l;
         l = strtok_r(NULL, "\n", &save)) {
        auto_free char *whole = NULL;
        const char *target = strchr(l, ' ');

        if (asprintf(&whole, "%s\n", l) < 0) {
            whole = NULL;
            break;
        }
        /* libcheck's own message file, one, is opened when a body starts */
        if (strstr(l, "/check_") && strstr(l, " (deleted)") && libchecks++ == 0)
            continue;
        if (target && !has_line(&run->fds_before, whole))
            buf_printf(&run->left, "descriptor%s\n", target);
    }
    buf_release(&after);
}

/* Waits until those who are leaving have left: a joined thread stays visible for a moment,
 * a dying child is not yet a zombie. Somebody asleep in two looks is not leaving. */
static void look_when_calm(const struct keeper_event *at, struct task_tree *tree)
{
    static struct task_tree was;
    const struct timespec between = {.tv_nsec = 2000000};

    tasks_look(at->init, tree);
    for (int i = 0; i < SETTLE_LOOKS; i++) {
        bool calm = true;

        for (int k = 0; k < tree->count; k++)
            calm &= tree->tasks[k].wait != TASK_RUNS;
        if (calm && (i > 0 || tree->count == 1) &&
            (tree->count == 1 || tasks_still(&was, tree)))
            return;
        was = *tree;
        nanosleep(&between, NULL);
        tasks_look(at->init, tree);
    }
}

static void compare_tasks(struct native_run *run, const struct keeper_event *at)
{
    static struct task_tree tree;
    int threads = 0, zombies = 0, processes = 0;

    look_when_calm(at, &tree);
    for (int i = 0; i < tree.count; i++) {
        const struct task *t = &tree.tasks[i];

        if (t->pid == run->main_pid)
            threads += t->tid != t->pid && t->wait != TASK_DEAD;
        else if (t->pid == t->tid && t->wait == TASK_DEAD)
            zombies++;
        else if (t->pid == t->tid)
            processes++;
    }
    for (int i = 0; i < zombies; i++)
        buf_puts(&run->left, "zombie\n");
    for (int i = 0; i < processes; i++)
        buf_puts(&run->left, "process still running\n");
    for (int i = 0; i < threads; i++)
        buf_puts(&run->left, "thread still there\n");
}

/* The harness waits for us in one system call, from a frame at a fixed distance from that of
 * the beginning. Who sends the end himself, from inside the body, stands elsewhere. */
static bool stands_at_end(struct native_run *run)
{
    uint64_t sp, pc;
    const int there = tasks_standing(run->main_pid, SYS_recvfrom, STAND_S, &sp, &pc);

    if (there < 0 || run->begin_pc == 0 || sandbox_without("stream"))
        return true; /* a busy machine: no word against anyone */
    if (there == 0 || pc != run->begin_pc)
        return false;
    run->end_offset = (int64_t)(sp - run->begin_sp);
    run->stood = true;
    return true;
}

static enum keeper_answer on_event(void *ctx, const struct keeper_event *ev)
{
    struct native_run *run = ctx;

    if (ev->type == LS_BEGIN && !run->began) {
        run->began = true;
        run->main_pid = ev->pid;
        list_fds(ev->pid, &run->fds_before);
        if (tasks_standing(ev->pid, SYS_recvfrom, STAND_S, &run->begin_sp, &run->begin_pc) != 1)
            run->begin_pc = 0;
        return KEEPER_GO_ON;
    }
    if (run->ended && (ev->type == LS_FAIL || ev->type == LS_CRASH || ev->type == LS_EXIT)) {
        /* whoever still ran was counted at the end; now it fell over what was taken away */
        prove_text(run, VERDICT_LEAK,
                   "A thread of the test was still running when the test had ended.");
        return KEEPER_STOP;
    }
    if (!run->began || run->ended || ev->type == LS_BEGIN) {
        prove_text(run, VERDICT_TAMPERING,
                   "The test's own reports came in an impossible order.");
        return KEEPER_STOP;
    }
    switch (ev->type) {
    case LS_OBSERVE:
        observed(run, ev);
        return KEEPER_GO_ON;
    case LS_PLACE:
        if (ev->pid == run->main_pid)
            held(run, ev);
        return KEEPER_GO_ON;
    case LS_FAIL:
        test_failed(run, ev);
        return KEEPER_STOP;
    case LS_CRASH:
        test_crashed(run, ev);
        return KEEPER_STOP;
    case LS_EXIT:
        test_exited(run, ev);
        return KEEPER_STOP;
    default:
        if (ev->pid != run->main_pid) {
            prove_text(run, VERDICT_TAMPERING, "Another process reported the test's end.");
            return KEEPER_STOP;
        }
        if (!stands_at_end(run)) {
            prove_text(run, VERDICT_TAMPERING,
                       "The test's end was reported by something that is not the test.");
            return KEEPER_STOP;
        }
        run->ended = true;
        run->last_mark = ev->number;
        compare_fds(run);
        compare_tasks(run, ev);
        return KEEPER_GO_ON;
    }
}

static void before_end(void *ctx, pid_t init, enum keeper_end why)
{
    struct native_run *run = ctx;
    struct unit *u = run->u;
    struct evidence *ev;

    if (why != KEEPER_HUNG && why != KEEPER_CPU && why != KEEPER_WALL)
        return;
    ev = prove(run, VERDICT_TIMEOUT, "timeout");
    if (!ev)
        return;
    if (why == KEEPER_HUNG) {
        ev->verdict = waits_explain(u, init, ev);
        ev->text = "No thread or process of the test can continue, and nothing outside the "
                   "test will wake one.";
    } else {
        waits_explain(u, init, ev);
        run->t->out_of_cpu |= why == KEEPER_CPU;
        ev->text =
            why == KEEPER_CPU
                ? arena_printf(u->a, "Still running after %ld seconds of processor time.",
                               u->x->rubric.limits.cpu_s)
                : arena_printf(u->a,
                               "Not finished after %ld seconds, mostly asleep: it waits "
                               "for the clock instead of for an event.",
                               u->x->rubric.limits.wall_s);
    }
    title_from_stacks(run, ev);
}

/* ---- the verdict --------------------------------------------------------------------- */

static void judge_signal(struct native_run *run, int sig)
{
    const char *name = sigabbrev_np(sig);

    run->t->out_of_cpu |= sig == SIGXCPU;
    if (sig == SIGXCPU)
        prove_text(run, VERDICT_TIMEOUT, "Used up its processor time.");
    else if (sig == SIGXFSZ)
        prove_text(run, VERDICT_RESOURCE_LIMIT, "Wrote a file larger than the limit allows.");
    else
        prove_text(run, VERDICT_CRASH,
                   arena_printf(run->u->a, "The test's process was killed by SIG%s.",
                                name ? name : "?"));
}

static void judge_left(struct native_run *run, const struct keeper_result *kr)
{
    struct buf all = {0};
    const bool zombie = run->left.data && strstr(run->left.data, "zombie");

    if (zombie)
        prove_text(run, VERDICT_ZOMBIE, "A child process ended and was never waited for.");
    buf_add(&all, run->left.data, run->left.len);
    buf_add(&all, kr->left.data, kr->left.len);
    for (char *save = NULL, *l = all.data ? strtok_r(all.data, "\n", &save) : NULL; l;
         l = strtok_r(NULL, "\n", &save))
        if (strcmp(l, "zombie") != 0)
            prove_text(run, VERDICT_LEAK,
                       arena_printf(run->u->a, "Left behind when the test had ended: %s.", l));
    buf_release(&all);
}

/* Who returns from the body has come by all assertions that stand on its way (trail.h). */
static void judge_trail(struct native_run *run)
{
    static const struct trail none;
    const struct trail_due *due = unit_trail(run->u, run->t->test);
    const struct trail_span *missed =
        due ? trail_missed(due, run->trail ? run->trail : &none) : NULL;

    if (missed)
        prove_text(run, VERDICT_TAMPERING,
                   arena_printf(
                       run->u->a,
                       "The test's end was reported before it reached its assertion in %s:%d.",
                       missed->file, missed->first));
}

static void judge_exit(struct native_run *run, const struct keeper_result *kr)
{
    if (run->ended && kr->code == 0) {
        judge_trail(run);
        judge_left(run, kr);
        return;
    }
    if (!run->began && kr->code == INIT_TOO_LARGE)
        prove_text(run, VERDICT_RESOURCE_LIMIT,
                   "The program needs more memory to start than the limit allows.");
    else
        prove_text(run, VERDICT_EARLY_EXIT,
                   arena_printf(run->u->a,
                                "The program ended with status %d before the test had %s.",
                                kr->code, run->began ? "ended" : "begun"));
}

static void judge(struct native_run *run, const struct keeper_result *kr)
{
    switch (kr->end) {
    case KEEPER_EXITED:
        judge_exit(run, kr);
        break;
    case KEEPER_SIGNALED:
        judge_signal(run, kr->code);
        break;
    case KEEPER_OUTPUT:
        prove_text(run, VERDICT_RESOURCE_LIMIT, "Printed more than the limit allows.");
        break;
    case KEEPER_PROCESSES:
        prove_text(run, VERDICT_RESOURCE_LIMIT,
                   "Started more processes and threads than the limit allows.");
        break;
    case KEEPER_MEMORY:
        prove_text(run, VERDICT_RESOURCE_LIMIT,
                   "Used more memory than the limit allows, counting all processes and files "
                   "in memory.");
        break;
    case KEEPER_JUDGED:
        if (kr->forged)
            prove_text(run, VERDICT_TAMPERING, "The grader received a forged message.");
        break;
    default:
        break; /* before_end() has spoken */
    }
}

int native_run_one(struct unit *u, const char *program, struct test_grade *t,
                   struct native_run *run, struct keeper_result *kr, struct err *e)
{
    char seed[SEED_HEX], *env[8] = {0};
    char *argv[] = {(char *)program, "--test", (char *)t->test->id, NULL};
    const char *files[] = {program + strlen("./"), NULL};
    struct keeper_job job = {.argv = argv,
                             .envp = env,
                             .cwd = u->work,
                             .files = files,
                             .limits = u->x->rubric.limits,
                             .watch_left = true,
                             .stream = true,
                             .timers = u->uses_timers,
                             .on_event = on_event,
                             .before_end = before_end,
                             .ctx = run};
    int n = 0;

    *run = (struct native_run){.u = u, .t = t};
    while (unit_env[n]) {
        env[n] = unit_env[n];
        n++;
    }
    unit_seed(u, t->test, seed);
    env[n] = arena_printf(u->a, "LOCKSTEP_SEED=%s", seed);
    if (sandbox_without("noexec"))
        env[n + 1] = "LOCKSTEP_CODE=may be made";
    return env[n] ? keeper_run(&job, kr, e) : err_oom(e);
}

static int run_test(struct unit *u, struct test_grade *t, struct err *e)
{
    struct native_run run;
    struct keeper_result kr = {0};
    int rc = native_run_one(u, u->program, t, &run, &kr, e);

    if (rc == 0 && kr.end == KEEPER_STARVED)
        rc = err_set(e, ERR_SYSTEM, "the machine is too busy to run the tests; try again");
    if (rc == 0) {
        t->ran |= 1u << MODE_NATIVE;
        judge(&run, &kr);
        unit_spend(u, MODE_NATIVE, kr.wall_s, kr.cpu_s, kr.rss_kb);
    }
    if (rc == 0 && !t->evidence && u->o->oracle)
        rc = oracle_check(u, t, &run, e);
    buf_release(&run.left);
    buf_release(&run.fds_before);
    keeper_release(&kr);
    return rc;
}

/* The suite as compile_suite() has laid it out. 0 or -1. */
static int read_suite(struct unit *u, struct err *e)
{
    auto_free char *text = NULL;
    const char *path = arena_printf(u->a, "%s/check_%s.c", u->work, u->x->cname);

    if (u->suite)
        return 0;
    if (!path || slurp(path, 4 << 20, &text, NULL, e) < 0)
        return path ? -1 : err_oom(e);
    u->suite = arena_strdup(u->a, text);
    return u->suite ? 0 : err_oom(e);
}

const struct trail_due *unit_trail(struct unit *u, const struct rubric_test *t)
{
    struct trail_due *due = arena_zalloc(u->a, sizeof *due);
    const char *file = arena_printf(u->a, "check_%s.c", u->x->cname);
    char *function = arena_strdup(u->a, t->id);
    struct err ignored = {0};

    if (!due || !file || !function || sandbox_without("stream") || sandbox_without("trail") ||
        read_suite(u, &ignored) < 0)
        return NULL;
    for (char *p = function; *p; p++)
        *p = *p == '-' ? '_' : *p;
    trail_read(u->suite, file, function, due);
    return due;
}

/* A test of the rubric that the suite does not have would look like an early exit. */
static int check_ids(struct unit *u, struct err *e)
{
    if (read_suite(u, e) < 0)
        return -1;
    for (int i = 0; i < u->x->rubric.test_count; i++) {
        if (u->x->rubric.tests[i].hidden && !u->hidden)
            continue;
        const char *quoted = arena_printf(u->a, "\"%s\"", u->x->rubric.tests[i].id);

        if (!quoted || !strstr(u->suite, quoted))
            return err_set(e, ERR_EXERCISE, "%s: test '%s' of exercise.yml is not in the suite",
                           u->x->id, u->x->rubric.tests[i].id);
    }
    return 0;
}

int stage_native(struct unit *u, struct err *e)
{
    if (check_ids(u, e) < 0)
        return -1;
    for (int i = 0; i < u->r->test_count; i++)
        if (unit_wants(u, u->r->tests[i].test) &&
            !unit_exhausted(u, &u->r->tests[i], MODE_NATIVE) &&
            run_test(u, &u->r->tests[i], e) < 0)
            return -1;
    return 0;
}

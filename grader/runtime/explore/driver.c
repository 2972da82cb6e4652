/* driver.c - runs schedules: in one process again and again, or each in its own.
 *
 *   caller ----fork----> worker   runs schedule after schedule, resetting memory in between
 *     |                           (snapshot.c), while the program is known to be pure
 *     +------fork------> child    one schedule; the way for all other programs, for every
 *                                 confirmation and for every replay
 *
 * What is found in the worker counts only when a fresh process shows it again from its token:
 * then it was the program's doing and not the reset's. If it does not, everything is explored
 * anew with a process for each schedule.
 */
#include "runtime/explore/driver.h"
#include "runtime/explore/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_MAX = 16384 };
enum { FIBERS_FIRST = 12, STUCK = -1 };

static void (*first_function)(void *);
static void *first_argument;
static int fibers_wanted = FIBERS_FIRST;

static void silence(void)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    int in = W->o.input ? open(W->o.input, O_RDONLY | O_CLOEXEC) : fd;

    if (fd < 0)
        return;
    dup2(in < 0 ? fd : in, 0);
    if (in >= 0 && in != fd)
        close(in);
    if (W->o.quiet)
        dup2(fd, 1);
    if (W->o.quiet)
        dup2(fd, 2);
    close(fd);
    capture_here();
}

/* ---- one schedule -------------------------------------------------------------------------
 */

static void run_schedule(void)
{
    schedule_begin();
    if (W->o.input)
        lseek(0, 0, SEEK_SET); /* the same in every schedule */
    schedule_run(first_function, first_argument);
}

static void in_child(void)
{
    silence();
    trap_open();
}

enum { STUCK_LOOKS = 16, LOOK_MS = 500 };

/* The one that has the baton sleeps in the kernel, and nothing has moved for long: it is in a
 * call that we do not know. Only a net: what is known never blocks. */
static bool is_stuck(void)
{
    static uint64_t ops, points;
    static int looks;
    const struct task *t = W->me;
    const bool moved = ops != W->ops || points != W->points;
    const int real = t && W->process_count ? W->processes[t->process].real : 0;

    ops = W->ops;
    points = W->points;
    looks = moved || !W->running || process_state(real) != 'S' ? 0 : looks + 1;
    return looks >= STUCK_LOOKS;
}

static void end_all(pid_t first)
{
    for (int i = 1; i < W->process_count; i++)
        if (W->processes[i].real > 0)
            kill(W->processes[i].real, SIGKILL);
    kill(first, SIGKILL);
    leftovers_remove();
}

/* true when it came to an end; else it was stuck and has been ended. */
static bool await_end(pid_t pid)
{
    const int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    bool ended = fd < 0;

    while (!ended) {
        ended = poll(&p, 1, LOOK_MS) > 0;
        if (!ended && is_stuck()) {
            end_all(pid);
            close(fd);
            return false;
        }
    }
    if (fd >= 0)
        close(fd);
    return true;
}

/* Waits for a process of ours; true if it left by itself. */
static bool reap(pid_t pid, int *status)
{
    if (!await_end(pid)) {
        waitpid(pid, status, 0);
        *status = STUCK;
        return false;
    }
    while (waitpid(pid, status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(*status) && WEXITSTATUS(*status) == 0;
}

static void died(int status)
{
    leftovers_remove();
    W->ending = END_BROKEN;
    W->running = false;
    if (status == STUCK) {
        snprintf(W->broken, sizeof W->broken,
                 "it waits in a call that is not followed (near offset %#x of the program)",
                 W->me ? W->me->last_pc : 0);
        return;
    }
    snprintf(W->broken, sizeof W->broken,
             WIFSIGNALED(status) ? "the program under test was killed by signal %d"
                                 : "the program under test left with status %d by itself",
             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static void more_fibers(void)
{
    fibers_wanted = fibers_wanted < FIBERS_MAX / 4 ? fibers_wanted * 4 : FIBERS_MAX;
    if (fibers_prepare(fibers_wanted) < 0)
        broken("there is not enough memory for %d threads", fibers_wanted);
}

/* One schedule in a process of its own, again when it needs more fibers. */
static void run_alone(void)
{
    if (W->o.inline_run) {
        in_child();
        run_schedule();
        return;
    }
    for (;;) {
        int status;
        pid_t pid = fork();

        if (pid < 0)
            broken("cannot fork: %s", strerror(errno));
        if (pid == 0) {
            in_child();
            run_schedule();
            _exit(0);
        }
        if (!reap(pid, &status) || W->running)
            died(status);
        if (W->ending != END_MORE_FIBERS)
            return;
        if (fibers_wanted >= FIBERS_MAX) {
            W->ending = END_TOO_LARGE;
            snprintf(W->broken, sizeof W->broken,
                     "it has more than %d threads at the same time", FIBERS_MAX);
            return;
        }
        more_fibers();
        if (!W->replaying) {
            plan_restart();
            if (!plan_next(W->schedules_run + W->large))
                return;
        }
    }
}

/* ---- many schedules
 * --------------------------------------------------------------------------- */

/* After a schedule: what it teaches. false: enough. */
static bool learn(void)
{
    const bool cut = W->ending != END_FINISHED;

    if (W->ending == END_TOO_LARGE || W->ending == END_OUTSIDE) {
        W->large += W->ending == END_TOO_LARGE;
        memcpy(W->broken_text, W->broken, sizeof W->broken_text);
        W->broken_text_pc = W->broken_pc;
    }
    W->finished += W->ending == END_FINISHED || W->ending == END_BUG;
    W->too_large = W->large >= NEVER_ENDS && W->finished == 0;
    if (W->ending == END_PRUNED)
        W->pruned++;
    else if (W->ending != END_TOO_LARGE)
        W->schedules_run++;
    W->points_total += W->points;
    W->ops_total += W->ops;
    plan_learn(cut);
    progress_note();
    return W->ending != END_BROKEN && !W->too_large && W->large < CUT_MOST &&
           W->ops_total < W->o.all_steps;
}

static bool wanted(void)
{
    if (progress_stopped()) {
        W->interrupted = true;
        return false;
    }
    return W->schedules_run + W->large + W->pruned / 8 < W->o.schedules &&
           plan_next(W->schedules_run + W->large);
}

static void reset_memory(void)
{
    heap_begin();
    fibers_reset();
    snapshot_restore();
}

enum { WORKER_IMPURE = 4, WORKER_FIBERS, WORKER_DIFFERS };

static void run_and_reset(void)
{
    run_schedule();
    reset_memory();
}

static void __attribute__((noreturn)) worker(void)
{
    in_child();
    if (snapshot_take() < 0)
        _exit(WORKER_IMPURE);
    while (wanted()) {
        run_and_reset();
        if (W->ending == END_MORE_FIBERS)
            _exit(WORKER_FIBERS);
        if (!learn())
            _exit(0);
        if (check_is_due() && !same_again(run_and_reset))
            _exit(WORKER_DIFFERS);
    }
    _exit(0);
}

/* What was found in process is not to be trusted: from the start, without resetting. */
static void start_again(void)
{
    W->o.fork_each = true;
    W->replaying = W->running = false;
    W->log_side = 0;
    W->found_count = 0;
    W->schedules_run = W->pruned = W->points_total = W->ops_total = 0;
    W->large = W->finished = 0;
    W->dropped = 0;
    plan_open();
}

static void run_in_worker(void)
{
    for (;;) {
        int status;
        pid_t pid = fork();

        if (pid < 0)
            broken("cannot fork: %s", strerror(errno));
        if (pid == 0)
            worker();
        if (reap(pid, &status) && !W->running)
            return;
        if (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_DIFFERS) {
            start_again();
            return;
        }
        if (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_FIBERS) {
            if (fibers_wanted >= FIBERS_MAX) {
                snprintf(W->broken, sizeof W->broken,
                         "it has more than %d threads at the same time", FIBERS_MAX);
                W->ending = END_TOO_LARGE;
                W->running = false;
                W->too_large = true;
                return;
            }
            more_fibers();
            plan_restart();
            continue;
        }
        /* Too much memory to copy each time (WORKER_IMPURE), or it died: a fresh process for
         * each will do, or tell. */
        W->o.fork_each = true;
        W->running = false;
        return;
    }
}

static void run_all(void)
{
    if (!W->o.fork_each)
        run_in_worker();
    if (!W->o.fork_each)
        return;
    while (wanted()) {
        run_alone();
        if (!learn())
            return;
        if (check_is_due() && !same_again(run_alone))
            tell_difference();
    }
}

bool replay_shows(const struct switch_at *s, int n, uint64_t key, bool trace)
{
    static struct found *kept; /* findings of a replay do not mix with those of the search */
    struct found *mine = W->found;
    const int count = W->found_count;
    bool shown = false;

    if (!kept)
        kept = region_alloc(FOUND_MAX * sizeof *kept);
    W->keep_switches = false;
    memcpy(W->plan, s, (size_t)n * sizeof *s);
    W->plan_count = n;
    plan_sort();
    W->replaying = true;
    W->trace_key = key;
    W->trace_stop = 0;
    W->tracing = trace;
    W->found = kept;
    W->found_count = 0;
    if (trace && W->o.output)
        capture_begin();
    run_alone();
    for (int i = 0; i < W->found_count; i++)
        if (kept[i].key == key) {
            shown = true;
            W->shown = &kept[i];
        }
    W->keep_switches = true;
    W->found = mine;
    W->found_count = count;
    W->replaying = W->tracing = false;
    return shown;
}

/* ---- the whole
 * ------------------------------------------------------------------------------- */

static bool is_advice(const struct found *f)
{
    return f->bug == BUG_LOCK_ORDER;
}

/* A schedule of more switches than can be kept: what never ends has such. */
static bool tell_unreplayed(struct found *f, int out)
{
    emit_found(out, f, "");
    W->trace_count = 0;
    emit_steps(out);
    return true;
}

static void tell_output(int out)
{
    static char *text; /* not in .bss: snapshots stay small */
    size_t n;

    if (!text)
        text = region_alloc(OUTPUT_MAX);
    n = capture_end(text, OUTPUT_MAX);
    if (n)
        emit_output(out, text, n);
}

/* What it prints when nothing goes wrong. */
static void tell_first_output(int out)
{
    if (!W->o.output || W->finished == 0)
        return;
    replay_shows(W->plan, 0, 1, true);
    tell_output(out);
}

/* Tells one finding with its shortest schedule. false: a fresh process does not show it. */
static bool tell(struct found *f, int out)
{
    static char *token;                           /* not in .bss: snapshots stay small */
    struct switch_at *s = W->plan + W->taken_max; /* the second half is scratch */
    int n = f->switch_count;

    if (!token)
        token = region_alloc(TOKEN_MAX);
    memcpy(s, f->switches, (size_t)n * sizeof *s);
    if (n >= W->taken_max || f->final)
        return tell_unreplayed(f, out);
    if (!replay_shows(s, n, f->key, false))
        return false;
    n = minimise(s, n, f->key);
    if (replay_shows(s, n, f->key, true)) { /* who it was, as the table has it */
        W->shown->schedule = f->schedule;
        W->shown->times = f->times;
        f = W->shown;
    }
    if (!token_write(W->taken, W->taken_count, token, TOKEN_MAX))
        snprintf(token, TOKEN_MAX, "(too long: %d switches)", W->taken_count);
    emit_found(out, f, token);
    emit_steps(out);
    tell_output(out);
    return true;
}

static int compare(const void *a, const void *b)
{
    const struct found *x = a, *y = b;

    return x->bug != y->bug ? (int)x->bug - (int)y->bug
                            : (x->schedule > y->schedule) - (x->schedule < y->schedule);
}

static int tell_all(int out)
{
    int bugs = 0, lost = 0;

    qsort(W->found, (size_t)W->found_count, sizeof *W->found, compare);
    for (int i = 0; i < W->found_count; i++) {
        struct found *f = &W->found[i];

        if (!tell(f, out))
            lost++;
        else
            bugs += !is_advice(f);
    }
    return lost ? -1 : bugs;
}

/* Overlap that was promised and that no schedule has shown: there is no schedule to replay. */
static int tell_promises(int out)
{
    int broken_ones = 0;

    for (int i = 0; i < W->promise_count; i++) {
        const struct promise *p = &W->promises[i];
        struct found *f;

        if (p->most > 1 || p->tasks < 2)
            continue;
        f = bug_begin(
            BUG_TOO_STRICT,
            "%d tasks come to '%s', and in none of %llu schedules are two of them there "
            "at the same time",
            p->tasks, p->label, (unsigned long long)W->schedules_run);
        bug_stack(f, 0, p->pc, p->node, "is alone here");
        f->times = 1;
        tell_unreplayed(f, out);
        broken_ones++;
    }
    return broken_ones;
}

int explore(void (*first)(void *), void *arg, int out)
{
    int bugs;

    first_function = first;
    first_argument = arg;
    if (fibers_prepare(fibers_wanted) < 0)
        broken("cannot prepare threads; is there a limit on address space (ulimit -v)");
    run_all();
    if (W->ending == END_BROKEN)
        broken("%s", W->broken);
    bugs = tell_all(out);
    if (bugs < 0 && !W->o.fork_each) {
        start_again(); /* it was not the program's doing */
        emit_end(out, "again");
        run_all();
        if (W->ending == END_BROKEN)
            broken("%s", W->broken);
        bugs = tell_all(out);
    }
    if (bugs < 0)
        broken("the program does not do the same thing twice under the same schedule");
    if (bugs == 0) /* what fails early may never get to overlap */
        bugs = tell_promises(out);
    if (W->too_large || W->finished == 0 || W->outside) {
        if (!W->broken_text[0])
            snprintf(W->broken_text, sizeof W->broken_text, "%s",
                     W->broken[0] ? W->broken : "no schedule came to its end");
        emit_end(out, "too-large");
        return bugs > 0 ? 1 : 3;
    }
    if (bugs == 0)
        tell_first_output(out);
    emit_end(out, plan_extent());
    return bugs > 0;
}

int explore_token(void (*first)(void *), void *arg, const char *token, int out)
{
    struct switch_at *s = W->plan + W->taken_max;
    int n = token_read(token, s, W->taken_max);
    int bugs = 0;

    first_function = first;
    first_argument = arg;
    if (n < 0)
        broken("'%.60s' is not a token of this version", token);
    if (fibers_prepare(fibers_wanted) < 0)
        broken("cannot prepare threads; is there a limit on address space (ulimit -v)");
    memcpy(W->plan, s, (size_t)n * sizeof *s);
    W->plan_count = n;
    plan_sort();
    W->replaying = W->tracing = true;
    if (W->o.inline_run && fibers_prepare(FIBERS_MAX / 4) < 0)
        broken("cannot prepare threads; is there a limit on address space (ulimit -v)");
    run_alone();
    if (W->ending == END_BROKEN)
        broken("%s", W->broken);
    if (W->taken_count != n || memcmp(W->taken, s, (size_t)n * sizeof *s) != 0)
        broken("the token does not fit this program; has it been changed since");
    qsort(W->found, (size_t)W->found_count, sizeof *W->found, compare);
    for (int i = 0; i < W->found_count; i++) {
        emit_found(out, &W->found[i], token);
        emit_steps(out);
        bugs += !is_advice(&W->found[i]);
    }
    emit_end(out, "replay");
    return bugs > 0;
}

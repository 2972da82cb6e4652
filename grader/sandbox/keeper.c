/* keeper.c - the watching side: start init, drain, look, decide, end.
 *
 *   out     pipe, everything the program prints, capped
 *   wire    seqpacket socket, what the test says (runtime/wire.h)
 *   status  pipe, what init reports
 *   control pipe, a byte from here ends everything; so does our death
 *
 * A hang is told from slowness by the kernel, not by a clock: all tasks of the tree wait
 * for somebody else, and between looks nobody has run (tasks.h). Only then does a fixed
 * number of equal looks end the run. A busy machine cannot fake that: a task that wants to
 * run is not waiting.
 */
#include "sandbox/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "sandbox/launch.h"
#include "sandbox/tasks.h"
#include "sandbox/ulimits.h"

enum {
    LOOK_MS = 50,        /* between looks, once a run takes longer than that */
    STUCK_LOOKS = 12,    /* equal looks before "nobody can run" */
    TIMER_LOOKS = 100,   /* the same where an unseen timer could still ring */
    STILL_LOOKS = 300,   /* the same under a slow tool, whose waits we cannot read */
    GRACE_MS = 120000,   /* for init to end everything and report; a busy machine takes long */
    STOP_MS = 1500,      /* the same when somebody wants us to stop */
    TOOL_MB = 4096,      /* of a tool's run as a whole: its processes have no limit each */
    TASKS_OURS = 32,     /* bubblewrap, init, and what the keeper is to see before the kernel */
    STARVED_FACTOR = 10, /* elapsed limit on a machine that gives no processor */
};

static const double LOOK_GAP_MAX = 1.0; /* seconds between two looks that count */

volatile sig_atomic_t keeper_interrupted;

struct keeper {
    const struct keeper_job *job;
    struct keeper_result r;
    struct task_tree was, is;
    struct buf status;
    struct cgroup group;
    enum tier tier;
    pid_t child, init; /* what was started; lockstep-init, once it runs, is one of its own */
    int out, wire, status_fd, control;
    double started, next_look, last_look;
    double counted; /* elapsed seconds that count */
    int equal_looks;
    bool asked; /* the program has been asked to end by itself */
    bool over;  /* the run is to end: r.end says why */
};

static void end_run(struct keeper *k, enum keeper_end why)
{
    if (k->over)
        return;
    k->over = true;
    k->r.end = why;
    if (k->job->before_end)
        k->job->before_end(k->job->ctx, k->init, why);
    cgroup_relax(&k->group);
    write_all(k->control, "k", 1);
}

/* ---- starting -------------------------------------------------------------------- */

static int make_wire(int fds[2])
{
    int on = 1;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
        return -1;
    return setsockopt(fds[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
}

static int make_group(struct keeper *k, struct err *e)
{
    const struct limits *l = &k->job->limits;

    if (k->job->trusted)
        return 0;
    /* what one process may have as address space, all may have as memory */
    return cgroup_make(l->memory_mb ? l->memory_mb : TOOL_MB, l->processes + TASKS_OURS,
                       &k->group, e);
}

static int start(struct keeper *k, enum tier tier, struct err *e)
{
    int out[2] = {-1, -1}, status[2] = {-1, -1}, control[2] = {-1, -1}, wire[2] = {-1, -1};
    int rc = -1;

    if (pipe2(out, O_CLOEXEC) < 0 || pipe2(status, O_CLOEXEC) < 0 ||
        pipe2(control, O_CLOEXEC) < 0 || (k->job->stream && make_wire(wire) < 0)) {
        err_errno(e, "cannot make a pipe");
        goto done;
    }
    if (make_group(k, e) < 0)
        goto done;
    k->child = sandbox_launch(k->job, tier,
                              &(struct launch_ends){.out = out[1],
                                                    .status = status[1],
                                                    .control = control[0],
                                                    .wire = wire[1],
                                                    .group = &k->group},
                              e);
    if (k->child < 0)
        goto done;
    k->out = steal_fd(&out[0]);
    k->status_fd = steal_fd(&status[0]);
    k->control = steal_fd(&control[1]);
    k->wire = steal_fd(&wire[0]);
    fcntl(k->out, F_SETFL, O_NONBLOCK);
    rc = 0;
done:
    for (int i = 0; i < 2; i++) {
        int *ends[] = {&out[i], &status[i], &control[i], &wire[i]};

        for (size_t n = 0; n < ARRAY_SIZE(ends); n++)
            util_close(ends[n]);
    }
    return rc;
}

/* Below bubblewrap init is its only child: that is asked when init says that it runs. */
static void find_init(struct keeper *k)
{
    char path[64];
    long pid = 0;
    FILE *f;

    if (k->init > 0 || !k->status.data || strncmp(k->status.data, "ready\n", 6) != 0)
        return;
    if (k->tier != TIER_FULL) {
        k->init = k->child;
        return;
    }
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", k->child, k->child);
    f = fopen(path, "re");
    if (f && fscanf(f, "%ld", &pid) == 1)
        k->init = (pid_t)pid;
    if (f)
        fclose(f);
}

/* ---- draining -------------------------------------------------------------------- */

static bool drain_output(struct keeper *k)
{
    char chunk[16384];
    const size_t cap = (size_t)k->job->limits.output_kb << 10;
    ssize_t n = read(k->out, chunk, sizeof chunk);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return false;
    if (k->r.output.len + (size_t)n > cap) {
        buf_add(&k->r.output, chunk, cap - k->r.output.len);
        end_run(k, KEEPER_OUTPUT);
    } else {
        buf_add(&k->r.output, chunk, (size_t)n);
    }
    return true;
}

/* Accepts only what the harness could have sent; anything else is a forgery. */
static bool well_formed(const struct ls_wire *w, ssize_t n)
{
    return n == (ssize_t)sizeof *w && w->magic == LS_WIRE_MAGIC && w->type >= LS_BEGIN &&
           w->type < LS_TYPE_COUNT && w->text_len <= sizeof w->text;
}

static void answer(struct keeper *k, const struct ls_wire *w, pid_t sender)
{
    char text[LS_WIRE_TEXT + 1];
    struct keeper_event ev = {.type = (enum ls_wire_type)w->type,
                              .pid = sender,
                              .init = k->init,
                              .inner_tid = w->tid,
                              .line = w->line,
                              .number = w->number,
                              .text = text};
    enum keeper_answer a = KEEPER_GO_ON;

    memcpy(text, w->text, w->text_len);
    text[w->text_len] = '\0';
    if (k->job->on_event)
        a = k->job->on_event(k->job->ctx, &ev);
    if (a == KEEPER_STOP)
        end_run(k, KEEPER_JUDGED);
    else if (a == KEEPER_GO_ON && ev.type != LS_OBSERVE && ev.type != LS_PLACE)
        send(k->wire, &(char){LS_GO}, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static bool drain_wire(struct keeper *k)
{
    struct ls_wire w;
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(64 * sizeof(int))];
    } control;
    struct iovec iov = {.iov_base = &w, .iov_len = sizeof w};
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    ssize_t n = recvmsg(k->wire, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    struct ucred cred = {0};

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return false;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
        if (c->cmsg_level != SOL_SOCKET)
            continue;
        if (c->cmsg_type == SCM_CREDENTIALS)
            memcpy(&cred, CMSG_DATA(c), sizeof cred);
        if (c->cmsg_type == SCM_RIGHTS) /* sent to exhaust our descriptors */
            for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++)
                close(((int *)CMSG_DATA(c))[i]);
    }
    if (k->over)
        return true;
    if (!well_formed(&w, n) || cred.pid == 0) {
        k->r.forged = true;
        end_run(k, KEEPER_JUDGED);
        return true;
    }
    answer(k, &w, cred.pid);
    return true;
}

static bool drain_status(struct keeper *k)
{
    char chunk[4096];
    ssize_t n = read(k->status_fd, chunk, sizeof chunk);

    if (n < 0)
        return errno == EINTR;
    buf_add(&k->status, chunk, (size_t)n);
    find_init(k);
    return n > 0;
}

/* ---- looking --------------------------------------------------------------------- */

static double starved_s(const struct task_tree *t)
{
    double s = 0;

    for (int i = 0; i < t->count; i++)
        s += (double)t->tasks[i].starved_ns / 1e9;
    return s;
}

/* Time in which the keeper itself did not run (stopped by Ctrl-Z, a paused machine) is
 * nobody's: a gap between two looks counts for little. */
static double elapsed(struct keeper *k, double now)
{
    const double gap = now - k->last_look;

    k->counted += gap < LOOK_GAP_MAX ? gap : LOOK_GAP_MAX;
    k->last_look = now;
    return k->counted;
}

static void check_wall(struct keeper *k, double now)
{
    const double wall = (double)k->job->limits.wall_s, gone = elapsed(k, now);

    if (gone < wall)
        return;
    /* Was it kept from running? Then the machine is slow, not the program. */
    if (starved_s(&k->is) < 0.1 * gone)
        end_run(k, KEEPER_WALL);
    else if (gone > STARVED_FACTOR * wall)
        end_run(k, KEEPER_STARVED);
}

static void check_stuck(struct keeper *k)
{
    const bool slow = k->job->slow_tool;
    const bool same = slow ? tasks_still(&k->was, &k->is) : tasks_stuck(&k->was, &k->is);
    const int need = slow ? STILL_LOOKS : k->job->timers ? TIMER_LOOKS : STUCK_LOOKS;

    k->equal_looks = same ? k->equal_looks + 1 : 0;
    if (k->equal_looks < need)
        return;
    k->equal_looks = 0;
    if (slow && k->job->on_still && k->job->on_still(k->job->ctx, k->init))
        return;
    end_run(k, KEEPER_HUNG);
}

static void look(struct keeper *k)
{
    const double now = now_s();

    if (k->over || k->init == 0 || now < k->next_look)
        return;
    k->was = k->is;
    tasks_look(k->init, &k->is);
    if (k->is.cpu_s > (double)k->job->limits.cpu_s)
        end_run(k, KEEPER_CPU);
    if (k->is.count > k->job->limits.processes || k->is.overflow)
        end_run(k, KEEPER_PROCESSES);
    if (cgroup_exceeded(&k->group))
        end_run(k, KEEPER_MEMORY);
    check_stuck(k);
    check_wall(k, now);
    k->next_look = now_s() + LOOK_MS / 1000.0;
}

/* ---- ending ---------------------------------------------------------------------- */

static int read_report(struct keeper *k, struct err *e)
{
    char *save = NULL;
    bool used = false;

    for (char *l = k->status.data ? strtok_r(k->status.data, "\n", &save) : NULL; l;
         l = strtok_r(NULL, "\n", &save)) {
        long long cpu;
        long rss;
        int code;

        if (strncmp(l, "fail ", 5) == 0)
            return err_set(e, ERR_SYSTEM, "%s", l + 5);
        if (sscanf(l, "end exit %d", &code) == 1 && !k->over) {
            k->r.end = KEEPER_EXITED;
            k->r.code = code;
        } else if (sscanf(l, "end signal %d", &code) == 1 && !k->over) {
            k->r.end = KEEPER_SIGNALED;
            k->r.code = code;
        } else if (sscanf(l, "used %lld %ld", &cpu, &rss) == 2) {
            k->r.cpu_s = (double)cpu / 1e6;
            k->r.rss_kb = rss;
            used = true;
        } else if (strncmp(l, "left ", 5) == 0) {
            buf_printf(&k->r.left, "%s\n", l + 5);
        }
    }
    if (k->r.end == KEEPER_MEMORY) /* version 2 kills init as well */
        return 0;
    if (!used && k->init == 0)
        return err_set(e, ERR_SYSTEM, "the sandbox could not be made: %.*s",
                       (int)(k->r.output.len ? strcspn(k->r.output.data, "\n") : 10),
                       k->r.output.len ? k->r.output.data : "no reason");
    if (!used)
        return err_set(e, ERR_SYSTEM, "the process that watches over a program was killed");
    return 0;
}

static bool is_stopped_or_gone(pid_t pid)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)pid, &info, WSTOPPED | WEXITED | WNOHANG | WNOWAIT) < 0 ||
           info.si_pid != 0;
}

static void kill_children(pid_t pid)
{
    char path[64];
    long child;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    f = fopen(path, "re");
    while (f && fscanf(f, "%ld", &child) == 1)
        kill((pid_t)child, SIGKILL);
    if (f)
        fclose(f);
}

/* init would not end by itself. Below bubblewrap its child comes first: one whose bubblewrap is
 * killed before it has set up the user namespace waits for it forever, and nobody knows of it.
 * A stopped bubblewrap makes none meanwhile. */
static void kill_sandbox(const struct keeper *k)
{
    enum { TRIES = 100, TRY_MS = 2 };

    if (k->tier == TIER_FULL) {
        kill(k->child, SIGSTOP);
        for (int i = 0; i < TRIES && !is_stopped_or_gone(k->child); i++)
            poll(NULL, 0, TRY_MS);
        kill_children(k->child);
    }
    kill(k->child, SIGKILL);
}

static void watch(struct keeper *k)
{
    bool out = true, wire = k->wire >= 0, status = true;
    double over_since = 0;

    while (status) {
        struct pollfd p[3] = {{.fd = k->status_fd, .events = POLLIN},
                              {.fd = out ? k->out : -1, .events = POLLIN},
                              {.fd = wire ? k->wire : -1, .events = POLLIN}};

        poll(p, 3, LOOK_MS);
        if (keeper_interrupted && k->job->on_interrupt && !k->asked &&
            k->job->on_interrupt(k->job->ctx)) {
            k->asked = true;
            keeper_interrupted = 0;
        }
        if (keeper_interrupted)
            end_run(k, KEEPER_JUDGED);
        if (k->job->on_look)
            k->job->on_look(k->job->ctx);
        if (p[0].revents) /* first: "ready" comes before all the program says */
            status = drain_status(k);
        if (p[1].revents)
            out = drain_output(k);
        if (p[2].revents)
            wire = drain_wire(k);
        look(k);
        if (k->over && over_since == 0)
            over_since = now_s();
        if (k->over &&
            now_s() > over_since + (keeper_interrupted ? STOP_MS : GRACE_MS) / 1000.0)
            kill_sandbox(k);
    }
    while (out && k->r.output.len < (size_t)k->job->limits.output_kb << 10) {
        const size_t before = k->r.output.len;

        out = drain_output(k);
        if (k->r.output.len == before)
            break;
    }
    while (wire && !k->over) {
        struct pollfd p = {.fd = k->wire, .events = POLLIN};

        if (poll(&p, 1, 0) <= 0)
            break;
        wire = drain_wire(k);
    }
}

int keeper_run(const struct keeper_job *job, struct keeper_result *ret, struct err *e)
{
    struct keeper *k = calloc(1, sizeof *k);
    const long met = cgroup_limits_met();
    int rc;

    if (!k)
        return err_oom(e);
    if (ulimits_check(e) < 0) {
        free(k);
        return -1;
    }
    k->job = job;
    k->out = k->wire = k->status_fd = k->control = -1;
    k->started = k->last_look = now_s();
    k->next_look = k->started + 2 * LOOK_MS / 1000.0;
    k->tier = job->trusted ? TIER_NONE : sandbox_tier();
    k->group = (struct cgroup){.enter = {-1, -1}};
    rc = start(k, k->tier, e);
    if (rc == 0) {
        watch(k);
        while (waitpid(k->child, NULL, 0) < 0 && errno == EINTR)
            ;
        if (cgroup_exceeded(&k->group)) {
            k->over = true;
            k->r.end = KEEPER_MEMORY;
        }
        rc = read_report(k, e);
        if (cgroup_hit_from_above(&k->group) || cgroup_limits_met() != met) {
            keeper_release(&k->r);
            rc = err_set(e, ERR_SYSTEM,
                         "this machine, or the container or queue that we are in, ran out of "
                         "memory or processes while a program ran; give it more, or grade less "
                         "at once (-j)");
        }
    }
    if (keeper_interrupted) { /* also when Ctrl-C has ended bubblewrap before we could */
        keeper_release(&k->r);
        rc = err_set(e, ERR_STOPPED, "interrupted");
    }
    cgroup_remove(&k->group);
    k->r.wall_s = now_s() - k->started;
    util_close(&k->out);
    util_close(&k->wire);
    util_close(&k->status_fd);
    util_close(&k->control);
    buf_release(&k->status);
    if (rc == 0)
        *ret = k->r;
    else
        keeper_release(&k->r);
    free(k);
    return rc;
}

void keeper_release(struct keeper_result *r)
{
    buf_release(&r->output);
    buf_release(&r->left);
}

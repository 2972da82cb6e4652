/* valgrind.c - one run of the suite under Helgrind or memcheck, findings as evidence.
 *
 * libcheck forks one process a test; Valgrind writes one XML file a process (%p). Without
 * forking it would report a race that two tests share only for the first of them. BEGIN
 * packets tell which process is which test; processes that a test forks are found through
 * the parent pid in their own file.
 *
 * A finding counts only if the submission's own file is in one of its stacks; frames of
 * the runtime and of libraries are trimmed. Reports may only lower a grade, never raise one.
 */
#include <dirent.h>
#include <signal.h>
#include <string.h>

#include "sandbox/tasks.h"
#include "sandbox/tier.h"
#include "stages/blind.h"
#include "stages/findings.h"
#include "stages/unit.h"
#include "stages/waits.h"

struct tool_run {
    struct unit *u;
    enum mode mode;
    struct test_of_pid pids[FINDINGS_PROCESSES];
    int count;
    pid_t current; /* host pid of the test being run */
};

static struct test_grade *test_by_id(struct unit *u, const char *id)
{
    for (int i = 0; i < u->r->test_count; i++)
        if (strcmp(u->r->tests[i].test->id, id) == 0 && unit_wants(u, u->r->tests[i].test))
            return &u->r->tests[i];
    return NULL; /* also a visible test while the hidden ones run: unit.c, run_rounds() */
}

/* libcheck goes on with the next test when this one's process dies. */
static void end_current(struct tool_run *t)
{
    if (t->current > 0) {
        tasks_kill(t->current);
        kill(t->current, SIGKILL);
    }
    t->current = 0;
}

static enum keeper_answer on_event(void *ctx, const struct keeper_event *ev)
{
    struct tool_run *t = ctx;
    struct test_grade *test;

    switch (ev->type) {
    case LS_BEGIN:
        test = test_by_id(t->u, ev->text);
        if (test && t->count < FINDINGS_PROCESSES) {
            t->pids[t->count++] = (struct test_of_pid){(pid_t)ev->number, test};
            test->ran |= 1u << t->mode;
        }
        t->current = ev->pid;
        return KEEPER_GO_ON;
    case LS_FAIL:
    case LS_CRASH:
        end_current(t); /* what failed here was judged natively; the tool's word counts */
        return KEEPER_STAY;
    default:
        return KEEPER_GO_ON;
    }
}

static bool on_still(void *ctx, pid_t init)
{
    struct tool_run *t = ctx;
    bool had = t->current > 0;

    (void)init;
    end_current(t);
    return had;
}

/* Tests this mode is for, whose native verdict a tool's finding could still lower. */
static const char *wanted(struct unit *u, enum mode mode)
{
    struct buf b = {0};
    const char *list;

    for (int i = 0; i < u->r->test_count; i++) {
        const struct test_grade *t = &u->r->tests[i];
        enum verdict v = VERDICT_PASS;

        for (const struct evidence *ev = t->evidence; ev; ev = ev->next)
            v = verdict_first(v, ev->verdict);
        if (t->test->modes & 1u << mode && unit_wants(u, t->test) && v > VERDICT_DATA_RACE &&
            v != VERDICT_TIMEOUT && v != VERDICT_RESOURCE_LIMIT && v != VERDICT_BUSY_WAIT)
            buf_printf(&b, "%s%s", b.len ? "," : "", t->test->id);
    }
    list = b.data ? arena_strdup(u->a, b.data) : NULL;
    buf_release(&b);
    return list;
}

/* Valgrind names functions itself: it gets the program with its symbols. What somebody forges
 * with their help can only keep a finding back, and a finding that is missing proves nothing.
 */
static const char *tool_folder(struct unit *u)
{
    return arena_printf(u->a, "%s/" BLIND_FULL, u->work);
}

static int run_tool(struct unit *u, struct tool_run *t, const char *list,
                    struct keeper_result *kr, struct err *e)
{
    const bool helgrind = t->mode == MODE_HELGRIND;
    const char *folder = tool_folder(u);
    char *xml =
        arena_printf(u->a, "--xml-file=%s/%s/%%p.xml", sandbox_cwd(folder), mode_name(t->mode));
    const char *files[] = {u->program + strlen("./"), NULL};
    char *argv[] = {
        "/usr/bin/valgrind",
        helgrind ? "--tool=helgrind" : "--tool=memcheck",
        "--command-line-only=yes",
        "--quiet",
        "--xml=yes",
        xml,
        "--child-silent-after-fork=no",
        "--fair-sched=yes",
        "--vgdb=no", /* its FIFO in /tmp is named by the pid, which is 2 in every namespace */
        "--num-callers=24",
        helgrind ? "--history-level=full" : "--leak-check=full",
        helgrind ? "--cmp-race-err-addrs=no" : "--show-leak-kinds=definite,indirect",
        (char *)u->program,
        "--each",
        (char *)list,
        NULL};
    char *env[8] = {0};
    int n = 0;
    struct keeper_job job = {.argv = argv,
                             .envp = env,
                             .cwd = folder,
                             .files = files,
                             .out = mode_name(t->mode),
                             .limits = u->x->rubric.limits,
                             .stream = true,
                             .slow_tool = true,
                             .on_event = on_event,
                             .on_still = on_still,
                             .ctx = t};

    for (; unit_env[n]; n++)
        env[n] = unit_env[n];
    job.limits.memory_mb = 0; /* Valgrind maps far more than it uses */
    job.limits.cpu_s = 30 + 20 * job.limits.cpu_s;
    job.limits.wall_s = 60 + 20 * job.limits.wall_s;
    job.limits.output_kb *= 64;
    job.limits.file_mb = 64;
    if (u->a->failed)
        return err_oom(e);
    return keeper_run(&job, kr, e);
}

static int read_all(struct unit *u, struct tool_run *t, struct err *e)
{
    struct findings f = {.u = u, .mode = t->mode, .pids = t->pids, .count = t->count};
    char *path = arena_printf(u->a, "%s/%s", tool_folder(u), mode_name(t->mode));
    struct dirent **names = NULL;
    int n = path ? scandir(path, &names, NULL, alphasort) : -1;

    if (n < 0)
        return err_errno(e, "cannot read what %s wrote", mode_name(t->mode));
    for (int i = 0; i < n; i++) {
        const char *file = arena_printf(u->a, "%s/%s", path, names[i]->d_name);

        if (file && strstr(file, ".xml"))
            findings_read(&f, file);
        free(names[i]);
    }
    free(names);
    return findings_finish(&f, e);
}

int stage_valgrind(struct unit *u, enum mode mode, struct err *e)
{
    struct tool_run t = {.u = u, .mode = mode};
    const char *list = wanted(u, mode);
    struct keeper_result kr = {0};
    int rc;

    if (!list)
        return 0;
    if (make_dirs(arena_printf(u->a, "%s/%s", tool_folder(u), mode_name(mode)), e) < 0 ||
        run_tool(u, &t, list, &kr, e) < 0)
        return -1;
    unit_spend(u, mode, kr.wall_s, kr.cpu_s, kr.rss_kb);
    rc = 0;
    if (kr.end == KEEPER_STARVED)
        rc = err_set(e, ERR_SYSTEM, "the machine is too busy to run %s", mode_name(mode));
    else if (t.count == 0)
        rc = err_set(e, ERR_SYSTEM, "%s did not start: %.300s", mode_name(mode),
                     kr.output.data ? kr.output.data : "no message");
    keeper_release(&kr);
    return rc < 0 ? -1 : read_all(u, &t, e);
}

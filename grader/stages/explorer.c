/* explorer.c - runs a program of the explorer; what it says is read by explorer_read.c. */
#include "stages/explorer.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "stages/unit.h"

enum { ARGS_MAX = 64 };

/* Address space for stacks and shadow, not memory; schedules are counted, so time is a net. */
static const struct limits run_limits = {.cpu_s = 240,
                                         .wall_s = 600,
                                         .memory_mb = 0,
                                         .processes = 64,
                                         .output_kb = 16384,
                                         .file_mb = 64};

static int add(char **argv, int n, struct arena *a, const char *flag, const char *value)
{
    argv[n++] = (char *)flag;
    if (value)
        argv[n++] = arena_strdup(a, value);
    return n;
}

/* `watched`: the file of its progress. */
static int arguments(char **argv, const char *program, const char *watched,
                     const struct explorer_options *o, struct arena *a, struct err *e)
{
    int n = add(argv, 0, a, program, NULL);

    if (o->strategy)
        n = add(argv, n, a, "--strategy", o->strategy);
    if (o->schedules)
        n = add(argv, n, a, "--schedules", arena_printf(a, "%ld", o->schedules));
    if (o->seed)
        n = add(argv, n, a, "--seed", arena_printf(a, "%ld", o->seed));
    if (o->after >= 0)
        n = add(argv, n, a, "--after", arena_printf(a, "%ld", o->after));
    if (o->preemptions)
        n = add(argv, n, a, "--preemptions", arena_printf(a, "%d", o->preemptions - 1));
    if (o->patience)
        n = add(argv, n, a, "--patience", arena_printf(a, "%d", o->patience - 1));
    if (o->inputs)
        n = add(argv, n, a, "--inputs", o->inputs);
    if (o->test)
        n = add(argv, n, a, "--test", o->test);
    if (o->trail)
        n = add(argv, n, a, "--trail", o->trail);
    if (o->token)
        n = add(argv, n, a, "--token", o->token);
    if (o->leaks)
        n = add(argv, n, a, "--leaks", NULL);
    if (o->fork_each)
        n = add(argv, n, a, "--fork", NULL);
    if (o->show)
        n = add(argv, n, a, "--show", NULL);
    if (o->opaque)
        n = add(argv, n, a, "--opaque", NULL);
    if (o->code)
        n = add(argv, n, a, "--code", NULL);
    if (o->returns)
        n = add(argv, n, a, "--returns", NULL);
    if (o->output)
        n = add(argv, n, a, "--output", NULL);
    if (o->terminal)
        n = add(argv, n, a, "--terminal", NULL);
    if (o->input)
        n = add(argv, n, a, "--input", o->input);
    if (o->watch)
        n = add(argv, n, a, "--progress", watched);
    n = add(argv, n, a, "--", NULL);
    for (int i = 0; o->args && o->args[i]; i++) {
        if (n > ARGS_MAX - 2)
            return err_set(e, ERR_USAGE, "more than %d arguments for the program", i);
        argv[n++] = o->args[i];
    }
    argv[n] = NULL;
    return a->failed ? err_oom(e) : 0;
}

/* ---- watching ---- */

struct watched {
    const struct explorer_options *o;
    struct ls_progress *page; /* NULL: there is none */
};

static void look(void *ctx)
{
    const struct watched *w = ctx;

    if (w->page)
        w->o->watch(w->o->watch_ctx, w->page);
}

static bool interrupt(void *ctx)
{
    const struct watched *w = ctx;

    if (!w->page || keeper_interrupted != SIGINT)
        return false;
    w->page->stop = 1;
    return true;
}

/* Without it there is nothing to see, which is no reason to search less. */
static struct ls_progress *open_page(const char *path)
{
    auto_close int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    void *at = MAP_FAILED;

    if (fd >= 0 && ftruncate(fd, sizeof(struct ls_progress)) == 0)
        at = mmap(NULL, sizeof(struct ls_progress), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return at == MAP_FAILED ? NULL : at;
}

/* What the explorer cannot do is no fault of anybody: said, and nothing concluded. */
static bool cannot(const struct keeper_result *k, struct arena *a, struct exploration *ret)
{
    const char *said = k->output.len ? k->output.data : "";
    const char *ours = strstr(said, "lockstep: ");

    *ret = (struct exploration){.extent = "none"};
    if (k->end == KEEPER_HUNG)
        ret->why =
            "a thread waits in the kernel (a pipe, a socket, a signal, a file lock), where the "
            "explorer cannot let another one go on";
    else if (k->end == KEEPER_PROCESSES)
        ret->why = "it starts too many processes";
    else if (k->end == KEEPER_MEMORY)
        ret->why = "it takes more memory than an exploration may have";
    else if (k->end == KEEPER_CPU)
        ret->why = "it takes more processor time than an exploration may have";
    else if (k->end == KEEPER_OUTPUT)
        ret->why = "it prints more than an exploration may";
    else if (k->end == KEEPER_SIGNALED) /* a kill from above us is the keeper's own error */
        ret->why = arena_printf(a, "the program ended the exploration with SIG%s",
                                sigabbrev_np(k->code) ? sigabbrev_np(k->code) : "?");
    else if (k->end == KEEPER_EXITED && k->code == 3 && ours)
        ret->why = arena_printf(a, "%.*s", (int)strcspn(ours + 10, "\n"), ours + 10);
    else if (k->end == KEEPER_EXITED && k->code != 3)
        ret->why = "it ends before its main() begins";
    return ret->why != NULL;
}

static int why_not(const struct keeper_result *k, struct err *e)
{
    const char *said = k->output.len ? k->output.data : "";

    if (k->end == KEEPER_STARVED)
        return err_set(e, ERR_SYSTEM, "the machine is too busy to explore schedules");
    if (k->end == KEEPER_WALL)
        return err_set(
            e, ERR_SYSTEM,
            "the exploration did not end within its safety net; try fewer schedules");
    return err_set(e, ERR_SYSTEM,
                   "the explorer ended without a report (end %d, code %d): %.200s", (int)k->end,
                   k->code, said);
}

int explorer_run(const char *work, const char *program, const struct explorer_options *o,
                 const char *(*line)(void *ctx, const char *file, int no), void *ctx,
                 struct arena *a, struct exploration *ret, struct err *e)
{
    struct places *places = NULL;
    char *argv[ARGS_MAX + 32];
    const char *files[] = {program, NULL};
    struct keeper_job job = {.argv = argv,
                             .envp = unit_env,
                             .cwd = o->cwd ? o->cwd : work,
                             .files = o->cwd ? NULL : files,
                             .trusted = o->trusted,
                             .limits = run_limits};
    struct keeper_result k = {0};
    const char *path = arena_printf(a, "%s/%s", work, program),
               *page = arena_printf(a, "%s/progress", work);
    struct watched w = {.o = o};
    int rc;

    if (!path || !page)
        return err_oom(e);
    if (arguments(argv, o->cwd ? path : arena_printf(a, "./%s", program), page, o, a, e) < 0)
        return -1;
    if (o->watch) {
        w.page = open_page(page);
        job.on_look = look;
        job.on_interrupt = interrupt;
        job.ctx = &w;
    }
    rc = keeper_run(&job, &k, e);
    if (w.page)
        munmap(w.page, sizeof *w.page);
    if (rc < 0)
        return -1;
    if (k.end == KEEPER_EXITED && k.code == 3 && k.output.len &&
        strstr(k.output.data, "too-large"))
        k.code = 0; /* it says so itself */
    if (k.end != KEEPER_EXITED || k.code > 1)
        rc = cannot(&k, a, ret) ? 0 : why_not(&k, e);
    else if ((rc = places_open(o->symbols ? o->symbols : path, &places, e)) == 0 &&
             explorer_read(places, k.output.len ? k.output.data : "", line, ctx, a, ret, e) <
                 0) {
        *ret = (struct exploration){.extent = "none"};
        ret->why = "something in the program wrote into the explorer's report, or ended it";
        rc = a->failed ? -1 : 0;
    }
    places_close(places);
    keeper_release(&k);
    return rc;
}

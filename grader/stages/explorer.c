/* explorer.c - runs a program of the explorer and turns its lines into evidence.
 *
 * What the program says is read as foreign input: it shares its address space with code that is
 * not trusted. A line that is no valid finding makes the run void (no verdict), never a crash.
 */
#include "stages/explorer.h"

#include <jansson.h>
#include <string.h>

#include "stages/unit.h"

enum { LINES_MAX = 1000, ARGS_MAX = 64, STEPS_MAX = 300, FRAMES_MAX = 32 };

/* Address space for stacks and shadow, not memory; schedules are counted, so time is a net. */
static const struct limits run_limits = {.cpu_s = 240,
                                         .wall_s = 600,
                                         .memory_mb = 0,
                                         .processes = 64,
                                         .output_kb = 16384,
                                         .file_mb = 64};

struct reader {
    struct places *places;
    struct arena *a;
    const char *(*line)(void *ctx, const char *file, int no);
    void *ctx;
    struct exploration *r;
    struct evidence *last;
    bool skip_steps; /* they belong to a finding that was told already */
};

/* ---- places --------------------------------------------------------------------------------
 */

/* A return address: the call is before it. false: it is in the runtime, or nowhere. */
static bool frame_at(struct reader *rd, uint64_t pc, struct frame *ret)
{
    struct place p;

    if (!pc)
        return false;
    places_code(rd->places, pc - 1, rd->a, &p);
    if (p.ours || !p.file)
        return false;
    *ret = (struct frame){.file = p.file, .function = p.function, .line = p.line};
    ret->source = rd->line ? rd->line(rd->ctx, p.file, p.line) : NULL;
    return true;
}

static bool names_somebody(const char *label)
{
    return strncmp(label, "thread ", 7) == 0 || strncmp(label, "main ", 5) == 0 ||
           strncmp(label, "process ", 8) == 0 || strncmp(label, "the ", 4) == 0;
}

static void read_stack(struct reader *rd, struct evidence *ev, const json_t *j)
{
    const json_t *pcs = json_object_get(j, "pcs");
    const char *label = json_string_value(json_object_get(j, "label"));
    const int task = (int)json_integer_value(json_object_get(j, "task"));
    const char *who = json_string_value(json_object_get(j, "who"));
    struct frame frames[FRAMES_MAX];
    struct stack *s;
    int n = 0;

    for (size_t i = 0; i < json_array_size(pcs) && n < FRAMES_MAX; i++)
        n += frame_at(rd, (uint64_t)json_integer_value(json_array_get(pcs, i)), &frames[n]);
    if (!label)
        return;
    if (task >= 0 && !names_somebody(label))
        label = arena_printf(rd->a, "%s %s", who && *who ? who : "a task", label);
    else
        label = arena_strdup(rd->a, label);
    s = evidence_stack(rd->a, ev, label, n ? n : 1);
    if (!s)
        return;
    memcpy(s->frames, frames, (size_t)n * sizeof *frames);
    s->count = n;
}

static const char *object_name(struct reader *rd, const json_t *j)
{
    const json_t *block = json_object_get(j, "block");
    const char *name;
    struct frame f;

    if (!json_object_get(j, "address"))
        return NULL;
    if (block && frame_at(rd, (uint64_t)json_integer_value(json_object_get(block, "pc")), &f))
        return arena_printf(rd->a,
                            json_is_true(json_object_get(block, "shared"))
                                ? "byte %lld of %lld bytes of shared memory, mapped at %s:%d"
                                : "byte %lld of a block of %lld bytes allocated at %s:%d",
                            json_integer_value(json_object_get(block, "offset")),
                            json_integer_value(json_object_get(block, "size")), f.file, f.line);
    name = places_variable(rd->places,
                           (uint64_t)json_integer_value(json_object_get(j, "address")), rd->a);
    return name ? arena_printf(rd->a, "'%s'", name) : NULL;
}

/* ---- findings
 * --------------------------------------------------------------------------------- */

/* The first two functions of the program's own, sorted: the same bug has the same title. */
static const char *title_of(struct reader *rd, const struct evidence *ev)
{
    const char *first = NULL, *second = NULL;

    for (const struct stack *s = ev->stacks; s && !second; s = s->next) {
        const char *f = s->count ? s->frames[0].function : NULL;

        if (f && !first)
            first = f;
        else if (f)
            second = f;
    }
    if (!first)
        return verdict_name(ev->verdict);
    if (!second)
        return arena_printf(rd->a, "%s: %s", verdict_name(ev->verdict), first);
    if (strcmp(first, second) > 0) {
        const char *t = first;

        first = second;
        second = t;
    }
    return arena_printf(rd->a, "%s: %s / %s", verdict_name(ev->verdict), first, second);
}

static const char *text_of(struct reader *rd, const json_t *j)
{
    const char *message = json_string_value(json_object_get(j, "message"));
    const char *object = object_name(rd, j);
    const char *file = json_string_value(json_object_get(j, "file"));
    const int line = (int)json_integer_value(json_object_get(j, "line"));

    if (file && line)
        return arena_printf(rd->a, "%s:%d: %s", file, line, message);
    if (object)
        return arena_printf(rd->a, "%s: %s", message, object);
    return arena_strdup(rd->a, message);
}

/* The same bug by other instructions, or between other tasks: once is enough. */
static bool told(const struct evidence *list, const struct evidence *ev)
{
    for (; list; list = list->next)
        if (list->verdict == ev->verdict && list->advice == ev->advice &&
            strcmp(list->title, ev->title) == 0 && strcmp(list->text, ev->text) == 0)
            return true;
    return false;
}

static void read_waits(struct reader *rd, struct evidence *ev, const json_t *waits)
{
    const json_t *w;
    size_t i;

    ev->waits =
        json_array_size(waits) ? arena_zalloc(rd->a, WAITS_MAX * sizeof *ev->waits) : NULL;
    json_array_foreach((json_t *)waits, i, w)
    {
        const char *who = json_string_value(json_array_get(w, 0));
        const char *holder = json_string_value(json_array_get(w, 1));
        const long long object = json_integer_value(json_array_get(w, 2));

        if (!ev->waits || !who || !holder || ev->wait_count == WAITS_MAX)
            return;
        ev->waits[ev->wait_count++] = (struct wait){
            arena_strdup(rd->a, who), arena_strdup(rd->a, holder),
            object > 4096 ? places_variable(rd->places, (uint64_t)object, rd->a) : NULL};
    }
}

static int read_bug(struct reader *rd, const json_t *j, const char *name, struct err *e)
{
    struct evidence *ev = arena_zalloc(rd->a, sizeof *ev);
    const json_t *s;
    size_t i;

    if (!ev || !(ev->schedule = arena_zalloc(rd->a, sizeof *ev->schedule)))
        return err_oom(e);
    ev->mode = MODE_EXPLORE;
    ev->advice = json_is_true(json_object_get(j, "advice"));
    if (strcmp(name, "lock-order") == 0)
        name = "deadlock";
    if (!verdict_parse(name, &ev->verdict) || !json_is_string(json_object_get(j, "message")) ||
        !json_is_string(json_object_get(j, "token")))
        return err_set(e, ERR_SYSTEM, "the explorer's report is damaged");
    json_array_foreach(json_object_get(j, "stacks"), i, s) read_stack(rd, ev, s);
    read_waits(rd, ev, json_object_get(j, "waits"));
    ev->title = title_of(rd, ev);
    ev->text = text_of(rd, j);
    ev->schedule->token = arena_strdup(rd->a, json_string_value(json_object_get(j, "token")));
    ev->schedule->found_in = (long)json_integer_value(json_object_get(j, "schedule"));
    if (told(rd->r->found, ev)) {
        rd->skip_steps = true;
        return 0;
    }
    rd->skip_steps = false;
    if (rd->last)
        rd->last->next = ev;
    else
        rd->r->found = ev;
    rd->last = ev;
    rd->r->bugs += !ev->advice;
    return 0;
}

static const char *step_text(struct reader *rd, const char *what, long long object,
                             const char *source)
{
    const char *name;

    if (object > 0 && object < 4096 &&
        (strcmp(what, "joins") == 0 || strcmp(what, "creates") == 0 ||
         strcmp(what, "cancels") == 0))
        return arena_printf(rd->a, "%s thread %lld", what, object);
    name = object > 4096 ? places_variable(rd->places, (uint64_t)object, rd->a) : NULL;
    if (name && source && strstr(source, name))
        name = NULL; /* the line says it */
    if (!name && strlen(what) > 4 && strcmp(what + strlen(what) - 4, " for") == 0)
        return arena_strndup(rd->a, what, strlen(what) - 4); /* nothing to name */
    if (!name && *what && what[strlen(what) - 1] == ':')
        return arena_strndup(rd->a, what, strlen(what) - 1);
    return name ? arena_printf(rd->a, "%s %s", what, name) : arena_strdup(rd->a, what);
}

/* [task, what, pc, object, value, size, switched, pcs...] */
static void read_step(struct reader *rd, struct schedule *s, const json_t *j)
{
    struct schedule_step *st = &s->steps[s->count];
    const char *what = json_string_value(json_array_get(j, 1));
    bool placed = false;

    if (!what)
        return;
    st->task = (int)json_integer_value(json_array_get(j, 0));
    if (st->task < 0 || st->task > 4096)
        return;
    placed = frame_at(rd, (uint64_t)json_integer_value(json_array_get(j, 2)), &st->at);
    for (size_t i = 7; !placed && i < json_array_size(j); i++)
        placed = frame_at(rd, (uint64_t)json_integer_value(json_array_get(j, i)), &st->at);
    if (!placed && strcmp(what, "ends") != 0)
        return; /* the test's own machinery */
    st->what = step_text(rd, what, json_integer_value(json_array_get(j, 3)), st->at.source);
    if (st->task >= s->tasks)
        s->tasks = st->task + 1;
    s->count++;
}

/* Who the tasks are, by number: "main", "thread 1", "process 2", ... */
static int read_names(struct reader *rd, const json_t *names, struct err *e)
{
    struct schedule *s = rd->last ? rd->last->schedule : NULL;

    for (int i = 0; s && i < s->count; i++) {
        const char *name = json_string_value(json_array_get(names, (size_t)s->steps[i].task));

        if (!s->steps[i].who)
            s->steps[i].who = name ? arena_strdup(rd->a, name)
                                   : arena_printf(rd->a, "task %d", s->steps[i].task);
        if (!s->steps[i].who)
            return err_oom(e);
    }
    return 0;
}

static int read_steps(struct reader *rd, const json_t *steps, struct err *e)
{
    struct schedule *s = rd->last ? rd->last->schedule : NULL;
    const size_t n = json_array_size(steps);
    const json_t *j;
    size_t i;

    if (!s || s->steps || rd->skip_steps)
        return 0;
    s->steps = arena_zalloc(rd->a, (STEPS_MAX + 1) * sizeof *s->steps);
    if (!s->steps)
        return err_oom(e);
    json_array_foreach((json_t *)steps, i, j)
    {
        /* Of a very long one the end matters: that is where it goes wrong. */
        if (n > STEPS_MAX && i < n - STEPS_MAX)
            continue;
        if (s->count < STEPS_MAX)
            read_step(rd, s, j);
    }
    return 0;
}

/* Why it was cut or went no further, with the place where there is one; what was not varied. */
static void read_end(struct reader *rd, const json_t *j, const char *reason)
{
    const char *stopped = json_string_value(json_object_get(j, "stopped"));
    const json_t *kinds = json_object_get(j, "not_varied"), *k;
    struct frame at;
    size_t i;

    if (reason && *reason)
        rd->r->why = frame_at(rd, (uint64_t)json_integer_value(json_object_get(j, "pc")), &at)
                         ? arena_printf(rd->a, "%s (%s:%d)", reason, at.file, at.line)
                         : arena_strdup(rd->a, reason);
    if (stopped && *stopped)
        rd->r->stopped = arena_strdup(rd->a, stopped);
    rd->r->cut = (long)json_integer_value(json_object_get(j, "cut"));
    rd->r->dropped = (long)json_integer_value(json_object_get(j, "dropped"));
    rd->r->unwatched = json_is_true(json_object_get(j, "unwatched"));
    rd->r->used_up = json_is_true(json_object_get(j, "used_up"));
    rd->r->not_varied_count = 0;
    json_array_foreach(kinds, i, k) if (json_is_string(k) && i < NOT_VARIED_MAX)
        rd->r->not_varied[rd->r->not_varied_count++] =
        arena_strdup(rd->a, json_string_value(k));
}

/* What the program printed: in the schedule of the last finding, or in the first one. */
static void read_output(struct reader *rd, const char *text)
{
    const char *copy = arena_strdup(rd->a, text);

    if (rd->last && rd->last->schedule && !rd->skip_steps)
        rd->last->schedule->output = copy;
    else if (!rd->last)
        rd->r->output = copy;
}

static int read_line(struct reader *rd, const char *line, size_t len, struct err *e)
{
    json_t *j = json_loadb(line, len, 0, NULL);
    const char *bug = json_string_value(json_object_get(j, "bug"));
    const char *end = json_string_value(json_object_get(j, "end"));
    int rc = 0;

    if (bug) {
        rc = read_bug(rd, j, bug, e);
    } else if (json_is_array(json_object_get(j, "steps"))) {
        rc = read_steps(rd, json_object_get(j, "steps"), e);
        if (rc == 0)
            rc = read_names(rd, json_object_get(j, "names"), e);
    } else if (json_is_string(json_object_get(j, "output"))) {
        read_output(rd, json_string_value(json_object_get(j, "output")));
    } else if (end && strcmp(end, "again") == 0) {
        rd->r->found = rd->last = NULL; /* what was told so far could not be confirmed */
        rd->r->bugs = 0;
    } else if (end) {
        const char *reason = json_string_value(json_object_get(j, "reason"));

        rd->r->extent = arena_strdup(rd->a, strcmp(end, "too-large") == 0 ? "none" : end);
        read_end(rd, j, reason);
        rd->r->schedules = (long)json_integer_value(json_object_get(j, "schedules"));
        rd->r->steps = (long)json_integer_value(json_object_get(j, "steps"));
        rd->r->points = (long)json_integer_value(json_object_get(j, "points"));
        rd->r->tasks = (long)json_integer_value(json_object_get(j, "tasks"));
        rd->r->delivered =
            (long)json_integer_value(json_array_get(json_object_get(j, "deliveries"), 0));
        rd->r->deliveries =
            (long)json_integer_value(json_array_get(json_object_get(j, "deliveries"), 1));
    } else {
        rc = err_set(e, ERR_SYSTEM, "the explorer's report is damaged: '%.80s'", line);
    }
    json_decref(j);
    return rc;
}

int explorer_read(struct places *places, const char *text,
                  const char *(*line)(void *ctx, const char *file, int no), void *ctx,
                  struct arena *a, struct exploration *ret, struct err *e)
{
    struct exploration r = {0};
    struct reader rd = {.places = places, .a = a, .line = line, .ctx = ctx, .r = &r};
    int lines = 0;

    for (const char *p = text; *p;) {
        const size_t n = strcspn(p, "\n");

        if (++lines > LINES_MAX) /* ours has some hundreds: a forged one could take hours */
            return err_set(e, ERR_SYSTEM, "the explorer's report has too many lines");
        if (n && read_line(&rd, p, n, e) < 0)
            return -1;
        p += n + (p[n] == '\n');
    }
    if (!r.extent)
        return err_set(e, ERR_SYSTEM, "the explorer did not finish");
    *ret = r;
    return 0;
}

/* ---- the run
 * ------------------------------------------------------------------------------------- */

static int add(char **argv, int n, struct arena *a, const char *flag, const char *value)
{
    argv[n++] = (char *)flag;
    if (value)
        argv[n++] = arena_strdup(a, value);
    return n;
}

static int arguments(char **argv, const char *program, const struct explorer_options *o,
                     struct arena *a, struct err *e)
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
    n = add(argv, n, a, "--", NULL);
    for (int i = 0; o->args && o->args[i]; i++) {
        if (n > ARGS_MAX - 2)
            return err_set(e, ERR_USAGE, "more than %d arguments for the program", i);
        argv[n++] = o->args[i];
    }
    argv[n] = NULL;
    return a->failed ? err_oom(e) : 0;
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
    const char *path = arena_printf(a, "%s/%s", work, program);
    int rc;

    if (arguments(argv, o->cwd ? arena_strdup(a, path) : arena_printf(a, "./%s", program), o, a,
                  e) < 0 ||
        !path)
        return path ? -1 : err_oom(e);
    if (keeper_run(&job, &k, e) < 0)
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

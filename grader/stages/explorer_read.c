/* explorer_read.c - the lines of the explorer (runtime/explore/emit.c) as evidence.
 *
 * They are foreign input: the program that says them shares its address space with code that is
 * not trusted. A line that is no valid finding makes the run void (no verdict), never a crash.
 */
#include <ctype.h>
#include <jansson.h>
#include <string.h>

#include "stages/assertion.h"
#include "stages/explorer.h"
#include "stages/unit.h"

enum { LINES_MAX = 1000, STEPS_MAX = 300, FRAMES_MAX = 32, LOCKS_MAX = 16 };

struct reader {
    struct places *places;
    struct arena *a;
    const char *(*line)(void *ctx, const char *file, int no);
    void *ctx;
    struct exploration *r;
    struct evidence *last;
    bool skip_steps; /* they belong to a finding that was told already */
    struct lock_name {
        long long object;
        const char *name;
    } locks[LOCKS_MAX]; /* that the last finding is about */
    int lock_count;
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

static const char *lock_name(const struct reader *rd, long long object)
{
    for (int i = 0; i < rd->lock_count; i++)
        if (rd->locks[i].object == object)
            return rd->locks[i].name;
    return NULL;
}

/* A lock has its variable's name. Of several that have none each gets a letter: "B". */
static void name_locks(struct reader *rd, const json_t *waits)
{
    const json_t *w;
    int unnamed = 0;
    size_t i;

    rd->lock_count = 0;
    json_array_foreach((json_t *)waits, i, w)
    {
        const long long object = json_integer_value(json_array_get(w, 2));
        bool known = object <= 4096 || rd->lock_count == LOCKS_MAX;

        for (int k = 0; k < rd->lock_count; k++)
            known |= rd->locks[k].object == object;
        if (known)
            continue;
        rd->locks[rd->lock_count++] =
            (struct lock_name){object, places_variable(rd->places, (uint64_t)object, rd->a)};
        unnamed += rd->locks[rd->lock_count - 1].name == NULL;
    }
    for (int k = 0, letter = 'A'; unnamed > 1 && k < rd->lock_count; k++)
        if (!rd->locks[k].name)
            rd->locks[k].name = arena_printf(rd->a, "%c", letter++);
}

/* "main waits for a lock" -> "main waits for lock B", where it has a name. */
static const char *with_lock(struct reader *rd, const char *label, const char *name)
{
    static const char *const unnamed[] = {" a lock", " the mutex", " it "};
    const char *at = NULL;
    size_t i = 0;

    for (; name && !at && i < ARRAY_SIZE(unnamed); i++)
        at = strstr(label, unnamed[i]);
    if (!at)
        return label;
    i = strlen(unnamed[i - 1]);
    return arena_printf(rd->a, "%.*s lock %s%s%s", (int)(at - label), label, name,
                        at[i - 1] == ' ' ? " " : "", at + i);
}

static bool says_return(const char *line)
{
    for (const char *p = line; p && (p = strstr(p, "return")); p += 6)
        if ((p == line || !(isalnum((unsigned char)p[-1]) || p[-1] == '_')) &&
            !(isalnum((unsigned char)p[6]) || p[6] == '_'))
            return true;
    return false;
}

/* Of a function that was left, the return by which it was: of the blocks that lead to its end
 * (pairs of offsets, runtime/explore/path.c), the last one with a line of its own, and that
 * line a return. The end that several returns share has no line of its own. false: not known.
 */
static bool way_out(struct reader *rd, const json_t *pcs, size_t at, struct frame *ret)
{
    const size_t n = (size_t)json_integer_value(json_array_get(pcs, at));

    for (size_t k = 0; k < n; k++) {
        const json_t *begin = json_array_get(pcs, at + 1 + 2 * k),
                     *end = json_array_get(pcs, at + 2 + 2 * k);
        struct place p;

        places_code(rd->places, (uint64_t)json_integer_value(begin), rd->a, &p);
        if (p.begins && frame_at(rd, (uint64_t)json_integer_value(end), ret) &&
            says_return(ret->source))
            return true;
    }
    return false;
}

/* The functions that were left with a lock held, innermost first. Of a suite's test the one
 * that the test had called: its wrapper of a lock has done what it should. Elsewhere all, if
 * the innermost is known. Returns how many there are. */
static int read_left(struct reader *rd, const json_t *pcs, bool suite, struct frame *frames)
{
    int n = 0;

    for (size_t at = 0; at < json_array_size(pcs) && n < FRAMES_MAX;
         at += 1 + 2 * (size_t)json_integer_value(json_array_get(pcs, at))) {
        struct frame here, *to = suite ? &frames[0] : &frames[n];
        const uint64_t end = (uint64_t)json_integer_value(json_array_get(pcs, at + 2));
        const bool known = way_out(rd, pcs, at, &here);

        if (known) {
            *to = here;
            n = suite ? 1 : n + 1;
        } else if (!suite && n == 0) {
            return 0;
        } else if (suite && frame_at(rd, end, &here) && here.source) {
            n = 0; /* of the submission, and how it was left is not known */
        }
    }
    return n;
}

static void read_stack(struct reader *rd, struct evidence *ev, const json_t *j)
{
    const json_t *pcs = json_object_get(j, "pcs");
    const char *left = json_string_value(json_object_get(j, "left"));
    const char *label = json_string_value(json_object_get(j, "label"));
    const int task = (int)json_integer_value(json_object_get(j, "task"));
    const char *who = json_string_value(json_object_get(j, "who"));
    struct frame frames[FRAMES_MAX];
    struct stack *s;
    int n = 0;

    if (left)
        n = read_left(rd, pcs, strcmp(left, "suite") == 0, frames);
    for (size_t i = 0; !left && i < json_array_size(pcs) && n < FRAMES_MAX; i++)
        n += frame_at(rd, (uint64_t)json_integer_value(json_array_get(pcs, i)), &frames[n]);
    if (!label || (left && n == 0))
        return; /* how it was left is not known */
    if (task >= 0 && !names_somebody(label))
        label = arena_printf(rd->a, "%s %s", who && *who ? who : "a task", label);
    else
        label = arena_strdup(rd->a, label);
    if (label)
        label = with_lock(rd, label,
                          lock_name(rd, json_integer_value(json_object_get(j, "object"))));
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

static const char *own_function(const struct stack *s)
{
    for (int i = 0; i < s->count; i++)
        if (s->frames[i].source)
            return s->frames[i].function;
    return NULL;
}

/* libcheck's START_TEST(name) makes the function name_fn. */
static const char *test_function(struct reader *rd, const char *f)
{
    const size_t n = strlen(f);

    return n > 3 && strcmp(f + n - 3, "_fn") == 0 ? arena_strndup(rd->a, f, n - 3) : f;
}

/* The first two functions of the submission, sorted: the same bug has the same title. Where it
 * is in none of the stacks: the test's. */
static const char *title_of(struct reader *rd, const struct evidence *ev)
{
    const char *first = NULL, *second = NULL;

    for (const struct stack *s = ev->stacks; s && !second; s = s->next) {
        const char *f = own_function(s);

        if (f && !first)
            first = f;
        else if (f)
            second = f;
    }
    if (!first && ev->stacks && ev->stacks->count && ev->stacks->frames[0].function)
        first = test_function(rd, ev->stacks->frames[0].function);
    if (!first)
        return verdict_name(ev->verdict);
    if (!second || (ev->verdict != VERDICT_DATA_RACE && strcmp(first, second) == 0))
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
        return arena_printf(rd->a, "%s:%d: %s", file, line, assertion_say(rd->a, message));
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
        const char *name = lock_name(rd, json_integer_value(json_array_get(w, 2)));

        if (!ev->waits || !who || !holder || ev->wait_count == WAITS_MAX)
            return;
        ev->waits[ev->wait_count++] =
            (struct wait){arena_strdup(rd->a, who), arena_strdup(rd->a, holder), name};
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
    name_locks(rd, json_object_get(j, "waits"));
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
    name = lock_name(rd, object);
    if (!name && object > 4096)
        name = places_variable(rd->places, (uint64_t)object, rd->a);
    if (name && name[1] && source && strstr(source, name))
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

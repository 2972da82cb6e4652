/* suite.c - lockstep.h for a suite under the explorer: the same test body, one schedule each.
 *
 * libcheck's runner is not needed: each test is called as it is, as the first task. Its
 * assertions end the schedule (their verdict: see lockstep.h). ls_settle() is exact here: it
 * returns when no other task can run. Gates, processes and the terminal: helpers.c, terminal.c.
 */
#include <stdarg.h>

#include <fcntl.h>

#include "runtime/explore/process.h"
#include "runtime/explore/sync.h"
#include "runtime/inputs.h"
#include "runtime/lockstep.h"
#include "runtime/noexec.h"
#include "runtime/wire.h"

enum { MAX_TESTS = 128 };

static struct entry {
    const char *id;
    const TTest *test;
} tests[MAX_TESTS];
static int test_count;
static const struct entry *current;

void ls_test(Suite *suite, const char *id, const TTest *test)
{
    (void)suite;
    if (test_count < MAX_TESTS)
        tests[test_count++] = (struct entry){id, test};
}

static void tell_descriptors(int before)
{
    const int more = ls_descriptors() - before;
    struct found *f;

    if (more <= 0)
        return;
    f = more == 1 ? bug_begin(BUG_LEAK, "1 descriptor is left open")
                  : bug_begin(BUG_LEAK, "%d descriptors are left open", more);
    f->key = 1;
    bug_done(f);
}

/* ---- the assertions a body comes by (stages/trail.h) ------------------------------------ */

static struct span {
    const char *file;
    int first, last;
} trail[LS_PLACES];
static int trail_count, trail_at;

static void read_trail(const char *text)
{
    static char copy[1 << 16];

    snprintf(copy, sizeof copy, "%s", text);
    for (char *save = NULL, *s = strtok_r(copy, ",", &save); s && trail_count < LS_PLACES;
         s = strtok_r(NULL, ",", &save)) {
        char *colon = strchr(s, ':');
        struct span *at = &trail[trail_count];

        if (!colon || sscanf(colon + 1, "%d-%d", &at->first, &at->last) != 2)
            broken("--trail '%s' is no FILE:FIRST-LAST", s);
        *colon = '\0';
        at->file = s;
        trail_count++;
    }
}

static void tell_trail(void)
{
    struct found *f;

    if (trail_at == trail_count)
        return;
    f = bug_begin(BUG_WRONG_RESULT, "the test ended without reaching its assertion in %s:%d",
                  trail[trail_at].file, trail[trail_at].first);
    snprintf(f->verdict, sizeof f->verdict, "tampering");
    f->key = (uint64_t)trail[trail_at].first;
    bug_done(f);
}

static void run_test(void *arg)
{
    const int before = ls_descriptors();

    (void)arg;
    trail_at = 0;
    errno = 0;
    returns_open();
    current->test->fn(0);
    if (process_me()->id != 0)
        process_end(0); /* a child that came back out of the code under test */
    returns_close();
    tell_trail();
    tell_descriptors(before);
    program_exit(0, true);
}

void (*suite_test(const char *id))(void *);
void (*suite_test(const char *id))(void *)
{
    lockstep_suite();
    W->o.leaks = W->o.suite = true;
    if (!W->o.code)
        noexec_begin(); /* where a kernel has no filters, the sandbox has said so */
    if (W->o.trail)
        read_trail(W->o.trail);
    for (int i = 0; i < test_count; i++)
        if (strcmp(tests[i].id, id) == 0) {
            current = &tests[i];
            return run_test;
        }
    return NULL;
}

/* ---- assertions ---------------------------------------------------------------------------
 */

/* A message may name its verdict: "order-violation: the driver left first". */
static const char *named_verdict(struct found *f, const char *text)
{
    static const char *const names[] = {
        "crash",      "deadlock",       "lost-wakeup",     "livelock", "data-race",
        "misuse",     "leak",           "order-violation", "zombie",   "busy-wait",
        "too-strict", "resource-limit", "signal-unsafe"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const size_t n = strlen(names[i]);

        if (strncmp(text, names[i], n) == 0 && text[n] == ':') {
            snprintf(f->verdict, sizeof f->verdict, "%s", names[i]);
            return text + n + 1 + (text[n + 1] == ' ');
        }
    }
    return text;
}

void ls_x__ck_assert_failed(const char *file, int line, const char *expr, const char *msg, ...);
void ls_x__ck_assert_failed(const char *file, int line, const char *expr, const char *msg, ...)
{
    const int saved = errno;
    const char *slash = strrchr(file, '/');
    char text[MESSAGE_MAX];
    struct found *f;
    va_list ap;

    returns_check_call(CALLER, *(void **)__builtin_frame_address(0));
    va_start(ap, msg);
    if (msg)
        vsnprintf(text, sizeof text, msg, ap);
    else
        snprintf(text, sizeof text, "%s", expr);
    va_end(ap);
    if (!RUNNING)
        broken("%s:%d: %s", file, line, text);
    f = bug_begin(BUG_WRONG_RESULT, "%s", "");
    snprintf(f->message, sizeof f->message, "%s", named_verdict(f, text));
    if (saved == ENOSYS)
        snprintf(f->verdict, sizeof f->verdict, "not-implemented");
    f->line = line;
    f->err_no = saved;
    snprintf(f->file, sizeof f->file, "%s", slash ? slash + 1 : file);
    bug_stack(f, W->me->id, program_pc(CALLER), task_node(W->me), "fails here");
    path_tell_strays(f);
    tell_others(f);
    bug_done(f);
}

void ls_x__mark_point(const char *file, int line);
void ls_x__mark_point(const char *file, int line)
{
    const struct span *due = &trail[trail_at];
    const char *slash = strrchr(file, '/');

    returns_check_call(CALLER, *(void **)__builtin_frame_address(0));
    if (trail_at < trail_count && W->me->id == 0 && process_me()->id == 0 &&
        line >= due->first && line <= due->last &&
        strcmp(slash ? slash + 1 : file, due->file) == 0)
        trail_at++;
}

/* ---- what a suite may ask
 * -------------------------------------------------------------------- */

int64_t ls_input(const char *label, int64_t lo, int64_t hi)
{
    returns_check_call(CALLER, *(void **)__builtin_frame_address(0));
    return inputs_value(W->o.inputs, current->id, label, lo, hi);
}

void ls_observe(const char *label, int64_t value)
{
    (void)label, (void)value;
    returns_check_call(CALLER, *(void **)__builtin_frame_address(
                                   0)); /* compared with the reference's natively (oracle.c) */
}

void ls_settle(void)
{
    step(OP_SETTLE, 0, CALLER);
}

void ls_stay_on(int core)
{
    (void)core; /* there is one */
}

void ls_polite(void)
{
}

int64_t ls_now_ns(void)
{
    W->now += 1000;
    return W->now;
}

int64_t ls_past_next_second(void)
{
    const int64_t at = ls_now_ns() / 1000000 % 1000;

    if (at < 100 || at > 550)
        W->now += ((110 - at + 1000) % 1000) * 1000000;
    return 960;
}

int ls_descriptors(void)
{
    int n = 0;

    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

int ls_mappings(void)
{
    return 20 + process_me()->map_count; /* shared ones: others are not counted here */
}

/* ---- promised overlap -------------------------------------------------------------------- */

static struct promise *promise(const char *label)
{
    struct promise *p = NULL;

    for (int i = 0; i < W->promise_count && !p; i++)
        if (strcmp(W->promises[i].label, label) == 0)
            p = &W->promises[i];
    if (!p) {
        if (W->promise_count == PROMISES_MAX)
            broken("more than %d labels for ls_enter()", PROMISES_MAX);
        p = &W->promises[W->promise_count++];
        p->label = label;
    }
    if (p->of != W->generation) {
        p->of = W->generation;
        p->inside = p->came = 0;
    }
    return p;
}

void ls_enter(const char *label)
{
    struct promise *p = promise(label);

    p->pc = program_pc(CALLER);
    p->node = task_node(W->me);
    if (++p->came > p->tasks)
        p->tasks = p->came;
    if (++p->inside > p->most)
        p->most = p->inside;
    step(OP_YIELD, 0, CALLER); /* here another one may come in */
}

void ls_leave(const char *label)
{
    promise(label)->inside--;
}

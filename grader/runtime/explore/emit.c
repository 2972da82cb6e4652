/* emit.c - what was found, as JSON, one object a line; the grader reads it (stages/evidence.c).
 *
 *   {"bug": "data-race", "message": ..., "schedule": 3, "times": 9, "token": "1-...",
 *    "stacks": [{"task": 1, "label": ..., "pcs": [4711, ...]}, ...], "address": ..., ...}
 *   {"steps": [[task, "locks", pc, object, value, size, switched, pcs...], ...]}   of the last
 *   {"end": "all", "schedules": 120, "steps": 4096, "points": 800, "tasks": 3}
 *
 * A pc is an offset in the program, of the return address: the place is one byte before.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/explore/driver.h"
#include "runtime/explore/process.h"

struct out {
    int fd;
    size_t n;
    char buf[8192];
};

static void flush(struct out *o)
{
    for (size_t done = 0; done < o->n;) {
        ssize_t w = write(o->fd, o->buf + done, o->n - done);

        if (w <= 0)
            _exit(3); /* nobody listens any more */
        done += (size_t)w;
    }
    o->n = 0;
}

static void put(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(struct out *o, const char *fmt, ...)
{
    va_list ap;
    int n;

    if (o->n > sizeof o->buf - 2048)
        flush(o);
    va_start(ap, fmt);
    n = vsnprintf(o->buf + o->n, sizeof o->buf - o->n, fmt, ap);
    va_end(ap);
    if (n > 0)
        o->n += (size_t)n < sizeof o->buf - o->n ? (size_t)n : sizeof o->buf - o->n - 1;
}

/* JSON strings are UTF-8; what is not becomes '?'. */
static void put_text(struct out *o, const char *s)
{
    put(o, "\"");
    for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
        if (*p == '"' || *p == '\\')
            put(o, "\\%c", *p);
        else if (*p < 0x20 || *p == 0x7f)
            put(o, "\\u%04x", *p);
        else
            put(o, "%c", *p);
    }
    put(o, "\"");
}

static void put_stack(struct out *o, const struct found_stack *s, bool first)
{
    char name[32];

    put(o, "%s{\"task\":%d,\"who\":", first ? "" : ",", s->task);
    put_text(o, s->task < 0 ? "" : task_name(s->task, name));
    put(o, ",\"label\":");
    put_text(o, s->label);
    if (s->object)
        put(o, ",\"object\":%lld", (long long)(key_address(s->object) - W->base));
    if (s->left)
        put(o, ",\"left\":\"%s\"", W->o.returns || W->o.suite ? "suite" : "program");
    put(o, ",\"pcs\":[");
    for (int i = 0; i < s->count; i++)
        put(o, "%s%u", i ? "," : "", s->pc[i]);
    put(o, "]}");
}

/* Behind the stacks, whose list the caller has left open. */
static void put_waits(struct out *o, const struct found *f)
{
    char name[32];

    if (f->wait_count)
        put(o, "],\"waits\":[");
    for (int i = 0; i < f->wait_count; i++) {
        const struct wait_edge *w = &f->waits[i];

        put(o, i ? ",[" : "[");
        put_text(o, task_name(w->waiter, name));
        put(o, ",");
        put_text(o, task_name(w->holder, name));
        put(o, ",%lld]", w->object ? (long long)(key_address(w->object) - W->base) : 0);
    }
}

void emit_found(int fd, struct found *f, const char *token)
{
    struct out o = {.fd = fd};

    put(&o, "{\"bug\":");
    put_text(&o, f->verdict);
    put(&o, ",\"message\":");
    put_text(&o, f->message);
    if (f->line) {
        put(&o, ",\"line\":%d,\"file\":", f->line);
        put_text(&o, f->file);
    }
    put(&o,
        ",\"errno\":%d,\"schedule\":%llu,\"times\":%llu,\"advice\":%s,\"token\":", f->err_no,
        (unsigned long long)f->schedule + 1, (unsigned long long)f->times,
        f->bug == BUG_LOCK_ORDER ? "true" : "false");
    put_text(&o, token);
    if (f->address)
        put(&o, ",\"address\":%lld,\"size\":%u", (long long)(f->address - W->base), f->size);
    if (f->block_size)
        put(&o, ",\"block\":{\"size\":%llu,\"offset\":%llu,\"pc\":%u,\"shared\":%s}",
            (unsigned long long)f->block_size, (unsigned long long)f->in_block, f->block_pc,
            f->block_shared ? "true" : "false");
    put(&o, ",\"stacks\":[");
    for (int i = 0; i < f->stack_count; i++)
        put_stack(&o, &f->stacks[i], i == 0);
    put_waits(&o, f);
    put(&o, "]}\n");
    flush(&o);
}

enum { SEEN_BITS = 17, SEEN = 1 << SEEN_BITS, WATCHED = 64 }; /* twice the longest trace */

/* What the trace says of one granule: who touched it, and was it written while another one of
 * them was already there. */
struct seen {
    uint64_t granule, tasks;
    bool concurrent;
};

static struct seen *seen_at(struct seen *all, uint64_t granule)
{
    uint64_t at = (granule * 0x9e3779b97f4a7c15u) >> (64 - SEEN_BITS);

    /* Probed, so that what is shown does not depend on where memory happens to lie. */
    while (all[at].granule != 0 && all[at].granule != granule)
        at = (at + 1) & (SEEN - 1);
    all[at].granule = granule;
    return &all[at];
}

static bool is_access(const struct trace_step *s)
{
    return s->op.kind >= OP_READ && s->op.kind <= OP_ATOMIC_RMW;
}

static uint64_t others_alive(const int *born, const int *ended, int at, int me)
{
    uint64_t alive = 0;

    for (int t = 0; t < WATCHED; t++)
        if (t != me && born[t] <= at && at < ended[t])
            alive |= (uint64_t)1 << t;
    return alive;
}

/* Memory that only one task touches, or that is handed on before the other one exists, says
 * nothing about a schedule: it is left out. */
static void mark_shared(void)
{
    static struct seen *all;
    int born[WATCHED], ended[WATCHED];

    if (!all)
        all = region_alloc(SEEN * sizeof *all);
    memset(all, 0, SEEN * sizeof *all);
    for (int t = 0; t < WATCHED; t++) {
        born[t] = t ? W->trace_count : 0;
        ended[t] = W->trace_count;
    }
    for (int i = 0; i < W->trace_count; i++) {
        const struct trace_step *s = &W->trace[i];
        struct seen *e = is_access(s) ? seen_at(all, s->op.obj >> 3) : NULL;

        if (s->op.kind == OP_CREATE && s->op.obj < WATCHED)
            born[s->op.obj] = i;
        if (s->op.kind == OP_EXIT && s->task < WATCHED)
            ended[s->task] = i;
        if (e)
            e->tasks |= (uint64_t)1 << (s->task & (WATCHED - 1));
    }
    for (int i = 0; i < W->trace_count; i++) {
        const struct trace_step *s = &W->trace[i];
        struct seen *e = is_access(s) ? seen_at(all, s->op.obj >> 3) : NULL;

        if (e && s->op.kind != OP_READ && s->op.kind != OP_ATOMIC_LOAD &&
            (e->tasks & others_alive(born, ended, i, s->task)))
            e->concurrent = true;
    }
    for (int i = 0; i < W->trace_count; i++) {
        struct trace_step *s = &W->trace[i];
        const struct seen *e = is_access(s) ? seen_at(all, s->op.obj >> 3) : NULL;

        s->shared = e ? e->concurrent : s->op.kind != OP_YIELD;
    }
}

static const char *text_of_io(const struct trace_step *s, int fd, char *buf, size_t size)
{
    const bool writes = s->op.obj2 >> 32;
    const long long n = (long long)s->value;

    if (fd < 0)
        return "waits for a channel";
    if (!s->has_value)
        snprintf(buf, size, writes ? "writes to descriptor %d" : "uses descriptor %d", fd);
    else if (n < 0)
        snprintf(buf, size,
                 writes ? "waits to write to descriptor %d"
                        : "waits to read from descriptor %d",
                 fd);
    else
        snprintf(buf, size,
                 writes ? "writes %lld byte%s to descriptor %d"
                        : "reads %lld byte%s from descriptor %d",
                 n, n == 1 ? "" : "s", fd);
    return buf;
}

static const char *text_of_signal(const struct trace_step *s, char *buf, size_t size)
{
    static const char *const words[] = {[ARRIVAL_BEFORE] = "%s arrives before this",
                                        [ARRIVAL_IN_WAIT] = "%s arrives while it waits",
                                        [ARRIVAL_KILLS] = "%s kills it",
                                        [ARRIVAL_STOPS] = "%s stops it"};

    if (s->size == ARRIVAL_ENDS_WAIT)
        return "returns, interrupted";
    snprintf(buf, size, words[s->size], signal_name((int)s->value));
    return buf;
}

static const char *text_of_stuck(const struct trace_step *s, char *buf, size_t size)
{
    char name[32];
    const int fd = (int)(s->op.obj2 & 0xffffffff) - 1;

    switch (s->op.kind) {
    case OP_IO:
        if (fd < 0)
            return "waits forever";
        snprintf(buf, size, "waits forever for descriptor %d", fd);
        return buf;
    case OP_PAUSE:
    case OP_SIGWAIT:
        return "waits forever for a signal";
    case OP_JOIN:
        snprintf(buf, size, "waits forever for %s to end", task_name((int)s->op.obj, name));
        return buf;
    case OP_WAIT:
        return "waits forever for a child to end";
    case OP_LOCK:
    case OP_RDLOCK:
    case OP_WRLOCK:
        return "waits forever for the lock";
    default:
        return "waits forever";
    }
}

/* What a person reads of a step. */
static const char *text_of(const struct trace_step *s, char *buf, size_t size)
{
    const int fd = (int)(s->op.obj2 & 0xffffffff) - 1;

    if (s->stuck)
        return text_of_stuck(s, buf, size);
    switch (s->op.kind) {
    case OP_START:
        return W->tasks[s->task].process &&
                       W->processes[W->tasks[s->task].process].main == s->task
                   ? "starts, as the child"
                   : op_name(s->op.kind);
    case OP_COND_WAKE:
        return s->spurious ? "is woken spuriously, as POSIX allows:" : op_name(s->op.kind);
    case OP_ATOMIC_RMW:
        return s->spurious ? "fails for no reason, as C11 allows:" : op_name(s->op.kind);
    case OP_DELIVER:
        return text_of_signal(s, buf, size);
    case OP_SIGNAL:
        snprintf(buf, size, "sends %s", signal_name((int)s->op.obj2));
        return buf;
    case OP_IO:
        return text_of_io(s, fd, buf, size);
    case OP_FAILED:
        return call_text(s, buf, size);
    default:
        return op_name(s->op.kind);
    }
}

static void put_names(struct out *o)
{
    char name[32];

    put(o, ",\"names\":[");
    for (int i = 0; i < W->task_count; i++) {
        put(o, i ? "," : "");
        put_text(o, task_name(i, name));
    }
    put(o, "]");
}

void emit_steps(int fd)
{
    struct out o = {.fd = fd};
    const int end =
        W->trace_stop ? W->trace_stop : W->trace_count; /* what comes later is no matter */
    bool first = true;
    char buf[64];
    int last = 0;

    mark_shared();
    put(&o, "{\"steps\":[");
    for (int i = 0; i < end; i++) {
        const struct trace_step *s = &W->trace[i];
        const bool switched = s->task != last;

        if (!s->shared)
            continue;
        last = s->task;
        put(&o, "%s[%d,", first ? "" : ",", s->task);
        first = false;
        put_text(&o, text_of(s, buf, sizeof buf));
        put(&o, ",%u,%lld,", s->op.pc,
            (long long)(key_address(s->op.obj) - (s->op.obj > 4096 ? W->base : 0)));
        if (s->has_value && s->op.kind != OP_IO)
            put(&o, "%llu", (unsigned long long)s->value);
        else
            put(&o, "null");
        put(&o, ",%d,%s", s->size, switched ? "true" : "false");
        for (uint32_t n = s->node, k = 0; n && k < FOUND_FRAMES; n = node_at(n)->parent, k++)
            if (node_at(n)->pc)
                put(&o, ",%u", node_at(n)->pc);
        put(&o, "]");
    }
    put(&o, "]");
    put_names(&o);
    put(&o, "}\n");
    flush(&o);
}

/* Bytes of the UTF-8 character at s, at most n; 0: it is none. */
static size_t character(const char *s, size_t n)
{
    const unsigned char c = (unsigned char)*s;
    const size_t size = c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;

    for (size_t i = 1; i < size; i++)
        if (i >= n || ((unsigned char)s[i] & 0xc0) != 0x80)
            return 0;
    if ((c == 0xe0 && (unsigned char)s[1] < 0xa0) ||
        (c == 0xed && (unsigned char)s[1] > 0x9f) ||
        (c == 0xf0 && (unsigned char)s[1] < 0x90) || (c == 0xf4 && (unsigned char)s[1] > 0x8f))
        return 0;
    return size;
}

void emit_output(int fd, const char *text, size_t size)
{
    struct out o = {.fd = fd};

    put(&o, "{\"output\":\"");
    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)text[i];

        if (c == '"' || c == '\\')
            put(&o, "\\%c", c);
        else if (c >= 0x20 && c < 0x7f)
            put(&o, "%c", c);
        else if (c < 0x80)
            put(&o, "\\u%04x", c ? c : 0xfffd);
        else if (character(text + i, size - i)) {
            put(&o, "%.*s", (int)character(text + i, size - i), text + i);
            i += character(text + i, size - i) - 1;
        } else {
            put(&o, "\\ufffd");
        }
    }
    put(&o, "\"}\n");
    flush(&o);
}

/* What no search varies yet, whatever is said of all schedules. */
static const char *const not_varied[] = {
    "time limits",           "wake-ups without a reason",
    "which waiter is woken", "how often a loop retries",
    "failing calls",         "older values of weak atomics"};

/* Why it went no further than it did; "": it did all that it was asked for. */
static const char *stopped(char *buf, size_t size)
{
    buf[0] = '\0';
    if (W->interrupted)
        return "interrupted";
    if (W->ops_total >= W->o.all_steps)
        snprintf(buf, size, "the budget of %llu steps is used up",
                 (unsigned long long)W->o.all_steps);
    else if (W->pruned / 8 && W->schedules_run + W->large + W->pruned / 8 >= W->o.schedules)
        snprintf(buf, size, "%llu more were given up, since they would have repeated others",
                 (unsigned long long)W->pruned);
    else if (W->large >= CUT_MOST)
        snprintf(buf, size, "%d schedules had to be cut", CUT_MOST);
    return buf;
}

void emit_end(int fd, const char *how)
{
    struct out o = {.fd = fd};
    char buf[80];

    put(&o, "{\"end\":\"%s\",\"reason\":", how);
    put_text(&o,
             W->too_large || W->finished == 0 || W->large || W->outside ? W->broken_text : "");
    put(&o, ",\"pc\":%u,\"stopped\":", W->broken_text_pc);
    put_text(&o, stopped(buf, sizeof buf));
    put(&o, W->ops_total >= W->o.all_steps ? ",\"used_up\":true" : ",\"used_up\":false");
    put(&o, ",\"not_varied\":[");
    for (size_t i = 0; i < sizeof not_varied / sizeof not_varied[0]; i++) {
        put(&o, i ? "," : "");
        put_text(&o, not_varied[i]);
    }
    if (W->o.preemptions >= 0) {
        snprintf(buf, sizeof buf, "more than %d preemptions", W->o.preemptions);
        put(&o, ",");
        put_text(&o, buf);
    }
    put(&o,
        "],\"schedules\":%llu,\"cut\":%llu,\"dropped\":%llu,\"unwatched\":%s,\"steps\":%llu,"
        "\"points\":%llu,\"tasks\":%u,\"pruned\":%llu,\"forks\":%s,\"deliveries\":[%u,%u]}\n",
        (unsigned long long)W->schedules_run, (unsigned long long)W->large,
        (unsigned long long)W->dropped, W->unwatched ? "true" : "false",
        (unsigned long long)W->ops_total, (unsigned long long)W->points_total, W->known.tasks,
        (unsigned long long)W->pruned, W->o.fork_each ? "true" : "false", W->delivery_tried,
        W->delivery_places);
    flush(&o);
}

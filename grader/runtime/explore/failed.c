/* failed.c - what a call that failed has returned, as a row of the interleaving.
 *
 * A wrong program often goes on after a call that has failed, and the rows show the call alone.
 * Behind it now stands "returns EINVAL (tv_nsec is 1000000250)". Only while a schedule is
 * traced; no scheduling point, nothing that a strategy sees.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "runtime/explore/driver.h"
#include "runtime/explore/sync.h"

static struct trace_step *new_row_at(uint32_t pc)
{
    struct trace_step *s;

    if (!RUNNING || !W->tracing || W->trace_count >= W->trace_max)
        return NULL;
    s = &W->trace[W->trace_count++];
    *s = (struct trace_step){.task = W->me->id, .node = task_node(W->me)};
    s->op = (struct op){.kind = OP_FAILED, .pc = pc};
    return s;
}

static struct trace_step *new_row(uintptr_t pc)
{
    return new_row_at(program_pc(pc));
}

int call_fails(int error, uintptr_t pc)
{
    struct trace_step *s = error ? new_row(pc) : NULL;

    if (s)
        s->op.obj2 = (uint64_t)error;
    return error;
}

int call_fails_errno(int error, uintptr_t pc)
{
    errno = call_fails(error, pc);
    return -1;
}

long call_result(long rc)
{
    const int error = errno;
    struct trace_step *s = rc == -1 && error != EINTR && error != EAGAIN
                               ? new_row_at(W && W->me ? W->me->op.pc : 0)
                               : NULL;

    if (s)
        s->op.obj2 = (uint64_t)error;
    errno = error;
    return rc;
}

int call_fails_time(long nanoseconds, uintptr_t pc)
{
    struct trace_step *s = new_row(pc);

    if (s) {
        s->op.obj2 = EINVAL;
        s->value = (uint64_t)nanoseconds;
        s->has_value = true;
    }
    return EINVAL;
}

const char *call_text(const struct trace_step *s, char *buf, size_t size)
{
    const char *name = strerrorname_np((int)s->op.obj2);

    if (s->has_value)
        snprintf(buf, size, "returns %s (tv_nsec is %lld)", name, (long long)s->value);
    else
        snprintf(buf, size, "returns %s", name ? name : "an error");
    return buf;
}

/* arena.c - the shared region and the three ways to take memory from it.
 *
 * One mapping, shared and inherited over fork: what a schedule in a child process finds out
 * is there for the next one. Nothing here is malloc: the program's heap is memory.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/explore/map.h"
#include "runtime/explore/world.h"

#define KEEP_SIZE ((size_t)64 << 20)
#define SCRATCH_SIZE ((size_t)768 << 20)

struct world *W;
static char *region_used, *region_end; /* only grows before the first fork */

void *map_memory(size_t size, bool shared)
{
    const int no_file = -1, access = PROT_READ | PROT_WRITE;
    const int kind = (shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS | MAP_NORESERVE;
    /* cppcheck-suppress invalidFunctionArg ; MAP_ANONYMOUS wants -1 (mmap(2), portable
     * programs) */
    void *p = mmap(NULL, size, access, kind, no_file, 0);

    return p == MAP_FAILED ? NULL : p;
}

static void *from_region(size_t size)
{
    char *p = region_used;

    size = (size + 4095) & ~(size_t)4095;
    if (size > (size_t)(region_end - p))
        broken("the explorer's region of %zu MiB is full", REGION_SIZE >> 20);
    region_used += size;
    return p;
}

void *region_alloc(size_t size)
{
    return from_region(size);
}

void world_open(void)
{
    char *p = map_memory(REGION_SIZE, true);

    if (!p) {
        static const char sorry[] =
            "lockstep: the explorer needs 3 GiB of address space (ulimit -v)\n";

        if (write(2, sorry, sizeof sorry - 1) < 0) {
        }
        _exit(3);
    }
    region_used = p;
    region_end = p + REGION_SIZE;
    W = from_region(sizeof *W);
    W->keep.base = W->keep.used = from_region(KEEP_SIZE);
    W->keep.end = W->keep.base + KEEP_SIZE;
    W->scratch.base = W->scratch.used = from_region(SCRATCH_SIZE);
    W->scratch.end = W->scratch.base + SCRATCH_SIZE;
}

static void *bump(struct arena_state *a, size_t size, const char *what)
{
    char *p = a->used;

    size = (size + 15) & ~(size_t)15;
    if (size > (size_t)(a->end - p))
        broken("the explorer's %s memory is full", what);
    a->used += size;
    return p;
}

void *keep_alloc(size_t size)
{
    return bump(&W->keep, size, "lasting");
}

void *scratch_alloc(size_t size)
{
    return memset(bump(&W->scratch, size, "working"), 0, size);
}

void scratch_reset(void)
{
    W->scratch.used = W->scratch.base;
}

static void __attribute__((noreturn)) cut(uint32_t pc)
{
    W->broken_pc = pc;
    W->bounded = true;
    schedule_end(END_TOO_LARGE);
}

void too_much(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(W->broken, sizeof W->broken, fmt, ap);
    va_end(ap);
    cut(W->me ? W->me->last_pc : 0);
}

void too_much_at(uint32_t pc, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(W->broken, sizeof W->broken, fmt, ap);
    va_end(ap);
    cut(pc);
}

void broken(const char *fmt, ...)
{
    va_list ap;

    if (!W || !W->running) {
        va_start(ap, fmt);
        fprintf(stderr, "lockstep: ");
        vfprintf(stderr, fmt, ap);
        fputc('\n', stderr);
        va_end(ap);
        _exit(3);
    }
    va_start(ap, fmt);
    vsnprintf(W->broken, sizeof W->broken, fmt, ap);
    va_end(ap);
    schedule_end(END_BROKEN);
}

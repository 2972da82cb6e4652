/* snapshot.c - the program's writable memory as it was before the first schedule.
 *
 * What a schedule can change without a system call lies in the writable segments of the program
 * and its libraries, in the heap, on fibers' stacks and in their thread-local storage. This
 * file copies the segments and the boot part of the heap back; memory.c and fiber.c empty the
 * rest. Proven safe only for programs that keep to functions which change nothing in the kernel
 * (stages/pure.c has the list): all others get a process for every schedule. And whatever is
 * found this way is confirmed in a fresh process before it is reported (driver.c).
 */
#include <link.h>
#include <string.h>

#include "runtime/explore/map.h"
#include "runtime/explore/world.h"

enum { PARTS_MAX = 64 };
#define LARGE ((size_t)1 << 20) /* copying more than this costs as much as a fork */

static struct part {
    char *at, *copy;
    size_t size;
} * parts;
static int part_count;

size_t heap_boot(char **ret);

static void add(char *from, char *to)
{
    if (to > from && part_count < PARTS_MAX)
        parts[part_count++] = (struct part){.at = from, .size = (size_t)(to - from)};
}

/* A writable segment without what the linker made read-only after relocation. */
static int add_object(struct dl_phdr_info *info, size_t size, void *ctx)
{
    char *ro = NULL, *ro_end = NULL;

    (void)size;
    (void)ctx;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_GNU_RELRO) {
            ro = (char *)info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            ro_end = ro + info->dlpi_phdr[i].p_memsz;
            ro = (char *)((uintptr_t)ro & ~(uintptr_t)4095);
            ro_end = (char *)((uintptr_t)ro_end & ~(uintptr_t)4095);
        }
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        char *from = (char *)info->dlpi_addr + p->p_vaddr, *to = from + p->p_memsz;

        if (p->p_type != PT_LOAD || !(p->p_flags & PF_W))
            continue;
        if (ro && ro >= (char *)((uintptr_t)from & ~(uintptr_t)4095) && ro < to) {
            add(from, ro);
            add(ro_end > from ? ro_end : from, to);
        } else {
            add(from, to);
        }
    }
    return 0;
}

int snapshot_take(void)
{
    size_t all = 0, boot;
    char *p, *heap;

    parts = map_memory(PARTS_MAX * sizeof *parts, false);
    if (!parts)
        return -1;
    dl_iterate_phdr(add_object, NULL);
    boot = heap_boot(&heap);
    add(heap, heap + boot);
    for (int i = 0; i < part_count; i++)
        all += parts[i].size;
    if (part_count == PARTS_MAX || all > LARGE)
        return -1;
    p = map_memory(all, false);
    if (!p)
        return -1;
    for (int i = 0; i < part_count; i++) {
        parts[i].copy = p;
        p += parts[i].size;
    }
    for (int i = 0; i < part_count; i++)
        memcpy(parts[i].copy, parts[i].at, parts[i].size);
    return 0;
}

void snapshot_restore(void)
{
    for (int i = 0; i < part_count; i++)
        memcpy(parts[i].at, parts[i].copy, parts[i].size);
}

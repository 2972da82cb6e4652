/* memory.c - the heap of a program under the explorer: the same addresses in every schedule,
 * nothing used twice.
 *
 * Replaces malloc for the whole process, libraries included. Each task allocates from a part of
 * its own, so an address depends on the task's own doings, not on the schedule. Within a
 * schedule freed memory is not given out again: whoever touches it later is caught, with the
 * place of the free. New blocks are filled with junk, so that reading them unset shows.
 *
 *   [ boot | task 0 | task 1 | ... | common ]      map: one byte for 16 bytes of heap
 *
 * boot is what was allocated before the first schedule; snapshot.c restores it.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/explore/map.h"
#include "runtime/explore/sync.h"

#define HEAP_SIZE ((size_t)HEAP_MIB << 20)
#define BOOT_SIZE ((size_t)32 << 20)
#define PART_SIZE ((size_t)128 << 10)

enum { PARTS = 512 }; /* tasks that have a part; later ones take from what all share */

enum { LARGE = 1 << 20 };
enum {
    NOTHING = 0,
    WHOLE = 16,
    FREED = 64,
    HEADER = 65,
    MAGIC = 0x10c57e9,
    JUNK = 0xa5,
    JUNK_MAX = 4096,
    FREE_RACE_MAX = 4096
};

struct block { /* before every block, 16-aligned */
    size_t size;
    uint32_t magic, pc, node;
    uint32_t free_pc, free_node;
    int16_t task, free_task;
};

_Static_assert(sizeof(struct block) <= 48, "header");
enum { HEADER_SIZE = 48, TAIL = 16 };

char *heap_base, *heap_limit;
static unsigned char *map;
static char *boot_used, *common_used;

bool in_heap(uintptr_t addr)
{
    return addr - (uintptr_t)heap_base < HEAP_SIZE;
}

void heap_open(void)
{
    if (heap_base)
        return;
    heap_base = map_memory(HEAP_SIZE + HEAP_SIZE / 16, false);
    if (!heap_base)
        abort();
    heap_limit = heap_base + HEAP_SIZE;
    map = (unsigned char *)heap_limit;
    boot_used = heap_base;
    common_used = heap_base + BOOT_SIZE + (size_t)PARTS * PART_SIZE;
}

static char *part_of(int task)
{
    return heap_base + BOOT_SIZE + (size_t)task * PART_SIZE;
}

static void wipe(char *from, char *to)
{
    if (to <= from)
        return;
    if (to - from > 4 << 20) {
        char *page = (char *)(((uintptr_t)from + 4095) & ~(uintptr_t)4095);

        memset(from, 0, (size_t)(page - from));
        madvise(page, (size_t)(to - page), MADV_DONTNEED);
    } else {
        memset(from, 0, (size_t)(to - from));
    }
    memset(map + (from - heap_base) / 16, 0, (size_t)(to - from) / 16 + 1);
}

/* Empties what schedules have used; what was there at boot stays. */
void heap_begin(void)
{
    for (int i = 0; i < W->task_count; i++) {
        struct task *t = &W->tasks[i];

        if (t->heap)
            wipe(part_of(i), t->heap);
        t->heap = NULL;
    }
    wipe(heap_base + BOOT_SIZE + (size_t)PARTS * PART_SIZE, common_used);
    common_used = heap_base + BOOT_SIZE + (size_t)PARTS * PART_SIZE;
}

size_t heap_boot(char **ret);
size_t heap_boot(char **ret)
{
    *ret = heap_base;
    return (size_t)(boot_used - heap_base);
}

static char *place(size_t need)
{
    char *p;

    if (RUNNING) {
        struct task *t = W->me;

        if (!t->heap && t->id < PARTS) {
            t->heap = part_of(t->id);
            t->heap_end = t->heap + PART_SIZE;
        }
        if (t->heap && need <= (size_t)(t->heap_end - t->heap)) {
            p = t->heap;
            t->heap += need;
            return p;
        }
        if (need > HEAP_SIZE / 2)
            return NULL; /* more than there is, for anybody */
        if (need > (size_t)(heap_limit - common_used))
            too_much("it allocates more than %zu MiB in one run", HEAP_SIZE >> 20);
        p = common_used;
        common_used += need;
        return p;
    }
    if (need > (size_t)(heap_base + BOOT_SIZE - boot_used))
        return NULL;
    p = boot_used;
    boot_used += need;
    return p;
}

static void *allocate(size_t size, size_t align, bool junk, uintptr_t pc)
{
    size_t need = (size + HEADER_SIZE + TAIL + align + 15) & ~(size_t)15, full = size / 16;
    struct block *b;
    char *p, *user;
    unsigned char *m;

    heap_open();
    if (RUNNING && size < HEAP_SIZE / 2)
        /* Clearing it later takes time, too; but one large block is no endless loop. */
        W->ops += 4 + (size < LARGE ? size : LARGE) / 64;
    p = size < HEAP_SIZE && align < HEAP_SIZE ? place(need) : NULL;
    if (!p) {
        errno = ENOMEM;
        return NULL;
    }
    user = p + HEADER_SIZE;
    user = (char *)(((uintptr_t)user + align - 1) & ~(uintptr_t)(align - 1));
    b = (struct block *)(user - HEADER_SIZE);
    *b = (struct block){.size = size, .magic = MAGIC, .task = -1, .free_task = -1};
    if (RUNNING) {
        b->pc = program_pc(pc);
        b->node = task_node(W->me);
        b->task = (int16_t)W->me->id;
    }
    m = map + (p - heap_base) / 16;
    memset(m, HEADER, (size_t)(user - p) / 16);
    m = map + (user - heap_base) / 16;
    memset(m, WHOLE, full);
    if (size % 16)
        m[full++] = (unsigned char)(size % 16);
    memset(m + full, HEADER, (need - (size_t)(user - p)) / 16 - full);
    if (junk && RUNNING)
        memset(user, JUNK, size < JUNK_MAX ? size : JUNK_MAX);
    return user;
}

static struct block *block_before(uintptr_t addr)
{
    size_t i = (addr - (uintptr_t)heap_base) / 16;

    while (i > 0 && map[i] == HEADER) /* behind a block: its own tail */
        i--;
    while (i > 0 && map[i] != HEADER && map[i] != NOTHING)
        i--;
    for (int back = 0; back < 3 && i > 0; back++, i--) {
        struct block *b = (struct block *)(heap_base + 16 * i + 16 - HEADER_SIZE);

        if (b->magic == MAGIC)
            return b;
    }
    return NULL;
}

bool heap_block(uintptr_t addr, uintptr_t *start, size_t *size, uint32_t *pc, bool *freed)
{
    const struct block *b = in_heap(addr) ? block_before(addr) : NULL;

    if (!b)
        return false;
    *start = (uintptr_t)b + HEADER_SIZE;
    *size = b->size;
    *pc = b->pc;
    *freed = b->free_task >= 0;
    return true;
}

static void __attribute__((noreturn))
heap_error(uintptr_t addr, bool write, uintptr_t pc, const char *what)
{
    const struct block *b = block_before(addr);
    struct found *f = bug_begin(BUG_CRASH, "%s", what);

    f->address = addr;
    bug_stack(f, W->me->id, program_pc(pc), task_node(W->me), "%s here",
              write ? "writes" : "reads");
    if (b && b->free_task >= 0)
        bug_stack(f, b->free_task, b->free_pc, b->free_node, "was freed here");
    if (b && b->task >= 0)
        bug_stack(f, b->task, b->pc, b->node, "the block of %zu bytes was allocated here",
                  b->size);
    bug_done(f);
}

void heap_check(uintptr_t addr, size_t size, bool write, uintptr_t pc)
{
    const uintptr_t last = addr + size - 1;
    const unsigned char a = map[(addr - (uintptr_t)heap_base) / 16];
    const unsigned char z =
        in_heap(last) ? map[(last - (uintptr_t)heap_base) / 16] : (unsigned char)HEADER;

    if ((a == WHOLE || a > (addr & 15)) && a <= WHOLE && (z == WHOLE || z > (last & 15)) &&
        z <= WHOLE)
        return;
    if (a == FREED || z == FREED)
        heap_error(addr, write, pc, "uses memory that has been freed");
    heap_error(addr, write, pc, "accesses memory outside any allocated block");
}

static bool is_explorers(uintptr_t addr)
{
    extern char __start_ls_data[], __stop_ls_data[], __start_ls_bss[], __stop_ls_bss[];

    return addr - (uintptr_t)W < REGION_SIZE ||
           (addr >= (uintptr_t)__start_ls_data && addr < (uintptr_t)__stop_ls_data) ||
           (addr >= (uintptr_t)__start_ls_bss && addr < (uintptr_t)__stop_ls_bss);
}

void own_check(uintptr_t addr, uintptr_t pc)
{
    struct found *f;

    if (!is_explorers(addr))
        return;
    f = bug_begin(BUG_CRASH, "writes to memory that is not the program's");
    bug_stack(f, W->me->id, program_pc(pc), task_node(W->me), "writes here");
    bug_done(f);
}

/* C11 6.2.4p6. Below the stack pointer no variable lives: a function that calls hooks is no
 * leaf, and has no red zone (System V ABI for x86-64, 3.2.2). */
void stack_check_frames(uintptr_t addr, uintptr_t sp, bool write, uintptr_t pc)
{
    const struct fiber *mine = W->me->fiber;
    struct found *f;

    if (addr >= sp || W->own_stacks || (char *)addr < mine->stack || (char *)sp > mine->top)
        return;
    f = bug_begin(BUG_CRASH, "uses a variable of a function that has returned");
    bug_stack(f, W->me->id, program_pc(pc), task_node(W->me), "%s here",
              write ? "writes" : "reads");
    bug_done(f);
}

/* C11 6.2.4p2: what was there has ended with its thread. */
void stack_check(uintptr_t addr, bool write, uintptr_t pc)
{
    const struct fiber *mine = W->me->fiber;
    const struct fiber *owner;
    struct found *f;
    char name[32];
    bool guard;

    if ((char *)addr >= mine->stack && (char *)addr < mine->top)
        return;
    owner = fiber_of(addr, &guard);
    if (!owner || !owner->dead || guard)
        return;
    f = bug_begin(BUG_CRASH, "uses the stack of a thread that has ended");
    bug_stack(f, W->me->id, program_pc(pc), task_node(W->me), "%s here",
              write ? "writes" : "reads");
    for (int i = 0; i < W->task_count; i++)
        if (W->tasks[i].fiber == owner && W->tasks[i].process == W->me->process)
            bug_stack(f, i, W->tasks[i].created_pc, W->tasks[i].created_node,
                      "%s, whose stack it was, was created here", task_name(i, name));
    bug_done(f);
}

static void release(void *p, uintptr_t pc)
{
    struct block *b;
    size_t i;

    if (!p)
        return;
    b = (struct block *)((char *)p - HEADER_SIZE);
    i = (size_t)((char *)p - heap_base) / 16;
    if (!RUNNING)
        return;
    if (!in_heap((uintptr_t)p)) {
        if (program_pc(pc))
            heap_error((uintptr_t)p, true, pc, "frees what malloc() did not return");
        return;
    }
    if (b->magic == MAGIC && b->task < 0)
        return; /* from before the schedule: stays */
    if (b->magic != MAGIC || ((uintptr_t)p & 15))
        heap_error((uintptr_t)p, true, pc, "frees what malloc() did not return");
    if (b->free_task >= 0)
        heap_error((uintptr_t)p, true, pc, "frees the same memory twice");
    if (program_pc(pc)) /* a library's own block cannot race with the program */
        access_plain((uintptr_t)p, b->size < FREE_RACE_MAX ? b->size : FREE_RACE_MAX, true, pc);
    b->free_task = (int16_t)W->me->id;
    b->free_pc = program_pc(pc);
    b->free_node = task_node(W->me);
    memset(map + i, FREED, (b->size + 15) / 16);
    object_forget((uintptr_t)p, b->size);
}

/* ---- the names the process uses
 * -------------------------------------------------------------- */

void *malloc(size_t size)
{
    if (RUNNING)
        unsafe_call("malloc", CALLER);
    return allocate(size, 16, true, CALLER);
}

void free(void *p)
{
    if (RUNNING)
        unsafe_call("free", CALLER);
    release(p, CALLER);
}

void *calloc(size_t n, size_t size)
{
    size_t all;

    if (__builtin_mul_overflow(n, size, &all)) {
        errno = ENOMEM;
        return NULL;
    }
    return allocate(all, 16, false, CALLER);
}

void *realloc(void *old, size_t size)
{
    const struct block *b;
    void *p;

    if (!old)
        return allocate(size, 16, true, CALLER);
    b = (struct block *)((char *)old - HEADER_SIZE);
    if (size == 0) {
        release(old, CALLER);
        return NULL;
    }
    p = allocate(size, 16, true, CALLER);
    if (p) {
        memcpy(p, old, b->size < size ? b->size : size);
        release(old, CALLER);
    }
    return p;
}

void *memalign(size_t align, size_t size)
{
    return allocate(size, align < 16 ? 16 : align, true, CALLER);
}

void *aligned_alloc(size_t align, size_t size)
{
    return allocate(size, align < 16 ? 16 : align, true, CALLER);
}

int posix_memalign(void **ret, size_t align, size_t size)
{
    void *p;

    if (align < sizeof(void *) || (align & (align - 1)))
        return EINVAL;
    p = allocate(size, align < 16 ? 16 : align, true, CALLER);
    if (!p)
        return ENOMEM;
    *ret = p;
    return 0;
}

void *valloc(size_t size)
{
    return allocate(size, 4096, true, CALLER);
}

size_t malloc_usable_size(void *p)
{
    return p ? ((struct block *)((char *)p - HEADER_SIZE))->size : 0;
}

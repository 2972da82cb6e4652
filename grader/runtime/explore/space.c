/* space.c - where memory is: one key for each place, the same in all processes that share it.
 *
 * Everything the explorer knows about memory (cells, locks, conditions) is kept by key:
 *
 *   private memory   process << 48 | address         after a fork each has its own
 *   shared memory    1 << 63 | object << 48 | offset  wherever it is mapped
 *
 * An object is an anonymous shared mapping, a file (POSIX shared memory, memfd, any file) or a
 * System V segment; the explorer's region is one, too (gates of a suite). Keys are the same in
 * every schedule: an object is told by the task that mapped it first and how many it had mapped
 * before, not by numbers of the kernel.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include "runtime/explore/process.h"
#include "runtime/explore/sync.h"

enum { TAG_SHIFT = 48 };
#define SHARED_BIT ((uint64_t)1 << 63)
#define REGION_KEY                                                                             \
    (SHARED_BIT | (uint64_t)0x7fff << TAG_SHIFT) /* the explorer's own region                  \
                                                  */
#define LOW_BITS (((uint64_t)1 << TAG_SHIFT) - 1)

/* Over all schedules: number of an object that a task makes as its n-th. */
static struct ids {
    uint32_t count;
    uint64_t of[OBJECTS_MAX];
} * ids;

/* In this schedule: which object a file or segment is. */
static struct files {
    int count;
    struct {
        uint64_t kind, number;
        uint32_t id;
    } of[FILES_MAX];
} * files;

void space_open(void)
{
    ids = keep_alloc(sizeof *ids);
    files = keep_alloc(sizeof *files);
}

void space_begin(void)
{
    files->count = 0;
}

static uint32_t id_for(uint64_t name)
{
    for (uint32_t i = 0; i < ids->count; i++)
        if (ids->of[i] == name)
            return i;
    if (ids->count == OBJECTS_MAX)
        too_much("it makes more than %d shared mappings, pipes and files", OBJECTS_MAX);
    ids->of[ids->count] = name;
    return ids->count++;
}

static uint32_t next_id(void)
{
    struct task *t = W->me;

    return id_for((uint64_t)(t->stable + 1) << 32 | ++t->mappings);
}

static int file_at(uint64_t kind, uint64_t number)
{
    for (int i = 0; i < files->count; i++)
        if (files->of[i].kind == kind && files->of[i].number == number)
            return i;
    return -1;
}

static uint32_t remember_file(uint64_t kind, uint64_t number, uint32_t id)
{
    if (files->count == FILES_MAX)
        too_much("it uses more than %d files, pipes and segments", FILES_MAX);
    files->of[files->count].kind = kind;
    files->of[files->count].number = number;
    files->of[files->count++].id = id;
    return id;
}

static uint32_t id_of(uint64_t kind, uint64_t number)
{
    const int i = kind ? file_at(kind, number) : -1;

    if (i >= 0)
        return files->of[i].id;
    return kind ? remember_file(kind, number, next_id()) : next_id();
}

static struct process *here(void)
{
    return &W->processes[W->me->process];
}

const struct mapping *mapping_at(uintptr_t addr)
{
    const struct process *p = here();

    if (addr < p->map_low || addr >= p->map_high)
        return NULL;
    for (int i = 0; i < p->map_count; i++)
        if (addr >= p->map[i].from && addr < p->map[i].to)
            return &p->map[i];
    return NULL;
}

uint64_t key_of(uintptr_t addr)
{
    const struct mapping *m;

    if (addr < 4096 || addr >> TAG_SHIFT || !W->me)
        return addr;
    m = mapping_at(addr);
    if (m)
        return m->key + (addr - m->from);
    return addr - (uintptr_t)W < REGION_SIZE ? REGION_KEY | (addr - (uintptr_t)W)
                                             : here()->tag | addr;
}

bool key_shared(uint64_t key)
{
    return key & SHARED_BIT;
}

uintptr_t key_address(uint64_t key)
{
    const struct process *p = W->me ? here() : &W->processes[0];

    if (!key_shared(key))
        return key & LOW_BITS;
    for (int i = 0; i < p->map_count; i++)
        if (key - p->map[i].key < p->map[i].to - p->map[i].from)
            return p->map[i].from + (key - p->map[i].key);
    return 0;
}

static void set_bounds(struct process *p)
{
    p->map_low = UINTPTR_MAX;
    p->map_high = 0;
    for (int i = 0; i < p->map_count; i++) {
        if (p->map[i].from < p->map_low)
            p->map_low = p->map[i].from;
        if (p->map[i].to > p->map_high)
            p->map_high = p->map[i].to;
    }
}

/* Pages that are not mapped any more; what is left of a mapping stays. */
void map_gone(uintptr_t at, size_t size)
{
    struct process *p = here();
    const uintptr_t end = at + size;

    for (int i = 0; i < p->map_count; i++) {
        struct mapping *m = &p->map[i];

        if (m->to <= at || m->from >= end)
            continue;
        if (m->from < at && m->to > end && p->map_count < MAPPINGS_MAX) {
            struct mapping *rest = &p->map[p->map_count++];

            *rest = *m;
            rest->key += end - m->from;
            rest->from = end;
        }
        if (m->from < at) {
            m->to = at;
        } else if (m->to > end) {
            m->key += end - m->from;
            m->from = end;
        } else {
            *m = p->map[--p->map_count];
            i--;
        }
    }
    set_bounds(p);
}

void map_shared(uintptr_t at, size_t size, uint64_t kind, uint64_t number, uint64_t offset,
                uintptr_t pc)
{
    struct process *p = here();
    struct mapping *m;

    map_gone(at, size);
    if (p->map_count == MAPPINGS_MAX)
        too_much("it has more than %d shared mappings at a time", MAPPINGS_MAX);
    m = &p->map[p->map_count++];
    m->from = at;
    m->to = at + ((size + 4095) & ~(size_t)4095);
    m->key = SHARED_BIT | ((uint64_t)id_of(kind, number) << TAG_SHIFT) | offset;
    m->pc = program_pc(pc);
    m->opens = 0;
    set_bounds(p);
}

/* How often the mapping has been opened (named semaphores), after `more` more. */
int map_opens(uintptr_t at, int more)
{
    struct mapping *m = (struct mapping *)mapping_at(at);

    return m ? (m->opens += more) : 1;
}

/* ---- the calls ------------------------------------------------------------------------------
 */

enum { KIND_NONE, KIND_FILE, KIND_SEGMENT };

static uint64_t file_kind(const struct stat *st)
{
    return (uint64_t)st->st_dev << 4 | KIND_FILE;
}

uint32_t file_id(const struct stat *st)
{
    return id_of(file_kind(st), st->st_ino);
}

void file_named(const struct stat *st, const char *path)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */

    if (file_at(file_kind(st), st->st_ino) >= 0)
        return;
    for (const char *p = path; *p; p++)
        h = (h ^ (unsigned char)*p) * 0x100000001b3u;
    remember_file(file_kind(st), st->st_ino, id_for(h | (uint64_t)1 << 63));
}

uint64_t file_number(uint32_t id)
{
    for (int i = 0; i < files->count; i++)
        if (files->of[i].id == id)
            return files->of[i].number;
    return 0;
}

void map_file(uintptr_t at, size_t size, const struct stat *st, uintptr_t pc)
{
    map_shared(at, size, file_kind(st), st->st_ino, 0, pc);
}

/* What is mapped anew has no history: another thread may have had something else there. Shared
 * memory keeps its own. */
REPLACES(void *, mmap, void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
    void *p = mmap(at, size, prot, flags, fd, offset);
    struct stat st;

    if (!RUNNING || p == MAP_FAILED)
        return p;
    map_gone((uintptr_t)p, size);
    changed();
    access_forget((uintptr_t)p, size);
    object_forget((uintptr_t)p, size);
    if (!(flags & MAP_SHARED))
        return p;
    if (flags & MAP_ANONYMOUS || fstat(fd, &st) < 0)
        map_shared((uintptr_t)p, size, KIND_NONE, 0, 0, CALLER);
    else
        map_shared((uintptr_t)p, size, file_kind(&st), st.st_ino, (uint64_t)offset, CALLER);
    return p;
}

REPLACES(int, munmap, void *p, size_t size)
{
    const size_t pages = (size + 4095) & ~(size_t)4095;

    if (RUNNING) {
        if (!mapping_at((uintptr_t)p)) {
            access_forget((uintptr_t)p, pages);
            object_forget((uintptr_t)p, pages);
        }
        map_gone((uintptr_t)p, pages);
        changed();
    }
    return munmap(p, size);
}

REPLACES(void *, mremap, void *old, size_t size, size_t wanted, int flags, void *at)
{
    const struct mapping *m = RUNNING ? mapping_at((uintptr_t)old) : NULL;
    void *p = mremap(old, size, wanted, flags, at);

    if (m && p != MAP_FAILED)
        too_much("it moves shared memory (mremap)");
    return p;
}

REPLACES(void *, shmat, int id, const void *at, int flags)
{
    void *p = shmat(id, at, flags);
    struct shmid_ds ds;

    if (RUNNING && p != (void *)-1 && shmctl(id, IPC_STAT, &ds) == 0)
        map_shared((uintptr_t)p, ds.shm_segsz, KIND_SEGMENT, (uint64_t)id, 0, CALLER);
    return p;
}

REPLACES(int, shmdt, const void *p)
{
    const struct mapping *m = RUNNING ? mapping_at((uintptr_t)p) : NULL;

    if (m && m->from == (uintptr_t)p)
        map_gone(m->from, m->to - m->from), changed();
    return shmdt(p);
}

/* stacks.c - dwfl_linux_proc_attach(), one callback a thread, one a frame. */
#include "sandbox/stacks.h"

#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/util.h"

struct collector {
    Dwfl *dwfl;
    pid_t pid;
    struct live_stack *stacks;
    int count, max;
};

/* Only what the module itself carries. */
static int no_debug_file(Dwfl_Module *mod, void **user, const char *name, Dwarf_Addr base,
                         const char *file, const char *link, GElf_Word crc, char **out)
{
    (void)mod, (void)user, (void)name, (void)base, (void)file, (void)link, (void)crc, (void)out;
    return -1;
}

/* libdwfl hands no context to find_elf. */
static const char *folder_of_program;

/* Files that the process has mapped are opened only if they are the system's or ours: a program
 * could map a file made to break whoever reads it. */
static int find_elf(Dwfl_Module *mod, void **user, const char *name, Dwarf_Addr base,
                    char **ret, Elf **elf)
{
    const size_t above = (size_t)(strrchr(folder_of_program, '/') - folder_of_program);
    const char *slash = strrchr(name, '/');
    int fd;

    if (*name == '[')
        return dwfl_linux_proc_find_elf(mod, user, name, base, ret, elf);
    if (slash && ((slash == name + 4 && strncmp(name, "/job", 4) == 0) ||
                  (slash == name + above && strncmp(name, folder_of_program, above) == 0))) {
        if (asprintf(ret, "%s%s", folder_of_program, slash) < 0)
            *ret = NULL;
    } else if (strncmp(name, "/usr/", 5) == 0 || strncmp(name, "/lib", 4) == 0 ||
               strncmp(name, folder_of_program, strlen(folder_of_program)) == 0) {
        *ret = strdup(name);
    }
    if (!*ret)
        return -1;
    fd = open(*ret, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        free(*ret);
        *ret = NULL;
    }
    return fd;
}

static void copy_text(char *to, size_t size, const char *from)
{
    size_t n = strnlen(from, size - 1);

    memcpy(to, from, n);
    to[n] = '\0';
}

static void describe(Dwfl *dwfl, Dwarf_Addr pc, struct live_frame *f)
{
    Dwfl_Module *mod = dwfl_addrmodule(dwfl, pc);
    const char *name = mod ? dwfl_module_addrname(mod, pc) : NULL;
    Dwfl_Line *line = mod ? dwfl_module_getsrc(mod, pc) : NULL;
    const char *src;
    int no = 0;

    *f = (struct live_frame){0};
    if (name)
        copy_text(f->function, sizeof f->function, name);
    src = line ? dwfl_lineinfo(line, NULL, &no, NULL, NULL, NULL) : NULL;
    if (src) {
        const char *slash = strrchr(src, '/');

        copy_text(f->file, sizeof f->file, slash ? slash + 1 : src);
        f->line = no;
    }
    f->in_program = src != NULL;
}

static bool peek(pid_t pid, uint64_t at, void *to, size_t size)
{
    struct iovec l = {to, size}, r = {(void *)(uintptr_t)at, size};

    return process_vm_readv(pid, &l, 1, &r, 1, 0) == (ssize_t)size;
}

/* The name behind a pointer slot: a resolved entry of the global offset table. */
static void name_slot(const struct collector *c, uint64_t slot, char *to, size_t size)
{
    uint64_t target;
    Dwfl_Module *mod;
    const char *name;

    if (!peek(c->pid, slot, &target, sizeof target))
        return;
    mod = dwfl_addrmodule(c->dwfl, target);
    name = mod ? dwfl_module_addrname(mod, target) : NULL;
    if (name)
        copy_text(to, size, name);
}

/* Which function does the call before this return address call? libc goes on in functions
 * without a public name (sem_wait, pthread_join), so the callee's own frame does not tell;
 * the call instruction does: call rel32 into the PLT, whose stub jumps through a slot, or a
 * call through the slot itself (x86-64 psABI, "Procedure Linkage Table"). */
static void name_callee(const struct collector *c, uint64_t ret, char *to, size_t size)
{
    unsigned char call[6], stub[16], *p = stub;
    uint64_t target;
    int32_t rel;

    if (!peek(c->pid, ret - sizeof call, call, sizeof call))
        return;
    memcpy(&rel, call + 2, sizeof rel);
    if (call[0] == 0xff && call[1] == 0x15) {
        name_slot(c, ret + (uint64_t)(int64_t)rel, to, size);
        return;
    }
    if (call[1] != 0xe8)
        return;
    target = ret + (uint64_t)(int64_t)rel;
    if (!peek(c->pid, target, stub, sizeof stub))
        return;
    if (memcmp(p, "\xf3\x0f\x1e\xfa", 4) == 0) /* endbr64 */
        p += 4;
    if (*p == 0xf2) /* bnd */
        p++;
    if (p[0] != 0xff || p[1] != 0x25)
        return;
    memcpy(&rel, p + 2, sizeof rel);
    name_slot(c, target + (uint64_t)(p + 6 - stub) + (uint64_t)(int64_t)rel, to, size);
}

static int on_frame(Dwfl_Frame *frame, void *arg)
{
    struct collector *c = arg;
    struct live_stack *s = &c->stacks[c->count];
    bool activation;
    Dwarf_Addr pc;

    if (!dwfl_frame_pc(frame, &pc, &activation))
        return DWARF_CB_ABORT;
    if (s->count == STACK_FRAMES)
        return DWARF_CB_ABORT;
    /* A return address may be the first of the next line. */
    describe(c->dwfl, activation ? pc : pc - 1, &s->frames[s->count]);
    if (!activation && s->frames[s->count].in_program)
        name_callee(c, pc, s->frames[s->count].called, sizeof s->frames[s->count].called);
    s->count++;
    return DWARF_CB_OK;
}

static int on_thread(Dwfl_Thread *thread, void *arg)
{
    struct collector *c = arg;

    if (c->count == c->max)
        return DWARF_CB_ABORT;
    c->stacks[c->count].tid = dwfl_thread_tid(thread);
    c->stacks[c->count].count = 0;
    dwfl_thread_getframes(thread, on_frame, c);
    c->count++;
    return DWARF_CB_OK;
}

static int by_tid(const void *a, const void *b)
{
    const struct live_stack *x = a, *y = b;

    return (x->tid > y->tid) - (x->tid < y->tid);
}

/* libdw's work grows with the square of the mappings, and a program may make 65,000. */
static bool few_mappings(pid_t pid)
{
    enum { MOST = 4000 };
    char path[64], block[8192];
    int lines = 0;
    size_t n;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    f = fopen(path, "re");
    while (f && lines <= MOST && (n = fread(block, 1, sizeof block, f)) > 0)
        for (size_t i = 0; i < n; i++)
            lines += block[i] == '\n';
    if (f)
        fclose(f);
    return lines <= MOST;
}

int stacks_of(pid_t pid, const char *folder, struct live_stack *ret, int max, struct err *e)
{
    static const Dwfl_Callbacks callbacks = {.find_elf = find_elf,
                                             .find_debuginfo = no_debug_file};
    struct collector c = {
        .dwfl = dwfl_begin(&callbacks), .pid = pid, .stacks = ret, .max = max};

    if (!few_mappings(pid)) {
        dwfl_end(c.dwfl);
        return 0;
    }
    folder_of_program = folder;
    if (!c.dwfl)
        return err_set(e, ERR_SYSTEM, "libdw: %s", dwfl_errmsg(-1));
    if (dwfl_linux_proc_report(c.dwfl, pid) != 0 || dwfl_report_end(c.dwfl, NULL, NULL) != 0 ||
        dwfl_linux_proc_attach(c.dwfl, pid, false) != 0) {
        err_set(e, ERR_SYSTEM, "cannot read the stacks of a process: %s", dwfl_errmsg(-1));
        dwfl_end(c.dwfl);
        return -1;
    }
    dwfl_getthreads(c.dwfl, on_thread, &c);
    dwfl_end(c.dwfl);
    qsort(ret, (size_t)c.count, sizeof *ret, by_tid);
    return c.count;
}

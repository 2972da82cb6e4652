/* stacks.c - dwfl_linux_proc_attach(), one callback a thread, one a frame. */
#include "sandbox/stacks.h"

#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/util.h"

struct collector {
    Dwfl *dwfl;
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
    describe(c->dwfl, activation ? pc : pc - 1, &s->frames[s->count++]);
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

int stacks_of(pid_t pid, struct live_stack *ret, int max, struct err *e)
{
    static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_linux_proc_find_elf,
                                             .find_debuginfo = no_debug_file};
    struct collector c = {.dwfl = dwfl_begin(&callbacks), .stacks = ret, .max = max};

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

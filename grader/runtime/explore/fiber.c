/* fiber.c - stacks, thread control blocks and the switch between them (x86-64, System V ABI).
 *
 * A fiber's thread control block comes from _dl_allocate_tls(), which glibc's own
 * pthread_create() uses: the dynamic linker lays out every module's thread-local variables
 * and the vector that __tls_get_addr() reads. Of struct pthread, which follows the block,
 * only the header matters here (self pointers, stack protector, pointer guard; see
 * sysdeps/x86_64/nptl/tls.h): all pthread functions of the program are ours.
 */
#include "runtime/explore/fiber.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "runtime/explore/map.h"

#define HWCAP2_FSGSBASE 2 /* asm/hwcap2.h: the kernel lets us use wrfsbase */

enum { HEADER = 0x40, PTHREAD_SIZE = 2304, CLEAR_BELOW = 24 << 10 };

/* The part of glibc's tcbhead_t that code compiled anywhere relies on. */
struct tcb_header {
    void *tcb, *dtv, *self;
    int multiple_threads, gscope;
    uintptr_t sysinfo, stack_guard, pointer_guard;
};

struct fiber fiber_kernel;
static struct fiber *fibers; /* not in .bss: snapshots stay small */
static int ready, used_upto;
uintptr_t fibers_from = UINTPTR_MAX, fibers_to;
static bool fast_fs;

/* swap(save, sp, fs): the callee-saved registers go on the old stack, the new thread control
 * block is set, the others come off the new stack. The floating-point control words are shared.
 */
void fiber_swap(void **save, void *sp, uintptr_t fs, bool fast);
__asm__(".text\n"
        ".globl fiber_swap\n"
        ".type fiber_swap,@function\n"
        "fiber_swap:\n"
        "  push %rbp\n  push %rbx\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
        "  mov %rsp, (%rdi)\n"
        "  mov %rsi, %rsp\n"
        "  test %ecx, %ecx\n"
        "  jz 1f\n"
        "  wrfsbase %rdx\n"
        "  jmp 2f\n"
        "1: mov $158, %eax\n" /* arch_prctl(ARCH_SET_FS, fs) */
        "  mov $0x1002, %edi\n"
        "  mov %rdx, %rsi\n"
        "  syscall\n"
        "2: pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbx\n  pop %rbp\n"
        "  ret\n"
        ".size fiber_swap,.-fiber_swap\n");

static uintptr_t current_fs(void)
{
    uintptr_t fs;

    __asm__("mov %%fs:0, %0" : "=r"(fs));
    return fs;
}

static void *linker_symbol(const char *name)
{
    return dlsym(RTLD_DEFAULT, name);
}

static int make_tls(struct fiber *f)
{
    void *(*allocate)(void *) = (void *(*)(void *))linker_symbol("_dl_allocate_tls");
    void (*info)(size_t *, size_t *) =
        (void (*)(size_t *, size_t *))linker_symbol("_dl_get_tls_static_info");
    struct tcb_header *mine = (struct tcb_header *)current_fs(), *tcb;
    size_t size, align;

    if (!allocate || !info)
        return -1;
    info(&size, &align);
    tcb = allocate(NULL);
    if (!tcb)
        return -1;
    tcb->tcb = tcb->self = tcb;
    tcb->stack_guard = mine->stack_guard;
    tcb->pointer_guard = mine->pointer_guard;
    f->fs = (uintptr_t)tcb;
    f->tls = (char *)tcb - (size - PTHREAD_SIZE);
    f->tls_size = size;
    return 0;
}

/* The locale's tables of character classes are found through thread-local pointers that
 * a new thread sets for itself. */
static void set_ctype(struct fiber *f)
{
    void (*init)(void) = (void (*)(void))linker_symbol("__ctype_init");
    const uintptr_t mine = current_fs();

    if (!init)
        return;
    if (fast_fs) {
        __asm__ volatile("wrfsbase %0" ::"r"(f->fs) : "memory");
        init();
        __asm__ volatile("wrfsbase %0" ::"r"(mine) : "memory");
    } else {
        long rc;

        __asm__ volatile("syscall"
                         : "=a"(rc)
                         : "0"(158L), "D"(0x1002L), "S"(f->fs)
                         : "rcx", "r11", "memory");
        init();
        __asm__ volatile("syscall"
                         : "=a"(rc)
                         : "0"(158L), "D"(0x1002L), "S"(mine)
                         : "rcx", "r11", "memory");
    }
}

/* A program that takes the address of a nested function has code on its stack, and its header
 * asks for a stack that may be executed (PT_GNU_STACK): so must ours. */
static bool stacks_execute(void)
{
    const ElfW(Phdr) *p = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    const unsigned long n = getauxval(AT_PHNUM);

    for (unsigned long i = 0; p && i < n; i++)
        if (p[i].p_type == PT_GNU_STACK)
            return p[i].p_flags & PF_X;
    return false;
}

static int make_one(struct fiber *f)
{
    const size_t size = FIBER_STACK + FIBER_GUARD;
    char *p = map_memory(size, false);

    if (!p)
        return -1;
    if (stacks_execute() && mprotect(p, size, PROT_READ | PROT_WRITE | PROT_EXEC) < 0)
        return -1;
    if (mprotect(p, FIBER_GUARD, PROT_NONE) < 0 || make_tls(f) < 0)
        return -1;
    set_ctype(f);
    f->stack = p + FIBER_GUARD;
    if ((uintptr_t)p < fibers_from)
        fibers_from = (uintptr_t)p;
    if ((uintptr_t)p + size > fibers_to)
        fibers_to = (uintptr_t)p + size;
    f->top = f->low = p + size;
    f->tls_copy = map_memory(f->tls_size, false);
    if (!f->tls_copy)
        return -1;
    memcpy(f->tls_copy, f->tls, f->tls_size);
    return 0;
}

int fibers_prepare(int n)
{
    fast_fs = getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE;
    fiber_kernel.fs = current_fs();
    if (n > FIBERS_MAX)
        return -1;
    if (!fibers) {
        fibers = map_memory(FIBERS_MAX * sizeof *fibers, false);
        if (!fibers)
            return -1;
    }
    for (; ready < n; ready++)
        if (make_one(&fibers[ready]) < 0)
            return -1;
    return 0;
}

int fibers_ready(void)
{
    return ready;
}

/* Where a new fiber begins: its own address is in rbx. */
void fiber_start(void);
__asm__(".text\n"
        ".type fiber_start,@function\n"
        "fiber_start:\n"
        "  mov %rbx, %rdi\n"
        "  call fiber_main\n"
        "  ud2\n"
        ".size fiber_start,.-fiber_start\n");

void fiber_main(struct fiber *f) __attribute__((used));
void fiber_main(struct fiber *f)
{
    f->entry(f->arg);
    __builtin_trap(); /* an entry never returns */
}

static void renew(struct fiber *f)
{
    char *from = f->low - CLEAR_BELOW;

    if (from < f->stack)
        from = f->stack;
    if (f->top - from > 256 << 10) {
        madvise(f->stack, (size_t)(f->top - f->stack), MADV_DONTNEED);
    } else {
        memset(from, 0, (size_t)(f->top - from));
    }
    f->low = f->top;
    f->dead = f->stale = false;
    memcpy(f->tls, f->tls_copy, f->tls_size);
}

struct fiber *fiber_take(void (*entry)(void *), void *arg)
{
    for (int i = 0; i < ready; i++) {
        struct fiber *f = &fibers[i];
        void **sp;

        if (f->used)
            continue;
        if (f->stale) /* of a thread that a fork has left behind */
            renew(f);
        f->used = true;
        f->dead = f->stale = false;
        f->entry = entry;
        f->arg = arg;
        sp = (void **)(f->top - 64); /* fiber_start has it aligned for its call */
        *--sp = (void *)fiber_start; /* the return address of fiber_swap */
        *--sp = NULL;                /* rbp: the end of the chain of frames */
        *--sp = f;                   /* rbx */
        for (int r = 0; r < 4; r++)
            *--sp = NULL;
        f->sp = sp;
        if (f->low > (char *)sp)
            f->low = (char *)sp;
        if (i >= used_upto)
            used_upto = i + 1;
        return f;
    }
    return NULL;
}

void fiber_give_back(struct fiber *f)
{
    renew(f);
    f->used = false;
}

void fibers_keep(const struct fiber *only)
{
    for (int i = 0; i < ready; i++)
        if (fibers[i].used && &fibers[i] != only) {
            fibers[i].used =
                false; /* what is on its stack stays there for the child (fork(2)) */
            fibers[i].stale = true;
        }
}

void fiber_switch(struct fiber *from, struct fiber *to)
{
    void *nowhere;

    fiber_swap(from ? &from->sp : &nowhere, to->sp, to->fs, fast_fs);
}

void fibers_reset(void)
{
    for (int i = 0; i < used_upto; i++) {
        renew(&fibers[i]);
        fibers[i].used = false;
    }
    used_upto = 0;
}

struct fiber *fiber_of(uintptr_t addr, bool *in_guard)
{
    for (int i = 0; i < ready; i++) {
        struct fiber *f = &fibers[i];

        if (addr >= (uintptr_t)f->stack - FIBER_GUARD && addr < (uintptr_t)f->top) {
            *in_guard = addr < (uintptr_t)f->stack;
            return f;
        }
    }
    return NULL;
}

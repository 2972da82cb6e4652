/* noexec.c - the filter, written by hand: a program under test must not need libseccomp.
 *
 * Not the sandbox's filter (sandbox/init): that one is there before execve(2), when the dynamic
 * linker has yet to map code. seccomp(2), bpf(4), "Linux socket filtering" of the kernel.
 */
#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#include "runtime/noexec.h"

#define FIELD(name) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, name))
#define ANSWER(what) BPF_STMT(BPF_RET | BPF_K, what)
#define REFUSE ANSWER(SECCOMP_RET_ERRNO | EACCES)
#define PASS ANSWER(SECCOMP_RET_ALLOW)

#define WORD(name, high)                                                                       \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, name) + 4 * (high))
#define IS(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define HAS(bits, yes, no) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, yes, no)
#define FROM(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, value, yes, no)

/* A call whose argument `n` may have none of `bits`: five instructions. */
#define WITHOUT(call, n, bits) IS(call, 0, 4), FIELD(args[n]), HAS(bits, 0, 1), REFUSE, PASS

/* The dynamic linker's own code: it maps libraries, also late (iconv(3), pthread_cancel(3)). */
struct range {
    uint64_t from, to;
};

static struct range linker_code(void)
{
    const char *base = (const char *)(uintptr_t)getauxval(AT_BASE); /* NOLINT: where it is */
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)base;
    const Elf64_Phdr *part = head ? (const Elf64_Phdr *)(base + head->e_phoff) : NULL;

    for (int k = head ? head->e_phnum : 0; k > 0; k--, part++)
        if (part->p_type == PT_LOAD && part->p_flags & PF_X)
            return (struct range){(uintptr_t)base + part->p_vaddr,
                                  (uintptr_t)base + part->p_vaddr + part->p_memsz};
    return (struct range){0};
}

/* gcc puts code on the stack for the address of a nested function, and asks for stacks that run
 * it (PT_GNU_STACK): glibc maps those of threads so as well. */
static bool stacks_hold_code(void)
{
    const Elf64_Phdr *header = (const Elf64_Phdr *)(uintptr_t)getauxval(AT_PHDR);

    for (unsigned long n = header ? getauxval(AT_PHNUM) : 0; n > 0; n--, header++)
        if (header->p_type == PT_GNU_STACK)
            return header->p_flags & PF_X;
    return false;
}

static int install(struct range linker)
{
    const bool apart =
        linker.from >> 32 != linker.to >> 32; /* then it may map nothing either */
    struct sock_filter filter[] = {
        FIELD(arch),
        IS(AUDIT_ARCH_X86_64, 1, 0),
        REFUSE,
        FIELD(nr),
        FROM(0x40000000 /* x32 */, 0, 1),
        REFUSE,
        IS(SYS_mmap, 0, 9),
        FIELD(args[2]),
        HAS(PROT_EXEC, 0, 5),
        WORD(instruction_pointer, 1),
        IS((uint32_t)(linker.from >> 32), 0, 4),
        WORD(instruction_pointer, 0),
        FROM((uint32_t)linker.from, 0, 2),
        FROM(apart ? 0 : (uint32_t)linker.to, 1, 0),
        PASS,
        REFUSE,
        WITHOUT(SYS_mprotect, 2, PROT_EXEC),
        WITHOUT(SYS_pkey_mprotect, 2, PROT_EXEC),
        WITHOUT(SYS_shmat, 2, SHM_EXEC),
        IS(SYS_personality, 0, 4),
        FIELD(args[0]),
        IS(0xffffffff /* asks only */, 2, 0),
        HAS(READ_IMPLIES_EXEC, 0, 1),
        REFUSE,
        PASS,
    };
    const struct sock_fprog program = {.len = sizeof filter / sizeof filter[0],
                                       .filter = filter};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int noexec_begin(void)
{
    return stacks_hold_code() ? 0 : install(linker_code());
}

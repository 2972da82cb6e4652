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

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

#define FIELD(name) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, name))
#define ANSWER(what) BPF_STMT(BPF_RET | BPF_K, what)
#define REFUSE ANSWER(SECCOMP_RET_ERRNO | EACCES)
#define PASS ANSWER(SECCOMP_RET_ALLOW)

/* A call whose argument `n` may have none of `bits`: five instructions. */
#define WITHOUT(call, n, bits)                                                                 \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 4), FIELD(args[n]),                           \
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1), REFUSE, PASS

static struct sock_filter filter[] = {
    FIELD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
    REFUSE,
    FIELD(nr),
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000 /* x32 */, 0, 1),
    REFUSE,
    WITHOUT(SYS_mmap, 2, PROT_EXEC),
    WITHOUT(SYS_mprotect, 2, PROT_EXEC),
    WITHOUT(SYS_pkey_mprotect, 2, PROT_EXEC),
    WITHOUT(SYS_shmat, 2, SHM_EXEC),
    WITHOUT(SYS_mremap, 3, MREMAP_FIXED | MREMAP_DONTUNMAP),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_personality, 0, 5),
    FIELD(args[0]),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xffffffff /* asks only */, 2, 0),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, READ_IMPLIES_EXEC, 0, 1),
    REFUSE,
    PASS,
    PASS,
};

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

int noexec_begin(void)
{
    const struct sock_fprog program = {.len = sizeof filter / sizeof filter[0],
                                       .filter = filter};

    if (stacks_hold_code())
        return 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

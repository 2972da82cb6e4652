/* touched.c - accesses that the compiler's pass does not announce (stages/uncovered.h).
 *
 * ls_touch is called from the middle of a function that expects no call: it keeps every
 * register, the flags and the floating point state. Nothing of policy lives here.
 */
#include <cpuid.h>

#include "runtime/explore/process.h"
#include "runtime/touch.h"

/* 1: XSAVE keeps all vector registers (Intel SDM vol. 1, 13.1); 0: there are those of fxsave
 * alone. STATE: their standard format, and the program's stack may be anywhere. */
int ls_touch_wide __attribute__((visibility("hidden")));

static void __attribute__((constructor)) find_out(void)
{
    unsigned a, b, c, d;

    ls_touch_wide = __get_cpuid(1, &a, &b, &c, &d) && c & bit_OSXSAVE;
}

/* On entry: (%rsp) the return address, 8(%rsp) the code, 16(%rsp) the program's %rdi, and
 * behind it its red zone of 128 bytes; %rdi the address, or for a string instruction as it was.
 */
#define STATE "2752"  /* x87, SSE, AVX, AVX-512: 2688, in multiples of 64 */
#define PARTS "$0xe7" /* these four, of XCR0 */
__asm__(".text\n"
        ".globl ls_touch\n"
        ".type ls_touch, @function\n"
        "ls_touch:\n"
        "    .cfi_startproc\n"
        "    pushfq\n"
        "    pushq %rax\n"
        "    pushq %rcx\n"
        "    pushq %rdx\n"
        "    pushq %rsi\n"
        "    pushq %r8\n"
        "    pushq %r9\n"
        "    pushq %r10\n"
        "    pushq %r11\n"
        "    pushq %rbp\n"
        "    .cfi_def_cfa_offset 88\n"
        "    .cfi_offset %rbp, -88\n"
        "    movq %rsp, %rbp\n"
        "    .cfi_def_cfa_register %rbp\n"
        "    subq $" STATE ", %rsp\n"
        "    andq $-64, %rsp\n"
        "    cld\n"
        "    cmpl $0, ls_touch_wide(%rip)\n"
        "    je 1f\n"
        "    movl " PARTS ", %eax\n"
        "    xorl %edx, %edx\n"
        "    movq %rdx, 512(%rsp)\n" /* the header: XRSTOR wants zeros in it */
        "    movq %rdx, 520(%rsp)\n"
        "    movq %rdx, 528(%rsp)\n"
        "    movq %rdx, 536(%rsp)\n"
        "    movq %rdx, 544(%rsp)\n"
        "    movq %rdx, 552(%rsp)\n"
        "    movq %rdx, 560(%rsp)\n"
        "    movq %rdx, 568(%rsp)\n"
        "    xsave64 (%rsp)\n"
        "    movq %rbp, %rsi\n"
        "    call ls_touched\n"
        "    movl " PARTS ", %eax\n"
        "    xorl %edx, %edx\n"
        "    xrstor64 (%rsp)\n"
        "    jmp 2f\n"
        "1:  fxsave64 (%rsp)\n"
        "    movq %rbp, %rsi\n"
        "    call ls_touched\n"
        "    fxrstor64 (%rsp)\n"
        "2:  movq %rbp, %rsp\n"
        "    popq %rbp\n"
        "    .cfi_def_cfa %rsp, 80\n"
        "    popq %r11\n"
        "    popq %r10\n"
        "    popq %r9\n"
        "    popq %r8\n"
        "    popq %rsi\n"
        "    popq %rdx\n"
        "    popq %rcx\n"
        "    popq %rax\n"
        "    popfq\n"
        "    .cfi_def_cfa_offset 8\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size ls_touch, .-ls_touch\n");

/* What ls_touch has pushed, from the last to the first, and what its caller had. */
struct saved {
    uintptr_t rbp, r11, r10, r9, r8, rsi, rdx, rcx, rax, flags, back, code, rdi;
    char red_zone[128];
};

static void touch_both(uintptr_t from, uintptr_t to, size_t size, uintptr_t code, uintptr_t pc)
{
    if (code & TOUCH_READ)
        access_range(from, size, false, pc);
    if (code & TOUCH_WRITE)
        access_range(to, size, true, pc);
}

void ls_touched(uintptr_t addr, const struct saved *s);
void ls_touched(uintptr_t addr, const struct saved *s)
{
    const uintptr_t frame = (uintptr_t)(s + 1); /* the program's stack pointer */
    size_t size = s->code & TOUCH_SIZE;

    if (s->code & (TOUCH_STRING | TOUCH_REPEATED)) {
        if (s->code & TOUCH_REPEATED)
            size *= s->rcx;
        touch_both(s->rsi, addr, size, s->code, s->back);
    } else if (addr < frame - sizeof s->red_zone || addr >= s->rbp) {
        touch_both(addr, addr, size, s->code, s->back);
    } /* else in its own frame: an argument on its way to a call */
}

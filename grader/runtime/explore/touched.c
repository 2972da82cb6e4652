/* touched.c - accesses that the compiler's pass does not announce (stages/uncovered.h).
 *
 * ls_touch is called from the middle of a function that expects no call: it keeps every
 * register, the flags and the floating point state. Nothing of policy lives here.
 */
#include "runtime/explore/process.h"
#include "runtime/touch.h"

/* On entry: (%rsp) the return address, 8(%rsp) the code, 16(%rsp) the program's %rdi, and
 * behind it its red zone of 128 bytes; %rdi the address, or for a string instruction as it was.
 */
__asm__(".text\n"
        ".globl ls_touch\n"
        ".type ls_touch, @function\n"
        "ls_touch:\n"
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
        "    movq %rsp, %rbp\n"
        "    subq $512, %rsp\n"
        "    andq $-64, %rsp\n"
        "    fxsave64 (%rsp)\n"
        "    cld\n"
        "    movq %rbp, %rsi\n"
        "    call ls_touched\n"
        "    fxrstor64 (%rsp)\n"
        "    movq %rbp, %rsp\n"
        "    popq %rbp\n"
        "    popq %r11\n"
        "    popq %r10\n"
        "    popq %r9\n"
        "    popq %r8\n"
        "    popq %rsi\n"
        "    popq %rdx\n"
        "    popq %rcx\n"
        "    popq %rax\n"
        "    popfq\n"
        "    ret\n"
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

/* touch.h - what stages/uncovered.c tells runtime/explore/touched.c of an access, in one
 * number: its size in bytes and these. No types: both sides of the compiler read it.
 */
#ifndef GRADER_RUNTIME_TOUCH_H
#define GRADER_RUNTIME_TOUCH_H

enum {
    TOUCH_SIZE = 0xff,      /* bytes of one element */
    TOUCH_READ = 0x100,     /* from ls_touch's address, or for a string instruction from %rsi */
    TOUCH_WRITE = 0x200,    /* to that address, or to %rdi */
    TOUCH_STRING = 0x400,   /* a string instruction, once */
    TOUCH_REPEATED = 0x800, /* a string instruction, %rcx times */
};

#endif

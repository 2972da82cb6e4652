/* uncovered.h - loads and stores for which gcc's -fsanitize=thread calls no hook.
 *
 * The pass (gcc 12, gcc/tsan.cc) looks at assignments. It says nothing of a structure that a
 * call returns into memory or takes by value, of builtins that become single instructions
 * (bzero, stpcpy), and of reads through a pointer to const volatile. What the explorer is not
 * told it would take for untouched: races would be missed, and a proof would be none.
 */
#ifndef GRADER_UNCOVERED_H
#define GRADER_UNCOVERED_H

#include "core/util.h"

/* Copies assembly (gcc, x86-64, AT&T, -O0) to `ret` with a call of ls_touch (runtime/explore/
 * touched.c) before each instruction that touches memory outside of its own frame and that no
 * hook has announced. Every register and flag stays as it is. Functions that realign their
 * stack call ls_realigned_entry and _exit in place of gcc's hooks. How many lines were added or
 * changed.
 */
int uncovered_add_hooks(const char *assembly, struct buf *ret);

#endif

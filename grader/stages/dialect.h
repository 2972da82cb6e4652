/* dialect.h - is _GNU_SOURCE defined when a file is compiled? One rule, for grading and
 * exploring.
 *
 * A file is compiled as `gcc -std=gnu11` does it, without; only when errors or calls of
 * undeclared functions are left, and none with it, it is defined. So names that are free
 * without it (gettid, tee) stay free, and who forgot it is not punished.
 */
#ifndef GRADER_DIALECT_H
#define GRADER_DIALECT_H

enum dialect { DIALECT_EITHER, DIALECT_PLAIN, DIALECT_GNU };

#endif

/* libc.h - what a format says of its arguments, for whoever prints or scans by one. */
#ifndef LOCKSTEP_LIBC_H
#define LOCKSTEP_LIBC_H

#include <stdarg.h>
#include <stdint.h>

/* The strings that printing by `fmt` reads; `ap` stays where it is. */
void format_printed(const char *fmt, va_list ap, uintptr_t pc);

/* What scanning by `fmt` has written, after it returned `assigned`. Uses `ap` up. */
void format_scanned(const char *fmt, va_list ap, int assigned, uintptr_t pc);

#endif

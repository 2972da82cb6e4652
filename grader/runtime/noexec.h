/* noexec.h - from here on no memory of this process becomes code. */
#ifndef LOCKSTEP_NOEXEC_H
#define LOCKSTEP_NOEXEC_H

/* Installs a system call filter: mappings that may be executed are refused with EACCES, but for
 * those that the dynamic linker makes. For this process, its threads and children; it cannot be
 * taken back. A program whose stacks hold code (the address of a nested function) goes without.
 * Returns 0, or -1 with errno set (an old kernel; Valgrind, which makes code as it goes, must
 * not call this). Call it while there is one thread. */
int noexec_begin(void);

#endif

/* permissive.h - every rule by which something that was seen is not reported. One file, so
 * that it can be audited: a bug that Lockstep misses is missed either here or because no
 * schedule showed it.
 *
 * Not a place for what cannot be seen in the first place; see "What is not explored" in
 * grader/ARCHITECTURE.md.
 */
#ifndef LOCKSTEP_PERMISSIVE_H
#define LOCKSTEP_PERMISSIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A race between the instructions at pc_a and pc_b on `size` bytes at addr: silent? */
bool permissive_race(uintptr_t addr, size_t size, uint32_t pc_a, uint32_t pc_b);

#endif

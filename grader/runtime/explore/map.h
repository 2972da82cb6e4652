/* map.h - fresh zeroed pages from the kernel: the only way the runtime gets memory.
 *
 * Not malloc: that belongs to the program under test (memory.c).
 */
#ifndef LOCKSTEP_MAP_H
#define LOCKSTEP_MAP_H

#include <stdbool.h>
#include <stddef.h>

/* `size` bytes of address space; pages come when they are touched. shared: the same pages in
 * processes that are forked later. NULL when the kernel refuses. Never given back. */
void *map_memory(size_t size, bool shared);

#endif

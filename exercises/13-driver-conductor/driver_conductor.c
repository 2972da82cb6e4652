/* driver_conductor.c - your solution of exercise 13-driver-conductor. The contract is in
 * driver_conductor.h. */
#include "driver_conductor.h"

#include <errno.h>

int driver_conductor(void)
{
    // TODO: who handles which signal? who ignores which?
    // TODO: when must the handlers be in place, before or after fork()?
    // TODO: how does a process sleep until a signal comes, without missing one?
    errno = ENOSYS;
    return -1;
}

/* progress.h - how far an exploration is, while it runs: a page of a file that the explorer and
 * whoever watches it have mapped.
 *
 * Told to a person and nothing else: it lies in the memory of the program under test. One
 * writer a field; a number that is read while it is written may be an older one.
 */
#ifndef LOCKSTEP_PROGRESS_H
#define LOCKSTEP_PROGRESS_H

#include <stdint.h>

struct ls_progress {
    volatile uint32_t stop; /* the watcher's: end the search, and tell what was found */
    volatile uint32_t bugs; /* different ones so far, without advice */
    volatile uint64_t schedules, cut, steps;
    volatile uint64_t found_in; /* the schedule of the first bug, from 1; set last */
    char verdict[24], message[200];
};

#endif

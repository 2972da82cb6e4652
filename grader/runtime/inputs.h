/* inputs.h - the arithmetic behind ls_input(): the same answers natively and under the
 * explorer.
 *
 * Not a source of secrecy: the seed is a PRF of the course secret already (stages/unit.c).
 */
#ifndef LOCKSTEP_INPUTS_H
#define LOCKSTEP_INPUTS_H

#include <stdint.h>

/* The value in [lo, hi] for this seed, test and label, at this time of asking. Keeps count of
 * how often each label was asked. One thread. */
int64_t inputs_value(uint64_t seed, const char *test, const char *label, int64_t lo,
                     int64_t hi);

#endif

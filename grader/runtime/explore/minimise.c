/* minimise.c - the fewest switches that still show the same finding.
 *
 * Delta debugging (Zeller, Hildebrandt, IEEE TSE 28(2), 2002) over the switches of a token,
 * then one by one from the end. A switch that is left out changes what happens later, so each
 * candidate is run, and what it really did (world.taken) is what is kept. The number of runs is
 * bounded: a long token is then merely shorter, not shortest.
 */
#include <string.h>

#include "runtime/explore/driver.h"

enum { RUNS_MAX = 400, HOOKS_MAX = 20000000 };

static int runs;
static uint64_t hooks;

/* Tries s without [from, to); keeps it when it still shows. */
static bool without(struct switch_at *s, int *n, int from, int to, uint64_t key)
{
    static struct switch_at *tried; /* not in .bss: snapshots stay small */
    int m = 0;

    if (!tried)
        tried = region_alloc((size_t)W->taken_max * sizeof *tried);
    if (++runs > RUNS_MAX || (hooks += W->ops) > HOOKS_MAX)
        return false;
    for (int i = 0; i < *n; i++)
        if (i < from || i >= to)
            tried[m++] = s[i];
    if (!replay_shows(tried, m, key, false) || W->taken_count > m)
        return false;
    memcpy(s, W->taken, (size_t)W->taken_count * sizeof *s);
    *n = W->taken_count;
    return true;
}

int minimise(struct switch_at *s, int n, uint64_t key)
{
    runs = 0;
    hooks = 0;
    for (int piece = n; piece >= 1; piece /= 2)
        for (int from = n - piece; from > -piece;) {
            const int at = from < 0 ? 0 : from;

            if (without(s, &n, at, at + piece < n ? at + piece : n, key))
                from = from - piece < n ? from - piece : n - piece;
            else
                from -= piece;
            if (n == 0)
                return 0;
        }
    return n;
}

/* nearest.c - the distance of two short words, one row of the table at a time. */
#include "core/nearest.h"

#include <string.h>

enum { LONGEST = 40 };

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int distance(const char *a, const char *b)
{
    const int n = (int)strlen(a), m = (int)strlen(b);
    int d[LONGEST + 1][LONGEST + 1];

    if (n > LONGEST || m > LONGEST)
        return LONGEST;
    for (int i = 0; i <= n; i++)
        d[i][0] = i;
    for (int k = 0; k <= m; k++)
        d[0][k] = k;
    for (int i = 1; i <= n; i++) {
        for (int k = 1; k <= m; k++) {
            d[i][k] = least(least(d[i - 1][k], d[i][k - 1]) + 1,
                            d[i - 1][k - 1] + (a[i - 1] != b[k - 1]));
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                d[i][k] = least(d[i][k], d[i - 2][k - 2] + 1);
        }
    }
    return d[n][m];
}

static int allowed(const char *word)
{
    const int third = (int)strlen(word) / 3;

    return third < 1 ? 1 : third;
}

const char *nearest_of(const char *word, const char *best, const char *candidate)
{
    if (distance(word, candidate) > allowed(word))
        return best;
    return best && distance(word, best) <= distance(word, candidate) ? best : candidate;
}

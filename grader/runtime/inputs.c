/* inputs.c - splitmix64 (Steele, Lea, Flood, OOPSLA 2014), used as a mixing function. */
#include "runtime/inputs.h"

enum { MAX_LABELS = 64 };

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static uint64_t mix_text(uint64_t x, const char *s)
{
    for (; *s; s++)
        x = mix(x ^ (unsigned char)*s);
    return x;
}

int64_t inputs_value(uint64_t seed, const char *test, const char *label, int64_t lo, int64_t hi)
{
    static uint64_t labels[MAX_LABELS];
    static unsigned asked[MAX_LABELS];
    uint64_t name = mix_text(1, label), x;
    int i = 0;

    while (i < MAX_LABELS - 1 && labels[i] != name && labels[i] != 0)
        i++;
    labels[i] = name;
    x = mix(mix_text(seed, test) ^ name ^ mix(++asked[i]));
    return lo + (int64_t)(x % (uint64_t)(hi - lo + 1));
}

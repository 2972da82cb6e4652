/* tier.c - tables of names and sentences, expanded from core/tier.h. */
#include "core/tier.h"

#include <string.h>

static const char *const names[] = {
#define X(constant, name, promise, rest) name,
    TIERS(X)
#undef X
};

static const char *const promises[] = {
#define X(constant, name, promise, rest) promise,
    TIERS(X)
#undef X
};

/* SANDBOX 4.4: no scheme inside one address space is sound. */
#define SAME_SPACE                                                                             \
    "; code in the test's own process can still forge results, if it also does what the "      \
    "exercise asks for"

static const char *const notes[] = {
#define X(constant, name, promise, rest) rest SAME_SPACE,
    TIERS(X)
#undef X
};

const char *tier_name(enum tier t)
{
    return names[t];
}

const char *tier_promise(enum tier t)
{
    return promises[t];
}

const char *tier_trust(enum tier t)
{
    return notes[t];
}

bool tier_parse(const char *name, enum tier *ret)
{
    for (int i = 0; name && i < TIER_COUNT; i++)
        if (strcmp(names[i], name) == 0) {
            *ret = (enum tier)i;
            return true;
        }
    return false;
}

/* verdict.c - names and headlines, expanded from the one table in verdict.h. */
#include "core/verdict.h"

#include <string.h>

static const struct {
    const char *name, *headline, *look;
} verdicts[] = {
#define X(constant, name, headline, look) [VERDICT_##constant] = {name, headline, look},
    VERDICTS(X)
#undef X
};

static const char *const modes[] = {
#define X(constant, name) [MODE_##constant] = name,
    MODES(X)
#undef X
};

const char *verdict_name(enum verdict v)
{
    return verdicts[v].name;
}

const char *verdict_headline(enum verdict v)
{
    return verdicts[v].headline;
}

const char *verdict_look(enum verdict v)
{
    return verdicts[v].look;
}

bool verdict_parse(const char *name, enum verdict *ret)
{
    for (int i = 0; i < VERDICT_COUNT; i++) {
        if (strcmp(verdicts[i].name, name) == 0) {
            *ret = (enum verdict)i;
            return true;
        }
    }
    return false;
}

const char *mode_name(enum mode m)
{
    return modes[m];
}

bool mode_parse(const char *name, enum mode *ret)
{
    for (int i = 0; i < MODE_COUNT; i++) {
        if (strcmp(modes[i], name) == 0) {
            *ret = (enum mode)i;
            return true;
        }
    }
    return false;
}

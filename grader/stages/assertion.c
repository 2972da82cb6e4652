/* assertion.c - takes libcheck's sentence apart; see assertion.h. Where it is not certain which
 * part is which, the sentence stays.
 */
#include "stages/assertion.h"

#include <ctype.h>
#include <string.h>

static const struct relation {
    const char *op, *mirrored;
    const char
        *sentence; /* expression, value, wanted value; where that is no literal, (what) */
    const char *with_name;
} relations[] = {
    {" == ", " == ", "%s is %s, but should be %s", "%s is %s, but should be %s (%s)"},
    {" != ", " != ", "%s is %s, but should not be %s", "%s is %s, but should not be %s (%s)"},
    {" <= ", " >= ", "%s is %s, but should be at most %s",
     "%s is %s, but should be at most %s (%s)"},
    {" >= ", " <= ", "%s is %s, but should be at least %s",
     "%s is %s, but should be at least %s (%s)"},
    {" < ", " > ", "%s is %s, but should be less than %s",
     "%s is %s, but should be less than %s (%s)"},
    {" > ", " < ", "%s is %s, but should be more than %s",
     "%s is %s, but should be more than %s (%s)"},
};

static bool is_literal(const char *s)
{
    s += *s == '-';
    return *s == '"' || (isdigit((unsigned char)*s) &&
                         s[strspn(s, "0123456789xXabcdefABCDEFulUL.")] == '\0');
}

/* A name and brackets, and nothing around them. No macro's, as a rule, and no sizeof. */
static bool is_call(const char *x)
{
    const char *p = x;
    bool small = false;
    int depth = 0;

    while (isalnum((unsigned char)*p) || *p == '_')
        small |= islower((unsigned char)*p++) != 0;
    if (!small || *p != '(' || strncmp(x, "sizeof", 6) == 0)
        return false;
    for (; *p; p++) {
        depth += (*p == '(') - (*p == ')');
        if (depth == 0)
            return p[1] == '\0';
    }
    return false;
}

static const char *finish(struct arena *a, const struct relation *r, const char *x,
                          const char *is, const char *y, const char *wanted)
{
    if (is_literal(x) && !is_literal(y))
        for (size_t i = 0; i < ARRAY_SIZE(relations); i++)
            if (strcmp(relations[i].op, r->mirrored) == 0)
                return finish(a, &relations[i], y, wanted, x, is);
    if (r == &relations[0] && is_call(x))
        return is_literal(y)
                   ? arena_printf(a, "%s returned %s instead of %s", x, is, wanted)
                   : arena_printf(a, "%s returned %s instead of %s (%s)", x, is, wanted, y);
    return strcmp(y, wanted) == 0 || is_literal(y)
               ? arena_printf(a, r->sentence, x, is, wanted)
               : arena_printf(a, r->with_name, x, is, wanted, y);
}

/* `values`: "X == VALUE, Y == VALUE". NULL: not of these two. */
static const char *split(struct arena *a, const struct relation *r, const char *x,
                         const char *y, const char *values)
{
    const char *first = arena_printf(a, "%s == ", x), *second = arena_printf(a, ", %s == ", y);
    const char *comma;

    if (!first || !second || strncmp(values, first, strlen(first)) != 0)
        return NULL;
    values += strlen(first);
    comma = strstr(values, second);
    if (!comma || strstr(comma + 1, second))
        return NULL;
    return finish(a, r, x, arena_strndup(a, values, (size_t)(comma - values)), y,
                  comma + strlen(second));
}

const char *assertion_say(struct arena *a, const char *message)
{
    static const char begin[] = "Assertion '", middle[] = "' failed: ";
    const char *expression, *values, *end;

    if (!message || strncmp(message, begin, strlen(begin)) != 0 ||
        !(end = strstr(message, middle)))
        return message;
    expression =
        arena_strndup(a, message + strlen(begin), (size_t)(end - message) - strlen(begin));
    values = end + strlen(middle);
    for (size_t i = 0; expression && i < ARRAY_SIZE(relations); i++) {
        const char *op = relations[i].op;

        for (const char *at = expression; (at = strstr(at, op)); at++) {
            const char *x = arena_strndup(a, expression, (size_t)(at - expression));
            const char *said = x ? split(a, &relations[i], x, at + strlen(op), values) : NULL;

            if (said)
                return said;
        }
    }
    return message;
}

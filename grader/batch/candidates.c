/* candidates.c - names without what browsers and people add, and definitions in a text. */
#include "batch/candidates.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* "event (1).c", "Event_final.c", "event.c.txt", "event.cpp" -> does it begin with "event"? */
static bool name_is_like(const struct exercise *x, const char *name)
{
    const size_t n = strlen(x->cname);
    char plain[64];
    size_t k = 0;

    for (; *name && k + 1 < sizeof plain;
         name++) /* "Counting-Semaphore" is counting_semaphore */
        plain[k++] = *name == '-' || *name == ' ' ? '_' : (char)tolower((unsigned char)*name);
    plain[k] = '\0';
    for (const char *at = plain; (at = strstr(at, x->cname)); at++)
        if ((at == plain || !isalnum((unsigned char)at[-1])) && !isalpha((unsigned char)at[n]))
            return true;
    return false;
}

/* Behind the ')' that closes the '(' at p; NULL: none does. */
static const char *behind_paren(const char *p)
{
    int depth = 0;

    for (; *p; p++) {
        depth += (*p == '(') - (*p == ')');
        if (depth == 0)
            return p + 1;
    }
    return NULL;
}

/* name(...) { : a definition, not a call or a declaration. */
static bool defines(const char *text, const char *function)
{
    const size_t n = strlen(function);

    for (const char *p = text; (p = strstr(p, function)); p += n) {
        const char *q = p + n;

        if ((p > text && is_word(p[-1])) || is_word(*q))
            continue;
        q += strspn(q, " \t\r\n");
        if (*q != '(' || !(q = behind_paren(q)))
            continue;
        q += strspn(q, " \t\r\n");
        if (*q == '{')
            return true;
    }
    return false;
}

static int defined_of(const struct exercise *x, const char *text, int *ret_all)
{
    int found = 0, all = 0;

    for (const char **f = x->rubric.api; f && *f; f++, all++)
        found += defines(text, *f);
    if (ret_all)
        *ret_all = all;
    return found;
}

static bool has_c_ending(const char *name)
{
    static const char *const endings[] = {".c", ".cpp", ".cc", ".cxx", ".c.txt", ".c.bak"};
    const size_t n = strlen(name);

    for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
        const size_t k = strlen(endings[i]);

        if (n > k && strcasecmp(name + n - k, endings[i]) == 0)
            return true;
    }
    return false;
}

enum likeness candidate_likeness(const struct course *c, const struct exercise *x,
                                 const char *name, const char *text)
{
    int all, mine = text ? defined_of(x, text, &all) : 0;

    if (mine && mine == all)
        return LIKE_ALL;
    if (mine)
        return LIKE_SOME;
    for (int i = 0; text && i < c->count; i++)
        if (c->exercises[i].broken.kind == ERR_NONE &&
            defined_of(&c->exercises[i], text, NULL) > 0)
            return LIKE_NOTHING;
    if (!has_c_ending(name))
        return LIKE_NOTHING;
    return name_is_like(x, name) ? LIKE_NAME : LIKE_ANY_C;
}

/* strings.c - mem*() and str*() on shared memory: libc's own have no hooks, so these tell what
 * they touch and then call libc's.
 *
 * At -O0 with -fno-builtin-mem... (stages/explore.c has the flags) the compiler leaves the
 * calls in place. What is not here (stdio, read(2), inline assembly) is not seen:
 * grader/ARCHITECTURE.md, "What is not explored".
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "runtime/explore/libc.h"
#include "runtime/explore/sync.h"

static void reads(const void *p, size_t n, uintptr_t pc)
{
    access_range((uintptr_t)p, n, false, pc);
}

static void writes(const void *p, size_t n, uintptr_t pc)
{
    access_range((uintptr_t)p, n, true, pc);
}

REPLACES(void *, memcpy, void *to, const void *from, size_t n)
{
    reads(from, n, CALLER);
    writes(to, n, CALLER);
    return memcpy(to, from, n);
}

REPLACES(void *, memmove, void *to, const void *from, size_t n)
{
    reads(from, n, CALLER);
    writes(to, n, CALLER);
    return memmove(to, from, n);
}

REPLACES(void *, memset, void *p, int c, size_t n)
{
    writes(p, n, CALLER);
    return memset(p, c, n);
}

REPLACES(void, bzero, void *p, size_t n)
{
    writes(p, n, CALLER);
    memset(p, 0, n);
}

REPLACES(int, memcmp, const void *a, const void *b, size_t n)
{
    reads(a, n, CALLER);
    reads(b, n, CALLER);
    return memcmp(a, b, n);
}

REPLACES(void *, memchr, const void *p, int c, size_t n)
{
    const char *hit = memchr(p, c, n);

    reads(p, hit ? (size_t)(hit - (const char *)p) + 1 : n, CALLER);
    return (void *)hit;
}

REPLACES(size_t, strlen, const char *s)
{
    reads(s, strlen(s) + 1, CALLER);
    return strlen(s);
}

REPLACES(size_t, strnlen, const char *s, size_t max)
{
    const size_t n = strnlen(s, max);

    reads(s, n < max ? n + 1 : n, CALLER);
    return n;
}

REPLACES(char *, strcpy, char *to, const char *from)
{
    const size_t n = strlen(from) + 1;

    reads(from, n, CALLER);
    writes(to, n, CALLER);
    return memmove(to, from, strlen(from) + 1);
}

REPLACES(char *, stpcpy, char *to, const char *from)
{
    reads(from, strlen(from) + 1, CALLER);
    writes(to, strlen(from) + 1, CALLER);
    return stpcpy(to, from);
}

REPLACES(char *, strncpy, char *to, const char *from, size_t n)
{
    const size_t len = strnlen(from, n);

    reads(from, len < n ? len + 1 : len, CALLER);
    writes(to, n, CALLER);
    return strncpy(to, from, n);
}

REPLACES(char *, strcat, char *to, const char *from)
{
    reads(from, strlen(from) + 1, CALLER);
    reads(to, strlen(to) + 1, CALLER);
    writes(to + strlen(to), strlen(from) + 1, CALLER);
    return strcat(to, from);
}

REPLACES(char *, strncat, char *to, const char *from, size_t n)
{
    const size_t len = strnlen(from, n);

    reads(from, len, CALLER);
    reads(to, strlen(to) + 1, CALLER);
    writes(to + strlen(to), len + 1, CALLER);
    return strncat(to, from, n);
}

/* How far a comparison looks: to the first difference. */
static size_t common(const char *a, const char *b, size_t max)
{
    size_t n = 0;

    while (n < max && a[n] && a[n] == b[n])
        n++;
    return n < max ? n + 1 : n;
}

REPLACES(int, strcmp, const char *a, const char *b)
{
    const size_t n = common(a, b, (size_t)-1);

    reads(a, n, CALLER);
    reads(b, n, CALLER);
    return strcmp(a, b);
}

REPLACES(int, strncmp, const char *a, const char *b, size_t max)
{
    const size_t n = common(a, b, max);

    reads(a, n, CALLER);
    reads(b, n, CALLER);
    return strncmp(a, b, max);
}

REPLACES(char *, strchr, const char *s, int c)
{
    char *hit = strchr(s, c);

    reads(s, hit ? (size_t)(hit - s) + 1 : strlen(s) + 1, CALLER);
    return hit;
}

REPLACES(char *, strrchr, const char *s, int c)
{
    reads(s, strlen(s) + 1, CALLER);
    return strrchr(s, c);
}

REPLACES(char *, strstr, const char *s, const char *what)
{
    reads(what, strlen(what) + 1, CALLER);
    reads(s, strlen(s) + 1, CALLER);
    return strstr(s, what);
}

REPLACES(char *, strdup, const char *s)
{
    reads(s, strlen(s) + 1, CALLER);
    return strdup(s);
}

REPLACES(char *, strndup, const char *s, size_t max)
{
    reads(s, strnlen(s, max), CALLER);
    return strndup(s, max);
}

REPLACES(int, snprintf, char *to, size_t size, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    format_printed(fmt, ap, CALLER);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n >= 0 && size)
        writes(to, (size_t)n < size ? (size_t)n + 1 : size, CALLER);
    va_start(ap, fmt);
    n = vsnprintf(to, size, fmt, ap);
    va_end(ap);
    return n;
}

REPLACES(int, sprintf, char *to, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    format_printed(fmt, ap, CALLER);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n >= 0)
        writes(to, (size_t)n + 1, CALLER);
    va_start(ap, fmt);
    n = vsprintf(to, fmt, ap);
    va_end(ap);
    return n;
}

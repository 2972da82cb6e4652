/* libc.c - what functions of libc read and write through their arguments.
 *
 * They are not compiled with hooks, so each of these tells for them, and then calls them. A
 * format is read as printf(3) and scanf(3) have it, to know which argument is what. mem*() and
 * str*(): strings.c; descriptors: io.c; stdio's own: stdio.c; time: time.c.
 */
#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "runtime/explore/libc.h"
#include "runtime/explore/sync.h"

static void reads(const void *p, size_t n, uintptr_t pc)
{
    if (p)
        access_range((uintptr_t)p, n, false, pc);
}

static void writes(const void *p, size_t n, uintptr_t pc)
{
    if (p)
        access_range((uintptr_t)p, n, true, pc);
}

/* ---- formats ---------------------------------------------------------------------------- */

/* One conversion of a format: "%5.3hhd". */
struct conversion {
    char kind;      /* 'd', 's', '[', ...; '\0': the format is at its end */
    bool skipped;   /* scanf's * */
    bool allocates; /* scanf's m */
    int stars;      /* printf: widths that are arguments */
    int width;      /* -1: none */
    int precision;  /* -1: none, -2: an argument */
    char length;    /* 'H' hh, 'h', 'l', 'q' ll, 'L', 'j', 'z', 't' */
};

static const char *number(const char *p, int *ret)
{
    *ret = 0;
    for (; isdigit((unsigned char)*p); p++)
        *ret = *ret < 1 << 20 ? 10 * *ret + *p - '0' : *ret;
    return p;
}

static const char *length_of(const char *p, char *ret)
{
    *ret = '\0';
    if (p[0] == 'h' && p[1] == 'h')
        return *ret = 'H', p + 2;
    if (p[0] == 'l' && p[1] == 'l')
        return *ret = 'q', p + 2;
    if (*p && strchr("hlqLjzt", *p))
        return *ret = *p, p + 1;
    return p;
}

/* The next conversion from `p` on; false: there is none. Numbered arguments ("%1$d") end it. */
static bool next_conversion(const char **at, bool scan, struct conversion *c)
{
    const char *p = *at;

    for (;; p++) {
        p = strchr(p, '%');
        if (!p)
            return false;
        if (*++p != '%')
            break;
    }
    *c = (struct conversion){.width = -1, .precision = -1};
    if (scan && *p == '*')
        c->skipped = true, p++;
    while (!scan && *p && strchr("-+ #0'I", *p))
        p++;
    if (*p == '*')
        c->stars++, p++;
    else if (isdigit((unsigned char)*p))
        p = number(p, &c->width);
    if (*p == '$')
        return false;
    if (*p == '.') {
        p++;
        if (*p == '*')
            c->precision = -2, p++;
        else
            p = number(p, &c->precision);
    }
    if (scan && *p == 'm')
        c->allocates = true, p++;
    p = length_of(p, &c->length);
    c->kind = *p;
    if (*p == '[') {
        p += p[1] == '^' ? 2 : 1;
        p = *p ? strchr(p + 1, ']') : NULL;
        if (!p)
            return false;
    }
    if (!*p)
        return false;
    *at = p + 1;
    return true;
}

static size_t size_of(const struct conversion *c)
{
    if (strchr("aAeEfFgG", c->kind))
        return c->length == 'L'   ? sizeof(long double)
               : c->length == 'l' ? sizeof(double)
                                  : sizeof(float);
    switch (c->length) {
    case 'H':
        return 1;
    case 'h':
        return sizeof(short);
    case '\0':
        return c->kind == 'p' ? sizeof(void *) : sizeof(int);
    default:
        return 8;
    }
}

void format_scanned(const char *fmt, va_list ap, int assigned, uintptr_t pc)
{
    struct conversion c;

    if (!RUNNING)
        return;
    for (int n = 0; next_conversion(&fmt, true, &c) && (n < assigned || c.kind == 'n');) {
        void *to;

        if (c.skipped)
            continue;
        to = va_arg(ap, void *);
        if (c.kind == 'n') {
            writes(to, size_of(&c), pc);
            continue;
        }
        n++;
        if (c.allocates)
            writes(to, sizeof(char *), pc);
        else if (c.kind == 's' || c.kind == '[')
            writes(to, c.length == 'l' ? (wcslen(to) + 1) * sizeof(wchar_t) : strlen(to) + 1,
                   pc);
        else if (c.kind == 'c')
            writes(to, c.width > 0 ? (size_t)c.width : 1, pc);
        else
            writes(to, size_of(&c), pc);
    }
}

static void skip_argument(const struct conversion *c, va_list ap)
{
    if (strchr("aAeEfFgG", c->kind)) {
        if (c->length == 'L')
            (void)va_arg(ap, long double);
        else
            (void)va_arg(ap, double);
    } else if (c->length && strchr("lqLjzt", c->length)) {
        (void)va_arg(ap, long);
    } else if (c->kind == 'p') {
        (void)va_arg(ap, void *);
    } else if (c->kind != 'm') {
        (void)va_arg(ap, int);
    }
}

void format_printed(const char *fmt, va_list from, uintptr_t pc)
{
    struct conversion c;
    va_list ap;

    if (!RUNNING)
        return;
    va_copy(ap, from);
    while (next_conversion(&fmt, false, &c)) {
        int precision = c.precision;

        for (int i = 0; i < c.stars; i++)
            (void)va_arg(ap, int);
        if (precision == -2)
            precision = va_arg(ap, int);
        if (c.kind == 's' && c.length != 'l') {
            const char *s = va_arg(ap, const char *);

            if (s)
                reads(s, precision < 0 ? strlen(s) + 1 : strnlen(s, (size_t)precision), pc);
        } else if (c.kind == 'n') {
            writes(va_arg(ap, void *), size_of(&c), pc);
        } else {
            skip_argument(&c, ap);
        }
    }
    va_end(ap);
}

/* ---- reading strings ----------------------------------------------------------------------
 */

#define SSCANF(name)                                                                           \
    REPLACES(int, name, const char *s, const char *fmt, ...)                                   \
    {                                                                                          \
        va_list ap;                                                                            \
        int n;                                                                                 \
                                                                                               \
        reads(s, strlen(s) + 1, CALLER);                                                       \
        va_start(ap, fmt);                                                                     \
        n = vsscanf(s, fmt, ap);                                                               \
        va_end(ap);                                                                            \
        va_start(ap, fmt);                                                                     \
        format_scanned(fmt, ap, n, CALLER);                                                    \
        va_end(ap);                                                                            \
        return n;                                                                              \
    }
SSCANF(sscanf)
SSCANF(__isoc99_sscanf)

REPLACES(int, vsscanf, const char *s, const char *fmt, va_list ap)
{
    va_list again;
    int n;

    reads(s, strlen(s) + 1, CALLER);
    va_copy(again, ap);
    n = vsscanf(s, fmt, ap);
    format_scanned(fmt, again, n, CALLER);
    va_end(again);
    return n;
}

REPLACES(int, __isoc99_vsscanf, const char *s, const char *fmt, va_list ap)
{
    return ls_x_vsscanf(s, fmt, ap);
}

/* Numbers: the digits are read, and where they end is written. */
#define READS_NUMBER(type, name)                                                               \
    REPLACES(type, name, const char *s, char **end, int base)                                  \
    {                                                                                          \
        reads(s, strlen(s) + 1, CALLER);                                                       \
        writes(end, sizeof *end, CALLER);                                                      \
        return name(s, end, base);                                                             \
    }
READS_NUMBER(long, strtol)
READS_NUMBER(long long, strtoll)
READS_NUMBER(unsigned long, strtoul)
READS_NUMBER(unsigned long long, strtoull)

#define READS_REAL(type, name)                                                                 \
    REPLACES(type, name, const char *s, char **end)                                            \
    {                                                                                          \
        reads(s, strlen(s) + 1, CALLER);                                                       \
        writes(end, sizeof *end, CALLER);                                                      \
        return name(s, end);                                                                   \
    }
READS_REAL(double, strtod)
READS_REAL(float, strtof)

#define READS_STRING(type, name)                                                               \
    REPLACES(type, name, const char *s)                                                        \
    {                                                                                          \
        reads(s, strlen(s) + 1, CALLER);                                                       \
        return name(s);                                                                        \
    }
READS_STRING(int, atoi)
READS_STRING(long, atol)
READS_STRING(long long, atoll)
READS_STRING(double, atof)

#define READS_TWO(type, name)                                                                  \
    REPLACES(type, name, const char *a, const char *b)                                         \
    {                                                                                          \
        reads(a, strlen(a) + 1, CALLER);                                                       \
        reads(b, strlen(b) + 1, CALLER);                                                       \
        return name(a, b);                                                                     \
    }
READS_TWO(int, strcasecmp)
READS_TWO(int, strcoll)
READS_TWO(size_t, strspn)
READS_TWO(size_t, strcspn)

REPLACES(char *, strpbrk, const char *a, const char *b)
{
    reads(a, strlen(a) + 1, CALLER);
    reads(b, strlen(b) + 1, CALLER);
    return strpbrk(a, b);
}

REPLACES(char *, strcasestr, const char *a, const char *b)
{
    reads(a, strlen(a) + 1, CALLER);
    reads(b, strlen(b) + 1, CALLER);
    /* cppcheck-suppress CastIntegerToAddressAtReturn ; it is declared (_GNU_SOURCE) */
    return strcasestr(a, b);
}

REPLACES(int, strncasecmp, const char *a, const char *b, size_t n)
{
    reads(a, strnlen(a, n), CALLER);
    reads(b, strnlen(b, n), CALLER);
    return strncasecmp(a, b, n);
}

REPLACES(void *, memrchr, const void *p, int c, size_t n)
{
    reads(p, n, CALLER);
    return memrchr(p, c, n);
}

REPLACES(void *, memmem, const void *p, size_t n, const void *what, size_t size)
{
    reads(p, n, CALLER);
    reads(what, size, CALLER);
    return memmem(p, n, what, size);
}

/* ---- writing strings ----------------------------------------------------------------------
 */

/* The token is read; the delimiter behind it becomes its end. */
static char *token(char **at, const char *delim, bool empty, uintptr_t pc)
{
    char *s = *at, *end;

    writes(at, sizeof *at, pc);
    if (!s)
        return NULL;
    if (!empty)
        s += strspn(s, delim);
    end = s + strcspn(s, delim);
    reads(*at, (size_t)(end - *at) + 1, pc);
    if (!empty && s == end) {
        *at = s;
        return NULL;
    }
    if (*end) {
        writes(end, 1, pc);
        *end = '\0';
        *at = end + 1;
    } else {
        *at = empty ? NULL : end;
    }
    return s;
}

REPLACES(char *, strtok_r, char *s, const char *delim, char **at)
{
    if (!RUNNING)
        return strtok_r(s, delim, at);
    if (s)
        *at = s;
    return token(at, delim, false, CALLER);
}

REPLACES(char *, __strtok_r, char *s, const char *delim, char **at)
{
    return ls_x_strtok_r(s, delim, at);
}

REPLACES(char *, strsep, char **at, const char *delim)
{
    return RUNNING ? token(at, delim, true, CALLER) : strsep(at, delim);
}

REPLACES(void *, mempcpy, void *to, const void *from, size_t n)
{
    reads(from, n, CALLER);
    writes(to, n, CALLER);
    return mempcpy(to, from, n);
}

REPLACES(void *, memccpy, void *to, const void *from, int c, size_t n)
{
    const char *hit = memchr(from, c, n);
    const size_t size = hit ? (size_t)(hit - (const char *)from) + 1 : n;

    reads(from, size, CALLER);
    writes(to, size, CALLER);
    return memccpy(to, from, c, n);
}

REPLACES(char *, stpncpy, char *to, const char *from, size_t n)
{
    reads(from, strnlen(from, n), CALLER);
    writes(to, n, CALLER);
    return stpncpy(to, from, n);
}

REPLACES(int, vsnprintf, char *to, size_t size, const char *fmt, va_list ap)
{
    va_list again;
    int n;

    format_printed(fmt, ap, CALLER);
    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n >= 0 && size)
        writes(to, (size_t)n < size ? (size_t)n + 1 : size, CALLER);
    return vsnprintf(to, size, fmt, ap);
}

REPLACES(int, vsprintf, char *to, const char *fmt, va_list ap)
{
    va_list again;
    int n;

    format_printed(fmt, ap, CALLER);
    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n >= 0)
        writes(to, (size_t)n + 1, CALLER);
    return vsprintf(to, fmt, ap);
}

/* ---- arrays and structures ------------------------------------------------------------------
 */

/* The comparison is the program's own and has hooks; the moving is libc's. */
REPLACES(void, qsort, void *base, size_t n, size_t size,
         int (*less)(const void *, const void *))
{
    writes(n > 0 ? base : NULL, n * size, CALLER);
    qsort(base, n, size, less);
}

REPLACES(void, qsort_r, void *base, size_t n, size_t size,
         int (*less)(const void *, const void *, void *), void *arg)
{
    writes(n > 0 ? base : NULL, n * size, CALLER);
    qsort_r(base, n, size, less, arg);
}

#define FILLS(type, name, args, call, what, size)                                              \
    REPLACES(type, name, args)                                                                 \
    {                                                                                          \
        writes(what, size, CALLER);                                                            \
        return name call;                                                                      \
    }
#define ARGS(...) __VA_ARGS__

FILLS(struct tm *, localtime_r, ARGS(const time_t *t, struct tm *r), (t, r), r, sizeof *r)
FILLS(struct tm *, gmtime_r, ARGS(const time_t *t, struct tm *r), (t, r), r, sizeof *r)
FILLS(char *, ctime_r, ARGS(const time_t *t, char *s), (t, s), s, 26)
FILLS(char *, asctime_r, ARGS(const struct tm *t, char *s), (t, s), s, 26)
FILLS(time_t, mktime, ARGS(struct tm *t), (t), t, sizeof *t)
FILLS(int, rand_r, ARGS(unsigned *s), (s), s, sizeof *s)
FILLS(int, fstat, ARGS(int fd, struct stat *s), (fd, s), s, sizeof *s)
FILLS(int, uname, ARGS(struct utsname *u), (u), u, sizeof *u)
FILLS(int, gethostname, ARGS(char *s, size_t n), (s, n), s, n)
FILLS(char *, getcwd, ARGS(char *s, size_t n), (s, n), s, n)
FILLS(int, getrlimit, ARGS(__rlimit_resource_t r, struct rlimit *l), (r, l), l, sizeof *l)

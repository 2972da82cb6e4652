/* stdio.c - buffered input and output: what would block in read(2) is waited for first.
 *
 * Reading takes from the buffer as long as there is something, and otherwise waits, as read(2)
 * does here, until the descriptor has more. Writing is left to the library; what arrives in a
 * pipe that way is noticed when nobody else can run. Nothing of this is async-signal-safe, and
 * in a handler that is a finding (unsafe_call()).
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/explore/io.h"

/* POSIX allows such a call only where the handler interrupts a safe function. For a test of an
 * exercise the contract forbids it altogether. */
void unsafe_call(const char *name, uintptr_t pc)
{
    struct task *t = W->me;
    struct found *f;

    if (t->handlers == 0 || (t->handler_is_safe && !W->o.suite) || !program_pc(pc))
        return;
    f = bug_begin(BUG_SIGNAL_UNSAFE,
                  "%s() is called in a signal handler; it is not async-signal-safe "
                  "(signal-safety(7))",
                  name);
    bug_stack(f, t->id, program_pc(pc), task_node(t), "calls it here");
    bug_done(f);
}

/* ---- writing: only watched ---- */

#define UNSAFE(name)                                                                           \
    do                                                                                         \
        if (RUNNING)                                                                           \
            unsafe_call(#name, CALLER);                                                        \
    while (0)

#define FORMATS(name, vname, first, ...)                                                       \
    REPLACES(int, name, __VA_ARGS__, ...)                                                      \
    {                                                                                          \
        va_list ap;                                                                            \
        int n;                                                                                 \
                                                                                               \
        UNSAFE(name);                                                                          \
        va_start(ap, fmt);                                                                     \
        n = first;                                                                             \
        va_end(ap);                                                                            \
        return n;                                                                              \
    }
FORMATS(printf, vprintf, vprintf(fmt, ap), const char *fmt)
FORMATS(fprintf, vfprintf, vfprintf(f, fmt, ap), FILE *f, const char *fmt)
FORMATS(dprintf, vdprintf, vdprintf(fd, fmt, ap), int fd, const char *fmt)

REPLACES(int, vprintf, const char *fmt, va_list ap)
{
    UNSAFE(vprintf);
    return vprintf(fmt, ap);
}

REPLACES(int, vfprintf, FILE *f, const char *fmt, va_list ap)
{
    UNSAFE(vfprintf);
    return vfprintf(f, fmt, ap);
}

REPLACES(int, puts, const char *s)
{
    UNSAFE(puts);
    return puts(s);
}

REPLACES(int, fputs, const char *s, FILE *f)
{
    UNSAFE(fputs);
    return fputs(s, f);
}

REPLACES(int, putchar, int c)
{
    UNSAFE(putchar);
    return putchar(c);
}

REPLACES(int, fputc, int c, FILE *f)
{
    UNSAFE(fputc);
    return fputc(c, f);
}

REPLACES(int, putc, int c, FILE *f)
{
    UNSAFE(putc);
    return putc(c, f);
}

REPLACES(size_t, fwrite, const void *p, size_t size, size_t n, FILE *f)
{
    UNSAFE(fwrite);
    return fwrite(p, size, n, f);
}

REPLACES(int, fflush, FILE *f)
{
    UNSAFE(fflush);
    return fflush(f);
}

REPLACES(void, perror, const char *s)
{
    UNSAFE(perror);
    perror(s);
}

/* ---- reading ---- */

static int try_more(struct io *io, void *arg)
{
    (void)arg;
    if (!fd_ready(io->fd, POLLIN))
        return IO_WOULD_BLOCK;
    io->rc = 0;
    return IO_DONE;
}

/* One byte, waited for; EOF at the end, after an error and after a signal. */
static int next(FILE *f, uintptr_t pc)
{
    const int fd = fileno(f);

    if (RUNNING && fd >= 0 && f->_IO_read_ptr >= f->_IO_read_end && !feof(f) && !ferror(f)) {
        struct io io = {.fd = fd,
                        .channel = channel_of(fd),
                        .until = NEVER,
                        .kind = OP_IO,
                        .nonblocking = fd_nonblocking(fd),
                        .pc = pc};

        if (io_run(&io, try_more, NULL) < 0)
            return EOF;
    }
    return getc_unlocked(f);
}

REPLACES(int, fgetc, FILE *f)
{
    UNSAFE(fgetc);
    return next(f, CALLER);
}

REPLACES(int, getc, FILE *f)
{
    UNSAFE(getc);
    return next(f, CALLER);
}

REPLACES(int, getchar, void)
{
    UNSAFE(getchar);
    return next(stdin, CALLER);
}

REPLACES(char *, fgets, char *s, int size, FILE *f)
{
    int n = 0, c = 0;

    UNSAFE(fgets);
    while (n < size - 1 && c != '\n' && (c = next(f, CALLER)) != EOF)
        s[n++] = (char)c;
    if (n == 0 || size < 1)
        return NULL;
    s[n] = '\0';
    access_range((uintptr_t)s, (size_t)n + 1, true, CALLER);
    return s;
}

REPLACES(size_t, fread, void *p, size_t size, size_t n, FILE *f)
{
    const size_t all = size * n;
    size_t got = 0;
    int c;

    UNSAFE(fread);
    while (got < all && (c = next(f, CALLER)) != EOF)
        ((char *)p)[got++] = (char)c;
    if (got)
        access_range((uintptr_t)p, got, true, CALLER);
    return size ? got / size : 0;
}

REPLACES(ssize_t, getdelim, char **line, size_t *size, int delim, FILE *f)
{
    size_t n = 0;
    int c = 0;

    UNSAFE(getline);
    if (!*line)
        *size = 0;
    while (c != delim && (c = next(f, CALLER)) != EOF) {
        if (n + 2 > *size) {
            char *more = realloc(*line, *size ? 2 * *size : 120);

            if (!more)
                return -1;
            *line = more;
            *size = *size ? 2 * *size : 120;
        }
        (*line)[n++] = (char)c;
    }
    if (n == 0)
        return -1;
    (*line)[n] = '\0';
    return (ssize_t)n;
}

REPLACES(ssize_t, getline, char **line, size_t *size, FILE *f)
{
    return ls_x_getdelim(line, size, '\n', f);
}

REPLACES(ssize_t, __getdelim, char **line, size_t *size, int delim, FILE *f)
{
    return ls_x_getdelim(line, size, delim, f);
}

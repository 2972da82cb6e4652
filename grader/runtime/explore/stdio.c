/* stdio.c - buffered input and output: what would block in read(2) is waited for first.
 *
 * Reading takes from the buffer as long as there is something, and otherwise waits, as read(2)
 * does here, until the descriptor has more. Writing is left to the library; what arrives in a
 * pipe that way is noticed when nobody else can run. Nothing of this is async-signal-safe, and
 * in a handler that is a finding (unsafe_call()).
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/explore/io.h"
#include "runtime/explore/libc.h"

enum { CHANNEL_BUFFER = 4000 };

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

/* ---- writing ---- */

#define UNSAFE(name)                                                                           \
    do                                                                                         \
        if (RUNNING)                                                                           \
            unsafe_call(#name, CALLER);                                                        \
    while (0)

/* Pipes and sockets: there a write may have to wait, and others read what comes. */
static bool is_channel(FILE *f)
{
    struct stat st;

    return RUNNING && W->forks && fstat(fileno(f), &st) == 0 &&
           (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

/* What is in the buffer goes out by our own write, which may be waited for. */
static int flush_out(FILE *f, uintptr_t pc)
{
    char *at = f->_IO_write_base;
    size_t n = (size_t)(f->_IO_write_ptr - f->_IO_write_base);

    f->_IO_write_ptr = f->_IO_write_base;
    while (n > 0) {
        const ssize_t done = descriptor_write(fileno(f), at, n, pc);

        if (done < 0) {
            if (errno == EINTR)
                continue;
            f->_flags |= 0x20; /* _IO_ERR_SEEN */
            return EOF;
        }
        at += done;
        n -= (size_t)done;
    }
    return 0;
}

/* Buffered as the library would: when it is full, at a line's end, or at once. */
static int put(FILE *f, const char *s, size_t n, uintptr_t pc)
{
    for (size_t i = 0; i < n; i++) {
        if (putc_unlocked(s[i], f) == EOF)
            return EOF;
        if (f->_IO_write_ptr - f->_IO_write_base >= CHANNEL_BUFFER && flush_out(f, pc) < 0)
            return EOF;
    }
    if ((f->_flags & 0x2 || (f->_flags & 0x200 && memchr(s, '\n', n))) && flush_out(f, pc) < 0)
        return EOF;
    return (int)n;
}

static int put_formatted(FILE *f, const char *fmt, va_list ap, uintptr_t pc)
{
    char *text = NULL;
    const int n = vasprintf(&text, fmt, ap);

    return n < 0 ? -1 : put(f, text, (size_t)n, pc);
}

static int print(FILE *f, const char *fmt, va_list ap, uintptr_t pc)
{
    format_printed(fmt, ap, pc);
    return is_channel(f) ? put_formatted(f, fmt, ap, pc) : vfprintf(f, fmt, ap);
}

REPLACES(int, printf, const char *fmt, ...)
{
    va_list ap;
    int n;

    UNSAFE(printf);
    va_start(ap, fmt);
    n = print(stdout, fmt, ap, CALLER);
    va_end(ap);
    return n;
}

REPLACES(int, fprintf, FILE *f, const char *fmt, ...)
{
    va_list ap;
    int n;

    UNSAFE(fprintf);
    va_start(ap, fmt);
    n = print(f, fmt, ap, CALLER);
    va_end(ap);
    return n;
}

REPLACES(int, vprintf, const char *fmt, va_list ap)
{
    UNSAFE(vprintf);
    return print(stdout, fmt, ap, CALLER);
}

REPLACES(int, vfprintf, FILE *f, const char *fmt, va_list ap)
{
    UNSAFE(vfprintf);
    return print(f, fmt, ap, CALLER);
}

REPLACES(int, vdprintf, int fd, const char *fmt, va_list ap)
{
    char *text = NULL;
    int n;

    UNSAFE(vdprintf);
    if (!RUNNING)
        return vdprintf(fd, fmt, ap);
    format_printed(fmt, ap, CALLER);
    n = vasprintf(&text, fmt, ap);
    return n < 0 ? -1 : (int)descriptor_write(fd, text, (size_t)n, CALLER);
}

REPLACES(int, dprintf, int fd, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = ls_x_vdprintf(fd, fmt, ap);
    va_end(ap);
    return n;
}

REPLACES(int, fputs, const char *s, FILE *f)
{
    UNSAFE(fputs);
    access_range((uintptr_t)s, strlen(s) + 1, false, CALLER);
    return is_channel(f) ? put(f, s, strlen(s), CALLER) : fputs(s, f);
}

REPLACES(int, puts, const char *s)
{
    UNSAFE(puts);
    access_range((uintptr_t)s, strlen(s) + 1, false, CALLER);
    if (!is_channel(stdout))
        return puts(s);
    return put(stdout, s, strlen(s), CALLER) < 0 ? EOF : put(stdout, "\n", 1, CALLER);
}

REPLACES(int, fputc, int c, FILE *f)
{
    const char one = (char)c;

    UNSAFE(fputc);
    if (!is_channel(f))
        return fputc(c, f);
    return put(f, &one, 1, CALLER) < 0 ? EOF : (unsigned char)c;
}

REPLACES(int, putc, int c, FILE *f)
{
    return ls_x_fputc(c, f);
}

REPLACES(int, putchar, int c)
{
    return ls_x_fputc(c, stdout);
}

REPLACES(size_t, fwrite, const void *p, size_t size, size_t n, FILE *f)
{
    UNSAFE(fwrite);
    access_range((uintptr_t)p, size * n, false, CALLER);
    if (!is_channel(f))
        return fwrite(p, size, n, f);
    return put(f, p, size * n, CALLER) < 0 ? 0 : n;
}

REPLACES(int, fflush, FILE *f)
{
    UNSAFE(fflush);
    return f && is_channel(f) && f->_IO_write_ptr > f->_IO_write_base ? flush_out(f, CALLER)
                                                                      : fflush(f);
}

REPLACES(int, fclose, FILE *f)
{
    uint64_t channel;
    int rc;

    UNSAFE(fclose);
    if (!is_channel(f))
        return fclose(f);
    if (f->_IO_write_ptr > f->_IO_write_base)
        flush_out(f, CALLER);
    channel = channel_of(fileno(f));
    step(OP_CLOSE, channel, CALLER);
    rc = fclose(f);
    channel_release(channel);
    return rc;
}

REPLACES(FILE *, fopen, const char *path, const char *mode)
{
    const int plus = strchr(mode, '+') != NULL;
    const int kind = plus ? O_RDWR : *mode == 'r' ? O_RDONLY : O_WRONLY;
    const int more = *mode == 'w' ? O_CREAT | O_TRUNC : *mode == 'a' ? O_CREAT | O_APPEND : 0;
    int fd;

    if (!RUNNING)
        return fopen(path, mode);
    fd = file_open(path, kind | more, 0666, CALLER);
    return fd < 0 ? NULL : fdopen(fd, mode);
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

        asks_a_person(fd, pc);
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

#define GETS(name, file)                                                                       \
    REPLACES(int, name, FILE *f)                                                               \
    {                                                                                          \
        UNSAFE(name);                                                                          \
        return next(file, CALLER);                                                             \
    }
GETS(getc_unlocked, f)
GETS(fgetc_unlocked, f)

REPLACES(int, getchar_unlocked, void)
{
    UNSAFE(getchar_unlocked);
    return next(stdin, CALLER);
}

/* White space is waited for here, and so is the first character behind it; what scanf() then
 * reads of a word has usually come with it. */
static void await_word(FILE *f, uintptr_t pc)
{
    int c;

    do
        c = next(f, pc);
    while (c != EOF && isspace(c));
    if (c != EOF)
        ungetc(c, f);
}

static bool skips_space(const char *fmt)
{
    return isspace((unsigned char)*fmt) ||
           (*fmt == '%' && fmt[1] != 'c' && fmt[1] != '[' && fmt[1] != 'n');
}

#define SCANS(name, file, ...)                                                                 \
    REPLACES(int, name, __VA_ARGS__, ...)                                                      \
    {                                                                                          \
        va_list ap;                                                                            \
        int n;                                                                                 \
                                                                                               \
        UNSAFE(scanf);                                                                         \
        if (RUNNING && skips_space(fmt))                                                       \
            await_word(file, CALLER);                                                          \
        va_start(ap, fmt);                                                                     \
        n = vfscanf(file, fmt, ap);                                                            \
        va_end(ap);                                                                            \
        va_start(ap, fmt);                                                                     \
        format_scanned(fmt, ap, n, CALLER);                                                    \
        va_end(ap);                                                                            \
        return n;                                                                              \
    }
SCANS(fscanf, f, FILE *f, const char *fmt)
SCANS(__isoc99_fscanf, f, FILE *f, const char *fmt)
SCANS(scanf, stdin, const char *fmt)
SCANS(__isoc99_scanf, stdin, const char *fmt)

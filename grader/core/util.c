/* util.c - files, strings and memory shared by all rooms. No policy lives here. */
#include "core/util.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

int slurp(const char *path, size_t max, char **ret, size_t *ret_len, struct err *e)
{
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    auto_free char *buf = NULL;
    struct stat st;
    size_t len = 0;

    if (fd < 0 || fstat(fd, &st) < 0)
        return err_errno(e, "cannot open '%s'", path);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_SYSTEM, "'%s' is not a regular file", path);
    if ((size_t)st.st_size > max)
        return err_set(e, ERR_SYSTEM, "'%s' is larger than %zu bytes", path, max);
    buf = malloc((size_t)st.st_size + 1);
    if (!buf)
        return err_oom(e);
    while (len < (size_t)st.st_size) {
        ssize_t n = read(fd, buf + len, (size_t)st.st_size - len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, "cannot read '%s'", path);
        if (n == 0)
            break;
        len += (size_t)n;
    }
    buf[len] = '\0';
    if (ret_len)
        *ret_len = len;
    *ret = steal_ptr(&buf);
    return 0;
}

int write_all(int fd, const void *data, size_t len)
{
    const char *p = data;

    while (len > 0) {
        ssize_t n = write(fd, p, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        p += n;
        len -= (size_t)n;
    }
    return 0;
}

/* A device, a pipe or a link is written through, never replaced: /dev/stdout, /dev/null. */
static bool is_special(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static int write_special(const char *path, const void *data, size_t len, struct err *e)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY);
    bool ok = fd >= 0 && write_all(fd, data, len) == 0;

    if (fd >= 0 && close(fd) < 0)
        ok = false;
    return ok ? 0 : err_errno(e, "cannot write '%s'", path);
}

int write_whole(const char *path, const void *data, size_t len, struct err *e)
{
    auto_free char *tmp = NULL;
    int fd, saved;

    if (is_special(path))
        return write_special(path, data, len, e);
    if (asprintf(&tmp, "%s.tmp%d", path, (int)getpid()) < 0) {
        tmp = NULL;
        return err_oom(e);
    }
    fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return err_errno(e, "cannot write '%s'", path);
    if (write_all(fd, data, len) < 0 || fsync(fd) < 0)
        goto fail;
    if (close(fd) < 0) {
        fd = -1;
        goto fail;
    }
    fd = -1;
    if (rename(tmp, path) == 0)
        return 0;
fail:
    saved = errno;
    if (fd >= 0)
        close(fd);
    unlink(tmp);
    errno = saved;
    return err_errno(e, "cannot write '%s'", path);
}

int write_plain(const char *path, const void *data, size_t len, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    bool ok = fd >= 0 && write_all(fd, data, len) == 0;

    if (fd >= 0 && close(fd) < 0)
        ok = false;
    return ok ? 0 : err_errno(e, "cannot write '%s'", path);
}

int make_dirs(const char *path, struct err *e)
{
    auto_free char *copy = strdup(path);

    if (!copy)
        return err_oom(e);
    for (char *p = copy + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        if (mkdir(copy, 0777) < 0 && errno != EEXIST)
            return err_errno(e, "cannot make the folder '%s'", copy);
        *p = '/';
    }
    if (mkdir(copy, 0777) < 0 && errno != EEXIST)
        return err_errno(e, "cannot make the folder '%s'", copy);
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
    (void)st;
    (void)type;
    (void)f;
    return remove(path) == 0 || errno == ENOENT ? 0 : -1; /* gone meanwhile is gone */
}

int remove_tree(const char *path, struct err *e)
{
    if (nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT)
        return err_errno(e, "cannot remove '%s'", path);
    return 0;
}

bool parse_long(const char *s, long lo, long hi, long *ret)
{
    const char *digits = s + (*s == '-');
    char *end;
    long v;

    if (!*digits || strspn(digits, "0123456789") != strlen(digits))
        return false;
    errno = 0;
    v = strtol(s, &end, 10);
    if (errno || *end || v < lo || v > hi)
        return false;
    *ret = v;
    return true;
}

double now_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
    if (b->failed)
        return;
    if (b->len + len + 1 > b->cap) {
        size_t cap = (b->len + len + 1) * 2;
        char *p = realloc(b->data, cap);

        if (!p) {
            b->failed = true;
            return;
        }
        b->data = p;
        b->cap = cap;
    }
    if (len)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    auto_free char *s = NULL;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vasprintf(&s, fmt, ap);
    va_end(ap);
    if (n < 0) {
        s = NULL;
        b->failed = true;
        return;
    }
    buf_add(b, s, (size_t)n);
}

void buf_release(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}

struct arena_block {
    struct arena_block *next;
    max_align_t data[];
};

void *arena_zalloc(struct arena *a, size_t size)
{
    struct arena_block *b = calloc(1, sizeof *b + size);

    if (!b) {
        a->failed = true;
        return NULL;
    }
    b->next = a->blocks;
    a->blocks = b;
    return b->data;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    size_t len = strnlen(s, n);
    char *p = arena_zalloc(a, len + 1);

    if (p)
        memcpy(p, s, len);
    return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_strndup(a, s, strlen(s));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    auto_free char *s = NULL;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vasprintf(&s, fmt, ap);
    va_end(ap);
    if (n < 0) {
        s = NULL;
        a->failed = true;
        return NULL;
    }
    return arena_strdup(a, s);
}

void arena_release(struct arena *a)
{
    while (a->blocks) {
        struct arena_block *b = a->blocks;

        a->blocks = b->next;
        free(b);
    }
    a->failed = false;
}

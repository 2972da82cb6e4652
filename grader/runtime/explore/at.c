/* at.c - reads, writes and changes of a file at a place: pread(2) and its like.
 *
 * They never wait, but what they do to a file that several processes have open depends on the
 * order: a step each, on the file's own history, so that a search knows that they meet.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "runtime/explore/io.h"

static void meets(int fd, uintptr_t pc)
{
    step(OP_FILE, channel_of(fd), pc);
}

static ssize_t read_at(int fd, void *buf, size_t size, off_t at, uintptr_t pc)
{
    ssize_t n;

    meets(fd, pc);
    n = pread(fd, buf, size, at);
    if (n > 0)
        access_range((uintptr_t)buf, (size_t)n, true, pc);
    return n;
}

REPLACES(ssize_t, pread, int fd, void *buf, size_t size, off_t at)
{
    return RUNNING ? read_at(fd, buf, size, at, CALLER) : pread(fd, buf, size, at);
}

REPLACES(ssize_t, pread64, int fd, void *buf, size_t size, off_t at)
{
    return RUNNING ? read_at(fd, buf, size, at, CALLER) : pread(fd, buf, size, at);
}

static ssize_t write_at(int fd, const void *buf, size_t size, off_t at, uintptr_t pc)
{
    if (size)
        access_range((uintptr_t)buf, size, false, pc);
    meets(fd, pc);
    return pwrite(fd, buf, size, at);
}

REPLACES(ssize_t, pwrite, int fd, const void *buf, size_t size, off_t at)
{
    return RUNNING ? write_at(fd, buf, size, at, CALLER) : pwrite(fd, buf, size, at);
}

REPLACES(ssize_t, pwrite64, int fd, const void *buf, size_t size, off_t at)
{
    return RUNNING ? write_at(fd, buf, size, at, CALLER) : pwrite(fd, buf, size, at);
}

REPLACES(ssize_t, preadv, int fd, const struct iovec *v, int n, off_t at)
{
    ssize_t got;

    if (!RUNNING)
        return preadv(fd, v, n, at);
    meets(fd, CALLER);
    got = preadv(fd, v, n, at);
    for (ssize_t i = 0, rest = got; i < n && rest > 0; i++) {
        const size_t part = (size_t)rest < v[i].iov_len ? (size_t)rest : v[i].iov_len;

        access_range((uintptr_t)v[i].iov_base, part, true, CALLER);
        rest -= (ssize_t)part;
    }
    return got;
}

REPLACES(ssize_t, pwritev, int fd, const struct iovec *v, int n, off_t at)
{
    if (!RUNNING)
        return pwritev(fd, v, n, at);
    for (int i = 0; i < n; i++)
        if (v[i].iov_len)
            access_range((uintptr_t)v[i].iov_base, v[i].iov_len, false, CALLER);
    meets(fd, CALLER);
    return pwritev(fd, v, n, at);
}

/* The place belongs to the open file, which a child shares with its parent (lseek(2)). */
REPLACES(off_t, lseek, int fd, off_t at, int whence)
{
    if (RUNNING)
        meets(fd, CALLER);
    return lseek(fd, at, whence);
}

REPLACES(int, ftruncate, int fd, off_t size)
{
    if (RUNNING)
        meets(fd, CALLER);
    return ftruncate(fd, size);
}

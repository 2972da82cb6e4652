/* capture.c - what the program prints in one schedule, kept for the report.
 *
 * While a finding is shown once more, descriptors 1 and 2 are a file in memory instead of
 * nowhere. A schedule ends in the middle of the program, so what is still in stdio's buffers is
 * taken from there; nothing else of the program is run for it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/explore/driver.h"

enum { KEPT = 8000, FAR = 200 };

static int file = -1; /* made in the process that all others come from */

/* A program counts on its first descriptor being 3. */
static int far_away(int fd)
{
    const int far = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, FAR);

    if (far < 0)
        return fd;
    close(fd);
    return far;
}

void capture_begin(void)
{
    if (file < 0)
        file = far_away(memfd_create("output", MFD_CLOEXEC));
    if (file < 0 || ftruncate(file, 0) < 0 || lseek(file, 0, SEEK_SET) < 0)
        return;
    W->capturing = true;
}

void capture_here(void)
{
    if (!W->capturing || file < 0)
        return;
    fcntl(file, F_SETFL, O_APPEND);
    dup2(file, 1);
    dup2(file, 2);
}

static void flush_one(FILE *f)
{
    const char *from = f->_IO_write_base, *to = f->_IO_write_ptr;

    if (from && to > from && write(file, from, (size_t)(to - from)) < 0)
        return;
    f->_IO_write_ptr = f->_IO_write_base;
}

void capture_flush(void)
{
    if (!W->capturing || file < 0)
        return;
    flush_one(stdout);
    flush_one(stderr);
}

/* The last of it, as text: what is no UTF-8 is the reader's business. */
size_t capture_end(char *ret, size_t size)
{
    const off_t all = W->capturing ? lseek(file, 0, SEEK_END) : 0;
    const off_t from = all > KEPT ? all - KEPT : 0;
    ssize_t n;

    if (!W->capturing)
        return 0;
    W->capturing = false;
    n = pread(file, ret, size - 1 < KEPT ? size - 1 : KEPT, from);
    ret[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

/* io.c - reading and writing descriptors: pipes, FIFOs, sockets, terminals, files.
 *
 * Not poll and select: poll.c; not message queues, semaphores and file locks: ipc.c; not stdio:
 * stdio.c. A long write to a pipe is many steps of at most PIPE_BUF bytes, since only those are
 * atomic (pipe(7)): a reader may come in between, a signal may cut it short. Stream sockets
 * promise nothing about where a read ends, so in some schedules it ends early ("r" in a token).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "runtime/explore/io.h"

uint64_t channel_of(int fd)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return CHANNEL(CHANNEL_INODE, 0);
    if (S_ISSOCK(st.st_mode))
        return CHANNEL(CHANNEL_SOCKETS, 0);
    if (S_ISCHR(st.st_mode))
        return CHANNEL(CHANNEL_TERMINAL, 0);
    return CHANNEL(CHANNEL_INODE, file_id(&st));
}

static struct object *channel_at(uint64_t channel)
{
    return object_at((void *)channel, OBJ_CHANNEL);
}

/* Something was done to it: others may see that, and what this task did before. */
void channel_touched(uint64_t channel)
{
    struct object *any = channel_at(CHANNEL(CHANNEL_ANY, 0));

    channel_at(channel)->version++;
    any->version++;
    clock_release_join(&any->clock);
    changed();
}

void channel_release(uint64_t channel)
{
    clock_release_join(&channel_at(channel)->clock);
    channel_touched(channel);
}

/* An end closes every descriptor and gives every lock back: whoever notices comes after it. */
void channels_end(const struct vclock *clock)
{
    objects_each(OBJ_CHANNEL, clock);
    vclock_join(&channel_at(CHANNEL(CHANNEL_ANY, 0))->clock, clock);
}

void io_changed_all(void)
{
    W->io_epoch++;
}

bool io_ready(const struct task *t)
{
    const struct object *o = object_find((void *)t->op.obj);

    return t->io_seen != (o ? o->version : 0) + W->io_epoch + 1;
}

bool fd_ready(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};

    return fd < 0 || poll(&p, 1, 0) != 0;
}

bool fd_nonblocking(int fd)
{
    const int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && flags & O_NONBLOCK;
}

static void announce(struct io *io)
{
    struct op op = {.kind = (uint8_t)io->kind,
                    .effect = EFFECT_WRITE,
                    .mask = 0xff,
                    .pc = program_pc(io->pc),
                    .obj = io->channel,
                    .obj2 = (uint64_t)(io->fd + 1) | (uint64_t)(io->writes && !io->both) << 32,
                    .timed = io->until != NEVER,
                    .until = io->until};

    if (op.timed)
        W->bounded = true;
    W->me->io_fd = io->fd;
    step_op(&op);
}

static void order(struct io *io)
{
    struct object *o = channel_at(io->channel);

    if (!io->writes || io->both)
        clock_acquire(&o->clock);
    if (io->writes || io->both)
        clock_release_join(&o->clock);
}

/* What came of it, for the table of steps: bytes, or -1 that it has to wait. */
static void trace_result(const struct io *io, int64_t value)
{
    struct trace_step *s;

    if (!W->tracing || W->trace_count == 0 || io->both)
        return;
    s = &W->trace[W->trace_count - 1];
    if (s->op.kind != OP_IO || s->task != W->me->id)
        return;
    s->value = (uint64_t)value;
    s->has_value = true;
}

ssize_t io_run(struct io *io, int (*attempt)(struct io *, void *), void *arg)
{
    struct task *t = W->me;
    struct object *o;

    t->signal_due = t->signal_due && !io->part;
    if (!t->mask_waits && !io->part)
        signal_window(io->pc);
    t->io_seen = 0;
    t->outside = NULL;
    t->io_part = io->part;
    for (;;) {
        announce(io);
        cancel_point();
        io->err = 0;
        errno = 0;
        if (!t->interrupted && attempt(io, arg) == IO_DONE) {
            io->err = io->rc < 0 ? errno : 0;
            if (io->rc >= 0) {
                trace_result(io, io->rc);
                order(io);
                channel_touched(io->channel);
            }
            errno = io->err ? io->err : errno;
            call_result(io->rc);
            return io->rc;
        }
        trace_result(io, -1);
        o = channel_at(io->channel);
        errno = t->interrupted ? EINTR : t->expired ? ETIMEDOUT : EAGAIN;
        if (t->interrupted || t->expired)
            return -1;
        if (io->nonblocking) {
            look(io->pc ^ io->channel);
            return -1;
        }
        t->io_seen = o->version + W->io_epoch + 1;
        if (io->kind == OP_IO)
            t->outside = outside_descriptor(io->fd);
        W->bounded = true;     /* whether it looks in vain is not searched */
        t->signal_due = false; /* the call goes on: what is pending will interrupt its wait */
    }
}

/* ---- read
 * ------------------------------------------------------------------------------------
 */

struct buffer {
    char *at;
    size_t size;
};

/* How much of a stream comes with this read: all that is there, or less. */
size_t short_read(size_t size)
{
    int to = -1;

    if (size < 2)
        return size;
    if (W->replaying)
        to = planned('r');
    else if (W->short_reads && strategy_below(&W->dice, 3) != 0)
        to = strategy_below(&W->dice, 2)
                 ? 1
                 : 1 + (int)strategy_below(&W->dice, (uint32_t)(size - 1));
    if (to < 1 || (size_t)to >= size)
        return size;
    take('r', to);
    return (size_t)to;
}

static int try_read(struct io *io, void *arg)
{
    struct buffer *b = arg;

    if (!io->nonblocking && !fd_ready(io->fd, POLLIN))
        return IO_WOULD_BLOCK;
    io->rc = read(io->fd, b->at, b->size);
    return io->rc < 0 && errno == EAGAIN ? IO_WOULD_BLOCK : IO_DONE;
}

static struct io begin(int fd, bool writes, uintptr_t pc)
{
    return (struct io){.fd = fd,
                       .channel = channel_of(fd),
                       .until = NEVER,
                       .writes = writes,
                       .kind = OP_IO,
                       .nonblocking = fd_nonblocking(fd),
                       .pc = pc};
}

void asks_a_person(int fd, uintptr_t pc)
{
    if (fd == 0 && W->o.terminal)
        too_much_at(program_pc(pc), "it reads standard input: give it some, as in \"< FILE\"");
}

static ssize_t read_into(int fd, void *buf, size_t size, uintptr_t pc)
{
    struct io io = begin(fd, false, pc);
    struct buffer b = {.at = buf, .size = size};
    ssize_t n;

    if (io.channel >> 48 == CHANNEL_SOCKETS)
        return socket_read(fd, buf, size, pc);
    asks_a_person(fd, pc);
    n = io_run(&io, try_read, &b);

    if (n > 0)
        access_range((uintptr_t)buf, (size_t)n, true, pc);
    return n;
}

REPLACES(ssize_t, read, int fd, void *buf, size_t size)
{
    return RUNNING ? read_into(fd, buf, size, CALLER) : read(fd, buf, size);
}

REPLACES(ssize_t, __read_chk, int fd, void *buf, size_t size, size_t room)
{
    (void)room;
    return RUNNING ? read_into(fd, buf, size, CALLER) : read(fd, buf, size);
}

REPLACES(ssize_t, readv, int fd, const struct iovec *v, int n)
{
    ssize_t all = 0;

    if (!RUNNING)
        return readv(fd, v, n);
    for (int i = 0; i < n; i++) {
        ssize_t got = read_into(fd, v[i].iov_base, v[i].iov_len, CALLER);

        if (got < 0)
            return all ? all : -1;
        all += got;
        if ((size_t)got < v[i].iov_len || !fd_ready(fd, POLLIN))
            break;
    }
    return all;
}

/* ---- write
 * ------------------------------------------------------------------------------------
 */

void broken_pipe(uintptr_t pc)
{
    const int err = errno;

    signal_post(process_me(), W->me, SIGPIPE, SI_KERNEL, 0, pc);
    signal_now();
    errno = err;
}

static int try_write(struct io *io, void *arg)
{
    struct buffer *b = arg;

    if (!io->nonblocking && !fd_ready(io->fd, POLLOUT))
        return IO_WOULD_BLOCK;
    io->rc = write(io->fd, b->at, b->size);
    return io->rc < 0 && errno == EAGAIN ? IO_WOULD_BLOCK : IO_DONE;
}

static ssize_t write_from(int fd, const void *buf, size_t size, uintptr_t pc)
{
    struct io io = begin(fd, true, pc);
    size_t done = 0;
    struct stat st;
    bool whole;

    if (io.channel >> 48 == CHANNEL_SOCKETS)
        return socket_write(fd, buf, size, pc);
    whole = io.nonblocking || fstat(fd, &st) < 0 || S_ISREG(st.st_mode) || size == 0;
    if (size)
        access_range((uintptr_t)buf, size, false, pc);
    do {
        size_t part = size - done;
        struct buffer b = {.at = (char *)buf + done, .size = part};
        ssize_t n;

        if (!whole && part > PIPE_BUF)
            b.size = PIPE_BUF;
        n = io_run(&io, try_write, &b);
        if (n < 0) {
            if (errno == EPIPE)
                broken_pipe(pc);
            return done ? (ssize_t)done : -1;
        }
        done += (size_t)n;
        io.part = true;
    } while (!whole && done < size);
    return (ssize_t)done;
}

ssize_t descriptor_write(int fd, const void *buf, size_t size, uintptr_t pc)
{
    return write_from(fd, buf, size, pc);
}

REPLACES(ssize_t, write, int fd, const void *buf, size_t size)
{
    return RUNNING ? write_from(fd, buf, size, CALLER) : write(fd, buf, size);
}

REPLACES(ssize_t, writev, int fd, const struct iovec *v, int n)
{
    ssize_t all = 0;
    size_t size = 0;
    char together[PIPE_BUF];

    if (!RUNNING)
        return writev(fd, v, n);
    for (int i = 0; i < n; i++)
        size += v[i].iov_len;
    if (size <= sizeof together) { /* atomic, as one write is */
        size = 0;
        for (int i = 0; i < n; i++) {
            memcpy(together + size, v[i].iov_base, v[i].iov_len);
            size += v[i].iov_len;
        }
        return write_from(fd, together, size, CALLER);
    }
    for (int i = 0; i < n; i++) {
        ssize_t put = write_from(fd, v[i].iov_base, v[i].iov_len, CALLER);

        if (put < 0)
            return all ? all : -1;
        all += put;
        if ((size_t)put < v[i].iov_len)
            break;
    }
    return all;
}

/* ---- open, close, dup: a channel's other end may see it
 * --------------------------------------
 */

REPLACES(int, close, int fd)
{
    uint64_t channel;
    int rc;

    if (!RUNNING)
        return close(fd);
    channel = channel_of(fd);
    step(OP_CLOSE, channel, CALLER);
    rc = close(fd);
    if (rc == 0) {
        clock_release_join(&channel_at(channel)->clock);
        channel_touched(channel);
    }
    return rc;
}

REPLACES(int, dup2, int fd, int to)
{
    uint64_t channel;
    int rc;

    if (!RUNNING)
        return dup2(fd, to);
    channel = channel_of(to);
    step(OP_CLOSE, channel, CALLER);
    rc = dup2(fd, to);
    channel_touched(channel);
    return rc;
}

REPLACES(int, dup3, int fd, int to, int flags)
{
    uint64_t channel;
    int rc;

    if (!RUNNING)
        return dup3(fd, to, flags);
    channel = channel_of(to);
    step(OP_CLOSE, channel, CALLER);
    rc = dup3(fd, to, flags);
    channel_touched(channel);
    return rc;
}

/* A pipe is known by who made it, and as its how many-th: by the same name in every schedule.
 */
static int made_pipe(int fd[2], int rc, uintptr_t pc)
{
    struct stat st;

    if (rc == 0 && fstat(fd[0], &st) == 0) {
        file_id(&st);
        access_range((uintptr_t)fd, 2 * sizeof *fd, true, pc);
    }
    return rc;
}

REPLACES(int, pipe, int fd[2])
{
    return RUNNING ? made_pipe(fd, pipe(fd), CALLER) : pipe(fd);
}

REPLACES(int, pipe2, int fd[2], int flags)
{
    return RUNNING ? made_pipe(fd, pipe2(fd, flags), CALLER) : pipe2(fd, flags);
}

REPLACES(int, eventfd, unsigned value, int flags)
{
    const int fd = eventfd(value, flags);
    struct stat st;

    if (RUNNING && fd >= 0 && fstat(fd, &st) == 0)
        file_id(&st);
    return fd;
}

/* Names are made and removed in one order that all can see. */
void files_order(void)
{
    struct object *o = channel_at(CHANNEL(CHANNEL_NAMES, 0));

    clock_acquire(&o->clock);
    clock_release_join(&o->clock);
}

/* Opening a FIFO waits for the other side. Which sides have been opened is counted here. */
struct fifo_open {
    const char *path;
    int flags, fd;
    bool reads, opened;
    uint64_t other; /* how often the other side had been opened before */
};

static struct object *side_of(ino_t inode, bool reads)
{
    return object_at((void *)CHANNEL(CHANNEL_INODE + 1 + reads, inode), OBJ_CHANNEL);
}

static int try_open(struct io *io, void *arg)
{
    struct fifo_open *o = arg;
    struct stat st;

    if (!o->opened) {
        o->fd = open(o->path, (o->flags & ~O_CREAT) | O_NONBLOCK);
        if (o->fd < 0 && errno != ENXIO) {
            io->rc = -1;
            return IO_DONE;
        }
    }
    if (stat(o->path, &st) < 0)
        return IO_WOULD_BLOCK;
    if (!o->opened && (o->fd >= 0 || !o->reads)) {
        o->opened = o->fd >= 0;
        if (o->opened) {
            side_of(st.st_ino, o->reads)->version++;
            channel_touched(io->channel);
        }
    }
    if (!o->opened || (o->reads && side_of(st.st_ino, false)->version == 0))
        return IO_WOULD_BLOCK;
    fcntl(o->fd, F_SETFL, o->flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC));
    io->rc = o->fd;
    return IO_DONE;
}

int file_open(const char *path, int flags, mode_t mode, uintptr_t pc)
{
    struct fifo_open o = {.path = path, .flags = flags, .fd = -1};
    struct stat st;
    struct io io;

    if (stat(path, &st) < 0 || !S_ISFIFO(st.st_mode) || flags & O_NONBLOCK ||
        (flags & O_ACCMODE) == O_RDWR) {
        bool makes;
        int fd;

        step(OP_FILE, 0x801, pc);
        makes = flags & O_CREAT && access(path, F_OK) < 0;
        errno = 0;
        fd = open(path, flags, mode);
        if (fd >= 0 && fstat(fd, &st) == 0)
            file_named(&st, path);
        if (fd >= 0 && makes) {
            leftovers_file(path, pc);
            if (flags & O_EXCL) /* used as a lock (POSIX.1-2017, open) */
                files_order();
        }
        return (int)call_result(fd);
    }
    o.reads = (flags & O_ACCMODE) == O_RDONLY;
    file_named(&st, path);
    io = (struct io){.fd = -1,
                     .channel = CHANNEL(CHANNEL_INODE, file_id(&st)),
                     .until = NEVER,
                     .both = true,
                     .kind = OP_IO,
                     .pc = pc};
    return (int)io_run(&io, try_open, &o);
}

static mode_t mode_of(int flags, va_list ap)
{
    return flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(ap, int) : 0;
}

#define OPENS(name)                                                                            \
    REPLACES(int, name, const char *path, int flags, ...)                                      \
    {                                                                                          \
        mode_t mode;                                                                           \
        va_list ap;                                                                            \
                                                                                               \
        va_start(ap, flags);                                                                   \
        mode = mode_of(flags, ap);                                                             \
        va_end(ap);                                                                            \
        return RUNNING ? file_open(path, flags, mode, CALLER) : open(path, flags, mode);       \
    }
OPENS(open)
OPENS(open64)

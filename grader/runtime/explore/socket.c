/* socket.c - sockets: the calls that move data or wait for a peer.
 *
 * All sockets of a program count as one channel: whatever is done to one wakes who waits for
 * another, to look again. The kernel's own work on the loopback device is done when the sending
 * call returns; a connect(2) there does not wait for the accept.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "runtime/explore/io.h"

static struct io begin(int fd, bool writes, uintptr_t pc)
{
    return (struct io){.fd = fd,
                       .channel = CHANNEL(CHANNEL_SOCKETS, 0),
                       .until = NEVER,
                       .writes = writes,
                       .kind = OP_IO,
                       .nonblocking = fd_nonblocking(fd),
                       .pc = pc};
}

/* SO_RCVTIMEO and SO_SNDTIMEO are limits on the virtual clock, too. */
static void set_limit(struct io *io, int option)
{
    struct timeval t;
    socklen_t n = sizeof t;

    if (getsockopt(io->fd, SOL_SOCKET, option, &t, &n) == 0 && (t.tv_sec || t.tv_usec))
        io->until = W->now + (int64_t)t.tv_sec * 1000000000 + (int64_t)t.tv_usec * 1000;
}

static ssize_t run(struct io *io, int (*attempt)(struct io *, void *), void *arg)
{
    ssize_t rc = io_run(io, attempt, arg);

    if (rc < 0 && errno == ETIMEDOUT && io->until != NEVER)
        errno = EAGAIN;
    return rc;
}

/* ---- receiving ---- */

struct message {
    void *buf;
    size_t size;
    int flags;
    struct sockaddr *addr;
    socklen_t *addr_size;
    struct msghdr *msg;
};

static bool is_stream(int fd)
{
    int type = 0;
    socklen_t n = sizeof type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 && type == SOCK_STREAM;
}

/* A network may cut a stream anywhere; a local socket gives all that is there, as a pipe does.
 */
static size_t share_of(int fd, const struct message *m)
{
    int domain = AF_UNIX;
    socklen_t n = sizeof domain;

    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n);
    if (m->flags & (MSG_WAITALL | MSG_PEEK) || domain == AF_UNIX || !is_stream(fd))
        return m->size;
    return short_read(m->size);
}

static int try_receive(struct io *io, void *arg)
{
    struct message *m = arg;
    const int flags = (m->flags | MSG_DONTWAIT) & ~MSG_WAITALL;

    if (m->msg)
        io->rc = recvmsg(io->fd, m->msg, flags);
    else if (!fd_ready(io->fd, POLLIN))
        return IO_WOULD_BLOCK;
    else
        io->rc = recvfrom(io->fd, m->buf, share_of(io->fd, m), flags, m->addr, m->addr_size);
    return io->rc < 0 && errno == EAGAIN ? IO_WOULD_BLOCK : IO_DONE;
}

static ssize_t receive(int fd, struct message *m, uintptr_t pc)
{
    struct io io = begin(fd, false, pc);
    ssize_t n, done = 0;

    io.nonblocking |= (m->flags & MSG_DONTWAIT) != 0;
    set_limit(&io, SO_RCVTIMEO);
    do {
        n = run(&io, try_receive, m);
        if (n > 0 && m->buf)
            access_range((uintptr_t)m->buf, (size_t)n < m->size ? (size_t)n : m->size, true,
                         pc);
        if (n <= 0 || !(m->flags & MSG_WAITALL) || m->msg)
            break;
        done += n;
        io.part = true;
        m->buf = (char *)m->buf + n;
        m->size -= (size_t)n;
    } while (m->size > 0);
    return done ? done : n;
}

ssize_t socket_read(int fd, void *buf, size_t size, uintptr_t pc)
{
    struct message m = {.buf = buf, .size = size};

    return receive(fd, &m, pc);
}

REPLACES(ssize_t, recv, int fd, void *buf, size_t size, int flags)
{
    struct message m = {.buf = buf, .size = size, .flags = flags};

    return RUNNING ? receive(fd, &m, CALLER) : recv(fd, buf, size, flags);
}

REPLACES(ssize_t, recvfrom, int fd, void *buf, size_t size, int flags, struct sockaddr *addr,
         socklen_t *addr_size)
{
    struct message m = {
        .buf = buf, .size = size, .flags = flags, .addr = addr, .addr_size = addr_size};

    return RUNNING ? receive(fd, &m, CALLER) : recvfrom(fd, buf, size, flags, addr, addr_size);
}

REPLACES(ssize_t, recvmsg, int fd, struct msghdr *msg, int flags)
{
    struct message m = {.msg = msg, .flags = flags};

    return RUNNING ? receive(fd, &m, CALLER) : recvmsg(fd, msg, flags);
}

/* ---- sending ---- */

static int try_send(struct io *io, void *arg)
{
    struct message *m = arg;
    const int flags = m->flags | MSG_DONTWAIT | MSG_NOSIGNAL;

    if (m->msg)
        io->rc = sendmsg(io->fd, m->msg, flags);
    else
        io->rc = sendto(io->fd, m->buf, m->size, flags, m->addr, m->addr ? *m->addr_size : 0);
    return io->rc < 0 && errno == EAGAIN ? IO_WOULD_BLOCK : IO_DONE;
}

static ssize_t transmit(int fd, struct message *m, uintptr_t pc)
{
    struct io io = begin(fd, true, pc);
    size_t done = 0;
    ssize_t n;

    io.nonblocking |= (m->flags & MSG_DONTWAIT) != 0;
    set_limit(&io, SO_SNDTIMEO);
    if (m->buf && m->size)
        access_range((uintptr_t)m->buf, m->size, false, pc);
    for (;;) {
        n = run(&io, try_send, m);
        if (n < 0) {
            if (errno == EPIPE && !(m->flags & MSG_NOSIGNAL))
                broken_pipe(pc);
            return done ? (ssize_t)done : -1;
        }
        done += (size_t)n;
        io.part = true;
        if (m->msg || io.nonblocking || (size_t)n >= m->size || !is_stream(fd))
            return (ssize_t)done;
        m->buf = (char *)m->buf + n;
        m->size -= (size_t)n;
    }
}

ssize_t socket_write(int fd, const void *buf, size_t size, uintptr_t pc)
{
    struct message m = {.buf = (void *)buf, .size = size};

    return transmit(fd, &m, pc);
}

REPLACES(ssize_t, send, int fd, const void *buf, size_t size, int flags)
{
    struct message m = {.buf = (void *)buf, .size = size, .flags = flags};

    return RUNNING ? transmit(fd, &m, CALLER) : send(fd, buf, size, flags);
}

REPLACES(ssize_t, sendto, int fd, const void *buf, size_t size, int flags,
         const struct sockaddr *addr, socklen_t addr_size)
{
    struct message m = {.buf = (void *)buf,
                        .size = size,
                        .flags = flags,
                        .addr = (struct sockaddr *)addr,
                        .addr_size = &addr_size};

    return RUNNING ? transmit(fd, &m, CALLER) : sendto(fd, buf, size, flags, addr, addr_size);
}

REPLACES(ssize_t, sendmsg, int fd, const struct msghdr *msg, int flags)
{
    struct message m = {.msg = (struct msghdr *)msg, .flags = flags};

    return RUNNING ? transmit(fd, &m, CALLER) : sendmsg(fd, msg, flags);
}

/* ---- peers ---- */

/* Nagle's algorithm holds small segments back for the kernel's timers, which know nothing of a
 * virtual clock: so it is off. Connections inherit that from their listening socket. */
REPLACES(int, socket, int domain, int type, int protocol)
{
    const int fd = socket(domain, type, protocol), on = 1;

    if (RUNNING && fd >= 0 && domain != AF_UNIX)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static int try_accept(struct io *io, void *arg)
{
    struct message *m = arg;

    if (!fd_ready(io->fd, POLLIN))
        return IO_WOULD_BLOCK;
    io->rc = accept4(io->fd, m->addr, m->addr_size, m->flags);
    return io->rc < 0 && errno == EAGAIN ? IO_WOULD_BLOCK : IO_DONE;
}

static int accept_one(int fd, struct sockaddr *addr, socklen_t *size, int flags, uintptr_t pc)
{
    struct io io = begin(fd, false, pc);
    struct message m = {.addr = addr, .addr_size = size, .flags = flags};

    set_limit(&io, SO_RCVTIMEO);
    io.both = true;
    return (int)run(&io, try_accept, &m);
}

REPLACES(int, accept, int fd, struct sockaddr *addr, socklen_t *size)
{
    return RUNNING ? accept_one(fd, addr, size, 0, CALLER) : accept(fd, addr, size);
}

REPLACES(int, accept4, int fd, struct sockaddr *addr, socklen_t *size, int flags)
{
    return RUNNING ? accept_one(fd, addr, size, flags, CALLER) : accept4(fd, addr, size, flags);
}

static int try_connect(struct io *io, void *arg)
{
    struct message *m = arg;

    io->rc = connect(io->fd, m->addr, *m->addr_size);
    return IO_DONE;
}

REPLACES(int, connect, int fd, const struct sockaddr *addr, socklen_t size)
{
    struct message m = {.addr = (struct sockaddr *)addr, .addr_size = &size};
    struct io io;

    if (!RUNNING)
        return connect(fd, addr, size);
    io = begin(fd, true, CALLER);
    io.both = true;
    return (int)io_run(&io, try_connect, &m);
}

/* A name in the file system is left behind, too; other processes' numbers are ours. */
REPLACES(int, bind, int fd, const struct sockaddr *addr, socklen_t size)
{
    int rc;

    if (!RUNNING)
        return bind(fd, addr, size);
    step(OP_FILE, 0x801, CALLER);
    rc = bind(fd, addr, size);
    if (rc == 0 && addr->sa_family == AF_UNIX && addr->sa_data[0])
        leftovers_file(addr->sa_data, CALLER);
    return (int)call_result(rc);
}

REPLACES(int, getsockopt, int fd, int level, int option, void *value, socklen_t *size)
{
    int rc = getsockopt(fd, level, option, value, size);

    if (RUNNING && rc == 0 && level == SOL_SOCKET && option == SO_PEERCRED &&
        *size >= sizeof(struct ucred))
        ((struct ucred *)value)->pid = pid_seen(((struct ucred *)value)->pid);
    return rc;
}

REPLACES(int, shutdown, int fd, int how)
{
    int rc;

    if (!RUNNING)
        return shutdown(fd, how);
    step(OP_CLOSE, CHANNEL(CHANNEL_SOCKETS, 0), CALLER);
    rc = shutdown(fd, how);
    channel_touched(CHANNEL(CHANNEL_SOCKETS, 0));
    return rc;
}

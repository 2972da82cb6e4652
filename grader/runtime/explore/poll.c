/* poll.c - waiting for several descriptors at once: poll, select, epoll.
 *
 * Each is tried with no time to wait; if nothing is ready, the task is blocked until something
 * is done to any channel at all, or its time is over on the virtual clock.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "runtime/explore/io.h"

static struct io any(int64_t until, bool nonblocking, uintptr_t pc)
{
    return (struct io){.fd = -1,
                       .channel = CHANNEL(CHANNEL_ANY, 0),
                       .until = until,
                       .kind = OP_POLL,
                       .nonblocking = nonblocking,
                       .pc = pc};
}

/* What was ready is ordered after all that was done to any channel. */
static int result(struct io *io, int (*attempt)(struct io *, void *), void *arg)
{
    const ssize_t rc = io_run(io, attempt, arg);

    if (rc < 0 && (errno == ETIMEDOUT || errno == EAGAIN)) {
        errno = 0;
        return 0;
    }
    return (int)rc;
}

static int64_t milliseconds(int ms)
{
    return ms < 0 ? NEVER : W->now + (int64_t)ms * 1000000;
}

static int64_t after(const struct timespec *t)
{
    int64_t ns;

    if (!t)
        return NEVER;
    ns = deadline_of(CLOCK_MONOTONIC, t);
    return ns > NEVER - 2 - W->now ? NEVER - 2 : W->now + ns;
}

/* A mask for the time of the wait, as ppoll(2) and its like have it. */
static uint64_t set_mask(const sigset_t *set)
{
    const uint64_t was = W->me->sigmask;

    if (!set)
        return was;
    memcpy(&W->me->sigmask, set, sizeof was);
    W->me->mask_waits = true; /* what comes now ends the wait, even before it has begun */
    return was;
}

/* ---- poll ---- */

struct polled {
    struct pollfd *fds;
    nfds_t n;
};

static int try_poll(struct io *io, void *arg)
{
    struct polled *p = arg;

    io->rc = poll(p->fds, p->n, 0);
    for (nfds_t i = 0; i < p->n && io->rc == 0 && !W->me->outside; i++)
        W->me->outside = outside_descriptor(p->fds[i].fd);
    return io->rc == 0 ? IO_WOULD_BLOCK : IO_DONE;
}

REPLACES(int, poll, struct pollfd *fds, nfds_t n, int timeout)
{
    struct polled p = {fds, n};
    struct io io;

    if (!RUNNING)
        return poll(fds, n, timeout);
    io = any(milliseconds(timeout), timeout == 0, CALLER);
    return result(&io, try_poll, &p);
}

REPLACES(int, ppoll, struct pollfd *fds, nfds_t n, const struct timespec *t,
         const sigset_t *set)
{
    struct polled p = {fds, n};
    struct io io;
    uint64_t was;
    int rc;

    if (!RUNNING)
        return ppoll(fds, n, t, set);
    io = any(after(t), t && !t->tv_sec && !t->tv_nsec, CALLER);
    was = set_mask(set);
    rc = result(&io, try_poll, &p);
    W->me->sigmask = was;
    W->me->mask_waits = false;
    return rc;
}

/* ---- select ---- */

struct selected {
    int n;
    fd_set *set[3], now[3];
};

static int try_select(struct io *io, void *arg)
{
    struct selected *s = arg;
    struct timeval none = {0, 0};

    for (int i = 0; i < 3; i++)
        if (s->set[i])
            s->now[i] = *s->set[i];
    io->rc = select(s->n, s->set[0] ? &s->now[0] : NULL, s->set[1] ? &s->now[1] : NULL,
                    s->set[2] ? &s->now[2] : NULL, &none);
    return io->rc == 0 ? IO_WOULD_BLOCK : IO_DONE;
}

static int select_until(struct selected *s, struct io *io)
{
    int rc = result(io, try_select, s);

    for (int i = 0; i < 3; i++)
        if (s->set[i] && rc > 0)
            *s->set[i] = s->now[i];
        else if (s->set[i] && rc == 0)
            FD_ZERO(s->set[i]);
    return rc;
}

REPLACES(int, select, int n, fd_set *r, fd_set *w, fd_set *x, struct timeval *t)
{
    struct selected s = {.n = n, .set = {r, w, x}};
    struct timespec ts = {0};
    struct io io;

    if (!RUNNING)
        return select(n, r, w, x, t);
    if (t)
        ts = (struct timespec){t->tv_sec, t->tv_usec * 1000};
    io = any(after(t ? &ts : NULL), t && !t->tv_sec && !t->tv_usec, CALLER);
    return select_until(&s, &io);
}

REPLACES(int, pselect, int n, fd_set *r, fd_set *w, fd_set *x, const struct timespec *t,
         const sigset_t *set)
{
    struct selected s = {.n = n, .set = {r, w, x}};
    struct io io;
    uint64_t was;
    int rc;

    if (!RUNNING)
        return pselect(n, r, w, x, t, set);
    io = any(after(t), t && !t->tv_sec && !t->tv_nsec, CALLER);
    was = set_mask(set);
    rc = select_until(&s, &io);
    W->me->sigmask = was;
    W->me->mask_waits = false;
    return rc;
}

/* ---- epoll ---- */

struct epolled {
    struct epoll_event *events;
    int max;
};

static int try_epoll(struct io *io, void *arg)
{
    struct epolled *e = arg;

    io->rc = epoll_wait(io->fd, e->events, e->max, 0);
    return io->rc == 0 ? IO_WOULD_BLOCK : IO_DONE;
}

REPLACES(int, epoll_wait, int fd, struct epoll_event *events, int max, int timeout)
{
    struct epolled e = {events, max};
    struct io io;

    if (!RUNNING)
        return epoll_wait(fd, events, max, timeout);
    io = any(milliseconds(timeout), timeout == 0, CALLER);
    io.fd = fd;
    return result(&io, try_epoll, &e);
}

REPLACES(int, epoll_pwait, int fd, struct epoll_event *events, int max, int timeout,
         const sigset_t *set)
{
    uint64_t was;
    int rc;

    if (!RUNNING)
        return epoll_pwait(fd, events, max, timeout, set);
    was = set_mask(set);
    rc = ls_x_epoll_wait(fd, events, max, timeout);
    W->me->sigmask = was;
    W->me->mask_waits = false;
    return rc;
}

/* ---- eventfd: a read and a write by other names ---- */

ssize_t ls_x_read(int fd, void *buf, size_t size);
ssize_t ls_x_write(int fd, const void *buf, size_t size);

REPLACES(int, eventfd_read, int fd, eventfd_t *value)
{
    if (!RUNNING)
        return eventfd_read(fd, value);
    return ls_x_read(fd, value, sizeof *value) == sizeof *value ? 0 : -1;
}

REPLACES(int, eventfd_write, int fd, eventfd_t value)
{
    if (!RUNNING)
        return eventfd_write(fd, value);
    return ls_x_write(fd, &value, sizeof value) == sizeof value ? 0 : -1;
}

/* The kernel's clock and the kernel's signals are not those of a schedule. */
REPLACES(int, timerfd_create, int clock, int flags)
{
    if (RUNNING)
        too_much("it uses timerfd_create()");
    return timerfd_create(clock, flags);
}

REPLACES(int, signalfd, int fd, const sigset_t *mask, int flags)
{
    if (RUNNING)
        too_much("it uses signalfd()");
    return signalfd(fd, mask, flags);
}

/* Between two descriptors inside the kernel: what waits there is not followed. */
REPLACES(ssize_t, splice, int in, off64_t *in_at, int out, off64_t *out_at, size_t n,
         unsigned flags)
{
    if (RUNNING)
        too_much("it uses splice()");
    return splice(in, in_at, out, out_at, n, flags);
}

REPLACES(ssize_t, sendfile, int out, int in, off_t *at, size_t n)
{
    if (RUNNING)
        too_much("it uses sendfile()");
    return sendfile(out, in, at, n);
}

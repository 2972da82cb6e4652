
/* channels.c - the reference solution of exercise 03-channels.
 *
 * Two file descriptors are enough for three of the four kinds: `in` is what this process reads
 * from, `out` what it writes to; -1 where there is nothing. The cell is memory instead.
 */
#include "channels.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct cell {
    pthread_mutex_t lock;
    size_t n;
    char value[CHANNEL_MESSAGE_MAX];
};

struct channel {
    enum channel_kind kind;
    int left[2], right[2]; /* {in, out} of each side, until a side is taken */
    int in, out;           /* of this process, afterwards */
    struct cell *cell;
};

static int open_pipe(struct channel *c)
{
    int fd[2];

    if (pipe(fd) < 0)
        return -1;
    c->right[0] = fd[0];
    c->left[1] = fd[1];
    return 0;
}

static int open_duplex(struct channel *c)
{
    int fd[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) < 0)
        return -1;
    c->left[0] = c->left[1] = fd[0];
    c->right[0] = c->right[1] = fd[1];
    return 0;
}

/* The name lives for a moment only: unlinked at once, the queue stays for those who hold the
 * descriptor, and nothing is left however we end. O_EXCL: never somebody else's queue. */
static int open_queue(struct channel *c)
{
    struct mq_attr attr = {.mq_maxmsg = CHANNEL_QUEUE_LENGTH, .mq_msgsize = CHANNEL_MESSAGE_MAX};
    char name[64];

    for (unsigned try = 0; try < 100; try++) {
        snprintf(name, sizeof name, "/channel-%d-%u", getpid(), try);
        c->in = c->out = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
        if (c->in >= 0)
            mq_unlink(name);
        if (c->in >= 0 || errno != EEXIST)
            break;
    }
    return c->in < 0 ? -1 : 0;
}

static int open_cell(struct channel *c)
{
    pthread_mutexattr_t attr;

    c->cell = mmap(NULL, sizeof *c->cell, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (c->cell == MAP_FAILED)
        return -1;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&c->cell->lock, &attr);
    pthread_mutexattr_destroy(&attr);
    return 0;
}

struct channel *channel_open(enum channel_kind kind)
{
    static int (*const open_kind[])(struct channel *) = {open_pipe, open_duplex, open_queue, open_cell};
    struct channel *c = malloc(sizeof *c);

    if (!c)
        return NULL;
    *c = (struct channel){.kind = kind, .left = {-1, -1}, .right = {-1, -1}, .in = -1, .out = -1};
    if (open_kind[kind](c) < 0) {
        free(c);
        return NULL;
    }
    return c;
}

static void close_pair(int fd[2])
{
    if (fd[0] >= 0)
        close(fd[0]);
    if (fd[1] >= 0 && fd[1] != fd[0])
        close(fd[1]);
    fd[0] = fd[1] = -1;
}

int channel_take_side(struct channel *c, enum channel_side side)
{
    int *mine = side == CHANNEL_LEFT ? c->left : c->right;
    int *other = side == CHANNEL_LEFT ? c->right : c->left;

    if (c->kind == CHANNEL_QUEUE || c->kind == CHANNEL_CELL)
        return 0; /* no ends: everybody uses the same queue, the same memory */
    c->in = mine[0];
    c->out = mine[1];
    mine[0] = mine[1] = -1;
    /* A reader that keeps a write end open would wait for itself and never see the end. */
    close_pair(other);
    return 0;
}

/* One write that cannot kill us. send() has a flag for that; a pipe has not, so SIGPIPE is
 * held back around the write, and taken away again if the write made one. */
static ssize_t write_some(const struct channel *c, const char *data, size_t n)
{
    const struct timespec at_once = {0};
    sigset_t pipe_only, before, pending;
    ssize_t written;
    int saved;

    if (c->kind == CHANNEL_DUPLEX)
        return send(c->out, data, n, MSG_NOSIGNAL);
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    written = write(c->out, data, n);
    saved = errno;
    if (written < 0 && saved == EPIPE && !sigismember(&pending, SIGPIPE))
        while (sigtimedwait(&pipe_only, NULL, &at_once) < 0 && errno == EINTR)
            ;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    return written;
}

/* A write may come back early, with a part or with EINTR, when a handler ran. */
static int send_stream(const struct channel *c, const char *data, size_t n)
{
    if (c->out < 0) {
        errno = EBADF;
        return -1;
    }
    while (n > 0) {
        ssize_t written = write_some(c, data, n);

        if (written < 0 && errno != EINTR)
            return -1;
        if (written > 0) {
            data += written;
            n -= (size_t)written;
        }
    }
    return 0;
}

static int send_message(const struct channel *c, const void *data, size_t n)
{
    int rc;

    while ((rc = mq_send(c->out, data, n, 0)) < 0 && errno == EINTR)
        ;
    return rc;
}

static int send_value(struct cell *cell, const void *data, size_t n)
{
    if (n > CHANNEL_MESSAGE_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    pthread_mutex_lock(&cell->lock); /* many bytes are many steps */
    memcpy(cell->value, data, n);
    cell->n = n;
    pthread_mutex_unlock(&cell->lock);
    return 0;
}

int channel_send(struct channel *c, const void *data, size_t n)
{
    if (c->kind == CHANNEL_QUEUE)
        return send_message(c, data, n);
    if (c->kind == CHANNEL_CELL)
        return send_value(c->cell, data, n);
    return send_stream(c, data, n);
}

static ssize_t receive_stream(const struct channel *c, void *buf, size_t size)
{
    ssize_t n;

    /* ECONNRESET comes once, from a socket whose other side left something unread; then the end. */
    while ((n = read(c->in, buf, size)) < 0 && (errno == EINTR || errno == ECONNRESET))
        ;
    return n; /* one read: what is there is what you get; -1 EBADF from in = -1 */
}

/* The queue itself refuses a buffer that is smaller than its longest message may be. */
static ssize_t receive_message(const struct channel *c, void *buf, size_t size)
{
    ssize_t n;

    while ((n = mq_receive(c->in, buf, size, NULL)) < 0 && errno == EINTR)
        ;
    return n;
}

static ssize_t receive_value(struct cell *cell, void *buf, size_t size)
{
    ssize_t n = -1;

    pthread_mutex_lock(&cell->lock);
    if (cell->n <= size) {
        n = (ssize_t)cell->n;
        memcpy(buf, cell->value, cell->n);
    }
    pthread_mutex_unlock(&cell->lock);
    if (n < 0)
        errno = EMSGSIZE;
    return n;
}

ssize_t channel_receive(struct channel *c, void *buf, size_t size)
{
    if (c->kind == CHANNEL_QUEUE)
        return receive_message(c, buf, size);
    if (c->kind == CHANNEL_CELL)
        return receive_value(c->cell, buf, size);
    return receive_stream(c, buf, size);
}

void channel_close(struct channel *c)
{
    int mine[2];

    if (!c)
        return;
    mine[0] = c->in;
    mine[1] = c->out;
    close_pair(mine); /* a message queue's descriptor is a file descriptor on Linux */
    close_pair(c->left);
    close_pair(c->right);
    if (c->cell)
        munmap(c->cell, sizeof *c->cell);
    free(c);
}

/* ipc.c - message queues (POSIX and System V), System V semaphores, file locks.
 *
 * The kernel's own objects, each call tried in its non-blocking form. A process that dies gives
 * its file locks back, and undoes its semaphore operations (SEM_UNDO), because it is a process.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <time.h>
#include <unistd.h>

#include "runtime/explore/io.h"

static struct io begin(uint64_t channel, bool nonblocking, uintptr_t pc)
{
    return (struct io){.fd = -1,
                       .channel = channel,
                       .until = NEVER,
                       .kind = OP_IO,
                       .nonblocking = nonblocking,
                       .pc = pc};
}

/* ---- POSIX message queues -----------------------------------------------------------------
 */

struct mq_call {
    char *buf;
    size_t size;
    unsigned prio, *prio_ret;
};

static const struct timespec past = {.tv_sec = 1};

static int would_block(const struct io *io)
{
    return io->rc < 0 && (errno == ETIMEDOUT || errno == EAGAIN) ? IO_WOULD_BLOCK : IO_DONE;
}

static int try_mq_send(struct io *io, void *arg)
{
    const struct mq_call *c = arg;

    io->rc = mq_timedsend((mqd_t)io->fd, c->buf, c->size, c->prio, &past);
    return would_block(io);
}

static int try_mq_receive(struct io *io, void *arg)
{
    const struct mq_call *c = arg;

    io->rc = mq_timedreceive((mqd_t)io->fd, c->buf, c->size, c->prio_ret, &past);
    return would_block(io);
}

static struct io begin_mq(mqd_t q, bool writes, const struct timespec *t, uintptr_t pc)
{
    struct io io = begin(channel_of((int)q), fd_nonblocking((int)q), pc);

    io.fd = (int)q;
    io.writes = writes;
    io.until = t ? deadline_of(CLOCK_REALTIME, t) : NEVER;
    return io;
}

static bool bad(const struct timespec *t)
{
    return t->tv_nsec < 0 || t->tv_nsec >= 1000000000;
}

static int fails(int err)
{
    errno = err;
    return (int)call_result(-1);
}

REPLACES(int, mq_timedsend, mqd_t q, const char *buf, size_t size, unsigned prio,
         const struct timespec *t)
{
    struct mq_call c = {.buf = (char *)buf, .size = size, .prio = prio};
    struct io io;

    if (!RUNNING)
        return t ? mq_timedsend(q, buf, size, prio, t) : mq_send(q, buf, size, prio);
    if (t && bad(t))
        return fails(EINVAL);
    io = begin_mq(q, true, t, CALLER);
    if (size)
        access_range((uintptr_t)buf, size, false, CALLER);
    return (int)io_run(&io, try_mq_send, &c);
}

REPLACES(int, mq_send, mqd_t q, const char *buf, size_t size, unsigned prio)
{
    struct mq_call c = {.buf = (char *)buf, .size = size, .prio = prio};
    struct io io;

    if (!RUNNING)
        return mq_send(q, buf, size, prio);
    io = begin_mq(q, true, NULL, CALLER);
    if (size)
        access_range((uintptr_t)buf, size, false, CALLER);
    return (int)io_run(&io, try_mq_send, &c);
}

static ssize_t mq_take(mqd_t q, char *buf, size_t size, unsigned *prio,
                       const struct timespec *t, uintptr_t pc)
{
    struct mq_call c = {.buf = buf, .size = size, .prio_ret = prio};
    struct io io = begin_mq(q, false, t, pc);
    ssize_t n = io_run(&io, try_mq_receive, &c);

    if (n > 0)
        access_range((uintptr_t)buf, (size_t)n, true, pc);
    return n;
}

REPLACES(ssize_t, mq_receive, mqd_t q, char *buf, size_t size, unsigned *prio)
{
    return RUNNING ? mq_take(q, buf, size, prio, NULL, CALLER) : mq_receive(q, buf, size, prio);
}

REPLACES(ssize_t, mq_timedreceive, mqd_t q, char *buf, size_t size, unsigned *prio,
         const struct timespec *t)
{
    if (!RUNNING)
        return mq_timedreceive(q, buf, size, prio, t);
    if (bad(t))
        return fails(EINVAL);
    return mq_take(q, buf, size, prio, t, CALLER);
}

REPLACES(int, mq_notify, mqd_t q, const struct sigevent *ev)
{
    if (RUNNING)
        too_much("it uses mq_notify()");
    return mq_notify(q, ev);
}

/* ---- System V ------------------------------------------------------------------------------
 */

struct msg_call {
    int id, flags;
    void *msg;
    size_t size;
    long type;
    bool sends;
};

static int try_msg(struct io *io, void *arg)
{
    const struct msg_call *c = arg;

    io->rc = c->sends ? msgsnd(c->id, c->msg, c->size, c->flags | IPC_NOWAIT)
                      : msgrcv(c->id, c->msg, c->size, c->type, c->flags | IPC_NOWAIT);
    return io->rc < 0 && (errno == EAGAIN || errno == ENOMSG) ? IO_WOULD_BLOCK : IO_DONE;
}

static ssize_t msg_run(struct msg_call *c, uintptr_t pc)
{
    struct io io = begin(CHANNEL(CHANNEL_MESSAGES, c->id), c->flags & IPC_NOWAIT, pc);
    ssize_t rc;

    io.writes = c->sends;
    rc = io_run(&io, try_msg, c);
    if (rc < 0 && errno == EAGAIN && !c->sends)
        errno = ENOMSG;
    return rc;
}

REPLACES(int, msgsnd, int id, const void *msg, size_t size, int flags)
{
    struct msg_call c = {id, flags, (void *)msg, size, 0, true};

    return RUNNING ? (int)msg_run(&c, CALLER) : msgsnd(id, msg, size, flags);
}

REPLACES(ssize_t, msgrcv, int id, void *msg, size_t size, long type, int flags)
{
    struct msg_call c = {id, flags, msg, size, type, false};

    return RUNNING ? msg_run(&c, CALLER) : msgrcv(id, msg, size, type, flags);
}

REPLACES(int, msgctl, int id, int cmd, struct msqid_ds *buf)
{
    int rc = msgctl(id, cmd, buf);

    if (RUNNING && rc >= 0 && cmd == IPC_STAT) {
        buf->msg_lspid = pid_seen(buf->msg_lspid);
        buf->msg_lrpid = pid_seen(buf->msg_lrpid);
    }

    if (RUNNING && cmd == IPC_RMID) {
        leftovers_removed(true, id);
        channel_touched(CHANNEL(CHANNEL_MESSAGES, id));
    }
    return rc;
}

struct sem_call {
    int id;
    struct sembuf ops[16];
    size_t n;
};

static int try_sem(struct io *io, void *arg)
{
    struct sem_call *c = arg;

    W->other_locks = true;
    io->rc = semop(c->id, c->ops, c->n);
    return io->rc < 0 && errno == EAGAIN ? IO_WOULD_BLOCK : IO_DONE;
}

static int sem_run(int id, const struct sembuf *ops, size_t n, int64_t until, uintptr_t pc)
{
    struct sem_call c = {.id = id, .n = n};
    bool now = false;
    struct io io;
    int rc;

    if (n > sizeof c.ops / sizeof c.ops[0])
        return fails(E2BIG);
    for (size_t i = 0; i < n; i++) {
        now |= ops[i].sem_flg & IPC_NOWAIT;
        W->undo |= ops[i].sem_flg & SEM_UNDO;
        c.ops[i] = ops[i];
        c.ops[i].sem_flg |= IPC_NOWAIT;
    }
    W->me->waits_for_zero = n && ops[0].sem_op == 0;
    io = begin(CHANNEL(CHANNEL_SEMAPHORES, id), now, pc);
    io.both = true;
    io.until = until;
    rc = (int)io_run(&io, try_sem, &c);
    if (rc < 0 && errno == ETIMEDOUT)
        errno = EAGAIN;
    return rc;
}

REPLACES(int, semop, int id, struct sembuf *ops, size_t n)
{
    return RUNNING ? sem_run(id, ops, n, NEVER, CALLER) : semop(id, ops, n);
}

REPLACES(int, semtimedop, int id, struct sembuf *ops, size_t n, const struct timespec *t)
{
    int64_t ns;

    if (!RUNNING)
        return semtimedop(id, ops, n, t);
    ns = t ? deadline_of(CLOCK_MONOTONIC, t) : 0;
    return sem_run(id, ops, n, !t ? NEVER : W->now + ns, CALLER);
}

/* Nobody waits in the kernel: who does is known here. */
static int waiting_for(uint64_t channel, bool zero)
{
    int n = 0;

    for (int i = 0; i < W->task_count; i++) {
        const struct task *t = &W->tasks[i];

        n += t->state == TASK_READY && t->op.kind == OP_IO && t->op.obj == channel &&
             t->io_seen && t->waits_for_zero == zero;
    }
    return n;
}

union semun {
    int val;
    void *any;
};

REPLACES(int, semctl, int id, int number, int cmd, ...)
{
    union semun arg = {.any = NULL};
    va_list ap;
    int rc;

    va_start(ap, cmd);
    if (cmd == SETVAL || cmd == SETALL || cmd == GETALL || cmd == IPC_STAT || cmd == IPC_SET)
        arg = va_arg(ap, union semun);
    va_end(ap);
    if (!RUNNING)
        return semctl(id, number, cmd, arg);
    step(OP_FILE, CHANNEL(CHANNEL_SEMAPHORES, id), CALLER);
    rc = semctl(id, number, cmd, arg);
    if (cmd == IPC_RMID && rc >= 0)
        leftovers_removed(false, id);
    if (cmd == GETVAL)
        look(CALLER ^ (uint64_t)rc << 32);
    if (cmd == SETVAL || cmd == SETALL || cmd == IPC_RMID)
        channel_release(CHANNEL(CHANNEL_SEMAPHORES, id));
    if (cmd == GETPID && rc > 0)
        rc = pid_seen(rc);
    if (cmd == GETNCNT || cmd == GETZCNT)
        rc = waiting_for(CHANNEL(CHANNEL_SEMAPHORES, id), cmd == GETZCNT);
    return rc;
}

/* ---- file locks ----------------------------------------------------------------------------
 */

struct lock_call {
    int op;
    struct flock *range;
};

static int try_flock(struct io *io, void *arg)
{
    const struct lock_call *c = arg;

    W->other_locks = true;
    io->rc = flock(io->fd, c->op | LOCK_NB);
    return io->rc < 0 && errno == EWOULDBLOCK ? IO_WOULD_BLOCK : IO_DONE;
}

static struct io begin_lock(int fd, bool nonblocking, uintptr_t pc)
{
    struct io io = begin(channel_of(fd), nonblocking, pc);

    io.fd = fd;
    io.both = true;
    return io;
}

REPLACES(int, flock, int fd, int op)
{
    struct lock_call c = {.op = op};
    struct io io;

    if (!RUNNING)
        return flock(fd, op);
    io = begin_lock(fd, op & LOCK_NB, CALLER);
    return (int)io_run(&io, try_flock, &c);
}

static int try_range(struct io *io, void *arg)
{
    struct lock_call *c = arg;
    struct flock f = *c->range;

    if (W->me->gave_way) {
        io->rc = -1;
        errno = EDEADLK;
        return IO_DONE;
    }
    W->other_locks = true;
    io->rc = fcntl(io->fd, c->op, &f);
    return io->rc < 0 && (errno == EAGAIN || errno == EACCES) ? IO_WOULD_BLOCK : IO_DONE;
}

static int lock_range(int fd, int op, struct flock *range, bool waits, uintptr_t pc)
{
    struct lock_call c = {.op = op, .range = range};
    struct io io = begin_lock(fd, !waits, pc);
    struct task *t = W->me;
    int rc;

    t->range_lock = op == F_SETLK && waits;
    rc = (int)io_run(&io, try_range, &c);
    t->range_lock = t->gave_way = false;
    return rc;
}

static int holder_of(int fd, struct flock *f)
{
    int rc;

    step(OP_FILE, channel_of(fd), W->me->last_pc ? W->base + W->me->last_pc : 0);
    rc = fcntl(fd, F_GETLK, f);
    if (rc == 0 && f->l_type != F_UNLCK)
        f->l_pid = pid_seen(f->l_pid);
    return rc;
}

#define FCNTLS(name)                                                                           \
    REPLACES(int, name, int fd, int cmd, ...)                                                  \
    {                                                                                          \
        void *arg;                                                                             \
        va_list ap;                                                                            \
                                                                                               \
        va_start(ap, cmd);                                                                     \
        arg = va_arg(ap, void *);                                                              \
        va_end(ap);                                                                            \
        if (!RUNNING)                                                                          \
            return fcntl(fd, cmd, arg);                                                        \
        switch (cmd) {                                                                         \
        case F_SETLK:                                                                          \
        case F_SETLKW:                                                                         \
            return lock_range(fd, F_SETLK, arg, cmd == F_SETLKW, CALLER);                      \
        case F_OFD_SETLK:                                                                      \
        case F_OFD_SETLKW:                                                                     \
            return lock_range(fd, F_OFD_SETLK, arg, cmd == F_OFD_SETLKW, CALLER);              \
        case F_GETLK:                                                                          \
            return holder_of(fd, arg);                                                         \
        default:                                                                               \
            return fcntl(fd, cmd, arg);                                                        \
        }                                                                                      \
    }
FCNTLS(fcntl)
FCNTLS(fcntl64)

REPLACES(int, lockf, int fd, int cmd, off_t size)
{
    struct flock f = {
        .l_type = cmd == F_ULOCK ? F_UNLCK : F_WRLCK, .l_whence = SEEK_CUR, .l_len = size};

    if (!RUNNING || cmd == F_TEST)
        return lockf(fd, cmd, size);
    return lock_range(fd, F_SETLK, &f, cmd == F_LOCK, CALLER);
}

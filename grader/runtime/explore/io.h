/* io.h - calls that may block in the kernel: tried without blocking, and otherwise waited for.
 *
 * The kernel keeps the data (pipes, queues, sockets are real ones), the explorer the waiting: a
 * call that would block leaves its task blocked until something is done to the same channel.
 * So what a read returns is exact, and who waits for whom is known.
 */
#ifndef LOCKSTEP_IO_H
#define LOCKSTEP_IO_H

#include <sys/types.h>

#include "runtime/explore/process.h"
#include "runtime/explore/sync.h"

/* What one attempt came to. */
enum { IO_DONE, IO_WOULD_BLOCK };

struct io {
    uint64_t channel;
    int fd;
    int64_t until;     /* NEVER, or a time limit */
    bool writes;       /* tells others what the task has seen; else learns what they had */
    bool both;         /* does both: semaphores, locks */
    bool nonblocking;  /* by the program's own wish */
    bool part;         /* some of the call's bytes are over: a signal ends it with that */
    enum op_kind kind; /* OP_IO or OP_POLL */
    uintptr_t pc;
    ssize_t rc; /* result of the call, with errno */
    int err;
};

/* Runs attempt(io, arg) until it is IO_DONE. Returns io->rc with errno set; -1 and EINTR after
 * a signal, -1 and ETIMEDOUT when the time was over, -1 and EAGAIN when not to block. */
ssize_t io_run(struct io *io, int (*attempt)(struct io *, void *), void *arg);

uint64_t channel_of(int fd); /* pipes and queues by inode, all sockets are one */
void channel_touched(uint64_t channel);
void channel_release(uint64_t channel); /* the same, and orders those who use it next */
ssize_t descriptor_write(int fd, const void *buf, size_t size, uintptr_t pc); /* write(2) */
int file_open(const char *path, int flags, mode_t mode, uintptr_t pc);        /* open(2) */
bool fd_ready(int fd, short events);
bool fd_nonblocking(int fd);
void broken_pipe(uintptr_t pc); /* SIGPIPE to the running task; errno stays */
void asks_a_person(int fd,
                   uintptr_t pc); /* ends the schedule if standard input is a terminal */
size_t short_read(size_t size);   /* of a stream: how much of it this read gets */

/* socket.c, for read(2) and write(2) */
ssize_t socket_read(int fd, void *buf, size_t size, uintptr_t pc);
ssize_t socket_write(int fd, const void *buf, size_t size, uintptr_t pc);

enum {
    CHANNEL_ANY = 0x7f01,
    CHANNEL_SOCKETS,
    CHANNEL_TERMINAL,
    CHANNEL_MESSAGES,
    CHANNEL_SEMAPHORES,
    CHANNEL_NAMES,
    CHANNEL_INODE
};
#define CHANNEL(kind, number) ((uint64_t)(kind) << 48 | ((uint64_t)(number)&0xffffffffffff))

#endif

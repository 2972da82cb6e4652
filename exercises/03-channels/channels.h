
/* channels.h - the contract of exercise 03: one small interface over three ways to talk.
 *
 * A channel connects two sides, left and right, usually a child and its parent. It is opened
 * before fork(); afterwards each process takes one side.
 *
 *   CHANNEL_PIPE    bytes, in order, from left to right only
 *   CHANNEL_DUPLEX  bytes, in order, in both directions
 *   CHANNEL_QUEUE   messages; one queue for both sides: whoever receives gets the oldest
 *   CHANNEL_CELL    one value in shared memory; each send covers the one before
 *
 * Frozen: the suite is compiled against this file. Write your code in channels.c.
 *
 * Concurrency: any number of processes may use the same channel at the same time, each from
 * one thread. Who has to wait sleeps; a signal handler that runs meanwhile changes nothing:
 * no function here ever fails with EINTR.
 */
#ifndef CHANNELS_H
#define CHANNELS_H

#include <sys/types.h>

enum channel_kind { CHANNEL_PIPE, CHANNEL_DUPLEX, CHANNEL_QUEUE, CHANNEL_CELL };
enum channel_side { CHANNEL_LEFT, CHANNEL_RIGHT };

enum {
    CHANNEL_MESSAGE_MAX = 1024, /* bytes of one message, or of a cell's value */
    CHANNEL_QUEUE_LENGTH = 8    /* messages that may wait in a queue */
};

struct channel; /* you define it in channels.c */

/* A new channel. Each process that holds it gives it back with channel_close(). NULL with
 * errno set when it cannot be made. Nothing with a name may stay behind: no queue, no file,
 * no object in /dev/shm. */
struct channel *channel_open(enum channel_kind kind);

/* From now on this process is on that side. Called once in each process that uses the
 * channel, after fork() and before it sends or receives. What only the other side needs is
 * given up: a process on the right does not keep the left's end of a stream open. 0, or -1
 * with errno set. */
int channel_take_side(struct channel *c, enum channel_side side);

/* Sends n >= 1 bytes. 0 when all are on their way, else -1 with errno set:
 *
 *   EBADF     PIPE: the right side cannot send
 *   EPIPE     PIPE, DUPLEX: nobody can receive any more, whether or not all was read. This
 *             never kills the process; how SIGPIPE is dealt with is up to you.
 *   EMSGSIZE  QUEUE, CELL: more than CHANNEL_MESSAGE_MAX bytes
 *
 * Streams take any number of bytes, all of them, and sleep while the channel is full. A queue
 * with CHANNEL_QUEUE_LENGTH messages is full. A cell is never full. */
int channel_send(struct channel *c, const void *data, size_t n);

/* Receives into buf, at most size >= 1 bytes; returns how many, or -1 with errno set:
 *
 *   PIPE, DUPLEX  as many bytes as there are, 1 to size: sleeps until then. 0 when nobody
 *                 can send any more (also if it left something unread) and all was received. EBADF: the left side of
 *                 a PIPE cannot receive.
 *   QUEUE         one whole message, the oldest; sleeps until there is one. EMSGSIZE, and
 *                 nothing is taken, when size is less than CHANNEL_MESSAGE_MAX.
 *   CELL          the value, which stays there; 0 when nothing was ever sent. EMSGSIZE when
 *                 it does not fit. Never half of one value and half of another. */
ssize_t channel_receive(struct channel *c, void *buf, size_t size);

/* This process is done with the channel; NULL is fine. */
void channel_close(struct channel *c);

#endif

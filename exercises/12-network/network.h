
/* network.h - the contract of exercise 12: an echo server for TCP and UDP, and its clients.
 *
 * A frame on a TCP connection is four bytes, the length of what follows, highest byte first
 * (network byte order), and then that many bytes, 0 to ECHO_FRAME_MAX.
 *
 * Frozen: the suite is compiled against this file. Write your code in network.c.
 *
 * Thread-safety: everything may be called by any threads at the same time, except that one
 * server is stopped once, by one thread, and one descriptor is used by one sender and one
 * receiver at a time (two threads, or the same). Who has to wait sleeps. Nothing here ever fails with EINTR, and nothing
 * ends the process with SIGPIPE.
 */
#ifndef NETWORK_H
#define NETWORK_H

#include <sys/types.h>

enum {
    ECHO_FRAME_MAX = 65536,   /* bytes of a frame, its length field not counted */
    ECHO_DATAGRAM_MAX = 4096, /* bytes of a datagram */
};

/* ---- frames ------------------------------------------------------------------------ */

/* Sends one whole frame to a connected stream socket (n may be 0). 0, or -1 with errno set:
 * EMSGSIZE when n is more than ECHO_FRAME_MAX (then nothing is sent), EPIPE or ECONNRESET when
 * the other side is gone. */
int echo_send(int fd, const void *data, size_t n);

/* Receives one whole frame into buf; returns its length, 0 for an empty one. Sleeps until all of
 * it is there. -1 with errno set:
 *
 *   ENODATA   the other side has closed, and all it sent was received
 *   EPROTO    it has closed in the middle of a frame, or a length is more than ECHO_FRAME_MAX
 *   EMSGSIZE  the frame is longer than size; the connection is of no use any more
 *
 * or what recv(2) says. */
ssize_t echo_receive(int fd, void *buf, size_t size);

/* ---- the server -------------------------------------------------------------------- */

struct echo_server; /* you define it in network.c */

/* Starts a server on 127.0.0.1: TCP and UDP, each on a port that the kernel chooses. It gives
 * back every frame on its connection, and every datagram of up to ECHO_DATAGRAM_MAX bytes to its
 * sender. Each TCP client has
 * a worker (a thread or a process) of its own: no client waits for another. A connection ends
 * when its client closes it, sends a frame that is too long, or is gone; its socket is then
 * closed without waiting for anything else. NULL with errno set when it cannot be made. */
struct echo_server *echo_server_start(void);

/* Its ports, as a client needs them (host byte order). */
int echo_server_tcp_port(struct echo_server *s);
int echo_server_udp_port(struct echo_server *s);

/* Stops it: connections that are still there are ended, also of clients that say nothing and of
 * clients that do not read; both ports are closed; all workers have left; everything is given
 * back. NULL is fine. */
void echo_server_stop(struct echo_server *s);

/* ---- clients ----------------------------------------------------------------------- */

/* A TCP connection to a port of 127.0.0.1; the caller closes it. -1 with errno set. */
int echo_connect(int port);

/* Sends one datagram to a UDP port of 127.0.0.1, and waits for the answer at most timeout_ms
 * milliseconds (>= 0, on CLOCK_MONOTONIC). Only what comes from that port is an answer. Returns
 * its length, which may be more than size: then only its first size bytes are in buf. -1 with
 * errno set: ETIMEDOUT when there was no answer, EMSGSIZE when n is more than ECHO_DATAGRAM_MAX, or
 * what the system calls say (ECONNREFUSED when nobody has that port). */
ssize_t echo_udp(int port, const void *data, size_t n, void *buf, size_t size, long timeout_ms);

#endif

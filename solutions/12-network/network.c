
/* network.c - the reference solution of exercise 12-network.
 *
 *   accept thread --one worker thread a client-->  frames
 *   udp thread                                     datagrams
 *
 * Everybody who sleeps can be woken: the two threads poll a pipe beside their socket, workers
 * sleep in recv() or send() and are woken by shutdown() of their connection.
 */
#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* ---- frames ------------------------------------------------------------------------ */

/* send() may take a part only, and come back when a handler ran. MSG_NOSIGNAL: a client that is
 * gone is an error of this connection, not the end of the process. */
static int send_all(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, data, n, MSG_NOSIGNAL);

        if (sent < 0 && errno != EINTR)
            return -1;
        if (sent > 0) {
            data += sent;
            n -= (size_t)sent;
        }
    }
    return 0;
}

/* Exactly n bytes, or fewer when the other side has closed. */
static ssize_t receive_all(int fd, char *to, size_t n)
{
    size_t have = 0;

    while (have < n) {
        ssize_t got = recv(fd, to + have, n - have, 0);

        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            return -1;
        if (got > 0)
            have += (size_t)got;
    }
    return (ssize_t)have;
}

int echo_send(int fd, const void *data, size_t n)
{
    uint32_t length = htonl((uint32_t)n);

    if (n > ECHO_FRAME_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    if (send_all(fd, (const char *)&length, sizeof length) < 0)
        return -1;
    return send_all(fd, data, n);
}

static int fail(int error)
{
    errno = error;
    return -1;
}

ssize_t echo_receive(int fd, void *buf, size_t size)
{
    uint32_t length;
    ssize_t got = receive_all(fd, (char *)&length, sizeof length);

    if (got < 0)
        return -1;
    if (got < (ssize_t)sizeof length)
        return fail(got == 0 ? ENODATA : EPROTO);
    length = ntohl(length);
    if (length > ECHO_FRAME_MAX) /* before anything is made of it */
        return fail(EPROTO);
    if (length > size)
        return fail(EMSGSIZE);
    got = receive_all(fd, buf, length);
    if (got < 0)
        return -1;
    return got < (ssize_t)length ? fail(EPROTO) : got;
}

/* ---- the server -------------------------------------------------------------------- */

struct worker {
    struct echo_server *server;
    pthread_t thread;
    int fd;        /* -1 when it is through; under the server's lock */
    struct worker *next;
};

struct echo_server {
    int tcp, udp, wake[2];
    int tcp_port, udp_port;
    pthread_t accepter, datagrams;
    pthread_mutex_t lock;
    struct worker *workers; /* under the lock */
    bool stopping;          /* under the lock */
};

static void *serve(void *arg)
{
    struct worker *w = arg;
    char *frame = malloc(ECHO_FRAME_MAX);
    ssize_t n;

    while (frame && (n = echo_receive(w->fd, frame, ECHO_FRAME_MAX)) >= 0)
        if (echo_send(w->fd, frame, (size_t)n) < 0)
            break;
    free(frame);
    /* Closed under the lock: stop must not shut down a number that is somebody else's by now. */
    pthread_mutex_lock(&w->server->lock);
    close(w->fd);
    w->fd = -1;
    pthread_mutex_unlock(&w->server->lock);
    return NULL;
}

/* Joins the workers that are through (`all`: also those that soon will be). */
static void collect(struct echo_server *s, bool all)
{
    struct worker *through = NULL;

    pthread_mutex_lock(&s->lock);
    for (struct worker **p = &s->workers, *w; (w = *p);) {
        if (!all && w->fd >= 0) {
            p = &w->next;
            continue;
        }
        *p = w->next;
        w->next = through;
        through = w;
    }
    pthread_mutex_unlock(&s->lock);
    while (through) { /* without the lock: they need it for their last steps */
        struct worker *w = through;

        through = w->next;
        pthread_join(w->thread, NULL);
        free(w);
    }
}

static void employ(struct echo_server *s, int fd)
{
    struct worker *w = malloc(sizeof *w);

    pthread_mutex_lock(&s->lock);
    if (w)
        *w = (struct worker){.server = s, .fd = fd};
    if (!w || s->stopping || pthread_create(&w->thread, NULL, serve, w) != 0) {
        close(fd);
        free(w);
    } else {
        w->next = s->workers;
        s->workers = w;
    }
    pthread_mutex_unlock(&s->lock);
}

/* Sleeps until there is something to read from fd (true), or it is time to stop (false). */
static bool wait_for(struct echo_server *s, int fd)
{
    struct pollfd p[] = {{.fd = fd, .events = POLLIN}, {.fd = s->wake[0], .events = POLLIN}};

    while (poll(p, 2, -1) < 0 && errno == EINTR)
        ;
    return !p[1].revents;
}

static void *accept_clients(void *arg)
{
    struct echo_server *s = arg;

    while (wait_for(s, s->tcp)) {
        int fd = accept(s->tcp, NULL, NULL);

        if (fd >= 0)
            employ(s, fd);
        collect(s, false);
    }
    return NULL;
}

static void *answer_datagrams(void *arg)
{
    struct echo_server *s = arg;
    char buf[ECHO_DATAGRAM_MAX];

    while (wait_for(s, s->udp)) {
        struct sockaddr_in from;
        socklen_t size = sizeof from;
        ssize_t n = recvfrom(s->udp, buf, sizeof buf, MSG_DONTWAIT, (struct sockaddr *)&from, &size);

        if (n >= 0)
            sendto(s->udp, buf, (size_t)n, MSG_NOSIGNAL, (struct sockaddr *)&from, size);
    }
    return NULL;
}

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* A socket on a port that the kernel has chosen: a fixed one may be somebody else's. */
static int bound(int type, int *port)
{
    struct sockaddr_in a = loopback(0);
    socklen_t size = sizeof a;
    int fd = socket(AF_INET, type, 0);

    if (fd < 0)
        return -1;
    if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0 ||
        (type == SOCK_STREAM && listen(fd, SOMAXCONN) < 0) ||
        getsockname(fd, (struct sockaddr *)&a, &size) < 0) {
        close(fd);
        return -1;
    }
    *port = ntohs(a.sin_port);
    return fd;
}

static void close_all(struct echo_server *s)
{
    const int fds[] = {s->tcp, s->udp, s->wake[0], s->wake[1]};

    for (int i = 0; i < 4; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

struct echo_server *echo_server_start(void)
{
    struct echo_server *s = calloc(1, sizeof *s);
    int rc;

    if (!s)
        return NULL;
    pthread_mutex_init(&s->lock, NULL);
    s->wake[0] = s->wake[1] = s->udp = -1;
    s->tcp = bound(SOCK_STREAM, &s->tcp_port);
    if (s->tcp < 0 || (s->udp = bound(SOCK_DGRAM, &s->udp_port)) < 0 || pipe(s->wake) < 0) {
        close_all(s);
        return NULL;
    }
    rc = pthread_create(&s->accepter, NULL, accept_clients, s);
    if (rc == 0 && (rc = pthread_create(&s->datagrams, NULL, answer_datagrams, s)) != 0) {
        if (write(s->wake[1], "", 1) == 1)
            pthread_join(s->accepter, NULL);
    }
    if (rc != 0) {
        close_all(s);
        errno = rc;
        return NULL;
    }
    return s;
}

int echo_server_tcp_port(struct echo_server *s)
{
    return s->tcp_port;
}

int echo_server_udp_port(struct echo_server *s)
{
    return s->udp_port;
}

void echo_server_stop(struct echo_server *s)
{
    if (!s)
        return;
    /* The byte is never read: both threads see it, whenever they look. */
    while (write(s->wake[1], "", 1) < 0 && errno == EINTR)
        ;
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    for (struct worker *w = s->workers; w; w = w->next)
        if (w->fd >= 0)
            shutdown(w->fd, SHUT_RDWR); /* wakes it, in recv() or in send() */
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->accepter, NULL);
    pthread_join(s->datagrams, NULL);
    collect(s, true);
    close_all(s);
}

/* ---- clients ----------------------------------------------------------------------- */

static int connect_to(int type, int port)
{
    struct sockaddr_in a = loopback(port);
    int fd = socket(AF_INET, type, 0), saved;

    if (fd < 0)
        return -1;
    if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    saved = errno;
    close(fd);
    return fail(saved);
}

int echo_connect(int port)
{
    return connect_to(SOCK_STREAM, port);
}

static long now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits for an answer as long as there is time; a handler that runs does not give more of it. */
static int wait_for_answer(int fd, long timeout_ms)
{
    const long until = now_ms() + timeout_ms + 1; /* milliseconds are cut: never early */
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int rc;

    do {
        long left = until - now_ms();

        rc = poll(&p, 1, left > 0 ? (int)left : 0);
    } while ((rc < 0 && errno == EINTR) || (rc == 0 && now_ms() < until));
    return rc > 0 ? 0 : fail(rc == 0 ? ETIMEDOUT : errno);
}

ssize_t echo_udp(int port, const void *data, size_t n, void *buf, size_t size, long timeout_ms)
{
    ssize_t got = -1;
    int fd, saved;

    if (n > ECHO_DATAGRAM_MAX)
        return fail(EMSGSIZE);
    fd = connect_to(SOCK_DGRAM, port); /* connected: what strangers send is not for us */
    if (fd < 0)
        return -1;
    if (send(fd, data, n, MSG_NOSIGNAL) >= 0 && wait_for_answer(fd, timeout_ms) == 0)
        got = recv(fd, buf, size, MSG_TRUNC); /* MSG_TRUNC: the length it had */
    saved = errno;
    close(fd);
    errno = saved;
    return got;
}

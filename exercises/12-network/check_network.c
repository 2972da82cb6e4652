
/* check_network.c - the visible suite of exercise 12-network.
 *
 * Clients of the suite's own put the bytes on the wire one by one, stuck together, or not at
 * all; "the server has dealt with it" is ls_settle(), never a pause.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include "lockstep.h"
#include "network.h"

static struct echo_server *started(void)
{
    struct echo_server *s = echo_server_start();

    ck_assert_msg(s != NULL, "echo_server_start() returned NULL");
    return s;
}

/* When all clients have closed, and the workers had time to see it. */
static void stop(struct echo_server *s)
{
    ls_settle();
    echo_server_stop(s);
}

static int connected(struct echo_server *s)
{
    int fd = echo_connect(echo_server_tcp_port(s));

    ck_assert_msg(fd >= 0, "echo_connect() failed: %s", strerror(errno));
    return fd;
}

static void say(int fd, const void *data, size_t n)
{
    ck_assert_msg(echo_send(fd, data, n) == 0, "echo_send() of %zu bytes failed: %s", n,
                  strerror(errno));
}

static void hear(int fd, const void *want, size_t n)
{
    static char buf[ECHO_FRAME_MAX];
    ssize_t got = echo_receive(fd, buf, sizeof buf);

    ck_assert_msg(got >= 0, "echo_receive() failed instead of returning a frame of %zu bytes: %s", n,
                  strerror(errno));
    ck_assert_msg((size_t)got == n && memcmp(buf, want, n) == 0,
                  "a frame of %zu bytes was due, another one of %zd came", n, got);
}

static void talk(int fd, const char *text)
{
    say(fd, text, strlen(text));
    hear(fd, text, strlen(text));
}

/* Bytes as they are, without echo_send(). */
static void put(int fd, const void *bytes, size_t n)
{
    ck_assert_int_eq(send(fd, bytes, n, MSG_NOSIGNAL), (ssize_t)n);
}

static size_t frame(char *to, const char *text)
{
    uint32_t n = htonl((uint32_t)strlen(text));

    memcpy(to, &n, 4);
    memcpy(to + 4, text, strlen(text));
    return 4 + strlen(text);
}

/* The other side is closed, and nothing more comes. */
static bool is_closed(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char byte;
    ssize_t n;

    poll(&p, 1, -1); /* the end is on its way, or this is where the test hangs */
    n = recv(fd, &byte, 1, 0);

    return n == 0 || (n < 0 && errno == ECONNRESET);
}

static char pattern(size_t i)
{
    return (char)(i * 13 % 251);
}

START_TEST(echo_once)
{
    static char big[ECHO_FRAME_MAX + 1];
    struct echo_server *s = started();
    size_t n = (size_t)ls_input("bytes", 1000, 60000);
    int fd = connected(s);

    for (size_t i = 0; i < sizeof big; i++)
        big[i] = pattern(i);
    talk(fd, "hello");
    say(fd, "", 0);
    hear(fd, "", 0);
    say(fd, big, n);
    hear(fd, big, n);
    say(fd, big, ECHO_FRAME_MAX);
    hear(fd, big, ECHO_FRAME_MAX);
    errno = 0;
    ck_assert_int_eq(echo_send(fd, big, ECHO_FRAME_MAX + 1), -1);
    ck_assert_int_eq(errno, EMSGSIZE);
    talk(fd, "still here");
    close(fd);
    stop(s);
}
END_TEST

struct hearer {
    int fd, back, error;
    ssize_t got;
    char buf[16];
};

static void *hear_in_thread(void *arg)
{
    struct hearer *h = arg;

    h->got = echo_receive(h->fd, h->buf, sizeof h->buf);
    h->error = errno;
    __atomic_store_n(&h->back, 1, __ATOMIC_RELEASE);
    return NULL;
}

static void must_end(const char *bytes, size_t n, int want, const char *what)
{
    int fd[2];
    char buf[8];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    put(fd[1], bytes, n);
    close(fd[1]);
    errno = 0;
    ck_assert_msg(echo_receive(fd[0], buf, sizeof buf) == -1, "%s is not a frame", what);
    ck_assert_msg(errno == want, "%s: errno is %s, not %s", what, strerrorname_np(errno),
                  strerrorname_np(want));
    close(fd[0]);
}

static void ring(int sig)
{
    (void)sig;
}

static void listen_for_bell(void)
{
    struct sigaction sa = {.sa_handler = ring}; /* no SA_RESTART */

    ck_assert_int_eq(sigaction(SIGUSR1, &sa, NULL), 0);
}

static void ring_at(pid_t child)
{
    for (int i = 0; i < 2; i++) {
        ls_settle();
        kill(child, SIGUSR1);
    }
    ls_settle();
}

static int hear_interrupted(void *arg)
{
    listen_for_bell();
    hear(*(int *)arg, "slow", 4);
    return 0;
}

/* Without any server: byte by byte, each after everybody has gone to sleep; a handler that runs
 * while a frame is awaited; and every kind of end. */
START_TEST(frames_alone)
{
    int pair[2];
    char bytes[64], got[64];
    size_t n = frame(bytes, "slow");
    struct hearer h = {0};
    pthread_t hearer;
    pid_t child;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    h.fd = pair[0];
    errno = 0;
    ck_assert_msg(echo_send(pair[1], "slow", 4) == 0, "echo_send() failed");
    ck_assert_int_eq(recv(pair[0], got, sizeof got, 0), (ssize_t)n);
    ck_assert_msg(memcmp(got, bytes, n) == 0, "the bytes of the frame 'slow' are not as the header says");
    ck_assert_int_eq(pthread_create(&hearer, NULL, hear_in_thread, &h), 0);
    for (size_t i = 0; i < n; i++) {
        ls_settle();
        ck_assert_msg(!__atomic_load_n(&h.back, __ATOMIC_ACQUIRE),
                      "echo_receive() returned with a part of a frame");
        put(pair[1], &bytes[i], 1);
    }
    pthread_join(hearer, NULL);
    errno = h.error;
    ck_assert_msg(h.got == 4 && memcmp(h.buf, "slow", 4) == 0, "the frame 'slow' came as %zd bytes",
                  h.got);
    child = ls_spawn(hear_interrupted, &pair[0]);
    ring_at(child);
    put(pair[1], bytes, n);
    ck_assert_int_eq(ls_reap(child), 0);
    close(pair[0]);
    close(pair[1]);
    must_end("", 0, ENODATA, "a connection that was closed");
    must_end("\0\0", 2, EPROTO, "a part of a length");
    must_end("\0\0\0\5abc", 7, EPROTO, "a part of a frame");
    must_end("\0\0\0\0111234567890", 13, EMSGSIZE, "a frame of nine bytes for a buffer of eight");
}
END_TEST

/* Byte by byte, each after everybody has gone to sleep; then two frames and a half at once. */
START_TEST(frames_are_whole)
{
    struct echo_server *s = started();
    int fd = connected(s);
    char bytes[64];
    size_t n = frame(bytes, "slow");

    for (size_t i = 0; i < n; i++) {
        ls_settle();
        put(fd, &bytes[i], 1);
    }
    hear(fd, "slow", 4);
    n = frame(bytes, "first");
    n += frame(bytes + n, "second");
    frame(bytes + n, "third");
    put(fd, bytes, n + 6);
    hear(fd, "first", 5);
    hear(fd, "second", 6);
    put(fd, bytes + n + 6, 3);
    hear(fd, "third", 5);
    close(fd);
    stop(s);
}
END_TEST

static int send_interrupted(void *arg)
{
    static char big[ECHO_FRAME_MAX];
    int *fd = arg;

    close(fd[1]);
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = pattern(i);
    listen_for_bell();
    ck_assert_msg(echo_send(fd[0], big, sizeof big) == 0, "echo_send() failed: %s", strerror(errno));
    close(fd[0]);
    return 0;
}

static size_t drain(int fd, char *to, size_t size)
{
    size_t have = 0;
    ssize_t n;

    while (have < size && (n = recv(fd, to + have, size - have, 0)) > 0)
        have += (size_t)n;
    return have;
}

enum { MANY = 60 };

static void *send_many(void *arg)
{
    static char big[ECHO_FRAME_MAX];

    for (size_t i = 0; i < sizeof big; i++)
        big[i] = pattern(i);
    for (int i = 0; i < MANY; i++)
        if (echo_send(*(int *)arg, big, sizeof big) < 0)
            break;
    return NULL;
}

/* A sender whose buffer is small is rung at twice; then nobody reads until all of them sleep. */
START_TEST(big_frames)
{
    static char got[4 + ECHO_FRAME_MAX], want[ECHO_FRAME_MAX];
    struct echo_server *s = started();
    int fd[2], client = connected(s), small = 4096;
    pthread_t sender;
    pid_t child;

    for (size_t i = 0; i < sizeof want; i++)
        want[i] = pattern(i);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    child = ls_spawn(send_interrupted, fd);
    close(fd[0]);
    ring_at(child);
    ck_assert_msg(drain(fd[1], got, sizeof got) == sizeof got,
                  "bytes were lost when a handler ran in the middle of echo_send()");
    ck_assert_msg(memcmp(got + 4, want, sizeof want) == 0, "the frame is not as it was");
    ck_assert_int_eq(ls_reap(child), 0);
    close(fd[1]);
    ck_assert_int_eq(pthread_create(&sender, NULL, send_many, &client), 0);
    ls_settle();
    for (int i = 0; i < MANY; i++)
        hear(client, want, sizeof want);
    pthread_join(sender, NULL);
    close(client);
    stop(s);
}
END_TEST

/* Three clients. One has sent half a frame; the others talk; then it ends its sentence. */
START_TEST(slow_client_story)
{
    enum { CROWD = 12 };
    struct echo_server *s = started();
    int slow = connected(s), one = connected(s), two = connected(s), crowd[CROWD];
    char bytes[32];
    size_t n = frame(bytes, "at last");

    put(slow, bytes, n - 4);
    ls_settle();
    for (int64_t rounds = ls_input("rounds", 2, 5); rounds > 0; rounds--) {
        talk(one, "one");
        talk(two, "two");
    }
    close(two);
    two = connected(s);
    talk(two, "two again");
    put(slow, bytes + n - 4, 4);
    hear(slow, "at last", 7);
    for (int i = 0; i < CROWD; i++)
        crowd[i] = connected(s);
    for (int i = CROWD - 1; i >= 0; i--)
        talk(crowd[i], "one of many");
    for (int i = 0; i < CROWD; i++)
        close(crowd[i]);
    close(slow);
    close(one);
    close(two);
    stop(s);
}
END_TEST

/* Leaves with a whole frame sent and no interest in the answer: the last byte and the end go out
 * together (TCP_CORK), so the answer meets a closed door, and its second half a SIGPIPE. */
static void ring_and_run(int fd)
{
    char bytes[32];
    size_t n = frame(bytes, "anybody there?");
    int yes = 1;

    put(fd, bytes, n - 1);
    ls_settle();
    ck_assert_int_eq(setsockopt(fd, IPPROTO_TCP, TCP_CORK, &yes, sizeof yes), 0);
    put(fd, bytes + n - 1, 1);
    close(fd);
    ls_settle();
}

START_TEST(client_vanishes)
{
    struct echo_server *s = started();
    struct linger at_once = {1, 0};
    int stays = connected(s), before, fd, pair[2];

    talk(stays, "before");
    ls_settle();
    before = ls_descriptors();
    for (int i = 0; i < 4; i++)
        ring_and_run(connected(s));
    fd = connected(s);
    put(fd, "\0\0", 2);
    ls_settle();
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd); /* with a reset, in the middle of a length */
    ls_settle();
    talk(stays, "after");
    for (int i = 0; i < 50 && ls_descriptors() > before; i++)
        ls_settle();
    ck_assert_msg(ls_descriptors() <= before, "leak: five clients are gone, and %d of their sockets are "
                                           "still open", ls_descriptors() - before);
    close(stays);
    stop(s);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    close(pair[1]);
    errno = 0;
    ck_assert_int_eq(echo_send(pair[0], "x", 1), -1);
    ck_assert_int_eq(errno, EPIPE);
    close(pair[0]);
}
END_TEST

START_TEST(too_long_is_refused)
{
    static const unsigned char lengths[2][4] = {{0, 1, 0, 1}, {0xff, 0xff, 0xff, 0xff}};
    struct echo_server *s = started();
    int good = connected(s);

    for (int i = 0; i < 2; i++) {
        int bad = connected(s);

        put(bad, lengths[i], 4);
        ck_assert_msg(is_closed(bad), "a frame said to be too long, and its connection goes on");
        close(bad);
    }
    talk(good, "good");
    close(good);
    stop(s);
    must_end("\0\1\0\1x", 5, EPROTO, "a length of 65537");
}
END_TEST

struct asker {
    int port, error;
    ssize_t got;
    char buf[32];
};

static void *ask(void *arg)
{
    struct asker *a = arg;

    a->got = echo_udp(a->port, "question", 8, a->buf, sizeof a->buf, 3600 * 1000);
    a->error = errno;
    return NULL;
}

static int udp_socket(int *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    *port = ntohs(a.sin_port);
    return fd;
}

static int ask_interrupted(void *arg)
{
    char buf[8];

    listen_for_bell();
    ck_assert_msg(echo_udp(*(int *)arg, "anyone", 6, buf, sizeof buf, 3600 * 1000) == 4,
                  "echo_udp() failed when a handler ran: %s", strerror(errno));
    return 0;
}

/* A server of the suite's own: silent at first; then a stranger answers before it does. */
static void be_the_server(void)
{
    struct asker a = {0};
    struct sockaddr_in who;
    socklen_t n = sizeof who;
    int ignored, fd = udp_socket(&a.port), stranger = udp_socket(&ignored);
    int64_t timeout = ls_input("timeout", 20, 60), began = ls_now_ns();
    char buf[32];
    pthread_t t;
    pid_t child;

    errno = 0;
    ck_assert_int_eq(echo_udp(a.port, "anyone?", 7, buf, sizeof buf, (long)timeout), -1);
    ck_assert_int_eq(errno, ETIMEDOUT);
    ck_assert_msg(ls_now_ns() - began >= timeout * 1000000, "echo_udp() gave up before its time was over");
    ck_assert_int_eq(recv(fd, buf, sizeof buf, 0), 7);
    ck_assert_int_eq(pthread_create(&t, NULL, ask, &a), 0);
    ck_assert_int_eq(recvfrom(fd, buf, sizeof buf, 0, (struct sockaddr *)&who, &n), 8);
    sendto(stranger, "lie", 3, 0, (struct sockaddr *)&who, n);
    ls_settle();
    ck_assert_int_eq(sendto(fd, "truth", 5, 0, (struct sockaddr *)&who, n), 5);
    pthread_join(t, NULL);
    child = ls_spawn(ask_interrupted, &a.port);
    ring_at(child);
    ck_assert_int_eq(recvfrom(fd, buf, sizeof buf, 0, (struct sockaddr *)&who, &n), 6);
    sendto(fd, "here", 4, 0, (struct sockaddr *)&who, n);
    ck_assert_int_eq(ls_reap(child), 0);
    ck_assert_msg(a.got == 5 && memcmp(a.buf, "truth", 5) == 0,
                  "echo_udp() gave '%.*s', which is not what the server answered",
                  a.got > 0 ? (int)a.got : 0, a.buf);
    close(fd);
    close(stranger);
}

START_TEST(udp_echo)
{
    static char big[ECHO_DATAGRAM_MAX], buf[ECHO_DATAGRAM_MAX];
    struct echo_server *s = started();
    int port = echo_server_udp_port(s), slow = connected(s);

    for (size_t i = 0; i < sizeof big; i++)
        big[i] = pattern(i);
    put(slow, "\0", 1); /* half a length on TCP disturbs nobody on UDP */
    ck_assert_int_eq(echo_udp(port, "hello", 5, buf, sizeof buf, 3600 * 1000), 5);
    ck_assert_msg(memcmp(buf, "hello", 5) == 0, "the datagram is not as it was");
    ck_assert_int_eq(echo_udp(port, big, sizeof big, buf, sizeof buf, 3600 * 1000), (int)sizeof big);
    ck_assert_msg(memcmp(buf, big, sizeof big) == 0, "a datagram of 4096 bytes is not as it was");
    ck_assert_msg(echo_udp(port, "", 0, buf, sizeof buf, 3600 * 1000) == 0,
                  "an empty datagram does not come back");
    memset(buf, '#', 32);
    ck_assert_msg(echo_udp(port, big, 100, buf, 10, 3600 * 1000) == 100,
                  "the answer has 100 bytes, and that is its length, although only 10 fit");
    ck_assert_msg(memcmp(buf, big, 10) == 0 && buf[10] == '#', "not the first 10 bytes, or more");
    errno = 0;
    ck_assert_int_eq(echo_udp(port, big, ECHO_DATAGRAM_MAX + 1, buf, sizeof buf, 0), -1);
    ck_assert_int_eq(errno, EMSGSIZE);
    be_the_server();
    close(slow);
    stop(s);
}
END_TEST

/* The longest frame, until nobody can send any more; without echo_send(), which is not on trial. */
static void *send_on_and_on(void *arg)
{
    static char bytes[4 + ECHO_FRAME_MAX];

    memset(bytes, 0xff, sizeof bytes);
    memcpy(bytes, "\0\1\0\0", 4);
    while (send(*(int *)arg, bytes, sizeof bytes, MSG_NOSIGNAL) == (ssize_t)sizeof bytes)
        ;
    return NULL;
}

/* One client says nothing, one has half a frame, one does not read: stop ends them all. That the
 * ports are closed is seen by the descriptors: a connect could meet a stranger by now. */
START_TEST(clean_stop)
{
    int before = ls_descriptors(), port, silent, half, deaf;
    struct echo_server *s = started();
    pthread_t sender;

    silent = connected(s);
    half = connected(s);
    deaf = connected(s);
    put(half, "\0\0\0", 3);
    ck_assert_int_eq(pthread_create(&sender, NULL, send_on_and_on, &deaf), 0);
    ls_settle();
    echo_server_stop(s);
    ck_assert_msg(is_closed(silent) && is_closed(half), "after the stop, a connection is still there");
    shutdown(deaf, SHUT_RDWR); /* however the server left it */
    pthread_join(sender, NULL);
    close(silent);
    close(half);
    close(deaf);
    ck_assert_msg(ls_descriptors() == before, "leak: after the stop, %d descriptors are still open",
                  ls_descriptors() - before);
    echo_server_stop(NULL);
}
END_TEST

/* 127.0.0.2 is this machine, too, but not what was asked for. */
static void must_listen_on_loopback_only(int port)
{
    struct sockaddr_in other = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_msg(connect(fd, (struct sockaddr *)&other, sizeof other) < 0,
                  "the server listens on more than 127.0.0.1");
    close(fd);
}

START_TEST(two_servers)
{
    struct echo_server *a = started(), *b = started();
    int one, two;
    char buf[8];

    ck_assert_msg(echo_server_tcp_port(a) != echo_server_tcp_port(b), "two servers have one port");
    must_listen_on_loopback_only(echo_server_tcp_port(a));
    one = connected(a);
    two = connected(b);
    talk(one, "a");
    talk(two, "b");
    ck_assert_int_eq(echo_udp(echo_server_udp_port(a), "u", 1, buf, sizeof buf, 3600 * 1000), 1);
    close(one);
    stop(a);
    talk(two, "b goes on");
    ck_assert_int_eq(echo_udp(echo_server_udp_port(b), "u", 1, buf, sizeof buf, 3600 * 1000), 1);
    close(two);
    stop(b);
}
END_TEST

Suite *lockstep_suite(void)
{
    Suite *suite = suite_create("12-network");

    ls_test(suite, "echo-once", echo_once);
    ls_test(suite, "frames-alone", frames_alone);
    ls_test(suite, "frames-are-whole", frames_are_whole);
    ls_test(suite, "big-frames", big_frames);
    ls_test(suite, "slow-client-story", slow_client_story);
    ls_test(suite, "client-vanishes", client_vanishes);
    ls_test(suite, "too-long-is-refused", too_long_is_refused);
    ls_test(suite, "udp-echo", udp_echo);
    ls_test(suite, "clean-stop", clean_stop);
    ls_test(suite, "two-servers", two_servers);
    return suite;
}

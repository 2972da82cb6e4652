
/* check_channels.c - the visible suite of exercise 03-channels.
 *
 * A child takes the left side, the test's own process the right one. Where the order matters
 * the child waits for a byte on a pipe of the suite; "blocked" is ls_settle() and a look.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>

#include "channels.h"
#include "lockstep.h"

struct talk {
    struct channel *c;
    int go[2], told[2]; /* the suite's own pipes: a byte to the child, a byte from it */
    size_t n;
};

static struct channel *opened(enum channel_kind kind)
{
    struct channel *c = channel_open(kind);

    ck_assert_msg(c != NULL, "channel_open() returned NULL");
    return c;
}

static void begin(struct talk *t, enum channel_kind kind)
{
    *t = (struct talk){.c = opened(kind)};
    ck_assert_int_eq(pipe(t->go), 0);
    ck_assert_int_eq(pipe2(t->told, O_NONBLOCK), 0);
}

static void finish(struct talk *t)
{
    channel_close(t->c);
    for (int i = 0; i < 2; i++) {
        close(t->go[i]);
        close(t->told[i]);
    }
}

static void wait_for_go(struct talk *t)
{
    char byte;

    ck_assert_int_eq(read(t->go[0], &byte, 1), 1);
}

static void go(struct talk *t)
{
    ck_assert_int_eq(write(t->go[1], "g", 1), 1);
}

static void tell(struct talk *t)
{
    ck_assert_int_eq(write(t->told[1], "t", 1), 1);
}

static bool was_told(struct talk *t)
{
    char byte;

    return read(t->told[0], &byte, 1) == 1;
}

static void take(struct talk *t, enum channel_side side)
{
    ck_assert_msg(channel_take_side(t->c, side) == 0, "channel_take_side() failed");
}

static void send_text(struct talk *t, const char *text)
{
    ck_assert_msg(channel_send(t->c, text, strlen(text)) == 0, "channel_send(\"%s\") failed: %s",
                  text, strerror(errno));
}

static void must_receive(struct talk *t, const char *want)
{
    char buf[CHANNEL_MESSAGE_MAX + 1] = "";
    ssize_t n = channel_receive(t->c, buf, CHANNEL_MESSAGE_MAX);

    ck_assert_msg(n >= 0, "channel_receive() failed: %s", strerror(errno));
    ck_assert_msg((size_t)n == strlen(want) && memcmp(buf, want, (size_t)n) == 0,
                  "channel_receive() returned '%.*s' instead of '%s'", (int)n, buf, want);
}

/* Receives until `want` bytes are there, or the end; returns how many there were. */
static size_t drain(struct talk *t, char *buf, size_t want, size_t step)
{
    size_t have = 0;

    while (have < want) {
        ssize_t n = channel_receive(t->c, buf + have, want - have < step ? want - have : step);

        ck_assert_msg(n >= 0, "channel_receive() failed: %s", strerror(errno));
        if (n == 0)
            break;
        have += (size_t)n;
    }
    return have;
}

static char pattern(size_t i)
{
    return (char)(i * 7 % 251);
}

static void must_be_pattern(const char *buf, size_t n)
{
    size_t i = 0;

    while (i < n && buf[i] == pattern(i))
        i++;
    ck_assert_msg(i == n, "byte %zu of the stream is wrong", i);
}

static int send_in_pieces(void *arg)
{
    struct talk *t = arg;
    char all[700];

    for (size_t i = 0; i < sizeof all; i++)
        all[i] = pattern(i);
    take(t, CHANNEL_LEFT);
    for (size_t at = 0, n = 1; at < t->n; at += n, n = n * 3 % 101 + 1)
        ck_assert_int_eq(channel_send(t->c, all + at, t->n - at < n ? t->n - at : n), 0);
    errno = 0;
    ck_assert_msg(channel_receive(t->c, all, 1) == -1, "the left side of a pipe can receive");
    ck_assert_int_eq(errno, EBADF);
    channel_close(t->c);
    return 0;
}

/* Pieces in, other pieces out: the bytes are the same. */
START_TEST(pipe_is_a_stream)
{
    struct talk t;
    char buf[700];
    pid_t child;

    begin(&t, CHANNEL_PIPE);
    t.n = (size_t)ls_input("bytes", 200, 700);
    child = ls_spawn(send_in_pieces, &t);
    take(&t, CHANNEL_RIGHT);
    ls_settle();
    ck_assert_msg(channel_receive(t.c, buf, 1) == 1, "the first byte does not come alone");
    ck_assert_uint_eq(drain(&t, buf + 1, t.n - 1, (size_t)ls_input("at once", 2, 64)), t.n - 1);
    must_be_pattern(buf, t.n);
    errno = 0;
    ck_assert_msg(channel_send(t.c, "x", 1) == -1, "the right side of a pipe can send");
    ck_assert_int_eq(errno, EBADF);
    ck_assert_int_eq(ls_reap(child), 0);
    finish(&t);
}
END_TEST

/* Leaves without reading what was sent to it: that is an end like any other. */
static int leave_unread(void *arg)
{
    struct talk *t = arg;

    take(t, CHANNEL_LEFT);
    wait_for_go(t);
    channel_close(t->c);
    return 0;
}

static void end_without_reading(void)
{
    struct talk t;
    char byte;
    pid_t child;

    begin(&t, CHANNEL_DUPLEX);
    child = ls_spawn(leave_unread, &t);
    take(&t, CHANNEL_RIGHT);
    send_text(&t, "not read");
    go(&t);
    ck_assert_int_eq(ls_reap(child), 0);
    ck_assert_msg(channel_receive(t.c, &byte, 1) == 0,
                  "the other side has closed without reading: the end of the stream is 0 bytes, "
                  "but errno is %s", strerrorname_np(errno));
    ck_assert_msg(channel_send(t.c, "x", 1) == -1 && errno == EPIPE,
                  "after the end, a send must fail with EPIPE, not %s", strerrorname_np(errno));
    finish(&t);
}

static int say_bye(void *arg)
{
    struct talk *t = arg;

    take(t, CHANNEL_LEFT);
    send_text(t, "bye");
    wait_for_go(t);
    channel_close(t->c);
    return 0;
}

/* A write end that stays open somewhere keeps the reader waiting forever; and a side that has
 * closed without reading is ECONNRESET for a socket, but 0 by the contract. */
START_TEST(end_of_stream)
{
    const enum channel_kind kinds[] = {CHANNEL_PIPE, CHANNEL_DUPLEX};

    for (int i = 0; i < 2; i++) {
        struct talk t;
        char buf[8];
        pid_t child;

        begin(&t, kinds[i]);
        child = ls_spawn(say_bye, &t);
        take(&t, CHANNEL_RIGHT);
        ls_settle(); /* all three are there, and no more will come for now */
        ck_assert_msg(channel_receive(t.c, buf, sizeof buf) == 3 && memcmp(buf, "bye", 3) == 0,
                      "three bytes are there, and a receive of up to eight must give these");
        go(&t);
        ck_assert_msg(channel_receive(t.c, buf, sizeof buf) == 0,
                      "the end of the stream is 0 bytes");
        ck_assert_int_eq(ls_reap(child), 0);
        finish(&t);
    }
    end_without_reading();
}
END_TEST

static void ring(int sig)
{
    (void)sig;
}

static void listen_for_bell(void)
{
    struct sigaction sa = {.sa_handler = ring}; /* no SA_RESTART */

    ck_assert_int_eq(sigaction(SIGUSR1, &sa, NULL), 0);
}

static int send_much(void *arg)
{
    struct talk *t = arg;
    char *all = malloc(t->n);
    int rc;

    ck_assert_ptr_nonnull(all);
    for (size_t i = 0; i < t->n; i++)
        all[i] = pattern(i);
    listen_for_bell();
    take(t, CHANNEL_LEFT);
    rc = channel_send(t->c, all, t->n);
    ck_assert_msg(rc == 0, "channel_send() failed: %s", strerror(errno));
    free(all);
    wait_for_go(t);
    channel_close(t->c);
    return 0;
}

static int receive_one(void *arg)
{
    struct talk *t = arg;

    listen_for_bell();
    take(t, CHANNEL_RIGHT);
    must_receive(t, "at last");
    channel_close(t->c);
    return 0;
}

static void ring_at(pid_t child)
{
    for (int i = 0; i < 2; i++) {
        ls_settle();
        kill(child, SIGUSR1);
    }
    ls_settle();
}

static int fill_and_one_more(void *arg)
{
    struct talk *t = arg;

    listen_for_bell();
    take(t, CHANNEL_LEFT);
    for (int i = 0; i <= CHANNEL_QUEUE_LENGTH; i++)
        send_text(t, "room");
    channel_close(t->c);
    return 0;
}

/* A handler runs while the sender sits in a full pipe: the first time write() comes back with
 * a part, the second time with EINTR. Then the same for those who wait to receive. */
START_TEST(handlers_do_not_disturb)
{
    const enum channel_kind kinds[] = {CHANNEL_PIPE, CHANNEL_DUPLEX, CHANNEL_QUEUE};
    enum { MUCH = 600000 };
    struct talk t;
    char *buf = malloc(MUCH);
    pid_t child;

    ck_assert_ptr_nonnull(buf);
    for (int i = 0; i < 2; i++) {
        begin(&t, kinds[i]);
        t.n = (size_t)ls_input("bytes", 500000, MUCH);
        child = ls_spawn(send_much, &t);
        take(&t, CHANNEL_RIGHT);
        ring_at(child);
        go(&t); /* whoever thinks he is done may leave: then the stream ends early */
        ck_assert_msg(drain(&t, buf, t.n, 65536) == t.n,
                      "bytes were lost when a handler ran in the middle of channel_send()");
        must_be_pattern(buf, t.n);
        ck_assert_int_eq(ls_reap(child), 0);
        finish(&t);
    }
    free(buf);
    begin(&t, CHANNEL_QUEUE);
    child = ls_spawn(fill_and_one_more, &t);
    take(&t, CHANNEL_RIGHT);
    ring_at(child);
    for (int i = 0; i <= CHANNEL_QUEUE_LENGTH; i++)
        must_receive(&t, "room");
    ck_assert_int_eq(ls_reap(child), 0);
    finish(&t);
    for (int i = 0; i < 3; i++) {
        begin(&t, kinds[i]);
        child = ls_spawn(receive_one, &t);
        take(&t, CHANNEL_LEFT);
        ring_at(child);
        send_text(&t, "at last");
        ck_assert_int_eq(ls_reap(child), 0);
        finish(&t);
    }
}
END_TEST

static int leave_at_once(void *arg)
{
    struct talk *t = arg;

    take(t, CHANNEL_RIGHT);
    channel_close(t->c);
    return 0;
}

/* The only reader is gone before the send: SIGPIPE must not end the sender. */
START_TEST(nobody_reads)
{
    const enum channel_kind kinds[] = {CHANNEL_PIPE, CHANNEL_DUPLEX};

    for (int i = 0; i < 2; i++) {
        struct talk t;
        pid_t child;

        begin(&t, kinds[i]);
        child = ls_spawn(leave_at_once, &t);
        take(&t, CHANNEL_LEFT);
        ck_assert_int_eq(ls_reap(child), 0);
        errno = 0;
        ck_assert_msg(channel_send(t.c, "hello?", 6) == -1, "nobody reads, but the send succeeds");
        ck_assert_int_eq(errno, EPIPE);
        finish(&t);
    }
}
END_TEST

static int speak_first(void *arg)
{
    struct talk *t = arg;

    take(t, CHANNEL_LEFT);
    send_text(t, "from left");
    tell(t);
    wait_for_go(t);
    must_receive(t, "from right");
    channel_close(t->c);
    return 0;
}

/* Both have sent before either receives: in one single pipe each could get its own words. */
START_TEST(both_ways)
{
    struct talk t;
    pid_t child;

    begin(&t, CHANNEL_DUPLEX);
    child = ls_spawn(speak_first, &t);
    take(&t, CHANNEL_RIGHT);
    send_text(&t, "from right");
    ls_settle();
    ck_assert_msg(was_told(&t), "a short message must not wait for its receiver");
    must_receive(&t, "from left");
    go(&t);
    ck_assert_int_eq(ls_reap(child), 0);
    finish(&t);
}
END_TEST

static int send_messages(void *arg)
{
    struct talk *t = arg;
    char big[CHANNEL_MESSAGE_MAX + 1];

    memset(big, 'm', sizeof big);
    take(t, CHANNEL_LEFT);
    send_text(t, "first");
    ck_assert_int_eq(channel_send(t->c, "\0second", 7), 0);
    ck_assert_int_eq(channel_send(t->c, big, CHANNEL_MESSAGE_MAX), 0);
    errno = 0;
    ck_assert_int_eq(channel_send(t->c, big, CHANNEL_MESSAGE_MAX + 1), -1);
    ck_assert_int_eq(errno, EMSGSIZE);
    send_text(t, "last");
    channel_close(t->c);
    return 0;
}

/* One receive is one message, the oldest, whole; a small buffer takes nothing. */
START_TEST(messages_in_order)
{
    struct talk t;
    char buf[CHANNEL_MESSAGE_MAX + 1];

    begin(&t, CHANNEL_QUEUE);
    ck_assert_int_eq(ls_reap(ls_spawn(send_messages, &t)), 0);
    take(&t, CHANNEL_RIGHT);
    must_receive(&t, "first");
    errno = 0;
    ck_assert_msg(channel_receive(t.c, buf, CHANNEL_MESSAGE_MAX - 1) == -1,
                  "a buffer that is too small for the longest message must be refused");
    ck_assert_int_eq(errno, EMSGSIZE);
    ck_assert_int_eq(channel_receive(t.c, buf, CHANNEL_MESSAGE_MAX), 7);
    ck_assert_msg(memcmp(buf, "\0second", 7) == 0, "the message with the zero byte is wrong");
    ck_assert_int_eq(channel_receive(t.c, buf, sizeof buf), CHANNEL_MESSAGE_MAX);
    ck_assert_int_eq(buf[CHANNEL_MESSAGE_MAX - 1], 'm');
    must_receive(&t, "last");
    finish(&t);
}
END_TEST

static int fill_the_queue(void *arg)
{
    struct talk *t = arg;

    take(t, CHANNEL_LEFT);
    for (int i = 0; i < CHANNEL_QUEUE_LENGTH; i++)
        send_text(t, "room");
    tell(t);
    send_text(t, "one more");
    tell(t);
    wait_for_go(t); /* one queue for both sides: until now it held our own messages */
    must_receive(t, "for left");
    tell(t);
    channel_close(t->c);
    return 0;
}

/* Full: the sender sleeps. Empty: the receiver sleeps. */
START_TEST(queue_blocks)
{
    struct talk t;
    pid_t child;

    begin(&t, CHANNEL_QUEUE);
    child = ls_spawn(fill_the_queue, &t);
    take(&t, CHANNEL_RIGHT);
    ls_settle();
    ck_assert_msg(was_told(&t), "%d messages do not fit into the queue", CHANNEL_QUEUE_LENGTH);
    ck_assert_msg(!was_told(&t), "order-violation: a message was sent into a full queue");
    for (int i = 0; i < CHANNEL_QUEUE_LENGTH; i++)
        must_receive(&t, "room");
    must_receive(&t, "one more");
    ls_settle();
    ck_assert_msg(was_told(&t), "the sender did not go on when there was room again");
    go(&t);
    ls_settle();
    ck_assert_msg(!was_told(&t), "order-violation: something was received from an empty queue");
    send_text(&t, "for left");
    ck_assert_int_eq(ls_reap(child), 0);
    finish(&t);
}
END_TEST

static int write_cell(void *arg)
{
    struct talk *t = arg;

    take(t, CHANNEL_LEFT);
    send_text(t, "a long first value");
    send_text(t, "short");
    channel_close(t->c);
    return 0;
}

/* The cell: empty at first, covered by each write, left alone by each read. */
START_TEST(last_write_wins)
{
    struct talk t;
    char buf[CHANNEL_MESSAGE_MAX + 1] = "";

    begin(&t, CHANNEL_CELL);
    take(&t, CHANNEL_RIGHT);
    ck_assert_msg(channel_receive(t.c, buf, sizeof buf) == 0, "a new cell is not empty");
    ck_assert_int_eq(ls_reap(ls_spawn(write_cell, &t)), 0);
    must_receive(&t, "short");
    memset(buf, '#', sizeof buf);
    ck_assert_msg(channel_receive(t.c, buf, 5) == 5, "a value of 5 bytes does not fit into 5");
    ck_assert_msg(memcmp(buf, "short#", 6) == 0, "more than size bytes were written");
    errno = 0;
    ck_assert_msg(channel_receive(t.c, buf, 4) == -1, "a value of 5 bytes fits into 4");
    ck_assert_int_eq(errno, EMSGSIZE);
    errno = 0;
    ck_assert_int_eq(channel_send(t.c, buf, CHANNEL_MESSAGE_MAX + 1), -1);
    ck_assert_int_eq(errno, EMSGSIZE);
    must_receive(&t, "short");
    finish(&t);
}
END_TEST

/* One process writes all a, then all b; the other never reads a mixture. */
static void write_or_read(void *arg, int me)
{
    static char got[CHANNEL_MESSAGE_MAX], value[CHANNEL_MESSAGE_MAX];
    static int turn;
    static bool taken; /* each process has its own */
    ssize_t n;

    if (!taken && channel_take_side(arg, me ? CHANNEL_LEFT : CHANNEL_RIGHT) != 0)
        ck_abort_msg("channel_take_side() failed");
    taken = true;
    if (me == 1) {
        memset(value, turn++ % 2 ? 'b' : 'a', sizeof value);
        if (channel_send(arg, value, sizeof value) != 0)
            ck_abort_msg("channel_send() failed");
        return;
    }
    n = channel_receive(arg, got, sizeof got);
    if (n == 0)
        return; /* nothing was written yet */
    if (n != CHANNEL_MESSAGE_MAX)
        ck_abort_msg("the cell has not the length of the value that was written");
    for (size_t i = 1; i < sizeof got; i++)
        if (got[i] != got[0])
            ck_abort_msg("a value was read that is half an old one and half a new one");
}

START_TEST(cells_are_whole)
{
    int64_t turns[2];
    struct talk t;

    begin(&t, CHANNEL_CELL);
    ls_alongside(write_or_read, t.c, turns);
    finish(&t);
}
END_TEST

static int send_three(void *arg)
{
    struct talk *t = arg;

    take(t, CHANNEL_LEFT);
    send_text(t, "one");
    send_text(t, "two");
    send_text(t, "three");
    channel_close(t->c);
    return 0;
}

/* The lesson's table, as facts: the same three words through each kind. */
START_TEST(table_story)
{
    const enum channel_kind streams[] = {CHANNEL_PIPE, CHANNEL_DUPLEX};
    struct talk t;
    char buf[16];

    for (int i = 0; i < 2; i++) {
        begin(&t, streams[i]);
        ck_assert_int_eq(ls_reap(ls_spawn(send_three, &t)), 0);
        take(&t, CHANNEL_RIGHT);
        ck_assert_uint_eq(drain(&t, buf, 11, 4), 11);
        ck_assert_msg(memcmp(buf, "onetwothree", 11) == 0, "the stream is not 'onetwothree'");
        finish(&t);
    }
    begin(&t, CHANNEL_QUEUE);
    ck_assert_int_eq(ls_reap(ls_spawn(send_three, &t)), 0);
    take(&t, CHANNEL_RIGHT);
    must_receive(&t, "one");
    must_receive(&t, "two");
    must_receive(&t, "three");
    finish(&t);
    begin(&t, CHANNEL_CELL);
    ck_assert_int_eq(ls_reap(ls_spawn(send_three, &t)), 0);
    take(&t, CHANNEL_RIGHT);
    must_receive(&t, "three");
    finish(&t);
}
END_TEST

Suite *lockstep_suite(void)
{
    Suite *suite = suite_create("03-channels");

    ls_test(suite, "pipe-is-a-stream", pipe_is_a_stream);
    ls_test(suite, "end-of-stream", end_of_stream);
    ls_test(suite, "handlers-do-not-disturb", handlers_do_not_disturb);
    ls_test(suite, "nobody-reads", nobody_reads);
    ls_test(suite, "both-ways", both_ways);
    ls_test(suite, "messages-in-order", messages_in_order);
    ls_test(suite, "queue-blocks", queue_blocks);
    ls_test(suite, "last-write-wins", last_write_wins);
    ls_test(suite, "cells-are-whole", cells_are_whole);
    ls_test(suite, "table-story", table_story);
    return suite;
}

/* story.c - exercise 03 as a person would see it: the lesson's table, measured. Not a test.
 *
 * What three sends become on the other side is a fact; the times depend on the machine.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "channels.h"

enum { TIMES = 20000, BYTES = 512 };

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void send_three(struct channel *c)
{
    static const char *const words[] = {"one", "two", "three"};

    channel_take_side(c, CHANNEL_LEFT);
    for (int i = 0; i < 3; i++)
        channel_send(c, words[i], strlen(words[i]));
    _exit(0);
}

static void show_three(enum channel_kind kind)
{
    struct channel *c = channel_open(kind);
    int receives = kind == CHANNEL_QUEUE ? 3 : 1;
    char buf[CHANNEL_MESSAGE_MAX], all[64] = "";
    pid_t child = fork();

    if (child == 0)
        send_three(c);
    waitpid(child, NULL, 0);
    channel_take_side(c, CHANNEL_RIGHT);
    for (int i = 0; i < receives; i++) {
        ssize_t n = channel_receive(c, buf, sizeof buf);

        snprintf(all + strlen(all), sizeof all - strlen(all), "%s[%.*s]", i ? " " : "", (int)n, buf);
    }
    printf("%-26s", all);
    channel_close(c);
}

/* Microseconds for one message of BYTES. */
static double measure(enum channel_kind kind)
{
    struct channel *c = channel_open(kind);
    char buf[CHANNEL_MESSAGE_MAX] = "";
    double began = now();
    pid_t child = fork();

    if (child == 0) {
        channel_take_side(c, CHANNEL_LEFT);
        for (int i = 0; i < TIMES; i++)
            channel_send(c, buf, BYTES);
        _exit(0);
    }
    channel_take_side(c, CHANNEL_RIGHT);
    if (kind == CHANNEL_QUEUE || kind == CHANNEL_CELL)
        for (int i = 0; i < TIMES; i++)
            channel_receive(c, buf, sizeof buf);
    else
        while (channel_receive(c, buf, sizeof buf) > 0)
            ;
    waitpid(child, NULL, 0);
    channel_close(c);
    return (now() - began) / TIMES * 1e6;
}

int main(void)
{
    static const struct {
        const char *name, *how;
        enum channel_kind kind;
    } rows[] = {
        {"管道   pipe, one-way", "两端读写 双向/单向", CHANNEL_PIPE},
        {"管道   pipe, two-way", "两端读写 双向/单向", CHANNEL_DUPLEX},
        {"消息队列 message queue", "先进先出          ", CHANNEL_QUEUE},
        {"共享内存 shared memory", "覆盖之前内容      ", CHANNEL_CELL},
    };

    printf("\"one\", \"two\", \"three\" are sent; what one receive gives, and the time a message:\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        printf("%s  %s  ", rows[i].name, rows[i].how);
        fflush(stdout);
        show_three(rows[i].kind);
        printf("%6.2f us\n", measure(rows[i].kind));
    }
    return 0;
}

/* story.c - exercise 12 as a person would see it: three clients, one of them slow. Not a test. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "network.h"

static void ask(const char *who, int fd, const char *text)
{
    char buf[64];
    ssize_t n;

    echo_send(fd, text, strlen(text));
    n = echo_receive(fd, buf, sizeof buf);
    printf("%-8s says '%s', hears '%.*s'\n", who, text, (int)n, buf);
}

int main(void)
{
    struct echo_server *s = echo_server_start();
    int slow, one, two;
    char buf[64];
    ssize_t n;

    if (!s)
        return 1;
    slow = echo_connect(echo_server_tcp_port(s));
    one = echo_connect(echo_server_tcp_port(s));
    two = echo_connect(echo_server_tcp_port(s));
    send(slow, "\0\0\0\7wai", 7, MSG_NOSIGNAL);
    printf("slow     says 'wai', and goes for a coffee\n");
    ask("one", one, "hello");
    ask("two", two, "hello, too");
    send(slow, "t...", 4, MSG_NOSIGNAL);
    n = echo_receive(slow, buf, sizeof buf);
    printf("slow     is back, says 't...', hears '%.*s'\n", (int)n, buf);
    n = echo_udp(echo_server_udp_port(s), "datagram", 8, buf, sizeof buf, 5000);
    printf("by UDP:  '%.*s'\n", (int)n, buf);
    echo_server_stop(s);
    printf("stopped while three were connected: one hears %s\n",
           echo_receive(one, buf, sizeof buf) < 0 ? "the end" : "more");
    close(slow);
    close(one);
    close(two);
    return 0;
}

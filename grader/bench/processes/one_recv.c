// one_recv: one recv() on a TCP connection is taken for one message.
// expect: wrong-result
// never: deadlock crash
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t size = sizeof a;
    int s = socket(AF_INET, SOCK_STREAM, 0), c;
    char buf[16];

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(s, (struct sockaddr *)&a, sizeof a);
    listen(s, 1);
    getsockname(s, (struct sockaddr *)&a, &size);
    if (fork() == 0) {
        c = socket(AF_INET, SOCK_STREAM, 0);
        connect(c, (struct sockaddr *)&a, sizeof a);
        send(c, "a whole message", 16, 0);
        close(c);
        _exit(0);
    }
    c = accept(s, NULL, NULL);
#ifdef CORRECT
    assert(recv(c, buf, sizeof buf, MSG_WAITALL) == 16);
#else
    assert(recv(c, buf, sizeof buf, 0) == 16);
#endif
    wait(NULL);
    return 0;
}

// no_half_close: both read to the end of a socket pair, and nobody shuts his half down.
// expect: deadlock
// never: crash wrong-result
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void drain(int fd)
{
    char c;

    while (read(fd, &c, 1) > 0)
        ;
}

int main(void)
{
    int fd[2];

    socketpair(AF_UNIX, SOCK_STREAM, 0, fd);
    if (fork() == 0) {
        close(fd[0]);
        write(fd[1], "b", 1);
#ifdef CORRECT
        shutdown(fd[1], SHUT_WR);
#endif
        drain(fd[1]);
        _exit(0);
    }
    close(fd[1]);
    write(fd[0], "a", 1);
#ifdef CORRECT
    shutdown(fd[0], SHUT_WR);
#endif
    drain(fd[0]);
    wait(NULL);
    return 0;
}

// poll_then_read: two processes see one byte with poll(), and both read.
// expect: deadlock
// never: crash wrong-result
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

static void take(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char c;

    if (poll(&p, 1, 0) == 1)
        read(fd, &c, 1);
}

int main(void)
{
    int fd[2];

    pipe(fd);
#ifdef CORRECT
    fcntl(fd[0], F_SETFL, O_NONBLOCK);
#endif
    write(fd[1], "x", 1);
    if (fork() == 0) {
        take(fd[0]);
        _exit(0);
    }
    take(fd[0]);
    wait(NULL);
    return 0;
}

// reader_leaves: the writer of a pipe whose reader has left is killed by SIGPIPE.
// expect: crash
// never: deadlock data-race
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int fd[2];
    char c;

#ifdef CORRECT
    signal(SIGPIPE, SIG_IGN);
#endif
    pipe(fd);
    if (fork() == 0) {
        close(fd[1]);
        read(fd[0], &c, 1);
        _exit(0);
    }
    close(fd[0]);
    write(fd[1], "a", 1);
    write(fd[1], "b", 1);
    wait(NULL);
    return 0;
}

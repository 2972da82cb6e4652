// write_end_open: the reader of a pipe keeps its own write end: the end never comes.
// expect: deadlock
// never: crash wrong-result
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int fd[2];
    char c;

    pipe(fd);
    if (fork() == 0) {
#ifdef CORRECT
        close(fd[1]);
#endif
        while (read(fd[0], &c, 1) > 0)
            ;
        _exit(0);
    }
    write(fd[1], "hello", 5);
    close(fd[1]);
    wait(NULL);
    return 0;
}

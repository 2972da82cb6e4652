// one_read: a message is written in two parts and read in one.
// expect: wrong-result
// never: deadlock crash
#include <assert.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int fd[2];
    char buf[8];
    ssize_t n = 0, k;

    pipe(fd);
    if (fork() == 0) {
        write(fd[1], "head", 4);
        write(fd[1], "tail", 4);
        _exit(0);
    }
    close(fd[1]);
#ifdef CORRECT
    while (n < 8 && (k = read(fd[0], buf + n, sizeof buf - (size_t)n)) > 0)
        n += k;
#else
    k = read(fd[0], buf, sizeof buf);
    n = k;
#endif
    assert(n == 8);
    wait(NULL);
    return 0;
}

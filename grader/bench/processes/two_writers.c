// two_writers: messages longer than PIPE_BUF from two writers come mixed.
// expect: wrong-result
// never: deadlock crash
#include <assert.h>
#include <limits.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef CORRECT
enum { SIZE = PIPE_BUF };
#else
enum { SIZE = 2 * PIPE_BUF };
#endif

static void fill(int fd, char what)
{
    char buf[SIZE];

    memset(buf, what, SIZE);
    write(fd, buf, SIZE);
}

int main(void)
{
    int fd[2], changes = 0;
    char last = 0, c;

    pipe(fd);
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            fill(fd[1], (char)('a' + i));
            _exit(0);
        }
    close(fd[1]);
    while (read(fd[0], &c, 1) == 1) {
        changes += c != last;
        last = c;
        for (int left = 255; left > 0; left--)
            if (read(fd[0], &c, 1) != 1 || c != last)
                changes += 10;
    }
    assert(changes == 2);
    while (wait(NULL) > 0)
        ;
    return 0;
}

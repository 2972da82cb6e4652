// lock_lost_on_close: closing any descriptor of a file gives its fcntl() locks back.
// expect: wrong-result
// never: deadlock crash
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int number(int fd)
{
    int n = 0;

    pread(fd, &n, sizeof n, 0);
    return n;
}

static void put(int fd, int n)
{
    pwrite(fd, &n, sizeof n, 0);
}

static char path[] = "/tmp/lockstep-XXXXXX";

static void set_lock(int fd, short type)
{
    struct flock f = {.l_type = type, .l_whence = SEEK_SET};

    fcntl(fd, F_SETLKW, &f);
}

static void add(int fd)
{
    int n;

    set_lock(fd, F_WRLCK);
#ifndef CORRECT
    close(open(path, O_RDONLY));
#endif
    n = number(fd);
    put(fd, n + 1);
    set_lock(fd, F_UNLCK);
}

int main(void)
{
    int fd = mkstemp(path);

    put(fd, 0);
    if (fork() == 0) {
        add(fd);
        _exit(0);
    }
    add(fd);
    wait(NULL);
    assert(number(fd) == 2);
    unlink(path);
    return 0;
}

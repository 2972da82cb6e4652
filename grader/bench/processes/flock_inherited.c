// flock_inherited: flock() on a descriptor that was inherited keeps nobody out.
// expect: wrong-result
// never: deadlock crash
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
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

static void add(int fd)
{
    flock(fd, LOCK_EX);
    put(fd, number(fd) + 1);
    flock(fd, LOCK_UN);
}

int main(void)
{
    char path[] = "/tmp/lockstep-XXXXXX";
    int fd = mkstemp(path);

    put(fd, 0);
    if (fork() == 0) {
#ifdef CORRECT
        fd = open(path, O_RDWR);
#endif
        add(fd);
        _exit(0);
    }
    add(fd);
    wait(NULL);
    assert(number(fd) == 2);
    unlink(path);
    return 0;
}

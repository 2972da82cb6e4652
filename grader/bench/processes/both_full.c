// both_full: two processes write more than a pipe holds before they read.
// expect: deadlock
// never: crash wrong-result
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MUCH = 80000 };
static char buf[MUCH];

static void put_all(int fd)
{
    write(fd, buf, MUCH);
}

static void get_all(int fd)
{
    for (int n = 0; n < MUCH;)
        n += (int)read(fd, buf, MUCH);
}

int main(void)
{
    int there[2], back[2];

    pipe(there);
    pipe(back);
    if (fork() == 0) {
#ifdef CORRECT
        get_all(there[0]);
        put_all(back[1]);
#else
        put_all(back[1]);
        get_all(there[0]);
#endif
        _exit(0);
    }
    put_all(there[1]);
    get_all(back[0]);
    wait(NULL);
    return 0;
}

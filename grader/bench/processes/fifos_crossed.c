// fifos_crossed: two FIFOs, opened in both orders: each waits for the other.
// expect: deadlock
// never: crash data-race
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int in, out;

    mkfifo("/tmp/lockstep-fifo-a", 0600);
    mkfifo("/tmp/lockstep-fifo-b", 0600);
    if (fork() == 0) {
#ifdef CORRECT
        in = open("/tmp/lockstep-fifo-a", O_RDONLY);
        out = open("/tmp/lockstep-fifo-b", O_WRONLY);
#else
        out = open("/tmp/lockstep-fifo-b", O_WRONLY);
        in = open("/tmp/lockstep-fifo-a", O_RDONLY);
#endif
        close(in);
        close(out);
        _exit(0);
    }
    out = open("/tmp/lockstep-fifo-a", O_WRONLY);
    in = open("/tmp/lockstep-fifo-b", O_RDONLY);
    wait(NULL);
    close(in);
    close(out);
    unlink("/tmp/lockstep-fifo-a");
    unlink("/tmp/lockstep-fifo-b");
    return 0;
}

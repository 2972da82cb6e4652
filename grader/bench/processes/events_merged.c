// events_merged: two writes to an eventfd are one read: whoever counts reads waits forever.
// expect: deadlock
// never: crash wrong-result
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
#ifdef CORRECT
    int fd = eventfd(0, EFD_SEMAPHORE);
#else
    int fd = eventfd(0, 0);
#endif
    uint64_t n = 1;

    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            write(fd, &n, sizeof n);
            _exit(0);
        }
    for (int i = 0; i < 2; i++)
        read(fd, &n, sizeof n);
    while (wait(NULL) > 0)
        ;
    return 0;
}

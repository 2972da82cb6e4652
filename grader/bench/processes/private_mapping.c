// private_mapping: the memory is a private copy after the fork.
// expect: wrong-result
// never: deadlock crash data-race misuse
#include <assert.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
#ifdef CORRECT
    const int kind = MAP_SHARED;
#else
    const int kind = MAP_PRIVATE;
#endif
    int *n = mmap(NULL, sizeof *n, PROT_READ | PROT_WRITE, kind | MAP_ANONYMOUS, -1, 0);

    if (fork() == 0) {
        *n = 7;
        _exit(0);
    }
    wait(NULL);
    assert(*n == 7);
    return 0;
}

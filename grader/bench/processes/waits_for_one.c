// waits_for_one: two children, one wait: the sum may not be there yet.
// expect: data-race wrong-result
// never: deadlock crash misuse
#include <assert.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int *part = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            part[i] = i + 1;
            _exit(0);
        }
    wait(NULL);
#ifdef CORRECT
    wait(NULL);
#endif
    assert(part[0] + part[1] == 3);
    while (wait(NULL) > 0)
        ;
    return 0;
}

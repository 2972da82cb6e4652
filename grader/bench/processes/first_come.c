// first_come: wait() is taken to return the child that was forked first.
// expect: wrong-result
// never: deadlock crash data-race
#include <assert.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    pid_t first = fork(), second;
    int status;

    if (first == 0)
        _exit(1);
    second = fork();
    if (second == 0)
        _exit(2);
#ifdef CORRECT
    waitpid(first, &status, 0);
#else
    wait(&status);
#endif
    assert(WEXITSTATUS(status) == 1);
    wait(NULL);
    return 0;
}

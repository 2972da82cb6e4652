/* pipes.c - an example for `lockstep explore`: the child keeps the writing end of the pipe that
 * it reads to its end, so the end never comes.
 */
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int ends[2];
    char c;

    if (pipe(ends) < 0)
        return 2;
    if (fork() == 0) {
        while (read(ends[0], &c, 1) > 0) /* close(ends[1]) is missing before this */
            ;
        _exit(0);
    }
    close(ends[0]);
    write(ends[1], "x", 1);
    close(ends[1]);
    wait(NULL);
    return 0;
}

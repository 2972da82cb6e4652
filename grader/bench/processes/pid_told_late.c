// pid_told_late: the parent writes down the pid of a child that already looks for it.
// expect: data-race wrong-result
// never: deadlock crash misuse
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    pid_t *told = mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), pid;
    int status, fd[2];
    char byte = 0;

    pipe(fd);
    pid = fork();
    if (pid == 0) {
#ifdef CORRECT
        read(fd[0], &byte, 1);
#endif
        _exit(*told != getpid());
    }
    *told = pid;
    write(fd[1], &byte, 1);
    waitpid(pid, &status, 0);
    return WEXITSTATUS(status);
}

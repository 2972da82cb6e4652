/* expect: none
 * why: the child has copies of all stacks (fork(2)) */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>
static void *f(void *p)
{
    int status;
    const pid_t pid = fork();
    if (pid == 0)
        _exit(*(int *)p == 7 ? 0 : 1);
    waitpid(pid, &status, 0);
    return status ? p : NULL;
}
int main(void)
{
    int on_the_stack_of_main = 7;
    pthread_t t;
    void *bad;
    pthread_create(&t, NULL, f, &on_the_stack_of_main);
    pthread_join(t, &bad);
    return bad != NULL;
}

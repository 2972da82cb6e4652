/* story.c - exercise 04 as a person would see it: five workers, three permits. Not a test.
 *
 * A second of the lesson takes twenty milliseconds here.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counting_semaphore.h"

enum { SECOND = 20000 };

static void fun(struct counting_semaphore *sem, int worker)
{
    printf("%d 想执行事件\n", worker);
    fflush(stdout);
    counting_semaphore_acquire(sem);
    printf("%d执行想执行的事件\n", worker);
    fflush(stdout);
    usleep(3 * SECOND);
    printf("%d事件执行完毕\n", worker);
    fflush(stdout);
    _exit(0);
}

int main(void)
{
    struct counting_semaphore *sem = counting_semaphore_open(3);

    fflush(stdout);
    for (int i = 1; i <= 5; i++)
        if (fork() == 0)
            fun(sem, i);
    for (int i = 0; i < 3; i++) {
        usleep(5 * SECOND);
        printf("sem.release()\n");
        fflush(stdout);
        counting_semaphore_release(sem, 1);
    }
    while (wait(NULL) > 0)
        ;
    printf("print(sem.get_value()): %d\n", counting_semaphore_get_value(sem));
    counting_semaphore_close(sem);
    return 0;
}

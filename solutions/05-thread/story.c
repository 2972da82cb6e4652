/* story.c - exercise 05 as a person would see it: the music thread, and three names. Not a test.
 *
 * A second of the lesson takes twenty milliseconds here.
 */
#include <stdio.h>
#include <unistd.h>

#include "thread.h"

enum { SECOND = 20000 };

static int a = 1;

static void *music(const struct thread_args *args)
{
    (void)args;
    printf("a= %d\n", a);
    a = 10000;
    for (int i = 0; i < 5; i++) {
        usleep(2 * SECOND);
        printf("播放学猫叫 %d\n", getpid());
    }
    return NULL;
}

static void *fun(const struct thread_args *args)
{
    printf("线程参数传递\n");
    usleep(2 * SECOND);
    printf("%s线程执行完毕\n", (const char *)thread_named(args, "name"));
    return NULL;
}

int main(void)
{
    struct thread *t = thread_start(music, 0, NULL, 0, NULL);
    void *results[3];

    for (int i = 0; i < 3; i++) {
        usleep(3 * SECOND);
        printf("播放卡路里 %d\n", getpid());
    }
    thread_join(t, -1, NULL);
    thread_free(t);
    printf("main thread a: %d\n\n", a);
    return thread_crew(fun, "t", 3, results) < 0;
}

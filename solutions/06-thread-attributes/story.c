/* story.c - exercise 06 as a person would see it: Tarena becomes Tedu. Not a test.
 *
 * A second of the lesson takes twenty milliseconds here.
 */
#include <stdio.h>
#include <unistd.h>

#include "thread_attributes.h"

enum { SECOND = 20000 };

static void fun(void *arg)
{
    char name[ATTR_THREAD_NAME_MAX + 1];

    (void)arg;
    usleep(3 * SECOND);
    attr_thread_get_name(attr_thread_current(), name, sizeof name);
    printf("执行%s线程\n线程属性测试\n", name);
}

int main(void)
{
    struct attr_thread *t = attr_thread_new(fun, NULL, "Tarena");
    char name[ATTR_THREAD_NAME_MAX + 1];

    attr_thread_set_daemon(t, true);
    attr_thread_set_daemon(t, false);
    attr_thread_start(t);
    attr_thread_set_name(t, "Tedu");
    attr_thread_get_name(t, name, sizeof name);
    printf("Thread name: %s\nThread get name: %s\n", name, name);
    printf("judge status: %s\n", attr_thread_is_alive(t) ? "True" : "False");
    printf("***********主线程结束***************\n");
    attr_thread_end_of_main(); /* no daemon: the program stays until it is done */
    attr_thread_free(t);
    return 0;
}

/* story.c - exercise 08 as a person would see it: the password. Not a test.
 *
 * A second of the lesson takes twenty milliseconds here.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "event.h"

enum { SECOND = 20000 };

static const char *s; /* 作为通信变量 */

static void *bar(void *e)
{
    printf("Bar 拜山头\n");
    usleep(3 * SECOND);
    s = "天王盖地虎";
    event_set(e);
    return NULL;
}

int main(void)
{
    struct event *e = event_create();
    pthread_t b;

    pthread_create(&b, NULL, bar, e);
    usleep(2 * SECOND);
    printf("说对口令就是自己人\n");
    event_wait(e, -1);
    printf("%s\n", s && strcmp(s, "天王盖地虎") == 0 ? "确认过眼神，你是对的人" : "打死他");
    event_clear(e);
    pthread_join(b, NULL);
    event_destroy(e);
    return 0;
}

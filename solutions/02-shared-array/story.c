/* story.c - exercise 02 as a person would see it: obj[2], and bytes as one string. Not a test. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared_array.h"

static int print_one(const void *element, void *arg)
{
    (void)arg;
    printf(" %d", *(const int *)element);
    return 0;
}

static void print_all(const char *when, struct shared_array *a)
{
    printf("%-22s", when);
    shared_array_each(a, print_one, NULL);
    printf("\n");
    fflush(stdout);
}

int main(void)
{
    const int list[] = {1, 2, 3, 4, 5};
    struct shared_array *numbers = shared_array_from_list('i', list, 5);
    struct shared_array *text = shared_array_from_text("hello world");
    char buf[32];
    pid_t child;

    print_all("obj=Array('i',[...]):", numbers);
    child = fork();
    if (child == 0) {
        const int changed = 3000;

        shared_array_set(numbers, 2, &changed);
        shared_array_set_text(text, "changed too");
        _exit(0);
    }
    waitpid(child, NULL, 0);
    print_all("the child: obj[2]=3000", numbers);
    shared_array_text(text, buf, sizeof buf);
    printf("obj.value: %s\n", buf);
    shared_array_close(numbers);
    shared_array_close(text);
    return 0;
}

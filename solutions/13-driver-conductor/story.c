/* story.c - exercise 13 as a person would see it: the ride, on a terminal of its own, with
 * somebody typing. Not a test: the typist waits a little between two keys.
 */
#include <pty.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver_conductor.h"

static void type(int terminal, const char *key, const char *name)
{
    usleep(100000);
    printf("%-7s ", name);
    fflush(stdout);
    if (write(terminal, key, 1) != 1)
        perror("write");
}

/* What the terminal shows, without its echo of the keys (^C). */
static void show_line(int terminal)
{
    char c;
    int any = 0, hidden = 0;

    while (read(terminal, &c, 1) == 1 && c != '\n') {
        if (c == '^')
            hidden = 2;
        if (hidden > 0)
            hidden--;
        else if (c != '\r')
            any = putchar(c);
    }
    (void)any;
    printf("\n");
    fflush(stdout);
}

int main(void)
{
    static const struct {
        const char *key, *name;
    } keys[] = {{"\003", "Ctrl-C"}, {"\034", "Ctrl-\\"}, {"\003", "Ctrl-C"}, {"\032", "Ctrl-Z"}};
    int terminal, status = 0;
    pid_t driver;

    fflush(stdout);
    driver = forkpty(&terminal, NULL, NULL, NULL);
    if (driver == 0)
        _exit(driver_conductor() == 0 ? 0 : 1);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        type(terminal, keys[i].key, keys[i].name);
        show_line(terminal);
    }
    waitpid(driver, &status, 0);
    printf("the conductor has left, then the driver, with %d\n", WEXITSTATUS(status));
    close(terminal);
    return status != 0;
}

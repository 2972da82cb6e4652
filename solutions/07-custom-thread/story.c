/* story.c - exercise 07 as a person would see it: the player, twenty lines. Not a test.
 *
 * A second of the lesson takes a millisecond here.
 */
#include <stdio.h>
#include <unistd.h>

#include "custom_thread.h"

static void rest(int seconds, void *arg)
{
    (void)arg;
    usleep((useconds_t)seconds * 1000);
}

int main(void)
{
    struct player *t = player_new(3, "凉凉", stdout, rest, NULL);

    custom_thread_start(&t->base);
    custom_thread_join(&t->base);
    player_delete(t);
    return 0;
}

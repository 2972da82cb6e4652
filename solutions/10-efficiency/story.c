/* story.c - exercise 10 as a person would see it: the six-row table, beside the lesson's. Not a
 * test: the times are this machine's.
 */
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "efficiency.h"

enum { JOBS = 10, WORK = 40000000, WAIT_MS = 100 };

/* Additions, one after the other: about a tenth of a second. */
static long count(long number)
{
    volatile long x = number;

    for (long i = 0; i < WORK; i++)
        x = x + 1;
    return x;
}

/* A partner that takes its time. */
static long io(long number)
{
    poll(NULL, 0, WAIT_MS);
    return number;
}

int main(void)
{
    static const char *const names[] = {"Line", "thread", "Process"};
    static const double python[2][3] = {{9.014907121658325, 9.38966417312622, 5.466824531555176},
                                        {4.548823118209839, 4.6143529415130615, 2.9468178749084473}};
    struct efficiency_table t;

    if (efficiency_measure(count, io, JOBS, &t) < 0) {
        perror("efficiency_measure");
        return 1;
    }
    efficiency_print(&t, stdout);
    printf("\n%ld cores, %d jobs              here                lesson (Python)\n",
           sysconf(_SC_NPROCESSORS_ONLN), JOBS);
    for (int way = 0; way < 3; way++)
        for (int kind = 0; kind < 2; kind++)
            printf("%-8s %-3s  %12.2f s  %5.2fx %12.2f s  %5.2fx\n", names[way], kind ? "IO" : "cpu",
                   t.seconds[kind][way], t.seconds[kind][0] / t.seconds[kind][way],
                   python[kind][way], python[kind][0] / python[kind][way]);
    return 0;
}


/* process_vs_thread.c - your solution of exercise 11-process-vs-thread. The contract is in
 * process_vs_thread.h. */
#include "process_vs_thread.h"

#include <errno.h>

int pvt_in_process(void (*body)(void *arg), void *arg)
{
    // TODO: a child, and wait for it
    (void)body;
    (void)arg;
    errno = ENOSYS;
    return -1;
}

int pvt_in_thread(void (*body)(void *arg), void *arg)
{
    // TODO: a thread, and wait for it
    (void)body;
    (void)arg;
    errno = ENOSYS;
    return -1;
}

int pvt_same_pid(pvt_way *way)
{
    // TODO: how does the answer come back?
    (void)way;
    errno = ENOSYS;
    return -1;
}

int pvt_same_global(pvt_way *way)
{
    // TODO
    (void)way;
    errno = ENOSYS;
    return -1;
}

int pvt_same_local(pvt_way *way)
{
    // TODO
    (void)way;
    errno = ENOSYS;
    return -1;
}

int pvt_same_offset(pvt_way *way)
{
    // TODO
    (void)way;
    errno = ENOSYS;
    return -1;
}

int pvt_same_files(pvt_way *way)
{
    // TODO
    (void)way;
    errno = ENOSYS;
    return -1;
}

int pvt_same_handler(pvt_way *way)
{
    // TODO: and put it back
    (void)way;
    errno = ENOSYS;
    return -1;
}

int pvt_same_directory(pvt_way *way)
{
    // TODO: and go back
    (void)way;
    errno = ENOSYS;
    return -1;
}

int pvt_same_end(pvt_way *way)
{
    // TODO: who tries it?
    (void)way;
    errno = ENOSYS;
    return -1;
}

long pvt_cost_ns(pvt_way *way, int times)
{
    // TODO
    (void)way;
    (void)times;
    errno = ENOSYS;
    return -1;
}

int pvt_table(pvt_way *process, pvt_way *thread, FILE *out)
{
    // TODO
    (void)process;
    (void)thread;
    (void)out;
    errno = ENOSYS;
    return -1;
}

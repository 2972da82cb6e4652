
/* efficiency.c - the reference solution of exercise 10-efficiency.
 *
 * Three ways, one shape: start all, then collect all. Only in line the two are the same.
 */
#include "efficiency.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int run_in_line(efficiency_job *job, int n, long results[])
{
    for (int i = 0; i < n; i++)
        results[i] = job(i);
    return 0;
}

/* What one thread needs, in a place of its own. */
struct part {
    pthread_t id;
    efficiency_job *job;
    long number, result;
};

static void *run_part(void *arg)
{
    struct part *p = arg;

    p->result = p->job(p->number);
    return NULL;
}

static int run_in_threads(efficiency_job *job, int n, long results[])
{
    struct part *parts = calloc((size_t)n, sizeof *parts);
    int started = 0, rc = 0;

    if (!parts)
        return -1;
    for (; started < n && rc == 0; started += rc == 0) {
        parts[started].job = job;
        parts[started].number = started;
        rc = pthread_create(&parts[started].id, NULL, run_part, &parts[started]);
    }
    /* A loop of its own: joined right after its start, each would run alone. */
    for (int i = 0; i < started; i++) {
        pthread_join(parts[i].id, NULL);
        results[i] = parts[i].result;
    }
    free(parts);
    errno = rc;
    return rc ? -1 : 0;
}

/* Where a child leaves its result: in memory that its parent sees, too. The flag tells a
 * result from an end without one. */
struct place {
    long result;
    int there;
};

static void reap(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

static int fork_all(efficiency_job *job, int n, struct place *places, pid_t *children, int *error)
{
    int started = 0;

    for (; started < n; started++) {
        children[started] = fork();
        if (children[started] == 0) {
            places[started].result = job(started);
            places[started].there = 1;
            _exit(0); /* not exit(): the parent's buffers are not ours to flush */
        }
        if (children[started] < 0) {
            *error = errno;
            break;
        }
    }
    return started;
}

static int run_in_processes(efficiency_job *job, int n, long results[])
{
    const size_t size = (size_t)n * sizeof(struct place);
    struct place *places =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t *children = calloc((size_t)n, sizeof *children);
    int error = 0, started = 0;

    if (places == MAP_FAILED || !children)
        error = ENOMEM;
    else
        started = fork_all(job, n, places, children, &error);
    for (int i = 0; i < started; i++) {
        reap(children[i]);
        results[i] = places[i].result;
        if (!places[i].there && !error)
            error = EIO;
    }
    if (places != MAP_FAILED)
        munmap(places, size);
    free(children);
    errno = error;
    return error ? -1 : 0;
}

/* Real time. clock() counts what the processor did for us: a job that waits would be free. */
static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int efficiency_run(enum efficiency_way way, efficiency_job *job, int n, long results[],
                   double *seconds)
{
    static int (*const run[])(efficiency_job *, int, long[]) = {run_in_line, run_in_threads,
                                                                run_in_processes};
    double began = now();
    int rc = run[way](job, n, results);

    *seconds = now() - began;
    return rc;
}

int efficiency_measure(efficiency_job *cpu, efficiency_job *io, int n, struct efficiency_table *ret)
{
    efficiency_job *const jobs[] = {cpu, io};
    long *results = calloc((size_t)n, sizeof *results);
    int rc = results ? 0 : -1;

    for (int kind = 0; kind < 2; kind++)
        for (int way = 0; way < 3 && rc == 0; way++)
            rc = efficiency_run(way, jobs[kind], n, results, &ret->seconds[kind][way]);
    free(results);
    return rc;
}

int efficiency_print(const struct efficiency_table *t, FILE *out)
{
    const double *cpu = t->seconds[EFFICIENCY_CPU], *io = t->seconds[EFFICIENCY_IO];
    int n = fprintf(out,
                    "Line cpu: %f\nLine IO: %f\n\n"
                    "thread cpu: %f\nthread  IO: %f\n\n"
                    "Process  cpu: %f\nProcess  IO: %f\n",
                    cpu[0], io[0], cpu[1], io[1], cpu[2], io[2]);

    /* Into the buffer is not yet on the disk. */
    return n < 0 || fflush(out) != 0 ? -1 : 0;
}

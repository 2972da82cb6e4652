/* bare.c - the naive way to have fresh memory for every run: fork, the threads, exit, wait.
 *
 * Prints runs a second. What `make bench` puts the explorer beside; explores nothing.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 512 };

static void *nothing(void *arg)
{
    return arg;
}

static void run(int threads)
{
    pthread_t t[THREADS_MAX];

    for (int i = 0; i < threads; i++)
        if (pthread_create(&t[i], NULL, nothing, NULL) != 0)
            _exit(1);
    for (int i = 0; i < threads; i++)
        pthread_join(t[i], NULL);
    _exit(0);
}

int main(int argc, char *argv[])
{
    const int runs = argc > 2 ? atoi(argv[1]) : 0, threads = argc > 2 ? atoi(argv[2]) : 0;
    struct timespec a, b;

    if (runs < 1 || threads < 1 || threads > THREADS_MAX)
        return 2;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int i = 0; i < runs; i++) {
        const pid_t pid = fork();
        int status;

        if (pid == 0)
            run(threads);
        if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
            return 1;
    }
    clock_gettime(CLOCK_MONOTONIC, &b);
    printf("%.1f\n",
           runs / ((double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec)));
    return 0;
}

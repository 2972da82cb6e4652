/* launch.c - how long the sandbox takes to run a program that does nothing, beside fork and
 * exec.
 *
 * Prints medians of N launches each, taken in turn so that a slow moment hits all alike:
 *   fork+exec   nobody watches
 *   keeper      watched, tier none
 *   tier NAME   watched and confined, the strongest tier here
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "sandbox/keeper.h"
#include "sandbox/tier.h"

enum { ROUNDS = 201, WAYS = 3 };

static char *argv[] = {"/usr/bin/true", NULL}, *envp[] = {NULL};

static double plain(void)
{
    const double began = now_s();
    const pid_t pid = fork();

    if (pid == 0) {
        execve(argv[0], argv, envp);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
    return now_s() - began;
}

static double watched(bool trusted)
{
    struct keeper_job job = {
        .argv = argv, .envp = envp, .trusted = trusted, .limits = LIMITS_DEFAULT};
    struct keeper_result r = {0};
    struct err e = {0};
    const double began = now_s();

    if (keeper_run(&job, &r, &e) < 0) {
        fprintf(stderr, "launch: %s\n", e.msg);
        exit(1);
    }
    keeper_release(&r);
    return now_s() - began;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

int main(void)
{
    static double s[WAYS][ROUNDS];
    const char *names[WAYS] = {"fork+exec", "keeper", tier_name(sandbox_tier())};

    for (int i = 0; i < ROUNDS; i++) {
        s[0][i] = plain();
        s[1][i] = watched(true);
        s[2][i] = watched(false);
    }
    for (int w = 0; w < WAYS; w++)
        qsort(s[w], ROUNDS, sizeof s[w][0], by_size);
    for (int w = 0; w < WAYS; w++)
        printf("%-10s median %6.2f ms   best %6.2f ms   %5.1fx\n", names[w],
               s[w][ROUNDS / 2] * 1e3, s[w][0] * 1e3, s[w][ROUNDS / 2] / s[0][ROUNDS / 2]);
    return 0;
}

/* pool.c - fork, wait, fork the next. */
#include "batch/pool.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/keeper.h"

int pool_cores(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

static pid_t start(const struct pool *p, int index)
{
    const pid_t parent = getpid();
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
    _exit(p->work(p->ctx, index));
}

/* Waits for one of ours; its index, or -1 when none is left. Looks again every few
 * milliseconds: a signal that comes between the look at the flag and a waitpid() that blocks
 * would be lost, and the workers would go on to the end of their units. */
static int reap(const struct pool *p, pid_t *pids, int *status)
{
    enum { LOOK_MS = 5 };
    bool told = false;

    for (;;) {
        pid_t pid = waitpid(-1, status, WNOHANG);

        for (int i = 0; keeper_interrupted && !told && i < p->count; i++)
            if (pids[i] > 0)
                kill(pids[i], SIGTERM);
        told = keeper_interrupted;
        if (pid == 0)
            poll(NULL, 0, LOOK_MS);
        if (pid == 0 || (pid < 0 && errno == EINTR))
            continue;
        if (pid < 0)
            return -1;
        for (int i = 0; i < p->count; i++) {
            if (pids[i] == pid) {
                pids[i] = 0;
                if (p->cores)
                    cores_bury(p->cores, pid);
                return i;
            }
        }
    }
}

int pool_run(const struct pool *p, struct err *e)
{
    pid_t *pids = calloc((size_t)p->count + 1, sizeof *pids);
    int next = 0, running = 0, rc = 0;

    if (!pids)
        return err_oom(e);
    while (running > 0 || (next < p->count && rc == 0)) {
        int status, index;

        if (keeper_interrupted && rc == 0)
            rc = err_set(e, ERR_STOPPED, "interrupted");
        if (rc == 0 && next < p->count && running < p->jobs) {
            if (p->begin && p->begin(p->ctx, next, e) < 0) {
                rc = -1;
                continue;
            }
            pids[next] = start(p, next);
            if (pids[next] < 0)
                rc = err_errno(e, "cannot start a worker");
            else
                running++;
            next++;
            continue;
        }
        if (running == 0)
            break;
        index = reap(p, pids, &status);
        if (index < 0)
            break;
        running--;
        if (rc == 0 && (status == 0 || !keeper_interrupted)) /* one we stopped says nothing */
            rc = p->done(p->ctx, index, WIFEXITED(status) ? WEXITSTATUS(status) : -1, e);
    }
    free(pids);
    if (keeper_interrupted && rc == 0)
        rc = err_set(e, ERR_STOPPED, "interrupted");
    return rc;
}

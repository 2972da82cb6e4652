/* baton.c - one of several kernel processes runs; the others sleep, each on a futex.
 *
 * The turn word of a process is 1 when it may run and 2 when it is to die (a modelled SIGKILL).
 * A process that ends closes all its descriptors before it hands on the baton: what others see
 * of its end (an end of file, a free file lock) is there at once, although the kernel takes its
 * time. If the one with the baton dies by itself, the first process notices and says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/explore/process.h"

enum { LOOK_MS = 300 };

static int mine;

int baton_here(void)
{
    return mine;
}

void baton_become(int process)
{
    mine = process;
}

static void wake(uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* false: it took long. */
static bool sleep_while(uint32_t *word, uint32_t value)
{
    const struct timespec t = {.tv_nsec = LOOK_MS * 1000000L};

    return syscall(SYS_futex, word, FUTEX_WAIT, value, &t, NULL, 0) == 0 || errno != ETIMEDOUT;
}

void baton_pass(int process)
{
    struct process *p = &W->processes[process];

    __atomic_store_n(&p->turn, 1, __ATOMIC_RELEASE);
    wake(&p->turn);
}

/* The state letter in /proc/PID/stat; 'X' when there is no such process. */
char process_state(int pid)
{
    char path[40], text[256], *p;
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return kill(pid, 0) < 0 ? 'X' : '?';
    text[n] = '\0';
    p = strrchr(text, ')');
    return p && p[1] ? p[2] : '?';
}

static void look_after_others(void)
{
    const struct task *t = W->me;
    const struct process *p = t ? &W->processes[t->process] : NULL;
    char c;

    if (mine != 0) {
        if (getppid() == 1 && process_state(W->processes[0].real) == 'X')
            _exit(0); /* everybody else has been killed */
        return;
    }
    if (!p || p->id == 0 || !W->running)
        return;
    c = process_state(p->real);
    if (c != 'X' && c != 'Z')
        return;
    if (!W->running || W->me != t || __atomic_load_n(&W->processes[0].turn, __ATOMIC_ACQUIRE))
        return; /* it has handed over meanwhile */
    snprintf(W->broken, sizeof W->broken, "a process of the program under test was killed");
    W->ending = END_BROKEN;
    W->running = false;
    __atomic_store_n(&W->processes[0].turn, 1, __ATOMIC_RELEASE);
}

/* SEM_UNDO is done by the kernel's own exit, a moment after ours. */
static void await_death(void)
{
    char c;

    if (!W->dying)
        return;
    while ((c = process_state(W->dying)) != 'Z' && c != 'X')
        sched_yield();
    W->dying = 0;
}

void baton_wait(void)
{
    struct process *p = &W->processes[mine];
    uint32_t turn;

    while ((turn = __atomic_load_n(&p->turn, __ATOMIC_ACQUIRE)) == 0)
        if (!sleep_while(&p->turn, 0))
            look_after_others();
    __atomic_store_n(&p->turn, 0, __ATOMIC_RELEASE);
    if (turn == 2)
        baton_leave();
    await_death();
}

void close_all_descriptors(void)
{
    syscall(SYS_close_range, 0u, ~0u, 0u);
}

void baton_leave(void)
{
    struct process *p = &W->processes[mine];

    if (mine != 0 || !W->o.inline_run)
        close_all_descriptors();
    __atomic_store_n(&p->gone, 1, __ATOMIC_RELEASE);
    wake(&p->gone);
    if (mine == 0) { /* the schedule's first process stays, to see its end */
        for (;;) {
            baton_wait();
            if (!W->running)
                fiber_switch(NULL, &fiber_kernel);
        }
    }
    _exit(0);
}

void baton_kill(struct process *p)
{
    if (p->id == 0) { /* it is the one that sees the end: it only closes its descriptors */
        W->processes[0].killed = true;
        return;
    }
    __atomic_store_n(&p->turn, 2, __ATOMIC_RELEASE);
    wake(&p->turn);
    while (!__atomic_load_n(&p->gone, __ATOMIC_ACQUIRE))
        if (!sleep_while(&p->gone, 0) && process_state(p->real) == 'X')
            break;
    await_death();
}

void baton_finish(void)
{
    for (int i = 1; i < W->process_count; i++)
        if (W->processes[i].real > 0)
            kill(W->processes[i].real, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        ;
}

/* guard.c - the scheduling of those who watch is none of the program's business. A filter made
 * at run time, because their process numbers are known only then; what is the same in every run
 * is in mkseccomp.c. Other graders of the same user are not covered.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/init/init.h"

enum { KEEPERS = 6, GUARD_MAX = 128 };

struct guard {
    struct sock_filter ins[GUARD_MAX];
    unsigned short count;
};

static void add(struct guard *g, unsigned code, unsigned k, unsigned char yes, unsigned char no)
{
    if (g->count < GUARD_MAX)
        g->ins[g->count++] = (struct sock_filter){(unsigned short)code, yes, no, k};
}

/* Refuses call `nr` when argument `who` is one of `pids`; and, unless `kind` is negative, when
 * its first argument is another kind of target than one process. */
static void guard_call(struct guard *g, unsigned nr, int kind, unsigned who, const pid_t *pids,
                       int n)
{
    const unsigned refuse = SECCOMP_RET_ERRNO | EPERM;
    const unsigned char rest = (unsigned char)(2 * n + 2 + (kind >= 0 ? 3 : 0));

    add(g, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
    add(g, BPF_JMP | BPF_JEQ | BPF_K, nr, 0, rest);
    if (kind >= 0) {
        add(g, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args), 0, 0);
        add(g, BPF_JMP | BPF_JEQ | BPF_K, (unsigned)kind, 1, 0);
        add(g, BPF_RET | BPF_K, refuse, 0, 0);
    }
    add(g, BPF_LD | BPF_W | BPF_ABS,
        (unsigned)(offsetof(struct seccomp_data, args) + 8 * (size_t)who), 0, 0);
    for (int i = 0; i < n; i++) {
        add(g, BPF_JMP | BPF_JEQ | BPF_K, (unsigned)pids[i], 0, 1);
        add(g, BPF_RET | BPF_K, refuse, 0, 0);
    }
    add(g, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
}

static pid_t above(pid_t pid)
{
    char path[64], text[512];
    const char *p;
    FILE *f;
    size_t n;

    if (pid <= 1)
        return 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    f = fopen(path, "re");
    n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f)
        fclose(f);
    text[n] = '\0';
    p = strrchr(text, ')');
    return p && strlen(p) > 4 ? atoi(p + 4) : 0;
}

/* A program of the same user may lower the priority of init and of the graders above it, or
 * take their processors away: they would see late, or never, what it does. */
void init_guard(void)
{
    static const struct {
        unsigned nr, who;
        int kind;
    } calls[] = {{SYS_setpriority, 1, 0 /* PRIO_PROCESS */},
                 {SYS_ioprio_set, 1, 1 /* IOPRIO_WHO_PROCESS */},
                 {SYS_sched_setparam, 0, -1},
                 {SYS_sched_setscheduler, 0, -1},
                 {SYS_sched_setattr, 0, -1},
                 {SYS_sched_setaffinity, 0, -1}};
    struct guard g = {.count = 0};
    pid_t pids[KEEPERS];
    int n = 0;

    for (pid_t p = getppid(); p && n != KEEPERS; p = above(p))
        pids[n++] = p; /* in a namespace of its own init is 1, and nobody is above it */
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        guard_call(&g, calls[i].nr, calls[i].kind, calls[i].who, pids, n);
    add(&g, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &(struct sock_fprog){g.count, g.ins}) < 0)
        init_fail("seccomp");
}

/* settle.c - "nobody else can run", seen in /proc, and small process helpers.
 *
 * ls_settle() compares two looks at every other task of the test. Each look reads a task's
 * state and its count of context switches. If all are asleep in both and no count moved,
 * none ran in between, so at the second look's start all of them were blocked at once: no
 * sleep was long enough by luck. A task that is merely starved by a busy machine is in
 * state R and is waited for, however long that takes. One that keeps running or polling is
 * told from a slow one by what it uses (processor time, voluntary switches), never by the
 * clock on the wall. A plain sleep or a wait with a time limit might be a poll in disguise, so
 * it must stand still for many looks.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "runtime/harness.h"
#include "runtime/lockstep.h"

/* What a task may use while it is supposed to block, before it is called busy. */
enum { BUSY_SWITCHES = 150, BUSY_SLEEPS = 10, BUSY_MS = 400, SLOW_FACTOR = 20 };
/* Equal looks before a wait with a limit, or a plain sleep, counts as blocked: longer than
 * the period of what people write as a poll (up to sleep(1)). */
enum { TIMED_LOOKS = 150, SLEEP_LOOKS = 1300 };

static int read_file(const char *path, char *buf, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

    if (fd >= 0)
        close(fd);
    if (n < 0)
        return -1;
    buf[n] = '\0';
    return 0;
}

static uint64_t field(const char *text, const char *name)
{
    const char *p = strstr(text, name);

    return p ? strtoull(p + strlen(name), NULL, 10) : 0;
}

static char task_state(pid_t pid, pid_t tid, char *status, size_t size)
{
    char path[64];
    const char *p;

    snprintf(path, sizeof path, "/proc/%d/task/%d/status", pid, tid);
    if (read_file(path, status, size) < 0)
        return 'X';
    p = strstr(status, "\nState:");
    return p ? p[8] : 'X';
}

/* Which call a sleeping task is in decides whether it will be back by itself. */
static void look_wait(pid_t pid, pid_t tid, struct tree_look *l)
{
    char path[64], text[256], *p = text;
    unsigned long long args[6] = {0};
    long nr;

    snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", pid, tid);
    if (read_file(path, text, sizeof text) < 0)
        return;
    if (text[0] == 'r') { /* "running": it has woken since its state was read */
        l->running++;
        return;
    }
    nr = strtol(p, &p, 10);
    for (int i = 0; i < 6; i++)
        args[i] = strtoull(p, &p, 16);
    switch (nr) {
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
        l->sleeping++;
        break;
    case SYS_futex:
        l->timed += args[3] != 0;
        break;
    case SYS_poll:
        l->timed += (int)args[2] >= 0;
        break;
    case SYS_rt_sigtimedwait:
    case SYS_ppoll:
        l->timed += args[2] != 0;
        break;
    case SYS_semtimedop:
        l->timed += args[3] != 0;
        break;
    case SYS_epoll_wait:
    case SYS_epoll_pwait:
        l->timed += (int)args[3] >= 0;
        break;
    case SYS_select:
    case SYS_pselect6:
    case SYS_mq_timedreceive:
    case SYS_mq_timedsend:
        l->timed += args[4] != 0;
        break;
    default:
        break;
    }
}

static void look_task(pid_t pid, pid_t tid, struct tree_look *l)
{
    char status[4096], path[64], sched[128];
    char state = task_state(pid, tid, status, sizeof status);
    uint64_t voluntary = field(status, "\nvoluntary_ctxt_switches:");
    uint64_t forced = field(status, "nonvoluntary_ctxt_switches:");

    if (state == 'X' || state == 'Z')
        return;
    snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", pid, tid);
    if (read_file(path, sched, sizeof sched) == 0)
        l->cpu_ns += strtoull(sched, NULL, 10);
    l->tasks++;
    l->running += state == 'R' || state == 'D';
    if (state == 'S')
        look_wait(pid, tid, l);
    if (voluntary > l->switches)
        l->switches = voluntary;
    l->fingerprint = (l->fingerprint ^ ((uint64_t)tid << 40) ^ (voluntary << 20) ^ forced ^
                      (uint64_t)state << 60) *
                     0x100000001b3u; /* FNV-1a's prime */
}

static void look_process(pid_t pid, struct tree_look *l, int depth)
{
    char path[96], kids[4096];
    DIR *d;
    pid_t self = (pid_t)syscall(SYS_gettid);

    snprintf(path, sizeof path, "/proc/%d/task", pid);
    d = opendir(path);
    if (!d)
        return;
    for (struct dirent *de; (de = readdir(d));) {
        pid_t tid = atoi(de->d_name);

        if (tid <= 0)
            continue;
        if (tid != self)
            look_task(pid, tid, l);
        snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, tid);
        if (depth < 16 && read_file(path, kids, sizeof kids) == 0)
            for (char *p = kids, *end; (long)strtol(p, &end, 10) > 0 && end != p; p = end)
                look_process((pid_t)strtol(p, NULL, 10), l, depth + 1);
    }
    closedir(d);
}

void tree_look(struct tree_look *ret)
{
    *ret = (struct tree_look){.fingerprint = 0xcbf29ce484222325u};
    look_process(harness_main_pid(), ret, 0);
}

void ls_settle(void)
{
    const struct timespec pause_between = {.tv_nsec = harness_slow() ? 3000000 : 1000000};
    const uint64_t factor = harness_slow() ? SLOW_FACTOR : 1;
    struct tree_look first, was, is;
    int equal = 0;

    tree_look(&first);
    was = first;
    for (;;) {
        /* Not a wait for luck: only the distance between two looks; gives up the core. */
        nanosleep(&pause_between, NULL);
        tree_look(&is);
        equal =
            is.fingerprint == was.fingerprint && !is.running && !was.running ? equal + 1 : 0;
        if (equal >= (is.sleeping ? SLEEP_LOOKS : is.timed ? TIMED_LOOKS : 1))
            return;
        if (is.cpu_ns > first.cpu_ns + factor * BUSY_MS * 1000000u)
            ck_abort_msg("busy-wait: a task keeps running where it should sleep");
        if (is.switches > first.switches + (is.sleeping ? BUSY_SLEEPS : factor * BUSY_SWITCHES))
            ck_abort_msg("busy-wait: a task keeps waking up to look where it should sleep");
        was = is;
    }
}

void ls_stay_on(int core)
{
    cpu_set_t all, one;
    int seen = 0;

    CPU_ZERO(&one);
    if (sched_getaffinity(0, sizeof all, &all) < 0)
        return;
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &all) && seen++ == core)
            CPU_SET(i, &one);
    if (CPU_COUNT(&one))
        sched_setaffinity(0, sizeof one, &one);
}

void ls_polite(void)
{
    struct sched_param p = {0};

    sched_setscheduler(0, SCHED_BATCH, &p);
}

bool ls_stopped(pid_t pid)
{
    char status[4096];

    return task_state(pid, pid, status, sizeof status) == 'T';
}

int ls_children(pid_t pid, pid_t *ret, int max)
{
    char path[96], kids[4096];
    int n = 0;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    if (read_file(path, kids, sizeof kids) < 0)
        return 0;
    for (char *p = kids, *end; n < max; p = end) {
        pid_t child = (pid_t)strtol(p, &end, 10);
        char status[4096];

        if (end == p)
            break;
        if (task_state(child, child, status, sizeof status) != 'Z')
            ret[n++] = child;
    }
    return n;
}

pid_t ls_first_child(pid_t pid)
{
    char status[4096], state;
    pid_t child;

    for (;;) {
        if (ls_children(pid, &child, 1) == 1)
            return child;
        state = task_state(pid, pid, status, sizeof status);
        if (state == 'Z' || state == 'X')
            return -1;
        sched_yield(); /* looks as often as it can: it is to be early */
    }
}

pid_t ls_spawn(int (*body)(void *), void *arg)
{
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid < 0)
        ck_abort_msg("resource-limit: cannot fork: %s", strerror(errno));
    if (pid == 0)
        _exit(body(arg));
    errno = 0;
    return pid;
}

int ls_reap(pid_t pid)
{
    int status, saved = errno;
    pid_t got;

    while ((got = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
        ;
    if (got < 0)
        ck_abort_msg("wrong-result: a child of the test is gone: someone else waited for it");
    errno = saved;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void ls_kill_self(void)
{
    for (;;)
        kill(getpid(), SIGKILL);
}

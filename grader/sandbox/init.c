/* init.c - sets up the room, starts the program, reaps, counts what is left, reports.
 *
 * Reports on its status pipe, one fact a line:
 *   fail TEXT        the room could not be made; no verdict may be drawn
 *   end exit N       the program's own process ended (or: end signal N)
 *   left KIND NAME   something of the program is still there
 *   used CPU_US RSS_KB
 * No "used" line: init was killed.
 *
 * It is a copy of the grader, so it makes itself non-dumpable before the program exists:
 * /proc/1/mem and ptrace(2) are then closed to it (SANDBOX, decision 4).
 */
#include "sandbox/init.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "sandbox/tasks.h"

enum { LEFT_MAX = 32 };

/* Pids below 300 are not reused, so there must be room above. */
#define BOMB_CAP "1024"

static void say(int fd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(int fd, const char *fmt, ...)
{
    char line[512];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(line, sizeof line - 1, fmt, ap);
    va_end(ap);
    if (n > (int)sizeof line - 2)
        n = (int)sizeof line - 2;
    for (int i = 0; i < n; i++)
        if ((unsigned char)line[i] < ' ')
            line[i] = '?'; /* a name must not forge a line */
    line[n++] = '\n';
    write_all(fd, line, (size_t)n);
}

static void __attribute__((noreturn)) fail(const struct init_job *j, const char *what)
{
    say(j->status, "fail %s: %s", what, strerror(errno));
    _exit(1);
}

static int write_file(const char *path, const char *text)
{
    auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);

    return fd < 0 ? -1 : write_all(fd, text, strlen(text));
}

/* A network of its own, with nothing but loopback: two gradings at once never meet at a port.
 */
static void loopback_up(const struct init_job *j)
{
    struct ifreq lo = {.ifr_name = "lo"};
    auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &lo) < 0)
        fail(j, "loopback");
    lo.ifr_flags |= IFF_UP;
    if (ioctl(fd, SIOCSIFFLAGS, &lo) < 0)
        fail(j, "loopback");
}

static void map_user(const struct init_job *j)
{
    char map[64];

    if (write_file("/proc/self/setgroups", "deny") < 0)
        fail(j, "setgroups");
    snprintf(map, sizeof map, "%u %u 1", j->uid, j->uid);
    if (write_file("/proc/self/uid_map", map) < 0)
        fail(j, "uid_map");
    snprintf(map, sizeof map, "%u %u 1", j->gid, j->gid);
    if (write_file("/proc/self/gid_map", map) < 0)
        fail(j, "gid_map");
}

/* Before 6.14 the same file is the whole machine's, so here the version must be asked. */
static bool pid_max_is_ours(void)
{
    struct utsname un;
    int major, minor;

    return uname(&un) == 0 && sscanf(un.release, "%d.%d", &major, &minor) == 2 &&
           (major > 6 || (major == 6 && minor >= 14));
}

static void make_room(const struct init_job *j)
{
    const unsigned long quiet = MS_NOSUID | MS_NODEV | MS_NOEXEC;

    if (j->user_ns)
        map_user(j);
    loopback_up(j);
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        fail(j, "make mounts private");
    if (mount("proc", "/proc", "proc", quiet, NULL) < 0)
        fail(j, "mount /proc");
    if (mount("tmpfs", "/dev/shm", "tmpfs", quiet, "size=64m,mode=1777") < 0)
        fail(j, "mount /dev/shm");
    if (mount("mqueue", j->job->scratch, "mqueue", quiet, NULL) < 0)
        fail(j, "mount the message queues");
    /* Of this pid namespace since Linux 6.14: an exact end to fork bombs, also for root,
     * whom RLIMIT_NPROC does not bind. Older kernels refuse; the keeper's count remains. */
    if (pid_max_is_ours())
        write_file("/proc/sys/kernel/pid_max", BOMB_CAP);
}

static void set_limit(int what, rlim_t soft, rlim_t hard)
{
    setrlimit((__rlimit_resource_t)what, &(struct rlimit){soft, hard});
}

static void apply_limits(const struct limits *l)
{
    const rlim_t cpu = (rlim_t)l->cpu_s + 2, file = (rlim_t)l->file_mb << 20;

    set_limit(RLIMIT_CPU, cpu, cpu + 1); /* the keeper's own count comes first */
    set_limit(RLIMIT_FSIZE, file, file);
    set_limit(RLIMIT_CORE, 0, 0);
    set_limit(RLIMIT_NOFILE, 256, 256);
    if (l->memory_mb)
        set_limit(RLIMIT_AS, (rlim_t)l->memory_mb << 20, (rlim_t)l->memory_mb << 20);
}

static void __attribute__((noreturn)) start_program(const struct init_job *j)
{
    const struct keeper_job *job = j->job;
    int null = open("/dev/null", O_RDONLY);
    int report = fcntl(j->status, F_DUPFD_CLOEXEC, LS_WIRE_FD + 1);
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int s = 1; s < NSIG; s++)
        signal(s, SIG_DFL);
    setsid();
    dup2(null, 0);
    dup2(j->out, 1);
    dup2(j->out, 2);
    if (j->wire >= 0)
        dup2(j->wire, LS_WIRE_FD);
    close_range(3, LS_WIRE_FD - 1, 0);
    if (j->wire < 0)
        close(LS_WIRE_FD);
    close_range((unsigned)report + 1, ~0u, 0);
    apply_limits(&job->limits);
    prctl(PR_SET_DUMPABLE, 1);
    if (chdir(job->cwd) == 0)
        execve(job->argv[0], job->argv, job->envp);
    /* A program too large for its limit is the submission's doing, not the grader's. */
    if (errno == ENOMEM)
        _exit(INIT_TOO_LARGE);
    say(report, "fail cannot start '%s': %s", job->argv[0], strerror(errno));
    _exit(127);
}

/* ---- what is left behind --------------------------------------------------------- */

struct names {
    char name[LEFT_MAX][80];
    int count;
};

static void note(struct names *n, const char *kind, const char *name)
{
    if (n->count < LEFT_MAX)
        snprintf(n->name[n->count++], sizeof n->name[0], "%s %.70s", kind, name);
}

static void list_folder(struct names *n, const char *kind, const char *path)
{
    DIR *d = opendir(path);

    if (!d)
        return;
    for (struct dirent *de; (de = readdir(d));)
        if (de->d_name[0] != '.')
            note(n, kind, de->d_name);
    closedir(d);
}

/* Keys and ids differ from run to run, so only their number is told. */
static void list_sysv(struct names *n, const char *kind, const char *path)
{
    FILE *f = fopen(path, "re");
    char line[512], name[16];
    int objects = -1; /* the first line is the heading */

    if (!f)
        return;
    while (fgets(line, sizeof line, f))
        objects++;
    fclose(f);
    snprintf(name, sizeof name, "%d", objects);
    if (objects > 0)
        note(n, kind, name);
}

static void list_objects(const struct init_job *j, struct names *n)
{
    n->count = 0;
    list_folder(n, "shm", "/dev/shm");
    list_folder(n, "mqueue", j->namespaces ? j->job->scratch : "/dev/mqueue");
    list_sysv(n, "sysv-shm", "/proc/sysvipc/shm");
    list_sysv(n, "sysv-sem", "/proc/sysvipc/sem");
    list_sysv(n, "sysv-msg", "/proc/sysvipc/msg");
}

static bool has(const struct names *n, const char *name)
{
    for (int i = 0; i < n->count; i++)
        if (strcmp(n->name[i], name) == 0)
            return true;
    return false;
}

/* Without namespaces the machine's own objects are there too: only what is new counts. */
static void report_left(const struct init_job *j, const struct names *before)
{
    static struct task_tree tree;
    struct names after;

    tasks_look(getpid(), &tree);
    for (int i = 0; i < tree.count && i < LEFT_MAX; i++)
        if (tree.tasks[i].pid == tree.tasks[i].tid && tree.tasks[i].wait != TASK_DEAD)
            say(j->status, "left process still running");
    list_objects(j, &after);
    for (int i = 0; i < after.count; i++)
        if (!has(before, after.name[i]))
            say(j->status, "left %s", after.name[i]);
}

/* ---- life ------------------------------------------------------------------------ */

static void reap_program(const struct init_job *j, pid_t program, bool *ended)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != program)
            continue;
        *ended = true;
        if (WIFEXITED(status))
            say(j->status, "end exit %d", WEXITSTATUS(status));
        else
            say(j->status, "end signal %d", WTERMSIG(status));
    }
}

static void kill_everybody(const struct init_job *j)
{
    if (j->namespaces)
        kill(-1, SIGKILL); /* all of the namespace but its pid 1, at once */
    else
        tasks_kill(getpid());
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        ;
}

static void report_used(const struct init_job *j)
{
    struct rusage ru;

    getrusage(RUSAGE_CHILDREN, &ru);
    say(j->status, "used %lld %ld",
        (long long)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000000 + ru.ru_utime.tv_usec +
            ru.ru_stime.tv_usec,
        ru.ru_maxrss);
}

/* A copy of the grader holds all its descriptors, the keeper's own ends among them: with
 * these open we would never see the keeper go. */
static void close_others(const struct init_job *j)
{
    int keep[] = {2, j->out, j->wire, j->status, j->control}, last;

    for (size_t i = 1; i < ARRAY_SIZE(keep); i++) /* insertion sort: five numbers */
        for (size_t k = i; k > 0 && keep[k - 1] > keep[k]; k--) {
            int swap = keep[k];

            keep[k] = keep[k - 1];
            keep[k - 1] = swap;
        }
    last = keep[0];
    for (size_t i = 1; i < ARRAY_SIZE(keep); i++) {
        if (keep[i] > last + 1 && last >= 2)
            close_range((unsigned)last + 1, (unsigned)keep[i] - 1, 0);
        last = keep[i];
    }
    close_range((unsigned)last + 1, ~0u, 0);
}

void init_main(const struct init_job *j)
{
    struct names before = {.count = 0};
    struct pollfd p[2];
    struct signalfd_siginfo info;
    bool ended = false, stop = false;
    sigset_t chld;
    pid_t program;

    close_others(j);
    sigfillset(&chld);
    sigprocmask(SIG_SETMASK, &chld, NULL); /* Ctrl-C is the keeper's to answer */
    if (j->namespaces)
        make_room(j);
    else
        prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_NAME, "lockstep-init");
    if (j->job->isolate)
        list_objects(j, &before);
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    p[0] = (struct pollfd){.fd = signalfd(-1, &chld, SFD_CLOEXEC), .events = POLLIN};
    p[1] = (struct pollfd){.fd = j->control, .events = POLLIN};
    program = fork();
    if (program < 0)
        fail(j, "fork");
    if (program == 0)
        start_program(j);
    close(j->out);
    if (j->wire >= 0)
        close(j->wire);
    while (!ended && !stop) {
        if (poll(p, 2, -1) < 0)
            continue;
        stop = p[1].revents != 0;
        if (p[0].revents && read(p[0].fd, &info, sizeof info) > 0)
            reap_program(j, program, &ended);
    }
    if (ended && j->job->isolate)
        report_left(j, &before);
    kill_everybody(j);
    report_used(j);
    _exit(0);
}

/* launch.c - fork, descriptors in their places, the slot's user, exec: bubblewrap with
 * lockstep-init inside (full), or lockstep-init alone (fallback, none).
 *
 * Everything is made before the fork; the child only moves descriptors and calls exec, so that
 * nothing is allocated in a copy of a process that may have threads.
 */
#include "sandbox/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "sandbox/hide.h"
#include "sandbox/init/init.h"

enum {
    ARGS_FD = 5, /* bubblewrap's arguments, and behind them the files it is handed */
    DATA_FD = 6,
    FDS = 6 + 1 + PROFILE_DATA,
    ARGV_MAX = 768,
    TASKS_ABOVE = 16, /* the keeper sees too many before fork(2) fails */
};

#define BWRAP "/usr/bin/bwrap"

struct launcher {
    struct arena a;
    char *argv[ARGV_MAX];
    int argc;
    int from[FDS], to[FDS], fds;
    long uid; /* to become before exec, -1: nobody else */
    char *const *envp;
    const struct cgroup *group;
};

static void word(struct launcher *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void word(struct launcher *l, const char *fmt, ...)
{
    char text[4400];
    va_list ap;

    va_start(ap, fmt);
    if (vsnprintf(text, sizeof text, fmt, ap) >= (int)sizeof text)
        l->a.failed = true;
    va_end(ap);
    if (l->argc == ARGV_MAX - 1)
        l->a.failed = true;
    else
        l->argv[l->argc++] = arena_strdup(&l->a, text);
}

static void move(struct launcher *l, int from, int to)
{
    l->from[l->fds] = from;
    l->to[l->fds++] = to;
}

/* ---- what lockstep-init is told -------------------------------------------------------- */

static void limits(struct launcher *l, const struct keeper_job *job, enum tier tier)
{
    const struct limits *lim = &job->limits;

    word(l, "cpu=%ld", lim->cpu_s);
    word(l, "as=%ld", lim->memory_mb);
    word(l, "file=%ld", lim->file_mb);
    /* Of an ordinary user outside a namespace all processes count, also those of others. */
    if (tier == TIER_FULL || (tier == TIER_FALLBACK && geteuid() == 0))
        if (!sandbox_without("nproc"))
            word(l, "tasks=%ld", lim->processes + TASKS_ABOVE);
}

/* What the program may read and write where no mount hides the rest. /tmp and /dev/shm are the
 * machine's: homework uses them by name. */
static void allow_to_read(void *ctx, const char *path)
{
    word(ctx, "read=%s", path);
}

static int files(struct launcher *l, const struct keeper_job *job, struct err *e)
{
    static const char *const reads[] = {"/lib",
                                        "/lib64",
                                        "/bin",
                                        "/sbin",
                                        "/proc",
                                        "/etc/hosts",
                                        "/etc/nsswitch.conf",
                                        "/etc/ld.so.cache",
                                        "/etc/alternatives"};
    static const char *const writes[] = {"/tmp", "/dev"};

    for (size_t i = 0; i < ARRAY_SIZE(reads); i++)
        word(l, "read=%s", reads[i]);
    for (size_t i = 0; i < ARRAY_SIZE(writes); i++)
        word(l, "write=%s", writes[i]);
    if (job->cwd && !job->files)
        word(l, "write=%s", job->cwd);
    for (int i = 0; job->files && job->files[i]; i++)
        word(l, "read=%s/%s", job->cwd, job->files[i]);
    if (job->out)
        word(l, "write=%s/%s", job->cwd, job->out);
    return hide_allowed(allow_to_read, l, e);
}

static int describe(struct launcher *l, const struct keeper_job *job, enum tier tier, bool wire,
                    struct err *e)
{
    word(l, "%s", tier == TIER_FULL ? "/lockstep-init" : sandbox_init_path());
    word(l, "namespaces=%d", tier == TIER_FULL);
    word(l, "knobs=%d", tier == TIER_FULL);
    word(l, "wire=%d", wire);
    word(l, "left=%d", job->watch_left);
    word(l, "keep=%d", job->trusted);
    word(l, "landlock=%d", tier == TIER_FALLBACK && !sandbox_without("landlock"));
    if (!sandbox_without("seccomp"))
        word(l, "filter=%d",
             tier == TIER_FULL       ? INIT_FILTER_FULL
             : tier == TIER_FALLBACK ? INIT_FILTER_FALLBACK
                                     : INIT_FILTER_NONE);
    word(l, "deaf=%d", sandbox_without("die-with-parent"));
    word(l, "dumpable=%d", sandbox_without("pid-1"));
    limits(l, job, tier);
    if (tier == TIER_FALLBACK && files(l, job, e) < 0)
        return -1;
    if (tier == TIER_FALLBACK && l->uid >= 0)
        word(l, "uid=%ld", l->uid);
    word(l, "--");
    for (int i = 0; job->argv[i]; i++)
        word(l, "%s", job->argv[i]);
    return 0;
}

/* ---- the folder ------------------------------------------------------------------------- */

/* The slot's user must get there: nothing of ours is lost by owning its own work folder. */
static int give_folder(const struct keeper_job *job, long uid, struct err *e)
{
    char path[4096];
    struct stat st;

    if (uid < 0 || !job->cwd)
        return 0;
    if (chown(job->cwd, (uid_t)uid, (gid_t)uid) < 0)
        return err_errno(e, "cannot give '%s' to user %ld", job->cwd, uid);
    if (job->out) {
        snprintf(path, sizeof path, "%s/%s", job->cwd, job->out);
        if (chown(path, (uid_t)uid, (gid_t)uid) < 0)
            return err_errno(e, "cannot give '%s' to user %ld", path, uid);
    }
    snprintf(path, sizeof path, "%s", job->cwd);
    for (char *slash; (slash = strrchr(path, '/')) && slash != path;) {
        *slash = '\0';
        if (stat(path, &st) == 0 && !(st.st_mode & S_IXOTH) && st.st_uid != (uid_t)uid)
            return err_set(e, ERR_SYSTEM,
                           "as root, runs get a user of their own, who cannot get through "
                           "'%s'; set TMPDIR to a folder open to all, or chmod o+x that one",
                           path);
    }
    return 0;
}

/* ---- the child -------------------------------------------------------------------------- */

static void __attribute__((noreturn)) refuse(const char *what)
{
    const char *why = strerror(errno);
    char text[256];
    const int n = snprintf(text, sizeof text, "fail %s: %s\n", what, why);

    write_all(INIT_STATUS_FD, text, (size_t)n);
    _exit(127);
}

static void place_descriptors(const struct launcher *l)
{
    int high[FDS];

    for (int i = 0; i < l->fds; i++)
        high[i] = fcntl(l->from[i], F_DUPFD_CLOEXEC, LS_WIRE_FD + 1);
    for (int i = 0; i < l->fds; i++)
        dup2(high[i], l->to[i]);
}

static void __attribute__((noreturn)) child(const struct launcher *l, const char *cwd)
{
    sigset_t none;

    sigemptyset(&none);
    for (int s = 1; s < NSIG; s++)
        signal(s, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (cgroup_enter(l->group) < 0)
        refuse("cannot enter the control group");
    if (strcmp(l->argv[0], BWRAP) == 0)
        setpgid(0, 0); /* Ctrl-C is the keeper's to answer */
    place_descriptors(l);
    if (cwd && chdir(cwd) < 0)
        refuse("cannot enter the work folder");
    if (strcmp(l->argv[0], BWRAP) == 0 && l->uid >= 0 &&
        (setgroups(0, NULL) < 0 || setresgid((gid_t)l->uid, (gid_t)l->uid, (gid_t)l->uid) < 0 ||
         setresuid((uid_t)l->uid, (uid_t)l->uid, (uid_t)l->uid) < 0))
        refuse("cannot become the sandbox's user");
    execve(l->argv[0], l->argv, l->envp);
    refuse(strcmp(l->argv[0], BWRAP) == 0 ? "cannot start " BWRAP
                                          : "cannot start lockstep-init");
}

/* ---- together -----------------------------------------------------------------------------
 */

static int arguments_file(const struct buf *args, struct err *e)
{
    int fd = memfd_create("lockstep-args", MFD_CLOEXEC);

    if (fd >= 0 && write_all(fd, args->data, args->len) == 0 && lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    util_close(&fd);
    return err_errno(e, "cannot make a file in memory");
}

static char *const no_environment[] = {"PATH=/usr/bin:/bin", NULL};

static int prepare_full(struct launcher *l, const struct keeper_job *job,
                        int data[PROFILE_DATA], int *args, struct err *e)
{
    struct buf b = {0};
    int rc = profile_arguments(job, &b, data, DATA_FD, e);

    if (rc == 0 && (*args = arguments_file(&b, e)) < 0)
        rc = -1;
    buf_release(&b);
    if (rc < 0)
        return -1;
    move(l, *args, ARGS_FD);
    for (int i = 0; i < PROFILE_DATA; i++)
        move(l, data[i], DATA_FD + i);
    word(l, BWRAP);
    word(l, "--args");
    word(l, "%d", ARGS_FD);
    word(l, "--");
    l->envp = no_environment;
    return 0;
}

pid_t sandbox_launch(const struct keeper_job *job, enum tier tier,
                     const struct launch_ends *ends, struct err *e)
{
    struct launcher l = {.uid = -1, .envp = job->envp, .group = ends->group};
    int data[PROFILE_DATA] = {-1, -1, -1, -1, -1}, args = -1;
    auto_close int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    pid_t pid = -1;

    if (tier != TIER_NONE && (l.uid = sandbox_slot(e)) == -2)
        return -1;
    if (sandbox_without("uid-drop"))
        l.uid = -1;
    if (give_folder(job, l.uid, e) < 0)
        goto done;
    move(&l, job->in > 0 ? job->in : null, 0);
    move(&l, ends->out, 1);
    move(&l, ends->out, 2);
    move(&l, ends->status, INIT_STATUS_FD);
    move(&l, ends->control, INIT_CONTROL_FD);
    if (tier == TIER_FULL && prepare_full(&l, job, data, &args, e) < 0)
        goto done;
    if (ends->wire >= 0)
        move(&l, ends->wire, LS_WIRE_FD);
    if (describe(&l, job, tier, ends->wire >= 0, e) < 0)
        goto done;
    if (l.a.failed) {
        err_set(e, ERR_SYSTEM, "the command line of '%s' is too long", job->argv[0]);
        goto done;
    }
    fflush(NULL); /* the child is a copy of us: unwritten stdio must not be written twice */
    pid = fork();
    if (pid == 0)
        child(&l, tier == TIER_FULL ? NULL : job->cwd);
    if (pid < 0)
        err_errno(e, "cannot start a process");
done:
    for (int i = 0; i < PROFILE_DATA; i++)
        util_close(&data[i]);
    util_close(&args);
    arena_release(&l.a);
    return pid;
}

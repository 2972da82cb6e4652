/* room.c - what lockstep-init takes away: limits of the namespaces, capabilities, and, from the
 * program's own process, the user, files (Landlock), system calls (seccomp), resources.
 *
 * Limits are set inside the user namespace: RLIMIT_NPROC then counts this sandbox alone
 * (Linux 5.14, "ucounts"), which is an exact end to fork bombs without a cgroup.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/init/init.h"

/* Made at build time by mkseccomp.c: sock_filter[] filter_full and filter_fallback. */
#include "seccomp_filter.h"

/* System V shared memory is under no rlimit: 64 MiB of it, in pages. */
#define SHM_PAGES "16384"

enum { STACK_BYTES = 8 << 20 };

static void turn(const char *knob, const char *value)
{
    char path[128];
    int fd;

    snprintf(path, sizeof path, INIT_KNOBS "/proc/sys/%s", knob);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, value, strlen(value)) < 0)
        init_fail(path);
    close(fd);
}

static void drop_capabilities(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2];

    memset(none, 0, sizeof none);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capset, &head, none) < 0)
        init_fail("capset");
}

void init_room(const struct init_config *c)
{
    if (c->knobs)
        turn("kernel/shmall", SHM_PAGES);
    if (c->namespaces)
        drop_capabilities();
}

/* ---- the program's process ----------------------------------------------------------------
 */

static void limit(int what, rlim_t soft, rlim_t hard)
{
    setrlimit((__rlimit_resource_t)what, &(struct rlimit){soft, hard});
}

static void apply_limits(const struct init_config *c)
{
    const rlim_t cpu = (rlim_t)c->cpu_s + 2, file = (rlim_t)c->file_mb << 20;
    struct rlimit stack;

    limit(RLIMIT_CPU, cpu, cpu + 1); /* the keeper's own count comes first */
    limit(RLIMIT_FSIZE, file, file);
    limit(RLIMIT_CORE, 0, 0);
    limit(RLIMIT_NOFILE, 256, 256);
    /* a thread's default size is taken from it, too; a program may raise it, as always */
    if (!c->keep && getrlimit(RLIMIT_STACK, &stack) == 0)
        limit(RLIMIT_STACK, STACK_BYTES, stack.rlim_max);
    if (c->as_mb)
        limit(RLIMIT_AS, (rlim_t)c->as_mb << 20, (rlim_t)c->as_mb << 20);
    if (c->tasks)
        limit(RLIMIT_NPROC, (rlim_t)c->tasks, (rlim_t)c->tasks);
}

static void become(long uid)
{
    if (setgroups(0, NULL) < 0 || setresgid((gid_t)uid, (gid_t)uid, (gid_t)uid) < 0 ||
        setresuid((uid_t)uid, (uid_t)uid, (uid_t)uid) < 0)
        init_fail("cannot become the sandbox's user");
}

/* ---- Landlock (landlock(7)) ---- */

#define READS                                                                                  \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITES                                                                                 \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                           \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |                           \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                               \
     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |                             \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

/* What kernels newer than our headers have (linux/landlock.h of Linux 6.12). */
enum {
    FS_REFER = 1 << 13,    /* ABI 2 */
    FS_TRUNCATE = 1 << 14, /* ABI 3 */
    SCOPE_ABSTRACT = 1,    /* ABI 6 */
    SCOPE_SIGNAL = 2,
};

struct ruleset {
    uint64_t fs, net, scoped;
};

static void allow(int ruleset, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = access};
    struct stat st;

    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return; /* not on this machine */
    if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
        rule.allowed_access &= LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
                               LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE;
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
        init_fail("landlock_add_rule");
    close(rule.parent_fd);
}

static void apply_landlock(const struct init_config *c)
{
    const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
    struct ruleset attr = {.fs = READS | WRITES};
    size_t size = sizeof attr.fs;
    int fd;

    if (abi >= 2)
        attr.fs |= FS_REFER;
    if (abi >= 3)
        attr.fs |= FS_TRUNCATE;
    if (abi >= 6) {
        attr.scoped = SCOPE_ABSTRACT | SCOPE_SIGNAL;
        size = sizeof attr;
    }
    fd = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
    if (fd < 0)
        init_fail("landlock_create_ruleset");
    for (int i = 0; c->read[i]; i++)
        allow(fd, c->read[i], READS & attr.fs);
    for (int i = 0; c->write[i]; i++)
        allow(fd, c->write[i], attr.fs & ~(uint64_t)FS_REFER);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        syscall(SYS_landlock_restrict_self, fd, 0) < 0)
        init_fail("landlock_restrict_self");
    close(fd);
}

static void apply_filter(int which)
{
    struct sock_fprog full = {.len = sizeof filter_full / sizeof filter_full[0],
                              .filter = (struct sock_filter *)filter_full};
    struct sock_fprog fallback = {.len = sizeof filter_fallback / sizeof filter_fallback[0],
                                  .filter = (struct sock_filter *)filter_fallback};

    if (which == INIT_FILTER_NONE)
        return;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
              which == INIT_FILTER_FULL ? &full : &fallback) < 0)
        init_fail("seccomp");
}

void init_confine(const struct init_config *c)
{
    if (c->uid >= 0)
        become(c->uid);
    if (c->landlock)
        apply_landlock(c);
    apply_limits(c);
    prctl(PR_SET_DUMPABLE, 1);
    if (c->filter != INIT_FILTER_NONE)
        init_guard();
    apply_filter(c->filter);
}

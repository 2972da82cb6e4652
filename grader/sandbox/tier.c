/* tier.c - probes the tiers by using them; lends root's runs a user id each. */
#include "sandbox/tier.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/place.h"
#include "core/util.h"
#include "sandbox/keeper.h"

enum { SLOT_UID = 60000, SLOTS = 400 };

static char refusal[320];
static char init_path[PATH_MAX];
static int known = -1;

const char *sandbox_init_path(void)
{
    const char *runtime = getenv("LOCKSTEP_RUNTIME"), *found;
    struct arena a = {0};

    if (*init_path)
        return init_path;
    if (runtime && *runtime) {
        snprintf(init_path, sizeof init_path, "%s/lockstep-init", runtime);
        return init_path;
    }
    found = place_find("runtime/lockstep-init", &a);
    snprintf(init_path, sizeof init_path, "%s", found ? found : "runtime/lockstep-init");
    arena_release(&a);
    return init_path;
}

const char *sandbox_cwd(const char *cwd)
{
    return sandbox_tier() == TIER_FULL ? "/job" : cwd;
}

#ifdef LOCKSTEP_MUTANTS
bool sandbox_without(const char *protection)
{
    const size_t n = strlen(protection);

    for (const char *gone = getenv("LOCKSTEP_WITHOUT"); gone && *gone;
         gone += strcspn(gone, ","), gone += *gone == ',')
        if (strcspn(gone, ",") == n && strncmp(gone, protection, n) == 0)
            return true;
    return false;
}
#endif

/* ---- probing ----------------------------------------------------------------------------- */

static void note_refusal(const char *text)
{
    snprintf(refusal, sizeof refusal, "%.*s", (int)strcspn(text, "\n"), text);
}

/* Starts `true` in the room of the tier, as any run would be. */
static bool starts(enum tier t)
{
    char *argv[] = {"/usr/bin/true", NULL}, *envp[] = {NULL};
    struct keeper_job job = {.argv = argv, .envp = envp, .limits = LIMITS_DEFAULT};
    struct keeper_result r = {0};
    struct err e = {0};
    bool ok;

    known = (int)t; /* what keeper_run() asks */
    if (keeper_run(&job, &r, &e) < 0) {
        note_refusal(e.msg);
        return false;
    }
    ok = r.end == KEEPER_EXITED && r.code == 0;
    if (!ok)
        note_refusal(r.output.len ? r.output.data : "the probe did not end as it should");
    keeper_release(&r);
    return ok;
}

enum tier sandbox_tier(void)
{
    const char *most = getenv("LOCKSTEP_TIER");
    enum tier t = TIER_FULL;

    if (known >= 0)
        return (enum tier)known;
    if (most && tier_parse(most, &t) && t != TIER_FULL)
        snprintf(refusal, sizeof refusal, "LOCKSTEP_TIER=%s asks for no more", most);
    else
        t = TIER_FULL;
    while (t > TIER_NONE && !starts(t))
        t--;
    known = (int)t;
    return t;
}

const char *sandbox_refusal(void)
{
    return sandbox_tier() == TIER_FULL ? "" : refusal;
}

static bool file_says(const char *path, const char *text)
{
    auto_free char *all = NULL;
    struct err ignored = {0};

    return slurp(path, 64, &all, NULL, &ignored) == 0 && strncmp(all, text, strlen(text)) == 0;
}

const char *sandbox_remedy(void)
{
    if (sandbox_tier() == TIER_FULL)
        return "";
    if (strstr(refusal, "LOCKSTEP_TIER"))
        return "unset LOCKSTEP_TIER";
    if (access("/usr/bin/bwrap", X_OK) < 0)
        return "apt-get install bubblewrap";
    if (strstr(refusal, "TMPDIR"))
        return "set TMPDIR to a folder that all users can enter";
    if (file_says("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"))
        return "AppArmor forbids user namespaces (Ubuntu 24.04): give /usr/bin/bwrap a profile "
               "with "
               "'userns,' in /etc/apparmor.d, or sysctl "
               "kernel.apparmor_restrict_unprivileged_userns=0";
    if (file_says("/proc/sys/kernel/unprivileged_userns_clone", "0"))
        return "sysctl kernel.unprivileged_userns_clone=1";
    if (file_says("/proc/sys/user/max_user_namespaces", "0"))
        return "sysctl user.max_user_namespaces=10000";
    if (access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0)
        return "in a container: run it with --security-opt seccomp=unconfined "
               "--security-opt apparmor=unconfined --security-opt systempaths=unconfined";
    return "allow user namespaces to the user who grades";
}

/* ---- slots ---------------------------------------------------------------------------------
 */

/* Somebody with this user id may have outlived a grader that was killed. */
static bool used(long uid)
{
    DIR *d = opendir("/proc");
    bool found = false;
    struct stat st;

    if (!d)
        return true;
    for (struct dirent *de; !found && (de = readdir(d));)
        found = de->d_name[0] >= '1' && de->d_name[0] <= '9' &&
                fstatat(dirfd(d), de->d_name, &st, 0) == 0 && st.st_uid == (uid_t)uid;
    closedir(d);
    return found;
}

static int take(int slot)
{
    char path[64];
    int fd;

    snprintf(path, sizeof path, "/run/lockstep/slot-%d", slot);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && !used(SLOT_UID + slot))
        return fd;
    util_close(&fd);
    return -1;
}

bool sandbox_owns(uid_t uid)
{
    return uid == geteuid() || (geteuid() == 0 && uid > SLOT_UID && uid < SLOT_UID + SLOTS);
}

long sandbox_slot(struct err *e)
{
    static pid_t owner; /* a worker is a fork of us: it must not share */
    static int mine, lock = -1;

    if (geteuid() != 0)
        return -1;
    if (owner == getpid())
        return SLOT_UID + mine;
    util_close(&lock); /* a copy of the parent's: the lock is still held there */
    lock = -1;
    if (mkdir("/run/lockstep", 0700) < 0 && errno != EEXIST) {
        err_errno(e, "cannot make /run/lockstep, where root's runs take user ids in turn");
        return -2;
    }
    for (mine = 1; mine < SLOTS; mine++) {
        if ((lock = take(mine)) < 0)
            continue;
        owner = getpid();
        return SLOT_UID + mine;
    }
    err_set(e, ERR_SYSTEM, "all %d user ids for runs are in use", SLOTS - 1);
    return -2;
}

/* cgroup.c - finds where groups can be made, makes one a run, removes it.
 *
 *   version 2   own group (delegated: systemd-run --user --scope -p Delegate=yes), else, as
 *               root, the top; a group with processes in it lends no controllers, so we may
 * have to move into a leaf of it first version 1   as root, below our own groups of `memory`
 * and `pids`
 *
 * Version 1 holds a group that met its limit still until the keeper has seen it, so that the
 * verdict does not depend on whom the kernel would have killed; version 2 kills all of it.
 */
#include "sandbox/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "core/util.h"
#include "sandbox/tier.h"

enum { NAMES = 1 << 20 };
enum { TCP_BYTES = 64 << 20 };
enum { REMOVE_TRIES = 2000 }; /* 1 ms each: the kernel may still hold who was killed */

static struct {
    enum { UNKNOWN, NONE, V1, V2 } kind;
    char memory[CGROUP_PATH / 2], pids[CGROUP_PATH / 2]; /* where groups are made */
    char why[CGROUP_PATH / 2];
} where;

static unsigned made; /* groups of this process so far: a number for their names */

/* ---- small files ------------------------------------------------------------------------- */

static int put(const char *dir, const char *name, const char *text)
{
    char path[CGROUP_PATH + 64];
    int fd, rc;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    rc = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
    close(fd);
    return rc;
}

static int put_number(const char *dir, const char *name, long long n)
{
    char text[32];

    snprintf(text, sizeof text, "%lld", n);
    return put(dir, name, text);
}

/* The number behind `key` in a file of "key number" lines; 0 when it is not there. */
static long long count_of(const char *dir, const char *name, const char *key)
{
    char path[CGROUP_PATH + 64], word[64];
    long long n, found = 0;
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "re");
    while (f && fscanf(f, "%63s %lld", word, &n) == 2)
        if (strcmp(word, key) == 0)
            found = n;
    if (f)
        fclose(f);
    return found;
}

/* ---- where the hierarchies are -------------------------------------------------------------
 */

/* The mount point and its root in the hierarchy, for fstype "cgroup2", or "cgroup" with the
 * controller among its options (proc_pid_mountinfo(5)). */
static bool find_mount(const char *type, const char *controller, char *point, char *root)
{
    FILE *f = fopen("/proc/self/mountinfo", "re");
    char line[1024], fstype[32], options[256];
    bool found = false;

    while (f && !found && fgets(line, sizeof line, f)) {
        const char *dash = strstr(line, " - ");

        if (!dash || sscanf(line, "%*d %*d %*s %200s %200s", root, point) != 2 ||
            sscanf(dash, " - %31s %*s %255s", fstype, options) != 2)
            continue;
        found = strcmp(fstype, type) == 0;
        if (found && controller) {
            char with[300], want[64];

            snprintf(with, sizeof with, ",%s,", options);
            snprintf(want, sizeof want, ",%s,", controller);
            found = strstr(with, want) != NULL;
        }
    }
    if (f)
        fclose(f);
    return found;
}

/* Our own group in the hierarchy that has this controller; "" names version 2. */
static void own_group(const char *controller, char *ret, size_t size)
{
    FILE *f = fopen("/proc/self/cgroup", "re");
    char line[1024];

    snprintf(ret, size, "/");
    while (f && fgets(line, sizeof line, f)) {
        char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;
        char with[300], want[64];

        if (!path)
            continue;
        *path++ = '\0';
        path[strcspn(path, "\n")] = '\0';
        snprintf(with, sizeof with, ",%.280s,", list + 1);
        snprintf(want, sizeof want, ",%s,", controller);
        if (strcmp(with, want) == 0 || (*controller && strstr(with, want)))
            snprintf(ret, size, "%s", path);
    }
    if (f)
        fclose(f);
}

/* The folder of our own group; false when that hierarchy is not mounted. */
static bool own_folder(const char *type, const char *controller, char *ret, size_t size)
{
    char point[256] = "", root[256] = "", group[256];
    const char *below = group;

    if (!find_mount(type, controller, point, root))
        return false;
    own_group(controller ? controller : "", group, sizeof group);
    if (strcmp(root, "/") != 0 && strncmp(group, root, strlen(root)) == 0)
        below = group + strlen(root);
    if (strcmp(below, "/") == 0)
        below = "";
    return snprintf(ret, size, "%s%s%s", point, *below && *below != '/' ? "/" : "", below) <
           (int)size;
}

/* ---- making one ----------------------------------------------------------------------------
 */

static int limit_v2(const char *dir, long mb, long tasks)
{
    put(dir, "memory.swap.max", "0"); /* absent where there is no swap */
    put(dir, "memory.oom.group", "1");
    return put_number(dir, "memory.max", (long long)mb << 20) < 0 ||
                   put_number(dir, "pids.max", tasks) < 0
               ? -1
               : 0;
}

static int limit_v1(const struct cgroup *g, long mb, long tasks)
{
    if (put_number(g->memory, "memory.limit_in_bytes", (long long)mb << 20) < 0)
        return -1;
    put_number(g->memory, "memory.memsw.limit_in_bytes", (long long)mb << 20);
    put_number(g->memory, "memory.kmem.tcp.limit_in_bytes", TCP_BYTES); /* counted apart */
    put(g->memory, "memory.oom_control", "1");
    return *g->pids ? put_number(g->pids, "pids.max", tasks) : 0;
}

static int make_folder(const char *parent, char *ret)
{
    snprintf(ret, CGROUP_PATH, "%s/lockstep-%d-%u", parent, (int)getpid(), made);
    return mkdir(ret, 0755);
}

/* Where one enters. In version 1 a task may move itself alone, by "tasks"; moving a process, by
 * "cgroup.procs", holds up every fork of the machine and waits some 10 ms for that. Who enters
 * here has just been forked: it has one thread. */
static int open_entrance(const char *dir)
{
    char path[CGROUP_PATH + 64];

    snprintf(path, sizeof path, "%s/%s", dir, where.kind == V1 ? "tasks" : "cgroup.procs");
    return open(path, O_WRONLY | O_CLOEXEC);
}

static int make(long mb, long tasks, struct cgroup *g)
{
    *g = (struct cgroup){.enter = {-1, -1}};
    do /* a killed grader of our number may have left one */
        made++;
    while (make_folder(where.memory, g->memory) < 0 && errno == EEXIST && made < NAMES);
    if (access(g->memory, F_OK) < 0) {
        *g->memory = '\0';
        return -1;
    }
    if (where.kind == V1 && *where.pids && make_folder(where.pids, g->pids) < 0) {
        *g->pids = '\0';
        return -1;
    }
    if ((where.kind == V2 ? limit_v2(g->memory, mb, tasks) : limit_v1(g, mb, tasks)) < 0)
        return -1;
    g->enter[0] = open_entrance(g->memory);
    if (*g->pids)
        g->enter[1] = open_entrance(g->pids);
    return g->enter[0] < 0 || (*g->pids && g->enter[1] < 0) ? -1 : 0;
}

/* ---- probing --------------------------------------------------------------------------------
 */

static void remove_folder(const char *dir);

/* Groups of graders that were killed: as a rule nobody is in them, since init goes with its
 * keeper. */
static void sweep(const char *parent)
{
    DIR *d = opendir(parent);
    char path[CGROUP_PATH + 64];
    int pid;

    for (struct dirent *de; d && (de = readdir(d));) {
        if (sscanf(de->d_name, "lockstep-%d-", &pid) != 1 || kill(pid, 0) == 0 ||
            errno != ESRCH)
            continue;
        snprintf(path, sizeof path, "%s/%.60s", parent, de->d_name);
        if (where.kind == V1)
            remove_folder(path);
        else
            rmdir(path); /* its pid may be one of another namespace */
    }
    if (d)
        closedir(d);
}

static bool tries(int kind)
{
    struct cgroup g;
    bool ok;

    where.kind = kind;
    ok = make(64, 16, &g) == 0;
    if (!ok)
        snprintf(where.why, sizeof where.why, "in '%.160s': %s", where.memory, strerror(errno));
    cgroup_remove(&g);
    if (ok)
        sweep(where.memory);
    if (ok && *where.pids)
        sweep(where.pids);
    return ok;
}

/* A group that lends controllers may hold no processes: if we alone are in it, we move. */
static void make_room(const char *dir)
{
    char leaf[CGROUP_PATH];

    if (put(dir, "cgroup.subtree_control", "+memory +pids") == 0 || errno != EBUSY)
        return;
    snprintf(leaf, sizeof leaf, "%.400s/lockstep-grader", dir);
    if (mkdir(leaf, 0755) < 0 && errno != EEXIST)
        return;
    if (put(leaf, "cgroup.procs", "0") == 0 &&
        put(dir, "cgroup.subtree_control", "+memory +pids") == 0)
        return;
    put(dir, "cgroup.procs", "0"); /* others are in it: back to where we were */
    rmdir(leaf);
}

static void probe(void)
{
    char point[256], root[256];

    snprintf(where.why, sizeof where.why, "no memory controller is mounted");
    if (own_folder("cgroup2", NULL, where.memory, sizeof where.memory)) {
        make_room(where.memory);
        if (tries(V2))
            return;
        if (geteuid() == 0 && find_mount("cgroup2", NULL, point, root)) {
            snprintf(where.memory, sizeof where.memory, "%s", point);
            if (tries(V2))
                return;
        }
    }
    if (own_folder("cgroup", "memory", where.memory, sizeof where.memory)) {
        if (!own_folder("cgroup", "pids", where.pids, sizeof where.pids))
            *where.pids = '\0';
        if (tries(V1))
            return;
    }
    where.kind = NONE;
}

bool cgroup_works(void)
{
    if (where.kind == UNKNOWN) {
        if (sandbox_without("cgroup"))
            where.kind = NONE;
        else
            probe();
    }
    return where.kind != NONE;
}

const char *cgroup_words(void)
{
    return !cgroup_works()    ? where.why
           : where.kind == V2 ? "control group, version 2"
                              : "control group, version 1";
}

/* ---- a run's
 * ---------------------------------------------------------------------------------
 */

int cgroup_make(long mb, long tasks, struct cgroup *ret, struct err *e)
{
    struct cgroup g = {.enter = {-1, -1}};

    if (cgroup_works() && make(mb, tasks, &g) < 0) {
        err_errno(e, "cannot make a control group in '%s'", where.memory);
        cgroup_remove(&g);
        return -1;
    }
    *ret = g;
    return 0;
}

int cgroup_enter(const struct cgroup *g)
{
    for (int i = 0; i < CGROUP_FDS; i++)
        if (g->enter[i] >= 0 && write(g->enter[i], "0", 1) != 1)
            return -1;
    return 0;
}

static long long number_in(const char *dir, const char *name)
{
    char path[CGROUP_PATH + 64];
    long long n = 0;
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "re");
    if (f && fscanf(f, "%lld", &n) != 1)
        n = 0;
    if (f)
        fclose(f);
    return n;
}

/* Version 1 counts a kill at the group of who was killed, whosever limit was met; a limit of
 * its own is met when charging it has failed. */
bool cgroup_exceeded(const struct cgroup *g)
{
    if (!*g->memory)
        return false;
    if (where.kind == V2)
        return count_of(g->memory, "memory.events", "oom") > 0;
    return count_of(g->memory, "memory.oom_control", "under_oom") > 0 ||
           (count_of(g->memory, "memory.oom_control", "oom_kill") > 0 &&
            number_in(g->memory, "memory.failcnt") > 0);
}

/* Version 1 counts at the group of who could not fork, too. */
static bool short_of_tasks(const struct cgroup *g)
{
    const long long peak = *g->pids ? number_in(g->pids, "pids.peak") : 0;

    return peak > 0 && count_of(g->pids, "pids.events", "max") > 0 &&
           peak < number_in(g->pids, "pids.max");
}

bool cgroup_hit_from_above(const struct cgroup *g)
{
    if (!*g->memory)
        return false;
    if (where.kind == V2)
        return count_of(g->memory, "memory.events", "oom_kill") > 0 && !cgroup_exceeded(g);
    return short_of_tasks(g) ||
           (count_of(g->memory, "memory.oom_control", "oom_kill") > 0 && !cgroup_exceeded(g));
}

static long met_above(const char *type, const char *controller, const char *file,
                      const char *key)
{
    char dir[CGROUP_PATH / 2], point[256], root[256];
    long sum = 0;

    if (!find_mount(type, controller, point, root) ||
        !own_folder(type, controller, dir, sizeof dir))
        return 0;
    for (char *slash; strlen(dir) >= strlen(point); *slash = '\0') {
        sum += (long)count_of(dir, file, key);
        slash = strrchr(dir, '/');
        if (!slash || slash == dir)
            break;
    }
    return sum;
}

long cgroup_limits_met(void)
{
    return met_above("cgroup2", NULL, "memory.events.local", "oom") +
           met_above("cgroup2", NULL, "pids.events.local", "max") +
           met_above("cgroup", "memory", "memory.oom_control", "oom_kill");
}

void cgroup_relax(const struct cgroup *g)
{
    if (*g->memory && where.kind == V1)
        put(g->memory, "memory.oom_control", "0");
}

/* Who outlived init: it was killed, or they stood where no signal but this one reaches them. */
static void kill_all(const char *dir)
{
    char path[CGROUP_PATH + 64];
    long pid;
    FILE *f;

    if (put(dir, "cgroup.kill", "1") == 0) /* version 2, since Linux 5.14 */
        return;
    snprintf(path, sizeof path, "%s/cgroup.procs", dir);
    f = fopen(path, "re");
    while (f && fscanf(f, "%ld", &pid) == 1)
        if (pid > 1)
            kill((pid_t)pid, SIGKILL);
    if (f)
        fclose(f);
}

static void remove_folder(const char *dir)
{
    const struct timespec ms = {.tv_nsec = 1000000};

    for (int i = 0; *dir && i < REMOVE_TRIES && rmdir(dir) < 0 && errno == EBUSY; i++) {
        kill_all(dir);
        nanosleep(&ms, NULL);
    }
}

void cgroup_remove(struct cgroup *g)
{
    for (int i = 0; i < CGROUP_FDS; i++) {
        util_close(&g->enter[i]);
        g->enter[i] = -1;
    }
    remove_folder(g->memory);
    remove_folder(g->pids);
    *g->memory = *g->pids = '\0';
}

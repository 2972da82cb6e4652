/* left.c - what a program leaves behind when it has ended: processes, shared memory, queues,
 * semaphores. Counted by lockstep-init, in whose namespaces nothing else is.
 *
 * Without namespaces the machine's own objects are there too: only what is new counts, and what
 * is new and the program's is removed when all its processes are gone. Other programs of the
 * same user make such objects as well, and nothing says whose one is: it is removed only when
 * the user is one that was lent for this run, or when who used it last has gone. A name that
 * was there before and that the program opens (a killed grader leaves such) makes both verdicts
 * guesses: what the program leaves would not be new, and what it finds is not its own. Such a
 * run is refused. System V objects tell nobody that they are looked at, and are not in this.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "sandbox/init/init.h"
#include "sandbox/tasks.h"

enum { OBJECTS_MAX = 8192, TOLD_MAX = 32 };

enum kind { SHM, MQUEUE, SYSV_SHM, SYSV_SEM, SYSV_MSG, KINDS };

/* As the report says them (grader/po/composed.c has the sentences). */
static const char *const kind_names[KINDS] = {"shared memory object", "message queue",
                                              "System V segment", "System V semaphores",
                                              "System V queue"};

struct object {
    enum kind kind;
    char name[256]; /* of System V objects the id */
    long uid;
    dev_t dev; /* dev, ino: names only */
    ino_t ino;
    bool opened, used; /* by the program; by any that runs: names only */
};

static struct objects {
    struct object list[OBJECTS_MAX];
    int count;
} before, after;

static struct object *note(struct objects *o, enum kind kind, const char *name, long uid)
{
    struct object *new = &o->list[o->count];

    if (o->count == OBJECTS_MAX)
        return NULL;
    o->count++;
    *new = (struct object){.kind = kind, .uid = uid};
    snprintf(new->name, sizeof new->name, "%s", name);
    return new;
}

static void note_file(struct objects *o, enum kind kind, const char *name,
                      const struct stat *st)
{
    struct object *new = note(o, kind, name, st->st_uid);

    if (new) {
        new->dev = st->st_dev;
        new->ino = st->st_ino;
    }
}

static void list_folder(struct objects *o, enum kind kind, const char *path)
{
    DIR *d = opendir(path);
    struct stat st;

    if (!d)
        return;
    for (struct dirent *de; (de = readdir(d));)
        if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0 &&
            fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            note_file(o, kind, de->d_name, &st);
    closedir(d);
}

/* proc_sysvipc(5): the id is the second column, the owner the column given. */
static void list_sysv(struct objects *o, enum kind kind, const char *path, int uid_column)
{
    FILE *f = fopen(path, "re");
    char line[512], id[32];

    if (!f)
        return;
    while (fgets(line, sizeof line, f)) {
        long column[12] = {0};
        char *p = line;
        int n = 0;

        for (char *end; n < 12; n++, p = end) {
            column[n] = strtol(p, &end, 10);
            if (end == p)
                break;
        }
        snprintf(id, sizeof id, "%ld", column[1]);
        if (n > uid_column)
            note(o, kind, id, column[uid_column]);
    }
    fclose(f);
}

static void list_objects(struct objects *o)
{
    o->count = 0;
    list_folder(o, SHM, "/dev/shm");
    list_folder(o, MQUEUE, "/dev/mqueue");
    list_sysv(o, SYSV_SHM, "/proc/sysvipc/shm", 7);
    list_sysv(o, SYSV_SEM, "/proc/sysvipc/sem", 4);
    list_sysv(o, SYSV_MSG, "/proc/sysvipc/msg", 7);
}

static bool is_new(const struct object *x)
{
    for (int i = 0; i < before.count; i++)
        if (before.list[i].kind == x->kind && strcmp(before.list[i].name, x->name) == 0)
            return false;
    return true;
}

static int openings = -1; /* inotify(7): who is opened in /dev/shm and /dev/mqueue */

static bool names_are_shared(const struct init_config *c)
{
    return !c->namespaces && !c->keep;
}

void init_left_before(const struct init_config *c)
{
    if (names_are_shared(c)) {
        const uint32_t what = IN_OPEN | IN_MOVED_TO; /* rename(2) puts something in its place */

        if ((openings = inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) < 0)
            init_fail("inotify, which tells what is opened in /dev/shm");
        if (inotify_add_watch(openings, "/dev/shm", what) < 0 && errno != ENOENT)
            init_fail("/dev/shm");
        if (inotify_add_watch(openings, "/dev/mqueue", what) < 0 && errno != ENOENT)
            init_fail("/dev/mqueue");
    }
    if (c->watch_left || !c->namespaces)
        list_objects(&before);
}

static void tell_objects(void)
{
    int sysv[KINDS] = {0}, told = 0;

    list_objects(&after);
    for (int i = 0; i < after.count; i++) {
        const struct object *x = &after.list[i];

        if (!is_new(x))
            continue;
        if (x->kind >= SYSV_SHM) /* ids differ from run to run: only their number is told */
            sysv[x->kind]++;
        else if (told++ < TOLD_MAX)
            init_say("left %s %s", kind_names[x->kind], x->name);
    }
    for (int k = SYSV_SHM; k < KINDS; k++)
        if (sysv[k])
            init_say("left %s %d", kind_names[k], sysv[k]);
}

void init_left_report(const struct init_config *c)
{
    static struct task_tree tree;

    if (!c->watch_left)
        return;
    tasks_look(getpid(), &tree);
    for (int i = 0; i < tree.count && i < TOLD_MAX; i++)
        if (tree.tasks[i].pid == tree.tasks[i].tid && tree.tasks[i].wait != TASK_DEAD)
            init_say("left process still running");
    tell_objects();
}

/* ---- removing
 * --------------------------------------------------------------------------------- */

static const char *folder_of(enum kind kind)
{
    return kind == SHM ? "/dev/shm/" : "/dev/mqueue/";
}

/* proc_pid_maps(5): "from-to perms offset major:minor inode path". The path alone would not do:
 * in another mount namespace, a sandbox beside this one, it is another file's. */
static void note_mapping(struct objects *o, const char *line)
{
    unsigned int major_, minor_;
    unsigned long ino;

    if (sscanf(line, "%*s %*s %*s %x:%x %lu", &major_, &minor_, &ino) != 3 || ino == 0)
        return;
    for (int i = 0; i < o->count; i++)
        if (o->list[i].kind <= MQUEUE && o->list[i].ino == ino &&
            o->list[i].dev == makedev(major_, minor_))
            o->list[i].used = true;
}

static void note_mappings(struct objects *o, const char *pid)
{
    char file[300], line[512];
    FILE *f;

    snprintf(file, sizeof file, "/proc/%s/maps", pid);
    f = fopen(file, "re");
    if (!f)
        return;
    while (fgets(line, sizeof line, f))
        note_mapping(o, line);
    fclose(f);
}

/* Some program of the same user may have made an object in the meantime, and have it mapped.
 * One look for all of them: a look at every process takes seconds on a busy machine. */
static void find_used(struct objects *o)
{
    DIR *d = opendir("/proc");

    for (int i = 0; i < o->count; i++)
        o->list[i].used = !d;
    for (struct dirent *de; d && (de = readdir(d));)
        if (de->d_name[0] >= '1' && de->d_name[0] <= '9')
            note_mappings(o, de->d_name);
    if (d)
        closedir(d);
}

static void refuse_name(const struct object *x)
{
    if (!x->used) /* else of some other program that runs, and perhaps opened by it */
        init_say(
            "fail the program opened '%s%s', which was there before it and which no running "
            "program uses; whatever was seen may come from that: remove it, or grade where "
            "user namespaces work",
            folder_of(x->kind), x->name);
}

/* After an overflow any name may have been opened. */
static void check_opening(const struct inotify_event *ev)
{
    for (int i = 0; i < before.count; i++)
        if (before.list[i].kind <= MQUEUE &&
            (ev->mask & IN_Q_OVERFLOW ||
             (ev->len && strcmp(before.list[i].name, ev->name) == 0)))
            before.list[i].opened = true;
}

void init_left_foreign(const struct init_config *c)
{
    char events[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
    bool any = false;
    ssize_t n;

    if (!names_are_shared(c) || openings < 0)
        return;
    while ((n = read(openings, events, sizeof events)) > 0)
        for (char *p = events; p < events + n;) {
            const struct inotify_event *ev = (const void *)p;

            check_opening(ev);
            p += sizeof *ev + ev->len;
        }
    for (int i = 0; i < before.count; i++)
        any |= before.list[i].opened;
    if (any)
        find_used(&before);
    for (int i = 0; i < before.count; i++)
        if (before.list[i].opened)
            refuse_name(&before.list[i]);
}

static bool is_gone(pid_t pid)
{
    return pid > 0 && kill(pid, 0) < 0 && errno == ESRCH;
}

static bool shm_in_use(int id)
{
    struct shmid_ds ds;

    return shmctl(id, IPC_STAT, &ds) < 0 || ds.shm_nattch > 0 || !is_gone(ds.shm_cpid);
}

static bool messages_in_use(int id)
{
    struct msqid_ds ds;

    return msgctl(id, IPC_STAT, &ds) < 0 || !is_gone(ds.msg_lspid);
}

static void remove_object(const struct object *x, bool lent)
{
    const int id = atoi(x->name);
    char path[300];

    switch (x->kind) {
    case SHM:
    case MQUEUE:
        snprintf(path, sizeof path, "%s%s", folder_of(x->kind), x->name);
        if (!x->used)
            unlink(path);
        break;
    case SYSV_SHM:
        if (!shm_in_use(id))
            shmctl(id, IPC_RMID, NULL);
        break;
    case SYSV_SEM:
        if (lent || is_gone(semctl(id, 0, GETPID)))
            semctl(id, 0, IPC_RMID);
        break;
    default:
        if (lent || !messages_in_use(id))
            msgctl(id, IPC_RMID, NULL);
        break;
    }
}

void init_left_remove(const struct init_config *c)
{
    const long uid = c->uid >= 0 ? c->uid : (long)geteuid();
    bool any = false;

    if (c->namespaces || c->keep)
        return; /* all of it ends with the namespace, or is none of our business */
    list_objects(&after);
    for (int i = 0; i < after.count && !any; i++)
        any =
            after.list[i].kind <= MQUEUE && after.list[i].uid == uid && is_new(&after.list[i]);
    if (any)
        find_used(&after);
    for (int i = 0; i < after.count; i++)
        if (after.list[i].uid == uid && is_new(&after.list[i]))
            remove_object(&after.list[i], c->uid >= 0);
}

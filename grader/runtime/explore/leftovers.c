/* leftovers.c - what outlives a process: names of shared memory, semaphores, queues, files.
 *
 * Each creation is noted with its place and struck out when it is removed. What is left at the
 * end of a schedule is removed, so that the next one begins as this one did; in a test it is a
 * leak. Files that were there before are never touched.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/explore/io.h"

enum kind { MEMORY, SEMAPHORE, QUEUE, NAMED_FILE, FOLDER, SEGMENT, MESSAGES, SEMAPHORES };

static const char *const words[] = {
    [MEMORY] = "shared memory object",
    [SEMAPHORE] = "named semaphore",
    [QUEUE] = "message queue",
    [NAMED_FILE] = "file",
    [FOLDER] = "folder",
    [SEGMENT] = "System V segment",
    [MESSAGES] = "System V queue",
    [SEMAPHORES] = "System V semaphores",
};

enum { NAME_SIZE = 120 };

static struct leftover {
    enum kind kind;
    int id;
    uint32_t pc, node;
    int task;
    char name[NAME_SIZE];
} * all;
static int *count;

void leftovers_open(void)
{
    all = keep_alloc(NAMES_MAX * sizeof *all);
    count = keep_alloc(sizeof *count);
}

static void note(enum kind kind, const char *name, int id, uintptr_t pc)
{
    struct leftover *l;

    if (*count == NAMES_MAX)
        too_much("it creates more than %d names", NAMES_MAX);
    l = &all[(*count)++];
    *l = (struct leftover){.kind = kind, .id = id, .task = W->me->id};
    l->pc = program_pc(pc);
    l->node = task_node(W->me);
    snprintf(l->name, sizeof l->name, "%s", name);
}

static void strike(enum kind kind, const char *name, int id)
{
    for (int i = 0; i < *count; i++)
        if (all[i].kind == kind && all[i].id == id && strcmp(all[i].name, name) == 0) {
            all[i] = all[--*count];
            return;
        }
}

static void remove_one(const struct leftover *l)
{
    switch (l->kind) {
    case MEMORY:
        shm_unlink(l->name);
        break;
    case SEMAPHORE:
        sem_unlink(l->name);
        break;
    case QUEUE:
        mq_unlink(l->name);
        break;
    case NAMED_FILE:
        unlink(l->name);
        break;
    case FOLDER:
        rmdir(l->name);
        break;
    case SEGMENT:
        shmctl(l->id, IPC_RMID, NULL);
        break;
    case MESSAGES:
        msgctl(l->id, IPC_RMID, NULL);
        break;
    case SEMAPHORES:
        semctl(l->id, 0, IPC_RMID);
        break;
    }
}

void leftovers_remove(void)
{
    while (*count > 0)
        remove_one(&all[--*count]);
}

/* A finding if anything is left; comes back if not. */
void leftovers_tell(void)
{
    struct found *f;

    if (*count == 0)
        return;
    f = bug_begin(BUG_LEAK, "%d %s left behind", *count, *count == 1 ? "name is" : "names are");
    for (int i = 0; i < *count && i < 8; i++)
        bug_stack(f, all[i].task, all[i].pc, all[i].node, "the %s %.60s was made here",
                  words[all[i].kind], all[i].name);
    bug_done(f);
}

/* ---- POSIX names ----------------------------------------------------------------------------
 */

static bool shm_exists(const char *name)
{
    int fd = shm_open(name, O_RDONLY | O_CLOEXEC, 0);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

REPLACES(int, shm_open, const char *name, int flags, mode_t mode)
{
    bool was;
    int fd;

    if (!RUNNING)
        return shm_open(name, flags, mode);
    step(OP_FILE, 0x801, CALLER);
    was = !(flags & O_CREAT) || shm_exists(name);
    fd = shm_open(name, flags, mode);
    if (fd >= 0 && !was)
        note(MEMORY, name, 0, CALLER);
    return (int)call_result(fd);
}

REPLACES(int, shm_unlink, const char *name)
{
    int rc;

    if (!RUNNING)
        return shm_unlink(name);
    step(OP_FILE, 0x801, CALLER);
    rc = shm_unlink(name);
    if (rc == 0)
        strike(MEMORY, name, 0);
    return (int)call_result(rc);
}

REPLACES(mqd_t, mq_open, const char *name, int flags, ...)
{
    struct mq_attr *attr = NULL;
    mode_t mode = 0;
    va_list ap;
    mqd_t q;

    va_start(ap, flags);
    if (flags & O_CREAT) {
        mode = (mode_t)va_arg(ap, int);
        attr = va_arg(ap, struct mq_attr *);
    }
    va_end(ap);
    if (!RUNNING)
        return mq_open(name, flags, mode, attr);
    step(OP_FILE, 0x801, CALLER);
    q = mq_open(name, flags & ~O_CREAT, mode, attr);
    if (q != (mqd_t)-1 && flags & O_CREAT && flags & O_EXCL) {
        mq_close(q);
        errno = EEXIST;
        return (mqd_t)-1;
    }
    if (q != (mqd_t)-1 || !(flags & O_CREAT))
        return q;
    q = mq_open(name, flags, mode, attr);
    if (q != (mqd_t)-1)
        note(QUEUE, name, 0, CALLER);
    return (mqd_t)call_result(q);
}

REPLACES(int, mq_unlink, const char *name)
{
    int rc;

    if (!RUNNING)
        return mq_unlink(name);
    step(OP_FILE, 0x801, CALLER);
    rc = mq_unlink(name);
    if (rc == 0)
        strike(QUEUE, name, 0);
    return (int)call_result(rc);
}

/* glibc keeps a named semaphore in a file of this name and maps it. */
static bool sem_file(const char *name, struct stat *st)
{
    char path[160];

    snprintf(path, sizeof path, "/dev/shm/sem.%s", *name == '/' ? name + 1 : name);
    return stat(path, st) == 0;
}

REPLACES(sem_t *, sem_open, const char *name, int flags, ...)
{
    struct stat st;
    unsigned value = 0;
    mode_t mode = 0;
    bool was;
    va_list ap;
    sem_t *s;

    va_start(ap, flags);
    if (flags & O_CREAT) {
        mode = (mode_t)va_arg(ap, int);
        value = va_arg(ap, unsigned);
    }
    va_end(ap);
    if (!RUNNING)
        return sem_open(name, flags, mode, value);
    step(OP_FILE, 0x801, CALLER);
    was = sem_file(name, &st);
    s = sem_open(name, flags, mode, value);
    if (s == SEM_FAILED) {
        call_result(-1);
        return s;
    }
    if (!was)
        note(SEMAPHORE, name, 0, CALLER);
    if (!mapping_at((uintptr_t)s) && sem_file(name, &st))
        map_file((uintptr_t)s, sizeof *s, &st, CALLER);
    map_opens((uintptr_t)s, 1);
    if (!was)
        sem_made(s, true);
    return s;
}

REPLACES(int, sem_close, sem_t *s)
{
    if (RUNNING && map_opens((uintptr_t)s, -1) == 0)
        map_gone((uintptr_t)s, sizeof *s);
    return sem_close(s);
}

REPLACES(int, sem_unlink, const char *name)
{
    int rc;

    if (!RUNNING)
        return sem_unlink(name);
    step(OP_FILE, 0x801, CALLER);
    rc = sem_unlink(name);
    if (rc == 0)
        strike(SEMAPHORE, name, 0);
    return (int)call_result(rc);
}

/* ---- files ---- */

void leftovers_file(const char *path, uintptr_t pc)
{
    note(NAMED_FILE, path, 0, pc);
}

REPLACES(int, unlink, const char *path)
{
    int rc;

    if (!RUNNING)
        return unlink(path);
    step(OP_FILE, 0x801, CALLER);
    rc = unlink(path);
    if (rc == 0) {
        strike(NAMED_FILE, path, 0);
        files_order();
    }
    return (int)call_result(rc);
}

/* ---- the rest of what is done by name: each a step, since others see it ---- */

#define STEP() (RUNNING ? step(OP_FILE, 0x801, CALLER) : (void)0)

REPLACES(int, mkdir, const char *path, mode_t mode)
{
    int rc;

    STEP();
    rc = mkdir(path, mode);
    if (RUNNING && rc == 0)
        note(FOLDER, path, 0, CALLER);
    return (int)call_result(rc);
}

REPLACES(int, rmdir, const char *path)
{
    int rc;

    STEP();
    rc = rmdir(path);
    if (RUNNING && rc == 0)
        strike(FOLDER, path, 0);
    return (int)call_result(rc);
}

/* The kernel's names are by chance; here they are not. */
REPLACES(char *, mkdtemp, char *template)
{
    const size_t n = strlen(template);

    if (!RUNNING || n < 6 || strcmp(template + n - 6, "XXXXXX") != 0)
        return mkdtemp(template);
    STEP();
    for (int i = 0; i < 100000; i++) {
        snprintf(template + n - 6, 7, "%06d", i);
        if (mkdir(template, 0700) == 0) {
            note(FOLDER, template, 0, CALLER);
            return template;
        }
        if (errno != EEXIST)
            break;
    }
    return NULL;
}

REPLACES(int, rename, const char *from, const char *to)
{
    int rc;

    STEP();
    rc = rename(from, to);
    if (RUNNING && rc == 0) {
        for (int i = 0; i < *count; i++)
            if (strcmp(all[i].name, from) == 0)
                snprintf(all[i].name, sizeof all[i].name, "%s", to);
        files_order();
    }
    return (int)call_result(rc);
}

REPLACES(int, link, const char *from, const char *to)
{
    int rc;

    STEP();
    rc = link(from, to);
    if (RUNNING && rc == 0) {
        note(NAMED_FILE, to, 0, CALLER);
        files_order();
    }
    return (int)call_result(rc);
}

REPLACES(int, symlink, const char *from, const char *to)
{
    int rc;

    STEP();
    rc = symlink(from, to);
    if (RUNNING && rc == 0)
        note(NAMED_FILE, to, 0, CALLER);
    return (int)call_result(rc);
}

REPLACES(int, creat, const char *path, mode_t mode)
{
    return RUNNING ? file_open(path, O_WRONLY | O_CREAT | O_TRUNC, mode, CALLER)
                   : creat(path, mode);
}

REPLACES(int, remove, const char *path)
{
    struct stat st;

    if (!RUNNING)
        return remove(path);
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) ? ls_x_rmdir(path) : ls_x_unlink(path);
}

#define LOOKS(name, type, ...)                                                                 \
    REPLACES(int, name, const char *path, type arg)                                            \
    {                                                                                          \
        int rc;                                                                                \
                                                                                               \
        STEP();                                                                                \
        rc = name(path, arg);                                                                  \
        if (RUNNING && rc < 0)                                                                 \
            look(CALLER ^ 0x5f);                                                               \
        return rc;                                                                             \
    }
LOOKS(access, int)
LOOKS(stat, struct stat *)
LOOKS(lstat, struct stat *)
LOOKS(chmod, mode_t)
LOOKS(truncate, off_t)

REPLACES(int, mkfifo, const char *path, mode_t mode)
{
    int rc;

    if (!RUNNING)
        return mkfifo(path, mode);
    step(OP_FILE, 0x801, CALLER);
    rc = mkfifo(path, mode);
    if (rc == 0)
        note(NAMED_FILE, path, 0, CALLER);
    return (int)call_result(rc);
}

/* The kernel's names are by chance; here they are not. */
static int make_temporary(char *template, int flags, uintptr_t pc)
{
    const size_t n = strlen(template);
    int fd = -1;

    if (n < 6 || strcmp(template + n - 6, "XXXXXX") != 0) {
        errno = EINVAL;
        return -1;
    }
    step(OP_FILE, 0x801, pc);
    for (int i = 0; i < 100000 && fd < 0; i++) {
        snprintf(template + n - 6, 7, "%06d", i);
        fd = open(template, O_RDWR | O_CREAT | O_EXCL | flags, 0600);
        if (fd < 0 && errno != EEXIST)
            return -1;
    }
    if (fd >= 0)
        note(NAMED_FILE, template, 0, pc);
    return fd;
}

REPLACES(int, mkstemp, char *template)
{
    return RUNNING ? make_temporary(template, 0, CALLER) : mkstemp(template);
}

REPLACES(int, mkostemp, char *template, int flags)
{
    return RUNNING ? make_temporary(template, flags, CALLER) : mkostemp(template, flags);
}

/* ---- System V ---- */

REPLACES(int, shmget, key_t key, size_t size, int flags)
{
    bool made;
    int id;

    if (!RUNNING)
        return shmget(key, size, flags);
    step(OP_FILE, 0x801, CALLER);
    made = key == IPC_PRIVATE || (flags & IPC_CREAT && shmget(key, 0, 0) < 0);
    id = shmget(key, size, flags);
    if (id >= 0 && made)
        note(SEGMENT, "", id, CALLER);
    return (int)call_result(id);
}

REPLACES(int, shmctl, int id, int cmd, struct shmid_ds *ds)
{
    int rc = shmctl(id, cmd, ds);

    if (RUNNING && rc >= 0 && cmd == IPC_STAT) {
        ds->shm_cpid = pid_seen(ds->shm_cpid);
        ds->shm_lpid = pid_seen(ds->shm_lpid);
    }

    if (RUNNING && rc >= 0 && cmd == IPC_RMID)
        strike(SEGMENT, "", id);
    return (int)call_result(rc);
}

REPLACES(int, msgget, key_t key, int flags)
{
    bool made;
    int id;

    if (!RUNNING)
        return msgget(key, flags);
    step(OP_FILE, 0x801, CALLER);
    made = key == IPC_PRIVATE || (flags & IPC_CREAT && msgget(key, 0) < 0);
    id = msgget(key, flags);
    if (id >= 0 && made)
        note(MESSAGES, "", id, CALLER);
    return (int)call_result(id);
}

REPLACES(int, semget, key_t key, int n, int flags)
{
    bool made;
    int id;

    if (!RUNNING)
        return semget(key, n, flags);
    step(OP_FILE, 0x801, CALLER);
    made = key == IPC_PRIVATE || (flags & IPC_CREAT && semget(key, 0, 0) < 0);
    id = semget(key, n, flags);
    if (id >= 0 && made)
        note(SEMAPHORES, "", id, CALLER);
    return (int)call_result(id);
}

void leftovers_removed(bool messages, int id)
{
    strike(messages ? MESSAGES : SEMAPHORES, "", id);
}

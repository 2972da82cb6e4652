/* filewatch.c - one folder under inotify, one file under stat(2). */
#include "cli/filewatch.h"

#include <string.h>
#include <sys/inotify.h>
#include <sys/statfs.h>

enum { OFTEN_MS = 300, SELDOM_MS = 1000 };

/* Where others write, the kernel here hears nothing. */
static bool is_remote(const char *folder)
{
    static const unsigned long types[] = {
        0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0x01021997, 0x786f4256,
    }; /* NFS, SMB, CIFS, SMB2, FUSE, 9p, VirtualBox: statfs(2) */
    struct statfs s;

    if (statfs(folder, &s) < 0)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        if ((unsigned long)s.f_type == types[i])
            return true;
    return false;
}

/* The folder, since editors put a new file in the old one's place. */
static int listen_to(const char *folder)
{
    const char *how = getenv("LOCKSTEP_WATCH");
    int fd;

    if ((how && strcmp(how, "poll") == 0) || is_remote(folder))
        return -1;
    fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (fd >= 0 && inotify_add_watch(fd, folder, IN_CLOSE_WRITE | IN_MOVED_TO) < 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

int filewatch_open(struct filewatch *f, const char *path, struct err *e)
{
    auto_free char *folder = strdup(path);
    char *slash = folder ? strrchr(folder, '/') : NULL;

    filewatch_close(f);
    f->path = strdup(path);
    if (!folder || !f->path)
        return err_oom(e);
    if (slash)
        *slash = '\0';
    f->events = listen_to(slash ? (*folder ? folder : "/") : ".");
    return 0;
}

void filewatch_close(struct filewatch *f)
{
    if (f->events >= 0)
        close(f->events);
    free(f->path);
    *f = (struct filewatch){.events = -1};
}

void filewatch_seen(struct filewatch *f)
{
    if (stat(f->path, &f->seen) < 0)
        f->seen = (struct stat){0};
}

bool filewatch_changed(const struct filewatch *f)
{
    struct stat now;

    return stat(f->path, &now) == 0 &&
           (now.st_ino != f->seen.st_ino || now.st_size != f->seen.st_size ||
            now.st_mtim.tv_sec != f->seen.st_mtim.tv_sec ||
            now.st_mtim.tv_nsec != f->seen.st_mtim.tv_nsec);
}

void filewatch_drain(const struct filewatch *f)
{
    char events[8192];

    while (read(f->events, events, sizeof events) > 0)
        ;
}

int filewatch_patience(const struct filewatch *f)
{
    return f->events >= 0 ? SELDOM_MS : OFTEN_MS;
}

/* profile.c - the full tier as bubblewrap's arguments (bwrap(1)), and why each is there.
 *
 * The program sees /usr read-only, an /etc of four files, an empty /tmp, /dev/shm and /job of
 * its own, and of the host's folders only what the job names. / itself is a tmpfs that is
 * closed when it stands. Default sizes would be half the machine's memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "sandbox/hide.h"
#include "sandbox/init/init.h"
#include "sandbox/launch.h"

#define TMPFS_BYTES "67108864" /* 64 MiB */

static void add(struct buf *b, const char *word)
{
    buf_add(b, word, strlen(word) + 1);
}

/* Words of a literal, parted by blanks. */
static void words(struct buf *b, const char *text)
{
    while (*text) {
        const size_t n = strcspn(text, " ");

        buf_add(b, text, n);
        buf_add(b, "", 1);
        text += n + (text[n] == ' ');
    }
}

static void bind(struct buf *b, const char *how, const char *folder, const char *name)
{
    add(b, how);
    buf_printf(b, "%s%s%s", folder, name ? "/" : "", name ? name : "");
    buf_add(b, "", 1);
    buf_printf(b, "/job%s%s", name ? "/" : "", name ? name : "");
    buf_add(b, "", 1);
}

static int memory_file(const char *text, size_t len, struct err *e)
{
    int fd = memfd_create("lockstep", MFD_CLOEXEC);

    if (fd < 0 || write_all(fd, text, len) < 0 || lseek(fd, 0, SEEK_SET) < 0) {
        err_errno(e, "cannot make a file in memory");
        util_close(&fd);
        return -1;
    }
    return fd;
}

static const struct {
    const char *path, *text;
} etc[] = {
    {"/etc/passwd", "student:x:1000:1000:student:/tmp:/bin/sh\n"},
    {"/etc/group", "student:x:1000:\n"},
    {"/etc/hosts", "127.0.0.1 localhost sandbox\n::1 localhost\n"},
    {"/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\nservices: files\n"},
};

/* lockstep-init is handed over by descriptor: a slot's user need not reach its folder. */
static int init_file(struct err *e)
{
    int fd = open(sandbox_init_path(), O_RDONLY | O_CLOEXEC);

    return fd < 0 ? err_errno(e, "cannot open '%s'", sandbox_init_path()) : fd;
}

static int add_data(struct buf *b, int data[PROFILE_DATA], int first, struct err *e)
{
    char number[16];

    for (int i = 0; i < PROFILE_DATA; i++)
        data[i] = -1;
    for (size_t i = 0; i < ARRAY_SIZE(etc); i++) {
        snprintf(number, sizeof number, "%d", first + (int)i);
        words(b, "--perms 0444 --ro-bind-data");
        add(b, number);
        add(b, etc[i].path);
        if ((data[i] = memory_file(etc[i].text, strlen(etc[i].text), e)) < 0)
            return -1;
    }
    snprintf(number, sizeof number, "%d", first + PROFILE_DATA - 1);
    words(b, "--perms 0555 --ro-bind-data");
    add(b, number);
    add(b, "/lockstep-init");
    data[PROFILE_DATA - 1] = init_file(e);
    return data[PROFILE_DATA - 1] < 0 ? -1 : 0;
}

static void add_folders(struct buf *b, const struct keeper_job *job)
{
    if (job->cwd && !job->files) { /* our own tools work in it */
        bind(b, "--bind", job->cwd, NULL);
    } else {
        words(b, "--perms 0755 --size " TMPFS_BYTES " --tmpfs /job");
        for (int i = 0; job->files && job->files[i]; i++)
            bind(b, "--ro-bind", job->cwd, job->files[i]);
        if (job->out)
            bind(b, "--bind", job->cwd, job->out);
    }
    words(b, "--chdir /job");
}

int profile_arguments(const struct keeper_job *job, struct buf *ret, int data[PROFILE_DATA],
                      int first, struct err *e)
{
    const bool sized = !sandbox_without("tmpfs-size");

    words(
        ret,
        "--unshare-all --uid 1000 --gid 1000 --hostname sandbox --new-session --cap-drop ALL");
    if (!sandbox_without("die-with-parent"))
        add(ret, "--die-with-parent");
    if (!sandbox_without("pid-1"))
        add(ret, "--as-pid-1"); /* bubblewrap's own pid 1 could be written to */
    words(ret, "--ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/sbin /sbin "
               "--symlink usr/lib /lib --symlink usr/lib64 /lib64 --proc /proc --dev /dev");
    for (const char *const *f = hide_list(); *f; f++) {
        words(ret, "--size " TMPFS_BYTES " --perms 0555 --tmpfs");
        add(ret, *f);
        words(ret, "--remount-ro");
        add(ret, *f);
    }
    words(ret, sized ? "--size " TMPFS_BYTES " --perms 1777 --tmpfs /dev/shm"
                     : "--perms 1777 --tmpfs /dev/shm");
    words(ret, "--mqueue /dev/mqueue");
    words(ret, sized ? "--perms 1777 --size " TMPFS_BYTES " --tmpfs /tmp"
                     : "--perms 1777 --tmpfs /tmp");
    words(ret, "--perms 0755 --dir /etc");
    if (add_data(ret, data, first, e) < 0)
        return -1;
    add_folders(ret, job);
    /* a /proc for init alone, to set limits of the IPC namespace with */
    words(ret, "--cap-add CAP_DAC_OVERRIDE --perms 0000 --dir " INIT_KNOBS " --proc " INIT_KNOBS
               "/proc");
    if (!sandbox_without("read-only-proc"))
        words(ret, "--remount-ro /proc");
    words(ret, "--remount-ro /dev --remount-ro /");
    words(ret, "--clearenv");
    for (int i = 0; job->envp[i]; i++) {
        const size_t n = strcspn(job->envp[i], "=");

        add(ret, "--setenv");
        buf_add(ret, job->envp[i], n);
        buf_add(ret, "", 1);
        add(ret, job->envp[i] + n + (job->envp[i][n] == '='));
    }
    return ret->failed ? err_oom(e) : 0;
}

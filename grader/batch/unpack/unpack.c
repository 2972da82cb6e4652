/* unpack.c - lockstep-unpack: takes a stranger's archive apart, inside the sandbox.
 *
 *   lockstep-unpack OUT FILE_BYTES TOTAL_BYTES ENTRIES  <archive
 *
 * No name of the archive ever reaches the file system: contents go to OUT/1, OUT/2, ..., and
 * OUT/index says which is which, in records of NUL-ended fields:
 *
 *   NUMBER SIZE MTIME NAME     NUMBER is 0 for what is not kept: a folder (its name ends with
 * '/') or a file larger than FILE_BYTES
 *
 * An archive that is damaged, too large, or holds anything but plain files and folders with
 * names below its own top is refused as a whole: OUT/refused says why, with the entry's name.
 * A program of its own, linked with libarchive and nothing of the grader.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 1 << 16, NAME_MAX_BYTES = 1024, PARTS_MAX = 64 };

static long long file_max, total_max, entries_max;
static long long total, entries, kept;
static FILE *index_file;

static void __attribute__((noreturn, format(printf, 1, 2))) refuse(const char *fmt, ...)
{
    FILE *f = fopen("refused", "we");
    va_list ap;

    if (!f)
        _exit(3);
    va_start(ap, fmt);
    vfprintf(f, fmt, ap);
    va_end(ap);
    _exit(fclose(f) == 0 ? 0 : 3);
}

static void __attribute__((noreturn)) broken(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    _exit(3);
}

/* Why a name may not be, or NULL. Both slashes part: Windows made some of these archives. */
static const char *bad_name(const char *name)
{
    int parts = 0;

    if (!*name)
        return "an entry has no name";
    if (strlen(name) > NAME_MAX_BYTES)
        return "a name is longer than 1024 bytes";
    if (*name == '/' || *name == '\\' ||
        (name[1] == ':' && (name[2] == '\\' || name[2] == '/')))
        return "a name is absolute";
    for (const char *p = name; *p; parts++) {
        const size_t n = strcspn(p, "/\\");

        if (n == 2 && strncmp(p, "..", 2) == 0)
            return "a name leaves the archive's folder";
        p += n + (p[n] != '\0');
    }
    return parts > PARTS_MAX ? "folders are nested more than 64 deep" : NULL;
}

static const char *bad_kind(struct archive_entry *e)
{
    if (archive_entry_hardlink(e))
        return "a hard link";
    switch (archive_entry_filetype(e)) {
    case AE_IFREG:
    case AE_IFDIR:
        return archive_entry_is_encrypted(e) ? "an encrypted file" : NULL;
    case AE_IFLNK:
        return "a symbolic link";
    case AE_IFIFO:
        return "a FIFO";
    case AE_IFSOCK:
        return "a socket";
    default:
        return "a device";
    }
}

static const char *name_of(struct archive_entry *e)
{
    const char *name = archive_entry_pathname_utf8(e);

    if (!name)
        name = archive_entry_pathname(e);
    return name ? name : "";
}

static int open_numbered(long long number)
{
    char path[32];
    int fd;

    snprintf(path, sizeof path, "%lld", number);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        broken("cannot make a file");
    return fd;
}

static void put(int fd, const char *data, size_t len)
{
    while (len > 0) {
        const ssize_t n = write(fd, data, len);

        if (n < 0 && errno != EINTR)
            broken("cannot write");
        if (n > 0) {
            data += n;
            len -= (size_t)n;
        }
    }
}

/* The size in the archive's own list is only a claim: what comes out is counted. */
static void keep(struct archive *a, struct archive_entry *e, const char *name)
{
    static char block[BLOCK];
    const long long number = kept + 1;
    const int fd = open_numbered(number);
    long long size = 0;
    la_ssize_t n;

    while ((n = archive_read_data(a, block, sizeof block)) > 0) {
        size += n;
        total += n;
        if (total > total_max)
            refuse("it unpacks to more than %lld MiB (at '%s')", total_max >> 20, name);
        if (size <= file_max)
            put(fd, block, (size_t)n);
    }
    if (n < 0)
        refuse("it is damaged at '%s': %s", name, archive_error_string(a));
    close(fd);
    if (size <= file_max) {
        kept = number;
    } else {
        char path[32];

        snprintf(path, sizeof path, "%lld", number);
        unlink(path);
    }
    fprintf(index_file, "%lld%c%lld%c%lld%c%s%c", size <= file_max ? number : 0, 0, size, 0,
            (long long)archive_entry_mtime(e), 0, name, 0);
}

static void each(struct archive *a)
{
    struct archive_entry *e;
    int rc;

    while ((rc = archive_read_next_header(a, &e)) != ARCHIVE_EOF) {
        const char *name, *why;

        if (rc < ARCHIVE_WARN)
            refuse("it is damaged or no zip, tar, 7z or rar archive: %s",
                   archive_error_string(a));
        name = name_of(e);
        if (++entries > entries_max)
            refuse("it holds more than %lld entries", entries_max);
        if ((why = bad_name(name)) || (why = bad_kind(e)))
            refuse("%s: '%s'", why, name);
        if (archive_entry_filetype(e) == AE_IFREG)
            keep(a, e, name);
        else /* who handed in nothing has an empty folder */
            fprintf(index_file, "0%c0%c0%c%s%s%c", 0, 0, 0, name,
                    name[strlen(name) - 1] == '/' ? "" : "/", 0);
    }
    if (entries == 0)
        refuse("it is empty");
}

int main(int argc, char *argv[])
{
    struct archive *a = archive_read_new();

    if (argc != 5 || !a)
        return 2;
    setlocale(LC_ALL, "C.UTF-8");
    file_max = atoll(argv[2]);
    total_max = atoll(argv[3]);
    entries_max = atoll(argv[4]);
    if (chdir(argv[1]) < 0)
        broken("cannot enter the folder");
    archive_read_support_filter_gzip(a);
    archive_read_support_filter_bzip2(a);
    archive_read_support_filter_xz(a);
    archive_read_support_filter_zstd(a);
    archive_read_support_format_tar(a);
    archive_read_support_format_gnutar(a);
    archive_read_support_format_zip(a);
    archive_read_support_format_7zip(a);
    archive_read_support_format_rar(a);
    archive_read_support_format_rar5(a);
    index_file = fopen("index", "we");
    if (!index_file)
        broken("cannot make the index");
    if (archive_read_open_fd(a, STDIN_FILENO, BLOCK) != ARCHIVE_OK)
        refuse("it is damaged or no zip, tar, 7z or rar archive: %s", archive_error_string(a));
    each(a);
    archive_read_free(a);
    if (fclose(index_file) != 0)
        broken("cannot write the index");
    return 0;
}

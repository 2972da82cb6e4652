/* pack.c - libarchive's writer, a temporary name, and a walk. */
#include "cli/pack.h"

#include <archive_entry.h>
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "sandbox/keeper.h"

enum { FILE_BYTES = 64 << 20 };

static bool ends(const char *s, const char *end)
{
    const size_t n = strlen(s), k = strlen(end);

    return n > k && strcmp(s + n - k, end) == 0;
}

bool pack_knows(const char *path)
{
    return ends(path, ".zip") || ends(path, ".tar") || ends(path, ".tar.gz");
}

static int trouble(struct pack *p, struct err *e)
{
    return err_set(e, ERR_SYSTEM, "cannot write '%s': %s", p->path, archive_error_string(p->z));
}

int pack_open(struct pack *p, const char *path, int mode, time_t now, struct err *e)
{
    *p = (struct pack){
        .z = archive_write_new(), .path = strdup(path), .now = now, .mode = mode, .fd = -1};
    if (!p->z || !p->path || asprintf(&p->next, "%s.XXXXXX", path) < 0) {
        p->next = NULL;
        return err_oom(e);
    }
    p->fd = mkstemp(p->next);
    if (p->fd < 0) {
        free(p->next);
        p->next = NULL;
        return err_errno(e, "cannot write '%s'", path);
    }
    if (ends(path, ".zip")) {
        archive_write_set_format_zip(p->z);
    } else {
        archive_write_set_format_ustar(p->z);
        if (ends(path, ".gz"))
            archive_write_add_filter_gzip(p->z);
    }
    return archive_write_open_fd(p->z, p->fd) == ARCHIVE_OK ? 0 : trouble(p, e);
}

int pack_put(struct pack *p, const char *name, const void *data, size_t len, int mode,
             struct err *e)
{
    struct archive_entry *entry = archive_entry_new();
    int rc = 0;

    if (!entry)
        return err_oom(e);
    if (keeper_interrupted) {
        archive_entry_free(entry);
        return err_set(e, ERR_STOPPED, "interrupted; nothing was written");
    }
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, (la_int64_t)len);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, (mode_t)mode);
    archive_entry_set_mtime(entry, p->now, 0);
    if (archive_write_header(p->z, entry) != ARCHIVE_OK ||
        archive_write_data(p->z, data, len) != (la_ssize_t)len)
        rc = trouble(p, e);
    archive_entry_free(entry);
    return rc;
}

static int put_file(struct pack *p, const char *path, const char *name, const struct stat *st,
                    struct err *e)
{
    auto_free char *data = NULL;
    size_t len;

    if (slurp(path, FILE_BYTES, &data, &len, e) < 0)
        return -1;
    return pack_put(p, name, data, len, st->st_mode & 0100 ? 0755 : 0644, e);
}

/* .github is part of a package; .git and what editors leave is not. */
static bool is_hidden(const char *name)
{
    return name[0] == '.' && strcmp(name, ".github") != 0;
}

static int walk(struct pack *p, const char *folder, const char *below, const char *prefix,
                bool (*skip)(const char *), struct err *e)
{
    auto_free char *here = NULL;
    struct dirent **names = NULL;
    struct arena a = {0};
    int n, rc = 0;

    if (asprintf(&here, "%s/%s", folder, below) < 0) {
        here = NULL;
        return err_oom(e);
    }
    n = scandir(here, &names, NULL, alphasort);
    if (n < 0)
        return err_errno(e, "cannot read the folder '%s'", here);
    for (int i = 0; i < n; i++) {
        const char *sub =
            arena_printf(&a, "%s%s%s", below, *below ? "/" : "", names[i]->d_name);
        const char *path = arena_printf(&a, "%s/%s", folder, sub ? sub : "");
        const char *name = arena_printf(&a, "%s%s", prefix, sub ? sub : "");
        struct stat st;

        if (rc == 0 && a.failed)
            rc = err_oom(e);
        if (rc == 0 && !is_hidden(names[i]->d_name) && !(skip && skip(sub)) &&
            lstat(path, &st) == 0) {
            if (S_ISDIR(st.st_mode))
                rc = walk(p, folder, sub, prefix, skip, e);
            else if (S_ISREG(st.st_mode))
                rc = put_file(p, path, name, &st, e);
        }
        free(names[i]);
    }
    arena_release(&a);
    free(names);
    return rc;
}

int pack_tree(struct pack *p, const char *folder, const char *prefix,
              bool (*skip)(const char *path), struct err *e)
{
    return walk(p, folder, "", prefix, skip, e);
}

int pack_close(struct pack *p, int rc, struct err *e)
{
    if (rc == 0 && archive_write_close(p->z) != ARCHIVE_OK)
        rc = trouble(p, e);
    if (p->z)
        archive_write_free(p->z);
    if (rc == 0 && fchmod(p->fd, (mode_t)p->mode) < 0)
        rc = err_errno(e, "cannot write '%s'", p->path);
    if (p->fd >= 0 && close(p->fd) < 0 && rc == 0)
        rc = err_errno(e, "cannot write '%s'", p->path);
    if (rc == 0 && rename(p->next, p->path) < 0)
        rc = err_errno(e, "cannot write '%s'", p->path);
    if (rc < 0 && p->next)
        unlink(p->next);
    free(p->path);
    free(p->next);
    *p = (struct pack){.fd = -1};
    return rc;
}

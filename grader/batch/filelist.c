/* filelist.c - walks folders; runs lockstep-unpack in the sandbox and reads its index. */
#include "batch/filelist.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "core/text.h"
#include "sandbox/keeper.h"
#include "sandbox/tier.h"

enum { DEPTH_MAX = 32, FILES_MAX = 400000, INDEX_MAX = 64 << 20 };

/* What one student may hand in, and what a class may be. */
static const long long STUDENT_TOTAL = 64ll << 20, CLASS_TOTAL = 2048ll << 20;
enum { STUDENT_ENTRIES = 2000, CLASS_ENTRIES = 200000 };

size_t archive_ending(const char *name)
{
    static const char *const endings[] = {".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tgz",
                                          ".tbz2",   ".tbz",     ".txz",    ".tzst",    ".tar",
                                          ".zip",    ".7z",      ".rar"};
    const size_t n = strlen(name);

    for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
        const size_t k = strlen(endings[i]);

        if (n > k && strcasecmp(name + n - k, endings[i]) == 0)
            return k;
    }
    return 0;
}

const char *filelist_base(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash ? slash + 1 : name;
}

/* Names are shown, stored and compared. `windows`: a backslash parts names, as in archives. A
 * name that an archiver in China wrote in GB 18030 is read as what it is (text.h). */
static const char *clean(struct arena *a, const char *prefix, const char *name, bool windows)
{
    struct buf b = {0};
    auto_free char *decoded = NULL;
    const char *all;
    size_t len;

    if (text_decode(name, strlen(name), &decoded, &len) == TEXT_CHINESE)
        name = decoded;
    buf_puts(&b, prefix);
    for (const unsigned char *p = (const unsigned char *)name; *p;) {
        const size_t n = text_utf8_char(p);

        if (n == 0 || *p < ' ' || *p == 0x7f)
            buf_printf(&b, "\\x%02x", *p);
        else if (*p == '\\' && windows)
            buf_puts(&b, "/");
        else
            buf_add(&b, p, n);
        p += n ? n : 1;
    }
    all = b.failed ? NULL : arena_strdup(a, b.data ? b.data : "");
    buf_release(&b);
    return all;
}

static int add(struct filelist *l, const char *name, const char *content, time_t when,
               struct err *e)
{
    if (l->count == FILES_MAX)
        return err_set(e, ERR_USAGE, "more than %d files were handed in", FILES_MAX);
    if (l->count == l->room) { /* the old ones stay in the arena: twice the memory at most */
        const int room = l->room ? 2 * l->room : 64;
        struct handed_file *more = arena_zalloc(l->a, (size_t)room * sizeof *more);

        if (!more)
            return err_oom(e);
        if (l->count)
            memcpy(more, l->files, (size_t)l->count * sizeof *more);
        l->files = more;
        l->room = room;
    }
    if (!name)
        return err_oom(e);
    l->files[l->count++] = (struct handed_file){.name = name, .content = content, .when = when};
    return 0;
}

/* ---- folders -------------------------------------------------------------------------------
 */

/* Folders of tools, whoever's they are. */
static const char *const tools[] = {
    "__MACOSX", ".git",      ".svn",   ".hg",     ".idea",         ".vscode",
    ".vs",      ".cache",    ".cvs",   ".github", ".Trashes",      ".fseventsd",
    ".local",   ".config",   ".deps",  ".libs",   ".settings",     ".metadata",
    ".clangd",  ".cmake",    ".zed",   ".fleet",  ".devcontainer", ".ccls-cache",
    ".direnv",  ".venv",     ".build", ".objs",   ".gitlab",       ".Spotlight-V100",
    ".dropbox", ".lockstep", ".ssh",   ".gnupg"};

static bool is_tool(const char *name, size_t n)
{
    for (size_t i = 0; i < ARRAY_SIZE(tools); i++)
        if (strlen(tools[i]) == n && strncmp(tools[i], name, n) == 0)
            return true;
    return (n > 1 && name[0] == '.' && (name[1] == '_' || name[1] == '.')) ||
           (n > 7 && strncmp(name, ".Trash-", 7) == 0);
}

/* Does any part of this name say so? A folder at the top is a student's, with a dot or not. */
static bool hidden(const char *name)
{
    for (const char *p = name; *p; p += strcspn(p, "/\\"), p += *p != '\0') {
        const size_t n = strcspn(p, "/\\");

        if (is_tool(p, n) || (*p == '.' && n > 1 && (p != name || !p[n])))
            return true;
    }
    return false;
}

static int visible(const struct dirent *d)
{
    return d->d_name[0] != '.' && !is_tool(d->d_name, strlen(d->d_name));
}

static int visible_at_top(const struct dirent *d)
{
    return !is_tool(d->d_name, strlen(d->d_name)) && strcmp(d->d_name, ".") != 0 &&
           (d->d_name[0] != '.' || d->d_type == DT_DIR || d->d_type == DT_UNKNOWN);
}

static int walk(struct filelist *l, const char *dir, const char *prefix, int depth,
                struct err *e);

static int note_trouble(struct filelist *l, const char *prefix, const char *what,
                        struct err *e);

static int visit(struct filelist *l, const char *dir, const char *prefix, const char *name,
                 int depth, struct err *e)
{
    const char *path = arena_printf(l->a, "%s/%s", dir, name);
    const char *shown = clean(l->a, prefix, name, false);
    struct stat st;

    if (!path || !shown)
        return err_oom(e);
    if (lstat(path, &st) < 0)
        return err_errno(e, "cannot look at '%s'", path);
    if (S_ISDIR(st.st_mode)) {
        const char *below = arena_printf(l->a, "%s/", shown);

        if (!below)
            return err_oom(e);
        return add(l, below, NULL, 0, e) < 0 ? -1 : walk(l, path, below, depth + 1, e);
    }
    if (S_ISLNK(st.st_mode)) /* not followed: what it leads to may hold anything */
        return note_trouble(l, arena_printf(l->a, "%s/", shown), "it is a link", e);
    if (!S_ISREG(st.st_mode) ||
        st.st_size > (archive_ending(name) ? HANDED_ARCHIVE_MAX : HANDED_FILE_MAX))
        path = NULL;
    return add(l, shown, path, st.st_mtime, e);
}

/* A folder that cannot be read is one student's trouble, not the class's. */
static int note_trouble(struct filelist *l, const char *prefix, const char *what, struct err *e)
{
    if (add(l, prefix, NULL, 0, e) < 0)
        return -1;
    l->files[l->count - 1].trouble =
        arena_printf(l->a, "'%s' cannot be read: %s", prefix, what);
    return l->a->failed ? err_oom(e) : 0;
}

static int walk(struct filelist *l, const char *dir, const char *prefix, int depth,
                struct err *e)
{
    struct dirent **names = NULL;
    int n, rc = 0;

    if (depth > DEPTH_MAX)
        return note_trouble(l, prefix, "folders are nested too deep", e);
    n = scandir(dir, &names, depth ? visible : visible_at_top, alphasort);
    if (n < 0 && depth > 0)
        return note_trouble(l, prefix, strerror(errno), e);
    if (n < 0)
        return err_errno(e, "cannot read the folder '%s'", dir);
    for (int i = 0; i < n; i++) {
        if (rc == 0)
            rc = visit(l, dir, prefix, names[i]->d_name, depth, e);
        free(names[i]);
    }
    free(names);
    return rc;
}

int filelist_folder(struct filelist *l, const char *dir, const char *prefix, struct err *e)
{
    return walk(l, dir, prefix, 0, e);
}

/* ---- archives ------------------------------------------------------------------------------
 */

static int copy_tool(const char *runtime, const char *work, struct arena *a, struct err *e)
{
    const char *from = arena_printf(a, "%s/lockstep-unpack", runtime);
    const char *to = arena_printf(a, "%s/unpack", work);
    auto_free char *bytes = NULL;
    size_t len;

    if (!from || !to)
        return err_oom(e);
    if (access(to, X_OK) == 0)
        return 0;
    if (slurp(from, 16 << 20, &bytes, &len, e) < 0)
        return err_wrap(e, "archives cannot be unpacked");
    if (write_plain(to, bytes, len, e) < 0)
        return -1;
    return chmod(to, 0755) < 0 ? err_errno(e, "cannot make '%s' executable", to) : 0;
}

/* Zip dates are somebody's local time: this machine's, as for --deadline. In the sandbox there
 * is no /etc/localtime. */
static const char *zone(struct arena *a)
{
    static const char mark[] = "zoneinfo/";
    const char *tz = getenv("TZ"), *at;
    char link[256];
    ssize_t n;

    if (tz && *tz)
        return arena_printf(a, "TZ=%s", tz);
    n = readlink("/etc/localtime", link, sizeof link - 1);
    if (n <= 0)
        return "TZ=UTC0";
    link[n] = '\0';
    at = strstr(link, mark);
    return arena_printf(a, "TZ=%s", at ? at + strlen(mark) : "UTC0");
}

static int run_tool(int archive, const char *work, const char *out, bool whole_class,
                    struct arena *a, struct err *e)
{
    char file_max[24], total[24], entries[24];
    char *argv[] = {"./unpack", (char *)out, file_max, total, entries, NULL};
    char *envp[] = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", (char *)zone(a), NULL};
    const char *files[] = {"unpack", NULL};
    struct keeper_job job = {.argv = argv,
                             .envp = envp,
                             .cwd = work,
                             .files = files,
                             .out = out,
                             .in = archive,
                             .limits = LIMITS_DEFAULT};
    struct keeper_result r = {0};
    int rc;

    snprintf(file_max, sizeof file_max, "%d", HANDED_ARCHIVE_MAX);
    snprintf(total, sizeof total, "%lld", whole_class ? CLASS_TOTAL : STUDENT_TOTAL);
    snprintf(entries, sizeof entries, "%d", whole_class ? CLASS_ENTRIES : STUDENT_ENTRIES);
    job.limits.cpu_s = whole_class ? 120 : 10;
    job.limits.wall_s = whole_class ? 600 : 60;
    job.limits.file_mb = 64; /* the index of a large class */
    if (keeper_run(&job, &r, e) < 0)
        return -1;
    if (r.end == KEEPER_CPU || r.end == KEEPER_WALL || r.end == KEEPER_MEMORY)
        rc = 0;
    else if (r.end == KEEPER_EXITED && r.code == 0)
        rc = 1;
    else
        rc = err_set(e, ERR_SYSTEM, "lockstep-unpack did not end as it should: %.200s",
                     r.output.len ? r.output.data : "no reason");
    keeper_release(&r);
    return rc;
}

/* NUMBER SIZE MTIME NAME, each ended by NUL. */
static int read_index(struct filelist *l, const char *out, const char *prefix, struct err *e)
{
    const char *path = arena_printf(l->a, "%s/index", out);
    auto_free char *text = NULL;
    size_t len;

    if (!path)
        return err_oom(e);
    if (slurp(path, INDEX_MAX, &text, &len, e) < 0)
        return -1;
    for (const char *p = text, *end = text + len; p < end;) {
        const char *field[4];
        long number, when;

        for (int i = 0; i < 4; i++) {
            field[i] = p < end ? p : "";
            p = p < end ? p + strlen(p) + 1 : p;
        }
        if (!parse_long(field[0], 0, CLASS_ENTRIES, &number))
            return err_set(e, ERR_SYSTEM, "'%s' is no index", path);
        if (!parse_long(field[2], 0, 1l << 40, &when))
            when = 0;
        while (strncmp(field[3], "./", 2) == 0) /* tar of a folder from within */
            field[3] += 2;
        if (!*field[3] || strcmp(field[3], ".") == 0 || hidden(field[3]))
            continue;
        if (add(l, clean(l->a, prefix, field[3], true),
                number ? arena_printf(l->a, "%s/%ld", out, number) : NULL, when, e) < 0)
            return -1;
    }
    return 0;
}

int filelist_archive(struct filelist *l, const char *runtime, const char *path,
                     const char *prefix, const char *work, bool whole_class, const char **why,
                     struct err *e)
{
    static int made; /* folders for contents so far; one process takes archives apart */
    char name[32];
    const char *out, *refused;
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | (whole_class ? 0 : O_NOFOLLOW));
    auto_free char *text = NULL;
    struct err none;
    int rc;

    if (fd < 0 && !whole_class) { /* one student's trouble */
        *why = arena_printf(l->a, "it cannot be opened: %s", strerror(errno));
        return *why ? 0 : err_oom(e);
    }
    if (fd < 0)
        return err_errno(e, "cannot open '%s'", path);
    snprintf(name, sizeof name, "in-%d", ++made);
    out = arena_printf(l->a, "%s/%s", work, name);
    refused = arena_printf(l->a, "%s/refused", out);
    if (!out || !refused)
        return err_oom(e);
    if (copy_tool(runtime, work, l->a, e) < 0 || make_dirs(out, e) < 0)
        return -1;
    rc = run_tool(fd, work, name, whole_class, l->a, e);
    if (rc < 0)
        return -1;
    if (rc == 0) {
        *why = "it takes too long or too much memory to unpack";
        return 0;
    }
    if (access(refused, F_OK) == 0) {
        *why = slurp(refused, 8192, &text, NULL, &none) == 0 ? clean(l->a, "", text, false)
                                                             : "it was refused";
        return 0;
    }
    return read_index(l, out, prefix, e) < 0 ? -1 : 1;
}

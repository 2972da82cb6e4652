/* share.c - the batch's end of the shared folder. */
#include "batch/share.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "sandbox/cgroup.h"
#include "sandbox/tier.h"

#define MARK ".lockstep-share"

enum { UNITS_MAX = 512 << 20, WORDS_MAX = 4096, LOG_MAX = 16 << 20, REMOVE_TRIES = 20 };

/* ---- making it ------------------------------------------------------------------------ */

int share_open(struct share *s, const char *out, struct err *e)
{
    static const char *const below[] = {"results", "collected", "fit", "unfit"};
    char *folder = arena_printf(s->a, "%s/engine-XXXXXX", out);
    int n = 0;

    while (s->exercises[n])
        n++;
    s->used = arena_zalloc(s->a, (size_t)n + 1);
    if (!folder || !s->used)
        return err_oom(e);
    if (!mkdtemp(folder))
        return err_errno(e, "cannot make a folder in '%s'", out);
    s->folder = folder;
    if (write_plain(arena_printf(s->a, "%s/" MARK, folder), "", 0, e) < 0)
        return -1;
    for (size_t i = 0; i < ARRAY_SIZE(below); i++)
        if (make_dirs(arena_printf(s->a, "%s/%s", folder, below[i]), e) < 0)
            return -1;
    return 0;
}

static int add_line(struct share *s, const struct share_unit *u, struct err *e)
{
    char *line = arena_printf(s->a, "%s %s %s", s->exercises[u->exercise]->id, u->key,
                              u->source ? u->source : "-");

    if (s->count == s->room) {
        const int room = s->room ? 2 * s->room : 256;
        char **more = realloc(s->lines, (size_t)room * sizeof *more);

        if (!more)
            return err_oom(e);
        s->lines = more;
        s->room = room;
    }
    s->lines[s->count++] = line;
    s->used[u->exercise] = true;
    return line ? 0 : err_oom(e);
}

int share_add(struct share *s, const struct share_unit *u, struct err *e)
{
    const struct exercise *x = s->exercises[u->exercise];
    const char *dir = arena_printf(s->a, "%s/sources/%d", s->folder, s->count);
    const char *file = dir ? arena_printf(s->a, "%s/%s", dir, x->rubric.edit) : NULL;
    int rc = file ? make_dirs(dir, e) : err_oom(e);

    if (rc == 0 && u->text)
        rc = write_plain(file, u->text, u->len, e);
    else if (rc == 0 && u->source)
        rc = make_dirs(file, e); /* what is no plain file is shown to the grading as one */
    return rc == 0 ? add_line(s, u, e) : rc;
}

static int write_units(struct share *s, struct err *e)
{
    const char *path = arena_printf(s->a, "%s/units", s->folder);
    struct buf b = {0};
    int rc;

    for (int i = 0; i < s->count; i++)
        buf_printf(&b, "%s\n", s->lines[i]);
    rc = path && !b.failed ? write_whole(path, b.data, b.len, e) : err_oom(e);
    buf_release(&b);
    return rc;
}

int share_seal(struct share *s, struct err *e)
{
    const char *path = arena_printf(s->a, "%s/job.json", s->folder);
    json_t *used = json_array(), *j;
    auto_free char *text = NULL;

    for (int i = 0; s->exercises[i]; i++)
        if (s->used[i])
            json_array_append_new(used, json_string(s->exercises[i]->id));
    j = json_pack("{s:s, s:s, s:s, s:b, s:b, s:s, s:s*, s:o}", "format", SHARE_FORMAT, "grader",
                  s->keys->grader, "tier", tier_name(sandbox_tier()), "whole", cgroup_works(),
                  "oracle", !s->unit->no_oracle, "course", s->unit->course->home, "secret",
                  s->unit->secret, "exercises", used);
    text = j ? json_dumps(j, JSON_COMPACT) : NULL;
    json_decref(j);
    if (!j)
        return err_set(e, ERR_USAGE,
                       "the course secret must be UTF-8 text where other machines "
                       "grade");
    if (!path || !text)
        return err_oom(e);
    return write_units(s, e) < 0 ? -1 : write_whole(path, text, strlen(text), e);
}

static void forget(const char *folder)
{
    auto_free char *job = NULL;

    if (asprintf(&job, "%s/job.json", folder) < 0)
        job = NULL;
    if (job)
        unlink(job);
}

/* A task that has just been ended may still write: its last file makes a folder "not empty". */
static bool remove_share(const char *folder)
{
    const struct timespec while_ = {.tv_nsec = 100000000};
    struct err ignored;

    forget(folder); /* first: it holds the secret, and without it no task begins a unit */
    for (int i = 0; i < REMOVE_TRIES; i++) {
        if (remove_tree(folder, &ignored) == 0 && access(folder, F_OK) < 0)
            return true;
        nanosleep(&while_, NULL);
    }
    return false;
}

void share_forget(const struct share *s)
{
    forget(s->folder);
}

bool share_close(struct share *s, bool keep)
{
    bool ok = true;

    free(s->lines);
    s->lines = NULL;
    if (s->folder && !keep)
        ok = remove_share(s->folder);
    return ok;
}

/* ---- attempts -------------------------------------------------------------------------- */

static int write_task(struct share *s, const char *dir, const int *units, int count, long first,
                      long step, struct err *e)
{
    auto_free char *path = NULL;
    struct buf b = {0};
    int rc;

    if (asprintf(&path, "%s/%ld", dir, first) < 0)
        path = NULL;
    for (long i = first; i < count; i += step)
        buf_printf(&b, "%d %s\n", units[i], s->lines[units[i]]);
    rc = path && !b.failed ? write_whole(path, b.data, b.len, e) : err_oom(e);
    buf_release(&b);
    return rc;
}

int share_tasks(struct share *s, int attempt, const bool *done, long tasks, struct err *e)
{
    const char *dir = arena_printf(s->a, "%s/tasks-%d", s->folder, attempt);
    auto_free int *units = calloc((size_t)s->count + 1, sizeof *units);
    int n = 0;

    if (!dir || !units)
        return err_oom(e);
    for (int i = 0; i < s->count; i++)
        if (!done[i])
            units[n++] = i;
    if (make_dirs(dir, e) < 0)
        return -1;
    for (long k = 0; k < tasks; k++)
        if (write_task(s, dir, units, n, k, tasks, e) < 0)
            return -1;
    return n;
}

const char *share_result(const struct share *s, int unit)
{
    return arena_printf(s->a, "%s/results/%d.json", s->folder, unit);
}

int share_collected(const struct share *s, int unit, struct err *e)
{
    auto_free char *from = NULL, *to = NULL;

    if (asprintf(&from, "%s/results/%d.json", s->folder, unit) < 0)
        from = NULL;
    if (asprintf(&to, "%s/collected/%d.json", s->folder, unit) < 0)
        to = NULL;
    if (!from || !to)
        return err_oom(e);
    return rename(from, to) == 0 || errno == ENOENT ? 0
                                                    : err_errno(e, "cannot move '%s'", from);
}

const char *share_why(const struct share *s)
{
    const char *path = arena_printf(s->a, "%s/why", s->folder), *why = "";
    auto_free char *text = NULL;
    struct err none;

    if (path && slurp(path, WORDS_MAX, &text, NULL, &none) == 0)
        why = arena_strndup(s->a, text, strcspn(text, "\n"));
    return why ? why : "";
}

const char *share_unfit(const struct share *s)
{
    auto_free char *folder = NULL;
    DIR *d = asprintf(&folder, "%s/unfit", s->folder) < 0 ? NULL : opendir(folder);
    struct buf names = {0};
    const char *all = "";

    for (struct dirent *entry; d && (entry = readdir(d));)
        if (*entry->d_name != '.')
            buf_printf(&names, "%s%s", names.len ? "," : "", entry->d_name);
    if (d)
        closedir(d);
    if (names.len && !names.failed)
        all = arena_strdup(s->a, names.data);
    buf_release(&names);
    return all ? all : "";
}

static void add_file(struct buf *ret, const char *path)
{
    char line[WORDS_MAX];
    FILE *f = fopen(path, "re");

    if (f && fgets(line, sizeof line, f))
        buf_printf(ret, "%.*s\n", (int)strcspn(line, "\n"), line);
    if (f)
        fclose(f);
}

/* A host is tried for every task: its line is said once. */
static void add_ssh(struct buf *ret, const char *path)
{
    auto_free char *text = NULL;
    char *save = NULL;
    struct err none;

    if (slurp(path, LOG_MAX, &text, NULL, &none) < 0)
        return;
    for (char *l = strtok_r(text, "\r\n", &save); l; l = strtok_r(NULL, "\r\n", &save))
        if (strncmp(l, "ssh: ", 5) == 0 && (!ret->data || !strstr(ret->data, l)))
            buf_printf(ret, "%.300s\n", l);
}

void share_complaints(const struct share *s, struct buf *ret)
{
    const char *folder = arena_printf(s->a, "%s/unfit", s->folder);
    const char *log = arena_printf(s->a, "%s/log", s->folder);
    DIR *d = folder ? opendir(folder) : NULL;

    for (struct dirent *entry; d && (entry = readdir(d));) {
        const char *path =
            *entry->d_name != '.' ? arena_printf(s->a, "%s/%s", folder, entry->d_name) : NULL;

        if (path)
            add_file(ret, path);
    }
    if (d)
        closedir(d);
    if (log)
        add_ssh(ret, log);
}

bool share_seen(const struct share *s)
{
    auto_free char *folder = NULL;
    DIR *d = asprintf(&folder, "%s/fit", s->folder) < 0 ? NULL : opendir(folder);
    bool seen = false;

    for (struct dirent *entry; d && (entry = readdir(d));)
        seen |= *entry->d_name != '.';
    if (d)
        closedir(d);
    return seen || *share_why(s);
}

/* ---- after a kill -------------------------------------------------------------------- */

bool share_parse(const char *line, struct share_line *ret)
{
    int used = 0;

    return sscanf(line, "%63s %64s %64s%n", ret->exercise, ret->key, ret->source, &used) == 3 &&
           line[used] == '\0';
}

/* Only what this very grader has started is taken over. */
static bool is_of(const char *folder, const char *grader)
{
    auto_free char *path = NULL, *text = NULL;
    struct err ignored;
    json_t *j = NULL;
    const char *of;
    bool same;
    size_t len;

    if (asprintf(&path, "%s/job.json", folder) < 0)
        path = NULL;
    if (path && slurp(path, SHARE_JOB_MAX, &text, &len, &ignored) == 0)
        j = json_loadb(text, len, 0, NULL);
    of = json_string_value(json_object_get(j, "grader"));
    same = of && strcmp(of, grader) == 0;
    json_decref(j);
    return same;
}

static int take_results(const char *folder, struct arena *a,
                        int (*f)(void *ctx, const struct share_line *u, const char *path,
                                 struct err *e),
                        void *ctx, struct err *e)
{
    const char *path = arena_printf(a, "%s/units", folder);
    auto_free char *text = NULL;
    char *save = NULL;
    struct err ignored;
    int i = 0, rc = 0;

    if (!path || slurp(path, UNITS_MAX, &text, NULL, &ignored) < 0)
        return 0;
    for (char *l = strtok_r(text, "\n", &save); l && rc == 0;
         l = strtok_r(NULL, "\n", &save), i++) {
        auto_free char *result = NULL;
        struct share_line u;

        if (asprintf(&result, "%s/results/%d.json", folder, i) < 0)
            result = NULL;
        if (result && access(result, F_OK) == 0 && share_parse(l, &u))
            rc = f(ctx, &u, result, e);
    }
    return rc;
}

/* A name of ours, a real folder, and marked: people have files of their own. (Not by its owner:
 * over NFS root's files are nobody's.) */
static bool is_share(const char *folder, const char *name)
{
    auto_free char *mark = NULL;
    struct stat st;

    if (strncmp(name, "engine-", 7) != 0 || strlen(name) != 13 || lstat(folder, &st) < 0 ||
        !S_ISDIR(st.st_mode))
        return false;
    if (asprintf(&mark, "%s/" MARK, folder) < 0)
        mark = NULL;
    return mark && access(mark, F_OK) == 0;
}

/* A copy of OUT has a copy of the handle; what that names is the original's. */
static bool is_handle_of(const char *what, const char *folder)
{
    char job[64];
    unsigned long long number;
    struct stat st;

    return sscanf(what, "%*s %63s %*s %llu", job, &number) == 2 && stat(folder, &st) == 0 &&
           number == (unsigned long long)st.st_ino && strncmp(job, "lockstep-", 9) == 0 &&
           strcmp(job + 9, folder + strlen(folder) - 6) == 0;
}

static int recover_one(const char *folder, const char *grader, struct arena *a,
                       bool (*handle)(const char *what),
                       int (*f)(void *ctx, const struct share_line *u, const char *path,
                                struct err *e),
                       void *ctx, struct err *e)
{
    const char *path = arena_printf(a, "%s/handle", folder);
    auto_free char *what = NULL;
    struct err ignored;
    int rc = 0;

    if (handle && path && slurp(path, WORDS_MAX, &what, NULL, &ignored) == 0 &&
        is_handle_of(what, folder) && !handle(what))
        return err_set(e, ERR_SYSTEM,
                       "an earlier batch left work in a queue that cannot be called back now "
                       "(%.*s); try again when it answers, or remove '%s'",
                       (int)strcspn(what, "\n"), what, folder);
    if (is_of(folder, grader))
        rc = take_results(folder, a, f, ctx, e);
    if (rc == 0)
        remove_share(folder);
    return rc;
}

int share_recover(const char *out, const char *grader, struct arena *a,
                  bool (*handle)(const char *what),
                  int (*f)(void *ctx, const struct share_line *u, const char *path,
                           struct err *e),
                  void *ctx, struct err *e)
{
    DIR *d = opendir(out);
    struct dirent *entry;
    int rc = 0;

    while (d && rc == 0 && (entry = readdir(d))) {
        const char *folder;

        folder = arena_printf(a, "%s/%s", out, entry->d_name);
        if (folder && !is_share(folder, entry->d_name))
            continue;
        rc = folder ? recover_one(folder, grader, a, handle, f, ctx, e) : err_oom(e);
    }
    if (d)
        closedir(d);
    return rc;
}

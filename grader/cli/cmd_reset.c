/* cmd_reset.c - `lockstep reset EXERCISE`: the stub again; what was written is kept elsewhere.
 *
 * Where the stub comes from: what `init` has kept, another course than the files (an installed
 * one), else the commit
 * that last touched the exercise's contract, suite or rubric, none of which a student edits:
 * what stood beside them then was the stub.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "batch/unitfile.h"
#include "cli/init.h"
#include "cli/options.h"
#include "cli/own.h"
#include "cli/scores.h"
#include "cli/stub.h"
#include "report/words.h"

enum { OPT_YES = 256, OPT_SUBMISSION, OPT_LANG, SOURCE_MAX = 1 << 20, BACKUPS = 1000 };

struct reset_options {
    bool yes;
    const char *submission;
    enum lang lang;
};

static const struct option_row rows[] = {
    {OPT_YES, "yes", NULL, "do not ask"},
    {OPT_LANG, "lang", "L", "en or zh (default: the terminal's)"},
    {OPT_SUBMISSION, "submission", "DIR", "in DIR instead of exercises/"},
    {0, NULL, NULL, NULL},
};

static int use(void *ctx, int key, const char *value, struct err *e)
{
    struct reset_options *o = ctx;

    if (key == OPT_LANG)
        return parse_lang(value, &o->lang, e);
    if (key == OPT_YES)
        o->yes = true;
    else
        o->submission = value;
    return 0;
}

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;

    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int find_stub(const struct course *c, const struct exercise *x, const char *file,
                     struct arena *a, struct buf *ret, struct err *e)
{
    const char *kept =
        arena_printf(a, "%s/" INIT_STUBS "/%s/%s", c->home, x->id, x->rubric.edit);
    const char *own = arena_printf(a, "%s/%s", x->dir, x->rubric.edit);
    auto_free char *text = NULL;
    size_t len;

    if (!own)
        return err_oom(e);
    if (kept && access(kept, F_OK) == 0) {
        own = kept;
    } else if (same_file(own, file)) {
        const int rc = stub_from_history(x, a, ret, e);

        return rc == 1 ? err_set(e, ERR_USAGE,
                                 "no stub of %s to go back to: this course is neither an "
                                 "installed one, nor made by 'lockstep init', nor kept in git",
                                 x->id)
                       : rc;
    }
    if (slurp(own, SOURCE_MAX, &text, &len, e) < 0)
        return -1;
    buf_add(ret, text, len);
    return ret->failed ? err_oom(e) : 0;
}

/* A name in the state folder that nothing has yet. */
static int keep(const struct exercise *x, const char *text, size_t len, struct arena *a,
                const char **ret, struct err *e)
{
    const char *state = scores_folder(a);
    const char *dir = state ? arena_printf(a, "%s/kept/%s", state, x->id) : NULL;

    if (!dir)
        return err_set(e, ERR_USAGE, "no HOME to keep the old file in; nothing was changed");
    if (make_dirs(dir, e) < 0)
        return -1;
    for (int n = 1; n < BACKUPS; n++) {
        const char *path = arena_printf(a, "%s/%d-%s", dir, n, x->rubric.edit);

        auto_close int fd = -1;

        if (!path)
            return err_oom(e);
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0 && errno == EEXIST)
            continue;
        if (fd < 0 || write_all(fd, text, len) < 0 || fsync(fd) < 0)
            return err_errno(e, "cannot keep the old file in '%s'; nothing was changed", path);
        *ret = path;
        return 0;
    }
    return err_set(e, ERR_SYSTEM, "'%s' is full of old files; remove some", dir);
}

static bool agreed(const char *file, enum lang lang)
{
    char answer[16] = "";

    if (!isatty(STDIN_FILENO))
        return false;
    printf(tr(lang, "Put the stub back into %s? What is there now is kept elsewhere. [y/N] "),
           file);
    fflush(stdout);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static int put_back(const struct reset_options *o, const struct course *c,
                    const struct exercise *x, const char *file, struct arena *a, struct err *e)
{
    const enum lang lang = o->lang;
    auto_free char *now = NULL;
    const char *kept = NULL;
    struct buf stub = {0};
    size_t len = 0;
    int rc = find_stub(c, x, file, a, &stub, e);

    if (rc == 0 && access(file, F_OK) == 0)
        rc = slurp(file, SOURCE_MAX, &now, &len, e);
    if (rc == 0 && now && len == stub.len && memcmp(now, stub.data, len) == 0) {
        printf(tr(lang, "%s is the stub already.\n"), file);
    } else if (rc == 0 && !o->yes && !agreed(file, lang)) {
        rc = err_set(e, ERR_USAGE, "nothing was changed; say --yes to put the stub back");
    } else if (rc == 0) {
        if (now)
            rc = keep(x, now, len, a, &kept, e);
        if (rc == 0)
            rc = write_whole(file, stub.data, stub.len, e);
        if (rc == 0)
            printf(tr(lang, "%s is the stub again.\n"), file);
        if (rc == 0 && kept)
            printf(tr(lang, "Your previous version is in %s\n"), kept);
        if (rc == 0)
            rc = scores_set_hints(x->id, NULL, 0, e);
    }
    buf_release(&stub);
    return rc;
}

static int reset(const struct reset_options *o, const char *word, struct err *e)
{
    const struct exercise *x;
    const char *file;
    struct arena a = {0};
    struct course c;
    int rc = course_load(&a, &c, e);

    if (rc == 0 && !(x = course_find(&c, word)))
        rc = course_unknown(&c, word, e);
    if (rc == 0 && x->broken.kind != ERR_NONE) {
        *e = x->broken;
        rc = -1;
    }
    if (rc == 0) {
        rc = own_file(x, o->submission, &a, &file, e);
        if (rc == 0)
            rc = put_back(o, &c, x, file, &a, e);
    }
    arena_release(&a);
    return rc < 0 ? -1 : EXIT_ALL_PASS;
}

static int run(int argc, char *argv[], struct err *e)
{
    struct reset_options o = {.lang = user_language()};
    int first = options_parse(&cmd_reset, argc, argv, use, &o, e);

    if (first < 0)
        return first;
    if (argc - first != 1)
        return err_set(e, ERR_USAGE, "expected one exercise, such as 08");
    return reset(&o, argv[first], e);
}

const struct cmd cmd_reset = {
    .name = "reset",
    .args = "EXERCISE [OPTIONS]",
    .rows = rows,
    .summary = "put the stub of an exercise back; what was written is kept",
    .run = run,
};

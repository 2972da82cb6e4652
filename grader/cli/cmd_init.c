/* cmd_init.c - `lockstep init [DIR]`: the course's exercises in a folder of one's own.
 *
 * Again: what is new comes, what is unchanged since it was handed out is brought up to date,
 * what was written is never touched (a newer version of it is put beside: init.h). The marker's
 * hashes tell them apart. Solutions, fixtures and hidden tests stay where they are.
 */
#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#include "batch/key.h"
#include "cli/handout.h"
#include "cli/init.h"
#include "cli/options.h"
#include "core/course.h"
#include "core/version.h"
#include "report/words.h"

enum { FILE_BYTES = 1 << 20, OPT_LANG = 256 };

struct init {
    const char *dir;
    const struct course *c;
    struct arena *a;
    enum lang lang;
    json_t *before, *now; /* {file: hash} */
    int fresh, updated, same, kept;
};

static const struct option_row rows[] = {
    {OPT_LANG, "lang", "L", "en or zh (default: the terminal's)"},
    {0, NULL, NULL, NULL},
};

static int use(void *ctx, int key, const char *value, struct err *e)
{
    (void)key;
    return parse_lang(value, &((struct init *)ctx)->lang, e);
}

/* ---- one file ------------------------------------------------------------------------ */

/* Is any part of a path below DIR a link? What it leads to is not ours to write. */
static bool through_link(const struct init *i, const char *name)
{
    char *path = name ? arena_printf(i->a, "%s/%s", i->dir, name) : NULL;
    const size_t base = strlen(i->dir);
    struct stat st;

    for (char *p = path ? path + base + 1 : NULL; p;) {
        char *slash = strchr(p, '/');

        if (slash)
            *slash = '\0';
        if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
            return true;
        if (slash)
            *slash = '/';
        p = slash ? slash + 1 : NULL;
    }
    return !path;
}

static int write_below(const struct init *i, const char *below, const char *name,
                       const char *text, size_t len, struct err *e)
{
    const char *path = arena_printf(i->a, "%s/%s%s", i->dir, below, name);
    char *dir = path ? arena_strdup(i->a, path) : NULL;

    if (!dir)
        return err_oom(e);
    if (through_link(i, arena_printf(i->a, "%s%s", below, name)))
        return err_set(
            e, ERR_USAGE,
            "'%s' in '%s' is a link, or lies below one; move it away, init writes only "
            "into '%s'",
            name, i->dir, i->dir);
    *strrchr(dir, '/') = '\0';
    return make_dirs(dir, e) < 0 ? -1 : write_whole(path, text, len, e);
}

/* What is in DIR now; 1 with its hash, 0: nothing, -1: it is no plain file, or unreadable. */
static int hash_now(const struct init *i, const char *name, char ret[static KEY_HEX],
                    struct err *e)
{
    const char *path = arena_printf(i->a, "%s/%s", i->dir, name);
    auto_free char *text = NULL;
    struct stat st;
    size_t len;

    if (!path)
        return err_oom(e);
    if (stat(path, &st) < 0 && errno == ENOENT)
        return 0;
    if (slurp(path, FILE_BYTES, &text, &len, e) < 0)
        return -1;
    key_hash(text, len, ret);
    return 1;
}

static int bring(struct init *i, const char *name, const char *text, size_t len, struct err *e)
{
    const char *old = json_string_value(json_object_get(i->before, name));
    char now[KEY_HEX], ours[KEY_HEX];
    const int there = hash_now(i, name, now, e);

    if (there < 0) { /* too large, or unreadable: theirs */
        printf(tr(i->lang, "  kept     %s: it cannot be read\n"), name);
        i->kept++;
        *e = (struct err){0};
        return 0;
    }
    key_hash(text, len, ours);
    json_object_set_new(i->now, name, json_string(ours));
    if (there && strcmp(now, ours) == 0) {
        i->same++;
        return 0;
    }
    if (there && (!old || strcmp(now, old) != 0)) {
        if (old && strcmp(old, ours) == 0) { /* theirs, and ours is what it was */
            i->same++;
            return 0;
        }
        i->kept++;
        printf(tr(i->lang, "  kept     %s: you have changed it; the new one is %s/%s\n"), name,
               INIT_NEW, name);
        return write_below(i, INIT_NEW "/", name, text, len, e);
    }
    *(there ? &i->updated : &i->fresh) += 1;
    if (there)
        printf(tr(i->lang, "  updated  %s\n"), name);
    return write_below(i, "", name, text, len, e);
}

/* ---- an exercise --------------------------------------------------------------------- */

static int bring_file(void *ctx, const struct exercise *x, const char *name, const char *text,
                      size_t len, struct err *e)
{
    struct init *i = ctx;
    const char *path = arena_printf(i->a, "exercises/%s/%s", x->id, name);

    if (!path)
        return err_oom(e);
    if (bring(i, path, text, len, e) < 0)
        return -1;
    if (strcmp(name, x->rubric.edit) != 0)
        return 0;
    path = arena_printf(i->a, "%s/%s", x->id, name);
    return path ? write_below(i, INIT_STUBS "/", path, text, len, e) : err_oom(e);
}

/* Without this file the folder would not be found as a course. */
static int bring_course_file(struct init *i, struct err *e)
{
    const char *from = arena_printf(i->a, "%s/exercises/course.yml", i->c->home);
    auto_free char *text = NULL;
    struct buf b = {0};
    size_t len;
    int rc;

    if (!from)
        return err_oom(e);
    if (access(from, F_OK) == 0)
        return slurp(from, FILE_BYTES, &text, &len, e) < 0
                   ? -1
                   : bring(i, "exercises/course.yml", text, len, e);
    course_file_print(i->c, NULL, &b);
    rc = b.failed ? err_oom(e) : bring(i, "exercises/course.yml", b.data, b.len, e);
    buf_release(&b);
    return rc;
}

/* ---- the marker ---------------------------------------------------------------------- */

static int read_marker(struct init *i, struct err *e)
{
    const char *path = arena_printf(i->a, "%s/" INIT_MARKER, i->dir), *course;
    auto_free char *text = NULL;
    json_t *j;
    size_t len;

    if (!path)
        return err_oom(e);
    i->before = json_object();
    if (access(path, F_OK) < 0)
        return 0;
    if (slurp(path, FILE_BYTES, &text, &len, e) < 0)
        return -1;
    j = json_loadb(text, len, 0, NULL);
    course = json_string_value(json_object_get(j, "course"));
    if (!course) {
        json_decref(j);
        return err_set(e, ERR_USAGE,
                       "'%s' is damaged; remove it, then nothing of yours is "
                       "overwritten either",
                       path);
    }
    if (strcmp(course, i->c->id) != 0) {
        err_set(e, ERR_USAGE,
                "'%s' holds the course '%.100s', not '%.100s'; choose another folder", i->dir,
                course, i->c->id);
        json_decref(j);
        return -1;
    }
    json_object_update(i->before, json_object_get(j, "files"));
    json_decref(j);
    return 0;
}

static int write_marker(struct init *i, struct err *e)
{
    auto_free char *all = json_dumps(i->now, JSON_SORT_KEYS), *text = NULL;
    char version[KEY_HEX];
    json_t *j;

    if (!all)
        return err_oom(e);
    key_hash(all, strlen(all), version);
    j = json_pack("{s:s, s:s, s:s#, s:s, s:O}", "format", INIT_FORMAT, "course", i->c->id,
                  "version", version, 12, "grader", LOCKSTEP_VERSION, "files", i->now);
    text = j ? json_dumps(j, JSON_INDENT(1)) : NULL;
    json_decref(j);
    return text ? write_below(i, "", INIT_MARKER, text, strlen(text), e) : err_oom(e);
}

/* ---- the command --------------------------------------------------------------------- */

static void tell(const struct init *i)
{
    const bool here = strcmp(i->dir, ".") == 0;

    if (i->fresh)
        printf(tr(i->lang, "New in %2$s: %1$d files.\n"), i->fresh, i->dir);
    if (i->updated || i->kept)
        printf(tr(i->lang, "Updated: %d. Kept, since you have changed them: %d.\n"), i->updated,
               i->kept);
    if (!i->fresh && !i->updated && !i->kept)
        printf(tr(i->lang, "%s is up to date: %s, %d exercises.\n"), i->dir, i->c->id,
               i->c->count);
    if (i->same == 0 && i->c->count > 0)
        printf(here ? tr(i->lang, "\nNext: lockstep watch %.2s%s\n")
                    : tr(i->lang, "\nNext: cd %2$s, then: lockstep watch %1$.2s\n"),
               i->c->exercises[0].id, here ? "" : i->dir);
}

static int init(struct init *i, struct err *e)
{
    auto_free char *real = NULL;
    int rc;

    if (make_dirs(i->dir, e) < 0)
        return -1;
    real = realpath(i->dir, NULL);
    if (real && strcmp(real, i->c->home) == 0)
        return err_set(e, ERR_USAGE, "'%s' is the course itself; name a folder of your own",
                       i->dir);
    i->now = json_object();
    rc = read_marker(i, e);
    if (rc == 0)
        rc = bring_course_file(i, e);
    for (int k = 0; rc == 0 && k < i->c->count; k++) {
        const struct exercise *x = &i->c->exercises[k];

        if (x->broken.kind != ERR_NONE) {
            *e = x->broken;
            rc = -1;
        } else if (!x->rubric.draft) {
            rc = handout_each(i->c, x, i->a, bring_file, i, e);
        }
    }
    if (rc == 0)
        rc = write_marker(i, e);
    if (rc == 0)
        tell(i);
    json_decref(i->before);
    json_decref(i->now);
    return rc;
}

static int run(int argc, char *argv[], struct err *e)
{
    struct arena a = {0};
    struct course c;
    struct init i = {.a = &a, .c = &c, .lang = user_language()};
    int first = options_parse(&cmd_init, argc, argv, use, &i, e), rc;

    if (first < 0)
        return first;
    if (argv[first] && argv[first + 1])
        return err_set(e, ERR_USAGE, "expected one folder at most, not also '%s'",
                       argv[first + 1]);
    i.dir = argv[first] ? argv[first] : ".";
    /* of the course around, that is of DIR itself, nothing new can come */
    rc = course_load(&a, &c, e);
    if (rc == 0 && c.from == COURSE_AROUND)
        rc = course_load_builtin(&a, &c, e);
    if (rc == 0)
        rc = init(&i, e);
    arena_release(&a);
    return rc < 0 ? -1 : EXIT_ALL_PASS;
}

const struct cmd cmd_init = {
    .name = "init",
    .args = "[DIR] [OPTIONS]",
    .rows = rows,
    .summary = "the course's exercises in a folder of your own; again: what is new",
    .run = run,
};

/* intake.c - list, sort to people (layout.h), take students' own archives apart, let
 * take_unit.c choose the file of each exercise, write all of it down at once.
 */
#include "batch/taker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "batch/manifest.h"
#include "sandbox/keeper.h"

enum { NOTE_FILES = 5, ARCHIVES_EACH = 8, MANIFESTS_EACH = 4 };

/* ---- lists of names ------------------------------------------------------------------------
 */

static int prepare_names(struct taker *t, struct err *e)
{
    const char **edits, **ids;
    int n = 0;

    while (t->in->exercises[n])
        n++;
    edits = arena_zalloc(&t->a, (size_t)(t->in->course->count + 1) * sizeof *edits);
    ids = arena_zalloc(&t->a, (size_t)(t->in->course->count + 1) * sizeof *ids);
    if (!edits || !ids)
        return err_oom(e);
    for (int i = 0, k = 0; i < t->in->course->count; i++) { /* all: of other weeks as well */
        if (t->in->course->exercises[i].broken.kind != ERR_NONE)
            continue;
        ids[k] = t->in->course->exercises[i].id;
        edits[k++] = t->in->course->exercises[i].rubric.edit;
    }
    t->c.edits = edits;
    t->c.ids = ids;
    t->exercise_count = n;
    return 0;
}

/* ---- inputs
 * ---------------------------------------------------------------------------------- */

static int take_input(struct taker *t, const char *input, struct err *e)
{
    struct filelist l = {.a = &t->a};
    char *path = arena_strdup(&t->a, input);
    const char *why = NULL, *base;
    struct stat st;
    int rc;

    if (!path)
        return err_oom(e);
    while (strlen(path) > 1 && path[strlen(path) - 1] == '/')
        path[strlen(path) - 1] = '\0';
    base = filelist_base(path);
    if (strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
        base = "class";
    if (stat(path, &st) < 0)
        return err_set(e, ERR_USAGE, "cannot read '%s': %s", input, strerror(errno));
    if (S_ISDIR(st.st_mode)) {
        rc = filelist_folder(&l, path, "", e) < 0 ? -1 : 1;
    } else if (S_ISREG(st.st_mode) && archive_ending(base)) {
        rc = filelist_archive(&l, t->in->course->runtime, path, "", t->in->work, true, &why, e);
    } else {
        return err_set(e, ERR_USAGE,
                       "'%s' is neither a folder nor a zip, tar, 7z or rar archive", input);
    }
    if (rc == 0)
        return err_set(e, ERR_USAGE, "'%s' is refused: %s", input, why);
    if (rc < 0)
        return -1;
    t->in->found = t->in->layout_given ? t->in->layout : layout_guess(&l, base);
    return layout_sort(&l, t->in->found, base, !S_ISDIR(st.st_mode), &t->c, e);
}

int taker_note(struct taker *t, int student, const char *kind, const char *text, struct err *e)
{
    t->in->notes++;
    return text ? store_add_note(t->s, student, kind, text, e) : err_oom(e);
}

/* A student's own archive: its files join the others. */
static int take_apart(struct taker *t, int index, struct err *e)
{
    const struct owned_file o = t->c.files[index];
    struct filelist l = {.a = &t->a};
    struct owned_file *more;
    const char *why = NULL;
    /* named with the archive, so that two files of one name can be told apart */
    const char *prefix = arena_printf(&t->a, "%s/", o.rest);
    int rc = prefix ? filelist_archive(&l, t->in->course->runtime, o.file->content, prefix,
                                       t->in->work, false, &why, e)
                    : err_oom(e);

    if (rc < 0)
        return -1;
    t->used[index] = true;
    if (rc == 0) {
        t->refused = arena_printf(&t->a, "the archive '%s' is refused: %s", o.rest, why);
        return taker_note(t, o.owner + 1, "refused", t->refused, e);
    }
    more = arena_zalloc(&t->a, (size_t)(t->c.file_count + l.count + 1) * sizeof *more);
    if (!more)
        return err_oom(e);
    memcpy(more, t->c.files, (size_t)t->c.file_count * sizeof *more);
    t->c.files = more;
    for (int i = 0; i < l.count; i++) {
        struct handed_file *f = &l.files[i];

        f->when = o.file->when; /* times inside are the student's own word */
        if (f->name[strlen(f->name) - 1] != '/')
            t->c.files[t->c.file_count++] = (struct owned_file){
                .file = f, .rest = f->name + strlen(prefix), .owner = o.owner, .late = o.late};
    }
    return 0;
}

static int grow_used(struct taker *t, int before, struct err *e)
{
    bool *used = arena_zalloc(&t->a, (size_t)t->c.file_count + 1);
    bool *told = arena_zalloc(&t->a, (size_t)t->c.file_count + 1);

    if (!used || !told)
        return err_oom(e);
    if (before) {
        memcpy(used, t->used, (size_t)before);
        memcpy(told, t->told, (size_t)before);
    }
    t->used = used;
    t->told = told;
    return 0;
}

/* Names of archives that lockstep-unpack does not open. */
static bool foreign_archive(const char *name)
{
    static const char *const endings[] = {".gz",  ".bz2", ".xz",  ".zst", ".lzma",
                                          ".z",   ".lzh", ".arj", ".iso", ".cab",
                                          ".taz", ".lz",  ".jar", ".z01"};
    const size_t n = strlen(name);

    for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
        const size_t k = strlen(endings[i]);

        if (n > k && strcasecmp(name + n - k, endings[i]) == 0)
            return !archive_ending(name);
    }
    return false;
}

/* Does it begin as an archive does, whatever it is called? Office files are zips as well. */
static bool is_archive_inside(const struct owned_file *o)
{
    static const struct {
        const char *bytes;
        size_t n;
    } magic[] = {{"PK\3\4", 4},
                 {"7z\xbc\xaf\x27\x1c", 6},
                 {"Rar!\x1a\7", 6},
                 {"\x1f\x8b", 2},
                 {"\xfd"
                  "7zXZ",
                  5},
                 {"BZh", 3},
                 {"\x28\xb5\x2f\xfd", 4}};
    static const char *const office[] = {".docx", ".xlsx", ".pptx", ".odt",
                                         ".ods",  ".odp",  ".epub"};
    const char *name = filelist_base(o->rest);
    const size_t n = strlen(name);
    char head[8] = "";
    auto_close int fd = o->file->content ? open(o->file->content,
                                                O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
                                         : -1;

    for (size_t i = 0; i < ARRAY_SIZE(office); i++)
        if (n > strlen(office[i]) && strcasecmp(name + n - strlen(office[i]), office[i]) == 0)
            return false;
    if (fd < 0 || read(fd, head, sizeof head) < 6)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(magic); i++)
        if (memcmp(head, magic[i].bytes, magic[i].n) == 0)
            return true;
    return false;
}

/* What was not looked into may hold anything: then "nothing submitted" is not known. */
static int leave_closed(struct taker *t, int index, const char *why, struct err *e)
{
    const struct owned_file *o = &t->c.files[index];

    t->used[index] = true;
    t->refused = arena_printf(&t->a, "'%s' was not looked into: %s", o->rest, why);
    return taker_note(t, o->owner + 1, "refused", t->refused, e);
}

static int take_archives(struct taker *t, int owner, struct err *e)
{
    const int count = t->c.file_count;
    int inner = INT_MAX; /* files from here on come out of archives that stood in archives */
    int taken = 0, rc = 0;

    t->refused = NULL;
    for (int i = 0; rc == 0 && i < t->c.file_count; i++) {
        const struct owned_file *o = &t->c.files[i];
        const int before = t->c.file_count;

        if (i == count)
            inner = before; /* what comes from here on comes out of the second level */
        if (o->owner != owner || t->used[i])
            continue;
        if (o->file->trouble && filelist_base(o->rest)[0] == '\0')
            rc = leave_closed(t, i, o->file->trouble, e);
        else if (foreign_archive(o->rest))
            rc = leave_closed(t, i, "only zip, tar, 7z and rar archives are", e);
        else if (!archive_ending(o->rest) && is_archive_inside(o))
            rc = leave_closed(t, i, "by its bytes it is an archive, by its name it is none", e);
        else if (!archive_ending(o->rest))
            continue;
        else if (i >= inner)
            rc = leave_closed(t, i, "it is an archive in an archive in an archive", e);
        else if (!o->file->content)
            rc = leave_closed(t, i, "it is larger than 16 MiB, or no plain file", e);
        else if (taken++ == ARCHIVES_EACH)
            rc = leave_closed(t, i, "too many archives", e);
        else if ((rc = take_apart(t, i, e)) == 0)
            rc = grow_used(t, before, e);
    }
    t->closed[owner] = t->refused;
    return rc;
}

/* A line of the map that fits nobody, or no file, is a mistake that would cost somebody. */
static int check_map(const struct taker *t, struct err *e)
{
    for (int i = 0; t->in->map && i < t->in->map->count; i++) {
        const struct map_row *r = &t->in->map->rows[i];
        bool wanted = false;

        for (int k = 0; t->in->exercises[k]; k++)
            wanted |= t->in->exercises[k] == r->x;
        if (wanted && !r->used)
            return err_set(e, ERR_USAGE,
                           "--map, line %d: there is no student '%.80s' who handed in '%.120s'",
                           r->line, r->student, r->path);
    }
    return 0;
}

/* ---- what fits nowhere
 * ------------------------------------------------------------------------ */

static int note_unmatched(struct taker *t, int owner, struct err *e)
{
    struct buf names = {0};
    int n = 0, rc = 0;

    for (int i = 0; i < t->c.file_count; i++) {
        const struct owned_file *o = &t->c.files[i];

        if (o->owner != owner || t->used[i] || t->told[i] ||
            (owner >= 0 && taker_is_expected(t, o->rest)))
            continue;
        if (n++ < NOTE_FILES)
            buf_printf(&names, "%s'%s'", names.len ? ", " : "", o->rest);
    }
    if (n > NOTE_FILES)
        buf_printf(&names, " and %d more", n - NOTE_FILES);
    if (n > 0)
        rc = taker_note(t, owner + 1, "unmatched",
                        names.failed ? NULL : arena_strdup(&t->a, names.data), e);
    buf_release(&names);
    return rc;
}

/* ---- archives of `lockstep submit`
 * ---------------------------------------------------------------------- */

struct beside {
    const struct taker *t;
    int owner;
    const char *prefix; /* the folder the manifest stands in, with its '/' */
    size_t len;
};

static const char *beside(void *ctx, const char *file)
{
    const struct beside *b = ctx;

    for (int i = 0; i < b->t->c.file_count; i++) {
        const struct owned_file *o = &b->t->c.files[i];

        if (o->owner == b->owner && strncmp(o->rest, b->prefix, b->len) == 0 &&
            strcmp(o->rest + b->len, file) == 0)
            return o->file->content;
    }
    return NULL;
}

static int check_signature(struct taker *t, struct beside *b, const char *manifest,
                           struct err *e)
{
    const char *path = beside(b, MANIFEST_SIGNATURE), *signer;

    if (!path)
        return 0;
    if (access(manifest_tool, X_OK) < 0)
        return taker_note(t, b->owner + 1, "signed", "not checked: there is no ssh-keygen here",
                          e);
    if (manifest_signer(manifest, path, t->in->work, &t->a, &signer, e) < 0)
        return -1;
    if (signer)
        return taker_note(t, b->owner + 1, "signed",
                          arena_printf(&t->a, "by the key %s", signer), e);
    return taker_note(t, b->owner + 1, "edited", "the signature is not one of this manifest",
                      e);
}

/* Points do not depend on it: what is there is graded, and what was done to it is told. */
static int check_manifests(struct taker *t, int owner, struct err *e)
{
    int rc = 0, checked = 0;

    for (int i = 0; rc == 0 && i < t->c.file_count; i++) {
        const struct owned_file *o = &t->c.files[i];
        const char *base = filelist_base(o->rest);
        struct beside b = {t, owner, o->rest, (size_t)(base - o->rest)};
        struct buf said = {0};

        if (o->owner != owner ||
            (strcmp(base, MANIFEST_NAME) != 0 && strcmp(base, MANIFEST_SIGNATURE) != 0))
            continue;
        t->used[i] = true;
        if (!o->file->content) {
            rc = taker_note(t, owner + 1, "edited",
                            "its manifest is too large, or no plain file", e);
            continue;
        }
        if (strcmp(base, MANIFEST_NAME) != 0 || checked > MANIFESTS_EACH)
            continue;
        if (keeper_interrupted)
            return err_set(e, ERR_STOPPED, "interrupted");
        if (checked++ == MANIFESTS_EACH) {
            rc = taker_note(t, owner + 1, "edited",
                            "there are more manifests; they were not read", e);
            continue;
        }
        rc = manifest_check(o->file->content, t->in->course, beside, &b, &said, e);
        for (char *save = NULL, *l = said.data ? strtok_r(said.data, "\n", &save) : NULL;
             rc == 0 && l; l = strtok_r(NULL, "\n", &save))
            rc = taker_note(t, owner + 1, "edited", arena_strdup(&t->a, l), e);
        if (rc == 0)
            rc = check_signature(t, &b, o->file->content, e);
        buf_release(&said);
    }
    return rc;
}

/* ---- all of it
 * ------------------------------------------------------------------------------- */

static int write_class(struct taker *t, struct err *e)
{
    t->closed = arena_zalloc(&t->a, (size_t)(t->c.people_count + 1) * sizeof *t->closed);
    if (!t->closed)
        return err_oom(e);
    if (store_forget_class(t->s, e) < 0 || people_store(t, e) < 0)
        return -1;
    for (int p = 0; p < t->c.people_count; p++)
        if (take_archives(t, p, e) < 0 || check_manifests(t, p, e) < 0)
            return -1;
    for (int p = 0; p < t->c.people_count; p++) {
        t->refused = t->closed[p];
        for (int i = 0; i < t->exercise_count; i++)
            if (taker_unit(t, p, t->in->exercises[i], e) < 0)
                return -1;
    }
    /* only now: what one member of a group handed in is another's, too */
    for (int p = 0; p < t->c.people_count; p++)
        if (note_unmatched(t, p, e) < 0)
            return -1;
    return check_map(t, e) < 0 ? -1 : note_unmatched(t, -1, e);
}

int intake_run(struct intake *in, struct store *s, struct err *e)
{
    struct taker t = {.in = in, .s = s};
    int rc = prepare_names(&t, e);

    in->students = in->submitted = in->notes = 0;
    for (int i = 0; rc == 0 && in->inputs[i]; i++)
        rc = take_input(&t, in->inputs[i], e);
    if (rc == 0 && t.c.people_count == 0)
        rc = err_set(e, ERR_USAGE,
                     "'%s' holds no student folders, and no archive that a platform "
                     "exports (README lists them)",
                     in->inputs[0]);
    if (rc == 0)
        rc = people_add_absent(&t, e);
    if (rc == 0)
        rc = people_order(&t, e);
    if (rc == 0)
        rc = people_match_roster(&t, e);
    if (rc == 0)
        rc = grow_used(&t, 0, e);
    if (rc == 0 && (rc = store_begin(s, e)) == 0) {
        rc = write_class(&t, e);
        if (rc == 0)
            rc = store_commit(s, e);
        else
            store_rollback(s);
    }
    in->students = t.c.people_count;
    arena_release(&t.a);
    return rc;
}

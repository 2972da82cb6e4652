/* intake.c - list, sort to people (layout.h), take students' own archives apart, choose the
 * file of each exercise, write all of it down at once.
 *
 * The file of an exercise is NN-slug/slug.c, anywhere; else a slug.c that stands in no other
 * exercise's folder. Two candidates with the same bytes are one.
 */
#include "batch/intake.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "batch/manifest.h"
#include "sandbox/keeper.h"

enum { NOTE_FILES = 5, FOLDER_BYTES = 80, ARCHIVES_EACH = 8, MANIFESTS_EACH = 4 };

struct taker {
    struct intake *in;
    struct store *s;
    struct arena a;
    struct class_list c;
    bool *used; /* by file of c */
    int exercise_count;
    const char *refused; /* of the person at hand: an archive that was not unpacked */
};

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
        return err_set(e, ERR_USAGE, "'%s' is neither a folder nor a zip or tar archive",
                       input);
    }
    if (rc == 0)
        return err_set(e, ERR_USAGE, "'%s' is refused: %s", input, why);
    if (rc < 0)
        return -1;
    t->in->found = t->in->layout_given ? t->in->layout : layout_guess(&l, base);
    return layout_sort(&l, t->in->found, base, !S_ISDIR(st.st_mode), &t->c, e);
}

static int note(struct taker *t, int student, const char *kind, const char *text, struct err *e)
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
    int rc = filelist_archive(&l, t->in->course->runtime, o.file->content, "", t->in->work,
                              false, &why, e);

    if (rc < 0)
        return -1;
    t->used[index] = true;
    if (rc == 0) {
        t->refused = arena_printf(&t->a, "the archive '%s' is refused: %s", o.rest, why);
        return note(t, o.owner + 1, "refused", t->refused, e);
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
                .file = f, .rest = f->name, .owner = o.owner, .late = o.late};
    }
    return 0;
}

static int grow_used(struct taker *t, int before, struct err *e)
{
    bool *used = arena_zalloc(&t->a, (size_t)t->c.file_count + 1);

    if (!used)
        return err_oom(e);
    if (before)
        memcpy(used, t->used, (size_t)before);
    t->used = used;
    return 0;
}

/* Names of archives that lockstep-unpack does not open. */
static bool foreign_archive(const char *name)
{
    static const char *const endings[] = {".7z", ".rar", ".gz", ".bz2", ".xz", ".lzh", ".arj"};
    const size_t n = strlen(name);

    for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
        const size_t k = strlen(endings[i]);

        if (n > k && strcasecmp(name + n - k, endings[i]) == 0)
            return !archive_ending(name);
    }
    return false;
}

/* What was not looked into may hold anything: then "nothing submitted" is not known. */
static int leave_closed(struct taker *t, int index, const char *why, struct err *e)
{
    const struct owned_file *o = &t->c.files[index];

    t->used[index] = true;
    t->refused = arena_printf(&t->a, "'%s' was not looked into: %s", o->rest, why);
    return note(t, o->owner + 1, "refused", t->refused, e);
}

static int take_archives(struct taker *t, int owner, struct err *e)
{
    const int count = t->c.file_count;
    int taken = 0, rc = 0;

    t->refused = NULL;
    for (int i = 0; rc == 0 && i < t->c.file_count; i++) {
        const struct owned_file *o = &t->c.files[i];
        const int before = t->c.file_count;

        if (o->owner != owner || t->used[i])
            continue;
        if (o->file->trouble && filelist_base(o->rest)[0] == '\0')
            rc = leave_closed(t, i, o->file->trouble, e);
        else if (foreign_archive(o->rest))
            rc = leave_closed(t, i, "only zip and tar archives are", e);
        else if (!archive_ending(o->rest))
            continue;
        else if (i >= count)
            rc = leave_closed(t, i, "it is an archive in an archive", e);
        else if (!o->file->content)
            rc = leave_closed(t, i, "it is larger than 16 MiB, or no plain file", e);
        else if (taken++ == ARCHIVES_EACH)
            rc = leave_closed(t, i, "too many archives", e);
        else if ((rc = take_apart(t, i, e)) == 0)
            rc = grow_used(t, before, e);
    }
    return rc;
}

/* ---- the file of an exercise
 * ----------------------------------------------------------------- */

static bool ends_with_part(const char *name, const char *end)
{
    const size_t n = strlen(name), k = strlen(end);

    return n >= k && strcmp(name + n - k, end) == 0 && (n == k || name[n - k - 1] == '/');
}

/* Stands it in the folder of an exercise, and of which? NULL: in none. */
static const char *folder_of(const struct taker *t, const char *name)
{
    const char *base = filelist_base(name);

    for (const char *const *id = t->c.ids; *id; id++) {
        const size_t k = strlen(*id);

        if ((size_t)(base - name) >= k + 1 && strncmp(base - k - 1, *id, k) == 0 &&
            (base - k - 1 == name || base[-(long)k - 2] == '/'))
            return *id;
    }
    return NULL;
}

/* 2: in its own folder, 1: by its name, 0: it is not. */
static int fits(const struct taker *t, const struct owned_file *o, const struct exercise *x)
{
    const char *edit = x->rubric.edit, *in = folder_of(t, o->rest);
    char flat[256];

    snprintf(flat, sizeof flat, "%s_%s", x->id, edit);
    if (o->flat) {
        const size_t n = strlen(o->rest), k = strlen(flat);

        if (n >= k && strcmp(o->rest + n - k, flat) == 0 &&
            (n == k || o->rest[n - k - 1] == '_'))
            return 2;
    }
    if (!ends_with_part(o->rest, edit))
        return 0;
    if (in)
        return strcmp(in, x->id) == 0 ? 2 : 0;
    return 1;
}

struct source {
    const char *trouble; /* why it could not be read, NULL */
    char hash[KEY_HEX];
    char *text; /* NULL: no plain file */
    size_t len;
};

/* What is no plain file of at most 1 MiB has a hash of its own, and no text. */
static int read_source(struct taker *t, const char *path, struct source *ret, struct err *e)
{
    auto_close int fd = -1;
    struct stat st;
    ssize_t n;

    snprintf(ret->hash, sizeof ret->hash, NO_PLAIN_FILE);
    ret->text = NULL;
    ret->len = 0;
    ret->trouble = NULL;
    if (!path)
        return 0;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ELOOP)
        return 0;
    if (fd < 0 || fstat(fd, &st) < 0) {
        ret->trouble = arena_printf(&t->a, "it cannot be read: %s", strerror(errno));
        return ret->trouble ? 0 : err_oom(e);
    }
    if (!S_ISREG(st.st_mode) || st.st_size > HANDED_FILE_MAX)
        return 0;
    ret->text = calloc(1, (size_t)st.st_size + 1);
    if (!ret->text)
        return err_oom(e);
    while (ret->len < (size_t)st.st_size &&
           (n = read(fd, ret->text + ret->len, (size_t)st.st_size - ret->len)) > 0)
        ret->len += (size_t)n;
    key_hash(ret->text, ret->len, ret->hash);
    return 0;
}

struct choice {
    int file; /* index, -1: nothing was submitted */
    const char *ambiguous;
    struct source source;
};

static int choose(struct taker *t, int owner, const struct exercise *x, struct choice *ret,
                  struct err *e)
{
    int best = 0;

    *ret = (struct choice){.file = -1};
    for (int i = 0; i < t->c.file_count; i++) {
        const struct owned_file *o = &t->c.files[i];
        const int fit = o->owner == owner ? fits(t, o, x) : 0;
        struct source s;

        if (fit == 0)
            continue;
        t->used[i] = true;
        if (fit < best ||
            (fit == best && ret->file >= 0 && o->version < t->c.files[ret->file].version))
            continue;
        if (read_source(t, o->file->content, &s, e) < 0)
            return -1;
        if (fit > best || o->version > t->c.files[ret->file].version) {
            free(ret->source.text);
            *ret = (struct choice){.file = i, .source = s};
            best = fit;
            continue;
        }
        if (strcmp(s.hash, ret->source.hash) != 0)
            ret->ambiguous = arena_printf(&t->a, "'%s' and '%s' are both there and differ",
                                          t->c.files[ret->file].rest, o->rest);
        free(s.text);
    }
    return 0;
}

/* A file whose name is right but for capitals, or that stands in another exercise's folder: to
 * be decided by a person. */
static const char *nearly(struct taker *t, int owner, const struct exercise *x)
{
    for (int i = 0; i < t->c.file_count; i++) {
        const struct owned_file *o = &t->c.files[i];
        const char *base = filelist_base(o->rest);

        if (o->owner != owner || t->used[i] || strcasecmp(base, x->rubric.edit) != 0)
            continue;
        t->used[i] = true;
        return arena_printf(&t->a, "'%s' is there, where '%s' or '%s/%s' is expected", o->rest,
                            x->rubric.edit, x->id, x->rubric.edit);
    }
    return NULL;
}

static int note_versions(struct taker *t, int owner, const struct exercise *x,
                         const struct choice *c, struct err *e)
{
    for (int i = 0; c->file >= 0 && i < t->c.file_count; i++) {
        const struct owned_file *o = &t->c.files[i];

        if (i != c->file && o->owner == owner && fits(t, o, x) > 0 &&
            o->version < t->c.files[c->file].version &&
            note(t, owner + 1, "resubmitted",
                 arena_printf(&t->a, "'%s' is replaced by '%s'", o->file->name,
                              t->c.files[c->file].file->name),
                 e) < 0)
            return -1;
    }
    return 0;
}

static int take_unit(struct taker *t, int owner, const struct exercise *x, struct err *e)
{
    struct stored_unit u = {.student = owner + 1, .exercise = x->id};
    struct choice c;
    int rc = choose(t, owner, x, &c, e);

    if (rc < 0)
        return -1;
    if (c.file >= 0) {
        const struct owned_file *o = &t->c.files[c.file];

        u.path = o->file->name;
        u.when = (long long)o->file->when;
        u.late = o->late;
        t->in->submitted++;
    }
    if (c.file >= 0 && c.source.trouble) {
        u.refused = c.source.trouble;
    } else if (c.ambiguous) {
        u.refused = c.ambiguous;
        rc = note(t, owner + 1, "ambiguous", arena_printf(&t->a, "%s: %s", x->id, c.ambiguous),
                  e);
    } else if (c.file >= 0) {
        u.source = c.source.hash;
        rc = store_add_source(t->s, c.source.hash, c.source.text, c.source.len, e);
        if (rc == 0)
            rc = note_versions(t, owner, x, &c, e);
    } else if (t->refused) {
        u.refused = t->refused; /* it may have been in there: no zero */
    } else if ((u.refused = nearly(t, owner, x))) {
        rc =
            note(t, owner + 1, "ambiguous", arena_printf(&t->a, "%s: %s", x->id, u.refused), e);
    }
    if (rc == 0)
        rc = store_add_unit(t->s, &u, e);
    free(c.source.text);
    return rc;
}

/* ---- people
 * ----------------------------------------------------------------------------------- */

/* Part of a folder's name below OUT/students: what a person reads, and nothing a shell minds.
 * At most FOLDER_BYTES of whole characters. */
static void safe_part(const char *text, char ret[static FOLDER_BYTES + 1])
{
    size_t n = 0;

    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        const size_t k = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
        const bool plain =
            k > 1 || isalnum(*p) || *p == '-' || *p == '_' || (*p == '.' && n > 0);

        if (n + k > FOLDER_BYTES || strnlen((const char *)p, k) < k)
            break;
        if (plain)
            memcpy(ret + n, p, k);
        else
            ret[n] = '_';
        n += plain ? k : 1;
        p += k;
    }
    ret[n] = '\0';
    if (ret[0] == '-')
        ret[0] = '_';
}

static const char *safe_folder(struct arena *a, const struct handed_by *p, const char *taken[],
                               int count)
{
    char name[FOLDER_BYTES + 1], number[FOLDER_BYTES + 1];
    const char *first, *all;

    safe_part(p->name, name);
    safe_part(p->number, number);
    first = *number ? arena_printf(a, "%s-%.24s", name, number) : arena_strdup(a, name);
    all = first;
    for (int copy = 2; all; copy++) {
        bool free_name = *all != '\0';

        for (int i = 0; i < count && free_name; i++)
            free_name = strcasecmp(taken[i], all) != 0;
        if (free_name)
            return all;
        all = arena_printf(a, "%s~%d", first, copy);
    }
    return NULL;
}

static const struct handed_by *sort_people; /* qsort(3) has no context */

static int by_name(const void *a, const void *b)
{
    const struct handed_by *x = &sort_people[*(const int *)a],
                           *y = &sort_people[*(const int *)b];
    int c = strcmp(x->name, y->name);

    c = c ? c : strcmp(x->number, y->number);
    return c ? c : strcmp(x->email, y->email);
}

/* People in the order of the gradebook; files keep their owners. */
static int order_people(struct taker *t, struct err *e)
{
    const int n = t->c.people_count;
    int *order = arena_zalloc(&t->a, (size_t)(n + 1) * sizeof *order);
    int *place = arena_zalloc(&t->a, (size_t)(n + 1) * sizeof *place);
    struct handed_by *sorted = arena_zalloc(&t->a, (size_t)(n + 1) * sizeof *sorted);

    if (!order || !place || !sorted)
        return err_oom(e);
    for (int i = 0; i < n; i++)
        order[i] = i;
    sort_people = t->c.people;
    qsort(order, (size_t)n, sizeof *order, by_name);
    for (int i = 0; i < n; i++) {
        sorted[i] = t->c.people[order[i]];
        place[order[i]] = i;
    }
    for (int i = 0; i < t->c.file_count; i++)
        if (t->c.files[i].owner >= 0)
            t->c.files[i].owner = place[t->c.files[i].owner];
    t->c.people = sorted;
    return 0;
}

static int add_people(struct taker *t, struct err *e)
{
    const char **taken = arena_zalloc(&t->a, (size_t)(t->c.people_count + 1) * sizeof *taken);

    for (int i = 0; taken && i < t->c.people_count; i++) {
        const struct handed_by *p = &t->c.people[i];

        taken[i] = safe_folder(&t->a, p, taken, i);
        if (!taken[i])
            return err_oom(e);
        if (store_add_student(t->s,
                              &(struct stored_student){i + 1, p->name, p->number, p->email,
                                                       p->submission, taken[i]},
                              e) < 0)
            return -1;
    }
    return taken ? 0 : err_oom(e);
}

/* ---- what fits nowhere
 * ------------------------------------------------------------------------ */

/* Files that come with the exercise itself, or with any repository. */
static bool expected(const struct taker *t, const char *name)
{
    static const char *const usual[] = {"README.md",    "README.zh-CN.md",
                                        "exercise.yml", "LICENSE",
                                        "Makefile",     "submission_metadata.yml"};
    const char *base = filelist_base(name);

    for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
        if (strcmp(base, usual[i]) == 0)
            return true;
    for (const char *const *edit = t->c.edits; *edit; edit++) {
        const size_t stem = strlen(*edit) - 2;

        if (strcmp(base, *edit) == 0)
            return true; /* of an exercise that is not graded today, or nearly() has told */
        if (strncmp(base, *edit, stem) == 0 && strcmp(base + stem, ".h") == 0)
            return true;
        if (strncmp(base, "check_", 6) == 0 && strcmp(base + 6, *edit) == 0)
            return true;
    }
    return false;
}

static int note_unmatched(struct taker *t, int owner, struct err *e)
{
    struct buf names = {0};
    int n = 0, rc = 0;

    for (int i = 0; i < t->c.file_count; i++) {
        const struct owned_file *o = &t->c.files[i];

        if (o->owner != owner || t->used[i] || (owner >= 0 && expected(t, o->rest)))
            continue;
        if (n++ < NOTE_FILES)
            buf_printf(&names, "%s'%s'", names.len ? ", " : "", o->rest);
    }
    if (n > NOTE_FILES)
        buf_printf(&names, " and %d more", n - NOTE_FILES);
    if (n > 0)
        rc = note(t, owner + 1, "unmatched",
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
        return note(t, b->owner + 1, "signed", "not checked: there is no ssh-keygen here", e);
    if (manifest_signer(manifest, path, t->in->work, &t->a, &signer, e) < 0)
        return -1;
    if (signer)
        return note(t, b->owner + 1, "signed", arena_printf(&t->a, "by the key %s", signer), e);
    return note(t, b->owner + 1, "edited", "the signature is not one of this manifest", e);
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
            rc = note(t, owner + 1, "edited", "its manifest is too large, or no plain file", e);
            continue;
        }
        if (strcmp(base, MANIFEST_NAME) != 0 || checked > MANIFESTS_EACH)
            continue;
        if (keeper_interrupted)
            return err_set(e, ERR_STOPPED, "interrupted");
        if (checked++ == MANIFESTS_EACH) {
            rc =
                note(t, owner + 1, "edited", "there are more manifests; they were not read", e);
            continue;
        }
        rc = manifest_check(o->file->content, t->in->course, beside, &b, &said, e);
        for (char *save = NULL, *l = said.data ? strtok_r(said.data, "\n", &save) : NULL;
             rc == 0 && l; l = strtok_r(NULL, "\n", &save))
            rc = note(t, owner + 1, "edited", arena_strdup(&t->a, l), e);
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
    if (store_forget_class(t->s, e) < 0 || add_people(t, e) < 0)
        return -1;
    for (int p = 0; p < t->c.people_count; p++) {
        if (take_archives(t, p, e) < 0 || check_manifests(t, p, e) < 0)
            return -1;
        for (int i = 0; i < t->exercise_count; i++)
            if (take_unit(t, p, t->in->exercises[i], e) < 0)
                return -1;
        if (note_unmatched(t, p, e) < 0)
            return -1;
    }
    return note_unmatched(t, -1, e);
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
        rc = order_people(&t, e);
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

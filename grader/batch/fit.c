/* fit.c - which file of somebody is the exercise: what the instructor's map says; else
 * NN-slug/slug.c, anywhere; else a slug.c that stands in no other exercise's folder. Two with
 * the same bytes are one.
 */
#include "batch/taker.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "core/text.h"

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

/* A name that two have names nobody. */
static bool is_only(const struct taker *t, const char *name)
{
    int n = 0;

    for (int i = 0; i < t->c.people_count; i++)
        n += strcasecmp(t->c.people[i].name, name) == 0;
    return n == 1;
}

/* Has the instructor said which file of this person is the exercise? */
static struct map_row *mapped(const struct taker *t, int owner, const struct exercise *x)
{
    const struct handed_by *p = &t->c.people[owner];

    for (int i = 0; t->in->map && i < t->in->map->count; i++) {
        struct map_row *r = &t->in->map->rows[i];

        if (r->x == x && ((strcasecmp(r->student, p->name) == 0 && is_only(t, p->name)) ||
                          (*p->number && strcasecmp(r->student, p->number) == 0) ||
                          (*p->email && strcasecmp(r->student, p->email) == 0)))
            return r;
    }
    return NULL;
}

static int fits_map(const struct owned_file *o, struct map_row *r)
{
    const bool is = (strcmp(o->rest, r->path) == 0 || strcmp(o->file->name, r->path) == 0) &&
                    !archive_ending(o->rest);

    r->used |= is;
    return is ? 3 : 0;
}

/* 3: by the map, 2: in its own folder, 1: by its name, 0: it is not. */
int taker_fits(const struct taker *t, const struct owned_file *o, const struct exercise *x)
{
    const char *edit = x->rubric.edit, *in = folder_of(t, o->rest);
    struct map_row *m = o->owner >= 0 ? mapped(t, o->owner, x) : NULL;
    char flat[256];

    if (m)
        return fits_map(o, m);

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

static bool is_no_text(const struct source *s)
{
    auto_free char *text = NULL;
    size_t len;

    return text_decode(s->text, s->len, &text, &len) == TEXT_BINARY;
}

/* What is no plain file of at most 1 MiB has a hash of its own, and no text. */
int taker_read(struct taker *t, const char *path, struct source *ret, struct err *e)
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
    if (is_no_text(ret))
        ret->trouble = "it holds NUL bytes, so it is no C source, or a damaged one";
    return 0;
}

int taker_choose(struct taker *t, int owner, const struct exercise *x, struct choice *ret,
                 struct err *e)
{
    int best = 0;

    *ret = (struct choice){.file = -1};
    for (int i = 0; i < t->c.file_count; i++) {
        const struct owned_file *o = &t->c.files[i];
        const int fit = o->owner == owner ? taker_fits(t, o, x) : 0;
        struct source s;

        if (fit == 0)
            continue;
        t->used[i] = true;
        if (fit < best ||
            (fit == best && ret->file >= 0 && o->version < t->c.files[ret->file].version))
            continue;
        if (taker_read(t, o->file->content, &s, e) < 0)
            return -1;
        if (fit > best || o->version > t->c.files[ret->file].version) {
            free(ret->source.text);
            *ret = (struct choice){.file = i, .source = s};
            best = fit;
            continue;
        }
        if (strcmp(s.hash, ret->source.hash) != 0) {
            const struct owned_file *a = &t->c.files[ret->file];
            const bool same = strcmp(a->rest, o->rest) == 0;

            ret->ambiguous =
                arena_printf(&t->a, "'%s' and '%s' are both there and differ",
                             same ? a->file->name : a->rest, same ? o->file->name : o->rest);
        }
        free(s.text);
    }
    return 0;
}

/* A file whose name is right but for capitals, or that stands in another exercise's folder: to
 * be decided by a person. */
const char *taker_nearly(struct taker *t, int owner, const struct exercise *x)
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

/* Files that come with the exercise itself, or with any repository. */
bool taker_is_expected(const struct taker *t, const char *name)
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
            return true; /* of an exercise that is not graded today, or taker_nearly() has told
                          */
        if (strncmp(base, *edit, stem) == 0 && strcmp(base + stem, ".h") == 0)
            return true;
        if (strncmp(base, "check_", 6) == 0 && strcmp(base + 6, *edit) == 0)
            return true;
    }
    return false;
}

/* The text of a file for looking at, malloc'ed; NULL: none. */
static char *text_of(struct taker *t, const struct owned_file *o)
{
    struct source s;
    struct err ignored = {0};
    char *text = NULL;
    size_t len;

    if (!o->file->content || taker_read(t, o->file->content, &s, &ignored) < 0 || !s.text)
        return NULL;
    if (text_decode(s.text, s.len, &text, &len) == TEXT_AS_IT_IS)
        return s.text;
    free(s.text);
    return text;
}

/* A file that may be the exercise under another name: the likeliest, and whether no other one
 * is as likely. -1: there is no C at all. */
int taker_find_likely(struct taker *t, int owner, const struct exercise *x, bool also_used,
                      enum likeness *ret_like, bool *ret_clear)
{
    int best = -1;

    *ret_like = LIKE_NOTHING;
    *ret_clear = false;
    for (int i = 0; i < t->c.file_count; i++) {
        const struct owned_file *o = &t->c.files[i];
        enum likeness like;
        char *text;

        if (o->owner != owner || (t->used[i] && !also_used) ||
            o->rest[strlen(o->rest) - 1] == '/')
            continue;
        text = text_of(t, o);
        like = candidate_likeness(t->in->course, x, filelist_base(o->rest), text);
        free(text);
        if (like < LIKE_SOME && taker_is_expected(t, o->rest)) /* its contents come first */
            continue;
        if (like > *ret_like) {
            best = i;
            *ret_like = like;
            *ret_clear = like == LIKE_ALL;
        } else if (like == *ret_like) {
            *ret_clear = false;
        }
    }
    return best;
}

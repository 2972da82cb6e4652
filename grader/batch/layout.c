/* layout.c - the naming rules, one recogniser and one sorter a layout. */
#include "batch/layout.h"

#include <ctype.h>
#include <string.h>

static const char *const names[] = {
#define X(constant, name) name,
    LAYOUTS(X)
#undef X
};

const char *layout_name(enum layout l)
{
    return names[l];
}

bool layout_parse(const char *name, enum layout *ret)
{
    for (int i = 0; i < LAYOUT_COUNT; i++)
        if (strcmp(names[i], name) == 0) {
            *ret = (enum layout)i;
            return true;
        }
    return false;
}

static bool is_folder(const char *name)
{
    return *name && name[strlen(name) - 1] == '/';
}

static size_t first_part(const char *name)
{
    return strcspn(name, "/");
}

/* ---- Moodle and Canvas: one name ------------------------------------------------------------
 */

struct parsed {
    const char *name, *number;
    size_t name_len, number_len;
    const char *rest;
    bool late, flat, text;
};

/* NAME_ID_assignsubmission_{file|onlinetext}[_]{/|_}REST (Moodle, assign/locallib.php). */
static bool parse_moodle(const char *s, struct parsed *p)
{
    static const char mark[] = "_assignsubmission_";
    const char *at = strstr(s, mark), *digits = at, *rest;
    const size_t first = first_part(s);

    /* in the platform's own part of the name, once: what follows is the student's */
    if (!at || (size_t)(at - s) > first)
        return false;
    for (const char *two = strstr(at + 1, mark); two && (size_t)(two - s) < first;)
        return false;
    while (digits > s && isdigit((unsigned char)digits[-1]))
        digits--;
    if (digits == at || digits == s || digits[-1] != '_' || digits - 1 == s)
        return false;
    rest = at + strlen(mark);
    *p = (struct parsed){.name = s,
                         .name_len = (size_t)(digits - 1 - s),
                         .number = digits,
                         .number_len = (size_t)(at - digits)};
    if (strncmp(rest, "file", 4) == 0)
        rest += 4;
    else if (strncmp(rest, "onlinetext", 10) == 0)
        rest += 10, p->text = true;
    else
        return false;
    if (rest[0] == '_' && (rest[1] == '/' || rest[1] == '_'))
        rest++;
    if (*rest != '/' && *rest != '_')
        return false;
    p->flat = *rest == '_';
    p->rest = rest + 1;
    return *p->rest != '\0' || *rest == '/';
}

/* NAME[_LATE]_USER_ATTACHMENT_REST, or [LATE_]anon_ID_ATTACHMENT_REST (Canvas,
 * submission zipper). The first pair of numbers counts: later ones are in the file's name. */
static bool parse_canvas(const char *s, struct parsed *p)
{
    const char *name = s;

    *p = (struct parsed){0};
    if (strchr(s, '/'))
        return false;
    if (strncmp(s, "LATE_anon_", 10) == 0)
        p->late = true, name += 5;
    for (const char *u = strchr(name, '_'); u; u = strchr(u + 1, '_')) {
        const char *id = u + 1, *attachment, *rest;
        const bool late = strncmp(u, "_LATE_", 6) == 0;
        const bool anon = u - name == 4 && strncmp(name, "anon", 4) == 0;

        if (late)
            id = u + 6;
        attachment = id + strspn(id, anon ? "abcdefghijklmnopqrstuvwxyz"
                                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                          : "0123456789");
        if (attachment == id || *attachment != '_' || u == name)
            continue;
        rest = attachment + 1 + strspn(attachment + 1, "0123456789");
        if (rest == attachment + 1 || *rest != '_' || !rest[1])
            continue;
        p->name = name;
        p->name_len = (size_t)(u - name);
        p->number = id;
        p->number_len = (size_t)(attachment - id);
        p->late |= late;
        p->rest = rest + 1;
        return true;
    }
    return false;
}

/* ---- recognising
 * ------------------------------------------------------------------------------
 */

static bool ends_with(const char *s, const char *end)
{
    const size_t n = strlen(s), k = strlen(end);

    return n >= k && strcmp(s + n - k, end) == 0;
}

/* The folder that holds the clones: SLUG-submissions/SLUG-user. Returns SLUG's length, with
 * *ret_slug where it begins, or 0. */
static size_t classroom_slug(const struct filelist *l, const char *base, const char **ret_slug,
                             bool *ret_below)
{
    static const char end[] = "-submissions";
    const char *holder = base;
    size_t slug, part = 0;

    *ret_below = false;
    if (!ends_with(holder, end)) { /* or the one folder in it */
        if (l->count == 0)
            return 0;
        part = first_part(l->files[0].name);
        holder = l->files[0].name;
        *ret_below = true;
        if (part <= strlen(end) || strncmp(holder + part - strlen(end), end, strlen(end)) != 0)
            return 0;
    } else {
        part = strlen(base);
    }
    slug = part - strlen(end);
    for (int i = 0; i < l->count; i++) {
        const char *name = l->files[i].name;

        if (*ret_below) {
            if (first_part(name) != part || strncmp(name, holder, part) != 0)
                return 0;
            name += part + 1;
        }
        if (!*name)
            continue; /* the holder itself */
        if (strncmp(name, holder, slug) != 0 || name[slug] != '-' || !strchr(name, '/'))
            return 0;
    }
    *ret_slug = holder;
    return slug;
}

/* The part before the export's own files: "", or "assignment_42_export/". NULL: no such export,
 * whatever a student's own files are called. */
static const char *gradescope_top(const struct filelist *l, struct arena *a)
{
    static const char meta[] = "submission_metadata.yml";
    size_t n = 0;

    for (int i = 0; i < l->count; i++)
        if (strcmp(l->files[i].name, meta) == 0)
            return "";
    for (int i = 0; i < l->count; i++) {
        const char *name = l->files[i].name;

        if (i == 0)
            n = first_part(name);
        if (first_part(name) != n || strncmp(name, l->files[0].name, n) != 0)
            return NULL;
    }
    if (n < 18 || strncmp(l->files[0].name, "assignment_", 11) != 0 ||
        strncmp(l->files[0].name + n - 7, "_export", 7) != 0)
        return NULL;
    return arena_printf(a, "%.*s/", (int)n, l->files[0].name);
}

/* Counted are entries of the top, not files: nobody's own folder decides for the others. */
enum layout layout_guess(const struct filelist *l, const char *base)
{
    int moodle = 0, canvas = 0, entries = 0;
    const char *slug, *last = "";
    bool below;
    struct parsed p;

    if (gradescope_top(l, l->a))
        return LAYOUT_GRADESCOPE;
    for (int i = 0; i < l->count; i++) {
        const char *name = l->files[i].name;
        const size_t n = first_part(name);

        if (first_part(last) == n && strncmp(last, name, n) == 0)
            continue;
        last = name;
        entries++;
        moodle += parse_moodle(name, &p);
        canvas += parse_canvas(name, &p);
    }
    if (moodle > 0 && 2 * moodle > entries)
        return LAYOUT_MOODLE;
    if (canvas > 0 && 2 * canvas > entries)
        return LAYOUT_CANVAS;
    return classroom_slug(l, base, &slug, &below) ? LAYOUT_CLASSROOM : LAYOUT_FOLDERS;
}

/* ---- people
 * ------------------------------------------------------------------------------------
 */

struct sorter {
    const struct filelist *l;
    struct class_list *c;
    struct arena *a;
    int room;
    int before;        /* people of the inputs before this one */
    const char *twice; /* one of those again: two inputs, one name */
};

static int person(struct sorter *s, const char *name, size_t len, const char *number,
                  size_t number_len, const char *email)
{
    struct class_list *c = s->c;
    struct handed_by *p;

    for (int i = c->people_count - 1; i >= 0; i--) { /* files of one come together */
        p = &c->people[i];
        if (strncmp(p->name, name, len) == 0 && !p->name[len] &&
            strncmp(p->number, number, number_len) == 0 && !p->number[number_len] &&
            strcmp(p->email, email) == 0) {
            if (i < s->before)
                s->twice = p->name;
            return i;
        }
    }
    if (c->people_count == s->room) {
        const int room = s->room ? 2 * s->room : 64;
        struct handed_by *more = arena_zalloc(s->a, (size_t)room * sizeof *more);

        if (!more)
            return -1;
        if (c->people_count)
            memcpy(more, c->people, (size_t)c->people_count * sizeof *more);
        c->people = more;
        s->room = room;
    }
    p = &c->people[c->people_count];
    *p = (struct handed_by){.name = arena_strndup(s->a, name, len),
                            .number = arena_strndup(s->a, number, number_len),
                            .email = email,
                            .submission = ""};
    return p->name && p->number ? c->people_count++ : -1;
}

/* Of a folder only its owner matters, who may have handed in nothing. */
static struct owned_file *own(struct sorter *s, const struct handed_file *f, int owner,
                              const char *rest)
{
    static struct owned_file nothing;
    struct owned_file *o =
        is_folder(f->name) && !f->trouble ? &nothing : &s->c->files[s->c->file_count++];

    *o = (struct owned_file){.file = f, .owner = owner, .rest = rest};
    return o;
}

/* ---- sorting
 * ------------------------------------------------------------------------------------
 */

/* Canvas keeps each upload of one name: event.c, event-1.c, event-2.c. */
static void canvas_version(struct sorter *s, struct owned_file *o)
{
    const char *dot = strrchr(o->rest, '.'), *dash = dot;
    long version;
    const char *plain, *digits;

    while (dash && dash > o->rest && isdigit((unsigned char)dash[-1]))
        dash--;
    if (!dash || dash == dot || dash - 1 <= o->rest || dash[-1] != '-')
        return;
    digits = arena_strndup(s->a, dash, (size_t)(dot - dash));
    plain = arena_printf(s->a, "%.*s%s", (int)(dash - 1 - o->rest), o->rest, dot);
    if (!digits || !plain || !parse_long(digits, 1, 10000, &version))
        return;
    for (const char *const *x = s->c->edits; *x; x++)
        if (strcmp(plain, *x) == 0) {
            o->rest = plain;
            o->version = (int)version;
        }
}

static void sort_platform(struct sorter *s, bool (*parse)(const char *, struct parsed *))
{
    for (int i = 0; i < s->l->count; i++) {
        const struct handed_file *f = &s->l->files[i];
        struct owned_file *o;
        struct parsed p;

        if (!parse(f->name, &p)) {
            own(s, f, -1, f->name);
            continue;
        }
        o = own(s, f, person(s, p.name, p.name_len, p.number, p.number_len, ""), p.rest);
        o->late = p.late;
        o->flat = p.flat;
        if (parse == parse_canvas)
            s->l->files[i].when = 0; /* its dates are of the export; the mark counts */
        if (parse == parse_canvas)
            canvas_version(s, o);
    }
}

static bool is_exercise(const struct class_list *c, const char *part, size_t n)
{
    for (const char *const *x = c->ids; *x; x++)
        if (strlen(*x) == n && strncmp(*x, part, n) == 0)
            return true;
    for (const char *const *x = c->edits; *x; x++)
        if (strlen(*x) == n && strncmp(*x, part, n) == 0)
            return true;
    return n == strlen("exercises") && strncmp(part, "exercises", n) == 0;
}

/* Do all names begin with the same folder, behind the first `skip` bytes? Its length with the
 * '/', or 0. */
static size_t common_folder(const struct filelist *l, size_t skip)
{
    const char *first = l->count ? l->files[0].name + skip : "";
    const size_t n = first_part(first);

    for (int i = 0; i < l->count; i++) {
        const char *name = l->files[i].name + skip;

        if (first_part(name) != n || strncmp(name, first, n) != 0 || name[n] != '/')
            return 0;
    }
    return n ? n + 1 : 0;
}

/* One archive may be one student's own work, as such or in folders that merely wrap it. */
static bool one_students(const struct sorter *s)
{
    for (size_t skip = 0;;) {
        size_t n;

        for (int i = 0; i < s->l->count; i++) {
            const char *name = s->l->files[i].name + skip;

            if (is_exercise(s->c, name, first_part(name)))
                return true;
        }
        n = common_folder(s->l, skip);
        if (n == 0)
            return false;
        skip += n;
    }
}

/* How long is the name of a folder that merely wraps the class? 0: there is none. */
static size_t wrapper(const struct sorter *s)
{
    const size_t n = common_folder(s->l, 0);

    for (int i = 0; n && i < s->l->count; i++) {
        const char *name = s->l->files[i].name + n;

        if (*name && !strchr(name, '/') && !archive_ending(name))
            return 0;
    }
    return n;
}

static void sort_folders(struct sorter *s, const char *base, bool archive)
{
    const bool single = archive && one_students(s);
    const size_t strip = archive && !single ? wrapper(s) : 0;
    const size_t base_len = strlen(base) - archive_ending(base);

    for (int i = 0; i < s->l->count; i++) {
        const struct handed_file *f = &s->l->files[i];
        const char *name = f->name + strip;
        const size_t n = first_part(name), ending = archive_ending(name);

        if (single)
            own(s, f, person(s, base, base_len, "", 0, ""), name);
        else if (name[n] == '/')
            own(s, f, person(s, name, n, "", 0, ""), name + n + 1);
        else if (ending && n > ending) /* NAME.zip: taken apart by the intake */
            own(s, f, person(s, name, n - ending, "", 0, ""), name);
        else
            own(s, f, -1, name);
    }
}

static int sort_classroom(struct sorter *s, const char *base)
{
    const char *slug = NULL;
    bool below;
    const size_t n = classroom_slug(s->l, base, &slug, &below);

    for (int i = 0; i < s->l->count; i++) {
        const struct handed_file *f = &s->l->files[i];
        const char *name = below ? f->name + first_part(f->name) + 1 : f->name;
        size_t len;

        if (n == 0 || !*name) { /* these names are of no such layout; the holder itself */
            own(s, f, -1, f->name);
            continue;
        }
        name += n + 1;
        len = first_part(name);
        if (len == 0 || name[len] != '/')
            own(s, f, -1, f->name);
        else
            own(s, f, person(s, name, len, "", 0, ""), name + len + 1);
    }
    return 0;
}

static const struct handed_file *find_file(const struct filelist *l, const char *name)
{
    for (int i = 0; name && i < l->count; i++)
        if (strcmp(l->files[i].name, name) == 0)
            return &l->files[i];
    return NULL;
}

/* A group hands in once: its file is everybody's. */
static int sort_gradescope(struct sorter *s, struct err *e)
{
    const char *prefix = gradescope_top(s->l, s->a);
    const struct handed_file *m = find_file(
        s->l, prefix ? arena_printf(s->a, "%ssubmission_metadata.yml", prefix) : NULL);
    const size_t top = prefix ? strlen(prefix) : 0;
    struct gradescope_entry *list = NULL;
    int count = 0;

    if (!m || !m->content)
        return err_set(e, ERR_USAGE, "no readable submission_metadata.yml in the export");
    if (gradescope_read(m->content, s->a, &list, &count, e) < 0)
        return -1;
    for (int i = 0; i < s->l->count; i++) {
        struct handed_file *f = &s->l->files[i];
        const char *name = f->name + top;
        const size_t n = first_part(name);
        bool found = false;

        if (f == m || !*name)
            continue;
        for (int k = 0; k < count && !found; k++) {
            const struct gradescope_entry *g = &list[k];

            if (strlen(g->folder) != n || strncmp(g->folder, name, n) != 0 || !name[n])
                continue;
            found = true;
            if (g->created)
                f->when = g->created;
            for (int p = 0; p < g->people_count; p++) {
                const struct handed_by *h = &g->people[p];
                const int owner =
                    person(s, h->name, strlen(h->name), h->number, strlen(h->number), h->email);

                if (owner >= 0) {
                    s->c->people[owner].submission = g->folder;
                }
                own(s, f, owner, name + n + 1);
            }
        }
        if (!found)
            own(s, f, -1, f->name);
    }
    return 0;
}

int layout_sort(const struct filelist *l, enum layout layout, const char *base, bool archive,
                struct class_list *c, struct err *e)
{
    struct sorter s = {.l = l, .c = c, .a = l->a, .before = c->people_count};
    struct owned_file *files;
    const int most = layout == LAYOUT_GRADESCOPE ? GROUP_MAX : 1;
    int rc = 0;

    files = arena_zalloc(l->a, ((size_t)l->count * (size_t)most + (size_t)c->file_count + 1) *
                                   sizeof *files);
    if (!files)
        return err_oom(e);
    if (c->file_count)
        memcpy(files, c->files, (size_t)c->file_count * sizeof *files);
    c->files = files;
    c->layout = layout;
    s.room = c->people_count; /* the next one makes room */
    if (layout == LAYOUT_MOODLE)
        sort_platform(&s, parse_moodle);
    else if (layout == LAYOUT_CANVAS)
        sort_platform(&s, parse_canvas);
    else if (layout == LAYOUT_GRADESCOPE)
        rc = sort_gradescope(&s, e);
    else if (layout == LAYOUT_CLASSROOM)
        rc = sort_classroom(&s, base);
    else
        sort_folders(&s, base, archive);
    if (rc == 0 && s.twice)
        return err_set(e, ERR_USAGE,
                       "two inputs hold a student '%s'; grade them apart, or rename one",
                       s.twice);
    return rc < 0 ? -1 : l->a->failed ? err_oom(e) : 0;
}

/* cmd_new.c - `lockstep new SLUG`: the skeleton of a new exercise, which lint accepts as a
 * draft.
 *
 * All files or none: what was written is taken away again when one of them fails.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/options.h"
#include "cli/skeleton.h"
#include "core/place.h"

enum { SLUG_MAX = 40 };

struct names {
    const struct course *c;
    const char *home, *id, *slug;
    char *cname, *upper;
};

static const struct option_row rows[] = {{0, NULL, NULL, NULL}};

static int use(void *ctx, int key, const char *value, struct err *e)
{
    (void)ctx, (void)key, (void)value, (void)e;
    return 0;
}

static int check_slug(const struct course *c, const char *slug, struct err *e)
{
    const size_t n = strlen(slug);

    if (n == 0 || n > SLUG_MAX || !islower((unsigned char)slug[0]) || slug[n - 1] == '-' ||
        strstr(slug, "--") || strspn(slug, "abcdefghijklmnopqrstuvwxyz0123456789-") != n)
        return err_set(e, ERR_USAGE,
                       "'%s': expected a name such as bounded-buffer: a-z, 0-9 and single "
                       "dashes, at most %d letters",
                       slug, SLUG_MAX);
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->exercises[i].id + 3, slug) == 0)
            return err_set(e, ERR_USAGE, "there is %s already", c->exercises[i].id);
    return 0;
}

/* The number behind the last one. */
static const char *next_id(const struct course *c, const char *slug, struct arena *a)
{
    long last = 0, n;

    for (int i = 0; i < c->count; i++) {
        char digits[3] = {c->exercises[i].id[0], c->exercises[i].id[1], 0};

        if (parse_long(digits, 0, 99, &n) && n > last)
            last = n;
    }
    return last < 99 ? arena_printf(a, "%02ld-%s", last + 1, slug) : NULL;
}

/* Puts the names where @ID@ and its like are. */
static char *fill(const struct names *n, const char *text)
{
    const struct {
        const char *mark, *value;
    } marks[] = {
        {"@ID@", n->id}, {"@SLUG@", n->slug}, {"@CNAME@", n->cname}, {"@UPPER@", n->upper}};
    struct buf b = {0};

    while (*text) {
        size_t used = 1;

        for (size_t i = 0; i < ARRAY_SIZE(marks) && used == 1; i++) {
            if (strncmp(text, marks[i].mark, strlen(marks[i].mark)) == 0) {
                buf_puts(&b, marks[i].value);
                used = strlen(marks[i].mark);
            }
        }
        if (used == 1)
            buf_printf(&b, "%c", *text);
        text += used;
    }
    return b.data;
}

/* Takes out of the text what is in another language: a line "zh: ..." and the deeper ones below
 * it. */
static void drop_language(char *text, const char *name)
{
    char *to = text;
    size_t dropped = SIZE_MAX; /* indentation of what is being dropped */

    for (char *line = text, *next; *line; line = next) {
        const size_t n = strcspn(line, "\n") + 1, indent = strspn(line, " ");
        const bool is = strncmp(line + indent, name, 2) == 0 && line[indent + 2] == ':';

        next = line + (line[n - 1] ? n : n - 1);
        if (indent > dropped)
            continue;
        dropped = is ? indent : SIZE_MAX;
        if (is)
            continue;
        memmove(to, line, (size_t)(next - line));
        to += next - line;
    }
    *to = '\0';
}

/* README.zh-CN.md belongs to courses that are in Chinese. */
static bool is_wanted(const struct names *n, const char *path)
{
    const char *base = strrchr(path, '/') + 1;

    if (strcmp(base, "README.md") == 0)
        return n->c->languages & 1u << LANG_EN;
    return strcmp(base, "README.zh-CN.md") != 0 || n->c->languages & 1u << LANG_ZH;
}

static int write_file(const struct names *n, const struct skeleton_file *f, struct arena *a,
                      struct err *e)
{
    static const char *const languages[LANG_COUNT] = {[LANG_EN] = "en", [LANG_ZH] = "zh"};
    auto_free char *path = fill(n, f->path), *text = fill(n, f->text);
    const char *full = path ? arena_printf(a, "%s/%s", n->home, path) : NULL;
    char *dir = full ? arena_strdup(a, full) : NULL;

    if (!dir || !text)
        return err_oom(e);
    if (!is_wanted(n, full))
        return 0;
    for (int l = 0; strstr(full, "exercise.yml") && l < LANG_COUNT; l++)
        if (!(n->c->languages & 1u << l))
            drop_language(text, languages[l]);
    *strrchr(dir, '/') = '\0';
    if (make_dirs(dir, e) < 0 || write_whole(full, text, strlen(text), e) < 0)
        return -1;
    printf("  %s\n", path);
    return 0;
}

static int write_skeleton(const struct names *n, struct arena *a, struct err *e)
{
    static const char *const rooms[] = {"exercises", "solutions", "fixtures"};
    struct err ignored;

    for (size_t i = 0; i < ARRAY_SIZE(rooms); i++)
        if (access(arena_printf(a, "%s/%s/%s", n->home, rooms[i], n->id), F_OK) == 0)
            return err_set(e, ERR_USAGE, "'%s/%s' is there already; move it away", rooms[i],
                           n->id);
    for (const struct skeleton_file *f = skeleton; f->path; f++) {
        if (write_file(n, f, a, e) == 0)
            continue;
        for (size_t i = 0; i < ARRAY_SIZE(rooms); i++)
            remove_tree(arena_printf(a, "%s/%s/%s", n->home, rooms[i], n->id), &ignored);
        return -1;
    }
    return 0;
}

static int make_exercise(const char *slug, struct arena *a, struct err *e)
{
    struct names n = {.slug = slug};
    const char *guide;
    struct course c;

    if (course_load(a, &c, e) < 0 || check_slug(&c, slug, e) < 0)
        return -1;
    if (c.from == COURSE_BUILTIN)
        return err_set(
            e, ERR_USAGE,
            "there is no course here to add '%s' to: 'lockstep course new DIR' makes one",
            slug);
    n.c = &c;
    n.home = c.home;
    n.id = next_id(&c, slug, a);
    n.cname = arena_strdup(a, slug);
    n.upper = arena_strdup(a, slug);
    if (!n.id)
        return err_set(e, ERR_USAGE, "there is an exercise 99 already");
    if (!n.cname || !n.upper)
        return err_oom(e);
    for (size_t i = 0; slug[i]; i++) {
        n.cname[i] = slug[i] == '-' ? '_' : slug[i];
        n.upper[i] = (char)toupper((unsigned char)n.cname[i]);
    }
    printf("A new exercise, %s, below %s:\n\n", n.id, n.home);
    if (write_skeleton(&n, a, e) < 0)
        return -1;
    guide = place_find("source/grader/AUTHORING.md", a);
    if (!guide)
        guide = place_find("grader/AUTHORING.md", a);
    printf("\nIt is a draft: 'lockstep lint %s' says what is missing.\n"
           "How to write one: %s\n",
           n.id, guide ? guide : "grader/AUTHORING.md in the source of Lockstep");
    return EXIT_ALL_PASS;
}

static int run(int argc, char *argv[], struct err *e)
{
    struct arena a = {0};
    int first = options_parse(&cmd_new, argc, argv, use, NULL, e), status;

    if (first < 0)
        return first;
    if (!argv[first] || argv[first + 1])
        return err_set(e, ERR_USAGE, "expected one name, such as bounded-buffer");
    status = make_exercise(argv[first], &a, e);
    arena_release(&a);
    return status;
}

const struct cmd cmd_new = {
    .name = "new",
    .args = "SLUG",
    .rows = rows,
    .summary = "make the skeleton of a new exercise",
    .run = run,
};

/* cmd_course.c - `lockstep course new DIR` and `lockstep course check [DIR]`: a course of one's
 * own.
 *
 * `new` makes the three folders and a course.yml (core/COURSE.md), `lockstep new` then adds
 * exercises; `check` is lint of all of it. The course that comes with Lockstep is an ordinary
 * one.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "cli/options.h"
#include "core/course.h"

enum { OPT_LANGUAGES = 256, OPT_TITLE, ID_MAX = 60 };

struct course_options {
    const char *languages, *title;
};

static const struct option_row rows[] = {
    {OPT_LANGUAGES, "languages", "LIST",
     "new: in which its texts are: en, zh, or en,zh (default en)"},
    {OPT_TITLE, "title", "TEXT", "new: the course's title (default: the folder's name)"},
    {0, NULL, NULL, NULL},
};

static int use(void *ctx, int key, const char *value, struct err *e)
{
    struct course_options *o = ctx;

    (void)e;
    if (key == OPT_LANGUAGES)
        o->languages = value;
    else
        o->title = value;
    return 0;
}

static int parse_languages(const char *list, unsigned *ret, struct err *e)
{
    *ret = 0;
    for (const char *p = list; *p; p += *p == ',') {
        const size_t n = strcspn(p, ",");

        if (n == 2 && strncmp(p, "en", 2) == 0)
            *ret |= 1u << LANG_EN;
        else if (n == 2 && strncmp(p, "zh", 2) == 0)
            *ret |= 1u << LANG_ZH;
        else
            return err_set(e, ERR_USAGE, "'--languages %s': expected en, zh or en,zh", list);
        p += n;
    }
    return *ret ? 0 : err_set(e, ERR_USAGE, "'--languages' names none");
}

/* "OS Course 2026" -> os-course-2026. */
static void make_id(const char *dir, char ret[static ID_MAX + 1])
{
    size_t n = 0;

    for (; *dir && n < ID_MAX; dir++)
        if (isalnum((unsigned char)*dir))
            ret[n++] = (char)tolower((unsigned char)*dir);
        else if (n > 0 && ret[n - 1] != '-')
            ret[n++] = '-';
    while (n > 0 && ret[n - 1] == '-')
        n--;
    ret[n] = '\0';
    if (n == 0)
        strcpy(ret, "course");
}

static int course_new(const struct course_options *o, const char *dir, struct arena *a,
                      struct err *e)
{
    static const char *const rooms[] = {"exercises", "solutions", "fixtures"};
    char id[ID_MAX + 1];
    auto_free char *real = NULL;
    struct course c = {.visibility = "visible"};
    const struct exercise *none[] = {NULL};
    const char *file = arena_printf(a, "%s/exercises/course.yml", dir);
    struct buf b = {0};
    int rc;

    if (!file)
        return err_oom(e);
    if (parse_languages(o->languages, &c.languages, e) < 0)
        return -1;
    if (access(file, F_OK) == 0)
        return err_set(e, ERR_USAGE, "'%s' is a course already", dir);
    for (size_t i = 0; i < ARRAY_SIZE(rooms); i++)
        if (make_dirs(arena_printf(a, "%s/%s", dir, rooms[i]), e) < 0)
            return -1;
    real = realpath(dir, NULL);
    make_id(real ? strrchr(real, '/') + 1 : dir, id);
    c.id = id;
    for (int l = 0; l < LANG_COUNT; l++)
        c.title[l] = o->title ? o->title : id;
    course_file_print(&c, none, &b);
    rc = b.failed ? err_oom(e) : write_whole(file, b.data, b.len, e);
    buf_release(&b);
    if (rc == 0)
        printf("A new course, '%s', in %s: exercises/course.yml says what it is.\n"
               "Next: cd %s, then 'lockstep new SLUG' makes its first exercise.\n",
               id, dir, dir);
    return rc < 0 ? -1 : EXIT_ALL_PASS;
}

static int course_check(const char *dir, struct arena *a, struct err *e)
{
    char *words[] = {(char *)"lint", NULL};
    struct course c;

    if (dir && setenv("LOCKSTEP_COURSE", dir, 1) < 0)
        return err_oom(e);
    if (course_load(a, &c, e) < 0)
        return -1;
    if (c.from == COURSE_BUILTIN && !dir)
        return err_set(e, ERR_USAGE,
                       "there is no course here; name its folder, or 'lockstep course "
                       "new DIR' makes one");
    if (c.count == 0)
        return err_set(e, ERR_USAGE,
                       "the course '%s' in '%s' has no exercise yet; 'lockstep new "
                       "SLUG' makes one",
                       c.id, c.home);
    printf("%s: %s, %d exercises, in %s\n\n", c.id,
           c.title[c.title[LANG_EN] ? LANG_EN : LANG_ZH], c.count, c.home);
    fflush(stdout);
    return cmd_lint.run(1, words, e);
}

static int run(int argc, char *argv[], struct err *e)
{
    struct course_options o = {.languages = "en"};
    struct arena a = {0};
    int first = options_parse(&cmd_course, argc, argv, use, &o, e), rc;
    const char *what, *dir;

    if (first < 0)
        return first;
    what = argv[first] ? argv[first] : "";
    dir = *what ? argv[first + 1] : NULL;
    if (dir && argv[first + 2])
        return err_set(e, ERR_USAGE, "'%s' is not expected", argv[first + 2]);
    if (strcmp(what, "new") == 0 && dir)
        rc = course_new(&o, dir, &a, e);
    else if (strcmp(what, "check") == 0)
        rc = course_check(dir, &a, e);
    else
        rc = err_set(e, ERR_USAGE, "expected 'new DIR' or 'check [DIR]'");
    arena_release(&a);
    return rc;
}

const struct cmd cmd_course = {
    .name = "course",
    .args = "new DIR | check [DIR]",
    .rows = rows,
    .summary = "a course of your own: make its folder; prove all of it, as lint does",
    .run = run,
};

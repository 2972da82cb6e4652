/* cmd_export.c - `lockstep export PLATFORM`: a package that a course uploads as it is.
 *
 * grader/packaging/PLATFORM/ holds what a platform wants to find, word for word but for
 * @EXERCISES@,
 * @FILES@ and @UUID@; this file says where the grader's own source goes beside it. Source and
 * not binaries: images and runners have other libraries than this machine. What students can
 * read (a repository, a published bundle) holds neither reference solutions nor a secret.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#include "batch/unitfile.h"
#include "cli/handout.h"
#include "cli/options.h"
#include "cli/pack.h"
#include "core/course.h"
#include "core/place.h"

enum { OPT_SECRET = 256, TEMPLATE_MAX = 1 << 20 };

struct platform {
    const char *name, *ending;
    const char *source; /* folder of the grader's source in it */
    const char *secret; /* where the course secret goes; NULL: students can read the package */
    const char *inner;  /* an archive in the archive holds source and secret; NULL */
    const char *stubs;  /* folder for the exercises as handed out; NULL */
    const char *next;   /* what to do with it */
};

static const struct platform platforms[] = {
    {"gradescope", ".zip", "lockstep/", "secret", NULL, NULL,
     "Upload it as the assignment's autograder (Configure Autograder, Zip file upload)."},
    {"github", ".zip", ".lockstep/", NULL, NULL, "exercises/",
     "Unpack it into an empty repository, push, and make that the template of the assignment."},
    {"classroom50", ".zip", "lockstep/", NULL, NULL, NULL,
     "Unpack it into CLASSROOM/autograders/ASSIGNMENT/ of the classroom50 repository."},
    {"autolab", ".tar", "lockstep/", "secret", "autograde.tar", NULL,
     "Upload autograde.tar and autograde-Makefile; give the assessment a problem an exercise, "
     "named "
     "like it."},
    {"prairielearn", ".zip", "tests/lockstep/", "tests/secret", NULL, NULL,
     "Unpack it as a folder below questions/; build and push the image of its Dockerfile."},
};

struct export_options {
    const char *out, *secret;
};

static const struct option_row rows[] = {
    {'o', "output", "FILE", "where to put it (.zip; autolab: .tar)"},
    {OPT_SECRET, "secret", "FILE",
     "course secret to put in (default: the one batch uses, ~/.config/lockstep/course-secret)"},
    {0, NULL, NULL, NULL},
};

static int use(void *ctx, int key, const char *value, struct err *e)
{
    struct export_options *o = ctx;

    (void)e;
    if (key == 'o')
        o->out = value;
    else
        o->secret = value;
    return 0;
}

struct job {
    const struct platform *to;
    const struct course *c;
    const struct exercise *const *list; /* NULL-ended */
    const char *source, *templates;     /* folders of Makefile and grader/; of the platform's */
    char *secret;
    struct arena *a;
    time_t now;
};

/* ---- what stands between two @ ------------------------------------------------------- */

/* Version 4, random (RFC 9562). */
static void put_uuid(struct buf *b)
{
    unsigned char u[16];

    if (getrandom(u, sizeof u, 0) != sizeof u)
        memset(u, 0x5a, sizeof u);
    u[6] = (u[6] & 0x0f) | 0x40;
    u[8] = (u[8] & 0x3f) | 0x80;
    for (int i = 0; i < 16; i++)
        buf_printf(b, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", u[i]);
}

static void put_list(struct buf *b, const struct job *j, bool files)
{
    for (int i = 0; j->list[i]; i++)
        buf_printf(b, "%s%s", i ? (files ? ", " : " ") : "",
                   files ? j->list[i]->rubric.edit : j->list[i]->id);
}

static void fill(struct buf *b, const struct job *j, const char *text, size_t len)
{
    static const char *const words[] = {"@EXERCISES@", "@FILES@", "@UUID@"};

    for (size_t at = 0; at < len;) {
        size_t k = 0;

        while (k < ARRAY_SIZE(words) && (len - at < strlen(words[k]) ||
                                         memcmp(text + at, words[k], strlen(words[k])) != 0))
            k++;
        if (k == ARRAY_SIZE(words)) {
            buf_add(b, text + at++, 1);
            continue;
        }
        if (k == 2)
            put_uuid(b);
        else
            put_list(b, j, k == 1);
        at += strlen(words[k]);
    }
}

/* ---- the parts ----------------------------------------------------------------------- */

static int put_template(struct pack *p, const struct job *j, const char *name, struct err *e)
{
    const char *path = arena_printf(j->a, "%s/%s", j->templates, name);
    auto_free char *text = NULL;
    struct buf b = {0};
    struct stat st;
    size_t len;
    int rc;

    if (!path)
        return err_oom(e);
    if (stat(path, &st) < 0)
        return err_errno(e, "cannot read '%s'", path);
    if (slurp(path, TEMPLATE_MAX, &text, &len, e) < 0)
        return -1;
    fill(&b, j, text, len);
    rc = b.failed ? err_oom(e)
                  : pack_put(p, name, b.data ? b.data : "", b.len,
                             st.st_mode & 0100 ? 0755 : 0644, e);
    buf_release(&b);
    return rc;
}

/* What building needs, and nothing of the tests. */
static bool skip_grader(const char *path)
{
    static const char *const left_out[] = {"tests", "bench", "packaging"};

    for (size_t i = 0; i < ARRAY_SIZE(left_out); i++)
        if (strcmp(path, left_out[i]) == 0)
            return true;
    return strstr(path, "__pycache__") != NULL;
}

struct into {
    struct pack *p;
    const char *prefix;
    struct arena *a;
};

static int put_file(void *ctx, const struct exercise *x, const char *name, const char *text,
                    size_t len, struct err *e)
{
    const struct into *to = ctx;
    const char *path = arena_printf(to->a, "%s%s/%s", to->prefix, x->id, name);

    return path ? pack_put(to->p, path, text, len, 0644, e) : err_oom(e);
}

/* The exercises as students get them, and the course.yml of these alone. */
static int put_exercises(struct pack *p, const struct job *j, const char *prefix, struct err *e)
{
    struct into to = {p, prefix, j->a};
    struct buf b = {0};
    int rc;

    course_file_print(j->c, j->list, &b);
    rc = b.failed
             ? err_oom(e)
             : pack_put(p, arena_printf(j->a, "%scourse.yml", prefix), b.data, b.len, 0644, e);
    buf_release(&b);
    for (int i = 0; rc == 0 && j->list[i]; i++)
        rc = handout_each(j->c, j->list[i], j->a, put_file, &to, e);
    return rc;
}

static int put_source(struct pack *p, const struct job *j, struct err *e)
{
    const char *to = j->to->source;
    const char *makefile = arena_printf(j->a, "%s/Makefile", j->source);
    auto_free char *text = NULL;
    size_t len = 0;
    int rc = makefile ? slurp(makefile, TEMPLATE_MAX, &text, &len, e) : err_oom(e);

    if (rc == 0)
        rc = pack_put(p, arena_printf(j->a, "%sMakefile", to), text, len, 0644, e);
    if (rc == 0)
        rc = pack_tree(p, arena_printf(j->a, "%s/grader", j->source),
                       arena_printf(j->a, "%sgrader/", to), skip_grader, e);
    if (rc == 0)
        rc = put_exercises(p, j, arena_printf(j->a, "%sexercises/", to), e);
    for (int i = 0; rc == 0 && j->to->secret && j->list[i]; i++) {
        const char *id = j->list[i]->id;

        rc = pack_tree(p, arena_printf(j->a, "%s/solutions/%s", j->c->home, id),
                       arena_printf(j->a, "%ssolutions/%s/", to, id), NULL, e);
    }
    if (rc == 0 && j->to->secret)
        rc = pack_put(p, j->to->secret, j->secret, strlen(j->secret), 0600, e);
    return rc;
}

/* Templates by the order of their names, those in folders too. */
static const char *const *template_names(const struct platform *to)
{
    static const char *const of[][5] = {
        {"setup.sh", "run_autograder", "README.md", NULL},
        {".github/workflows/lockstep.yml", ".gitignore", "README.md", NULL},
        {"autograder.py", NULL},
        {"autograde-Makefile", "Dockerfile", NULL},
        {"info.json", "question.html", "Dockerfile", "tests/run.sh", NULL},
    };

    return of[to - platforms];
}

static int put_inner(struct pack *p, const struct job *j, struct err *e)
{
    const char *work = NULL, *path;
    auto_free char *data = NULL;
    struct pack inner;
    size_t len;
    struct err ignored;
    int rc;

    if (unit_open_work(j->a, &work, e) < 0)
        return -1;
    path = arena_printf(j->a, "%s/inner.tar", work);
    rc = path ? pack_open(&inner, path, 0600, j->now, e) : err_oom(e);
    if (!path)
        return rc;
    if (rc == 0)
        rc = put_template(&inner, j, "autolab.sh", e);
    if (rc == 0)
        rc = put_source(&inner, j, e);
    rc = pack_close(&inner, rc, e);
    if (rc == 0)
        rc = slurp(path, 256u << 20, &data, &len, e);
    if (rc == 0)
        rc = pack_put(p, j->to->inner, data, len, 0644, e);
    remove_tree(work, &ignored);
    return rc;
}

static int write_package(const struct job *j, const char *out, struct err *e)
{
    const char *const *names = template_names(j->to);
    struct pack p;
    int rc = pack_open(&p, out, j->to->secret ? 0600 : 0644, j->now, e);

    for (int i = 0; rc == 0 && names[i]; i++)
        rc = put_template(&p, j, names[i], e);
    if (rc == 0)
        rc = j->to->inner ? put_inner(&p, j, e) : put_source(&p, j, e);
    if (rc == 0 && j->to->stubs)
        rc = put_exercises(&p, j, j->to->stubs, e);
    return pack_close(&p, rc, e);
}

/* ---- the command --------------------------------------------------------------------- */

static const struct platform *find_platform(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(platforms); i++)
        if (strcmp(platforms[i].name, name) == 0)
            return &platforms[i];
    return NULL;
}

static int find_secret(const struct export_options *o, struct job *j, struct err *e)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    const char *path = o->secret;

    if (!j->to->secret)
        return o->secret
                   ? err_set(e, ERR_USAGE,
                             "'--secret': students can read the package for %s; no secret "
                             "belongs there",
                             j->to->name)
                   : 0;
    if (!path && config && *config)
        path = arena_printf(j->a, "%s/lockstep/course-secret", config);
    else if (!path && home && *home)
        path = arena_printf(j->a, "%s/.config/lockstep/course-secret", home);
    if (!path)
        return err_set(e, ERR_USAGE,
                       "no HOME to find the course secret in; give --secret FILE");
    if (access(path, F_OK) < 0)
        return err_set(e, ERR_USAGE,
                       "no course secret in '%s': batch makes one at its first run, or give "
                       "--secret FILE",
                       path);
    return secret_load(path, false, &j->secret, e);
}

/* An installation has it below share/lockstep/source, a tree at its top. */
static int find_source(struct job *j, struct err *e)
{
    const char *makefile = place_find("source/Makefile", j->a);
    char *dir;

    if (!makefile)
        makefile = place_find("Makefile", j->a);
    dir = makefile ? arena_strdup(j->a, makefile) : NULL;
    if (!dir)
        return err_set(
            e, ERR_USAGE,
            "packages hold the grader's source, and this installation has none: use one "
            "made by 'make install', not by 'make install-student'");
    *strrchr(dir, '/') = '\0';
    j->source = dir;
    j->templates = arena_printf(j->a, "%s/grader/packaging/%s", dir, j->to->name);
    return j->templates ? 0 : err_oom(e);
}

/* An instructor's package without references would compare with nothing. */
static int find_solutions(const struct job *j, struct err *e)
{
    for (int i = 0; j->to->secret && j->list[i]; i++)
        if (!course_solution(j->c, j->list[i], j->a))
            return err_set(
                e, ERR_USAGE,
                "no reference solution of %s in '%s': the package for %s compares with "
                "it",
                j->list[i]->id, j->c->home, j->to->name);
    return 0;
}

static int export(const struct export_options *o, char *const words[], struct arena *a,
                  struct err *e)
{
    struct job j = {.to = find_platform(words[0]), .a = a, .now = time(NULL)};
    const struct exercise **list;
    struct course c;
    int rc;

    if (!j.to)
        return err_set(
            e, ERR_USAGE,
            "unknown platform '%s': expected gradescope, github, classroom50, autolab "
            "or prairielearn",
            words[0]);
    if (!pack_knows(o->out) || strcmp(o->out + strlen(o->out) - 4, j.to->ending) != 0)
        return err_set(e, ERR_USAGE, "'-o %s': for %s the name ends in %s", o->out, j.to->name,
                       j.to->ending);
    if (course_load(a, &c, e) < 0 || pick_exercises(&c, words + 1, a, &list, e) < 0)
        return -1;
    j.c = &c;
    j.list = list;
    if ((rc = find_source(&j, e)) < 0 || (rc = find_solutions(&j, e)) < 0)
        return rc;
    rc = find_secret(o, &j, e);
    if (rc == 0)
        rc = write_package(&j, o->out, e);
    if (rc == 0)
        printf("%s is written. %s\n", o->out, j.to->next);
    free(j.secret);
    return rc;
}

static int run(int argc, char *argv[], struct err *e)
{
    struct export_options o = {0};
    int first = options_parse(&cmd_export, argc, argv, use, &o, e), rc;
    struct arena a = {0};

    if (first < 0)
        return first;
    if (!argv[first])
        return err_set(e, ERR_USAGE,
                       "expected gradescope, github, classroom50, autolab or prairielearn");
    if (!o.out)
        return err_set(e, ERR_USAGE, "'-o FILE' says where the package goes; it is missing");
    catch_interrupts();
    unit_sweep();
    rc = export(&o, argv + first, &a, e);
    arena_release(&a);
    return rc < 0 ? -1 : EXIT_ALL_PASS;
}

const struct cmd cmd_export = {
    .name = "export",
    .args = "PLATFORM [EXERCISE...] -o FILE",
    .rows = rows,
    .summary = "a package for gradescope, github, classroom50, autolab or prairielearn",
    .run = run,
};

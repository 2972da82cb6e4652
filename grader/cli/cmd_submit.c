/* cmd_submit.c - `lockstep submit`: grade once more, then one archive with a manifest.
 *
 * What does not compile, and what is still the stub, is not packed without a word: no student
 * can have meant that. Format of the manifest: batch/manifest.h. Written by libarchive, whole
 * or not at all.
 */
#include <errno.h>
#include <gnu/libc-version.h>
#include <string.h>
#include <time.h>

#include "batch/manifest.h"
#include "batch/tool.h"
#include "batch/unitfile.h"
#include "cli/options.h"
#include "cli/own.h"
#include "cli/pack.h"
#include "core/version.h"
#include "report/words.h"

enum { OPT_SUBMISSION = 256, OPT_SIGN, OPT_ANYWAY, OPT_LANG, FILE_BYTES = 1 << 20 };

struct submit_options {
    const char *out, *submission, *key;
    bool anyway;
    enum lang lang;
};

struct packed {
    const struct exercise *x;
    const char *file;
    char *text;
    size_t len;
    struct unit_result result;
};

static const struct option_row rows[] = {
    {'o', "output", "FILE", "the archive: .zip or .tar.gz (default: lockstep-submission.zip)"},
    {OPT_SUBMISSION, "submission", "DIR", "of DIR/NN-slug/slug.c or DIR/slug.c"},
    {OPT_SIGN, "sign", "KEY", "sign the manifest with this SSH key (ssh-keygen -Y sign)"},
    {OPT_LANG, "lang", "L", "en or zh (default: the terminal's)"},
    {OPT_ANYWAY, "anyway", NULL, "pack also what does not compile, or is still the stub"},
    {0, NULL, NULL, NULL},
};

static int use(void *ctx, int key, const char *value, struct err *e)
{
    struct submit_options *o = ctx;

    if (key == OPT_LANG)
        return parse_lang(value, &o->lang, e);
    if (key == 'o')
        o->out = value;
    else if (key == OPT_SUBMISSION)
        o->submission = value;
    else if (key == OPT_SIGN)
        o->key = value;
    else
        o->anyway = true;
    return 0;
}

/* ---- checking ------------------------------------------------------------------------ */

static bool all_are(const struct unit_result *u, enum verdict v)
{
    for (int i = 0; i < u->test_count; i++)
        if (u->tests[i].verdict != v)
            return false;
    return u->test_count > 0;
}

static void tell(void *ctx, const char *what)
{
    progress_line("%s: %s ...", ((const struct exercise *)ctx)->id, what);
}

/* One exercise into *p; 1: packed, 0: left out, -1. */
static int check_one(const struct submit_options *o, const struct course *c, bool named,
                     struct packed *p, struct arena *a, struct err *e)
{
    struct unit_options uo = {.course = c, .modes = ~0u, .progress = tell, .ctx = (void *)p->x};
    struct unit_result *r = &p->result;

    if (p->x->broken.kind != ERR_NONE) {
        *e = p->x->broken;
        return -1;
    }
    if (access(p->file, F_OK) < 0)
        return named ? err_set(e, ERR_USAGE, "%s: there is no '%s'", p->x->id, p->file) : 0;
    if (slurp(p->file, FILE_BYTES, &p->text, &p->len, e) < 0 ||
        unit_grade(&uo, p->x, p->file, a, r, e) < 0)
        return -1;
    progress_clear();
    if (!named && all_are(r, VERDICT_NOT_IMPLEMENTED))
        return 0;
    printf("%-24s %3d/%-3d  %s%s\n", p->x->id, r->score, r->max, p->file,
           all_are(r, VERDICT_NOT_IMPLEMENTED) ? tr(o->lang, "  (still the stub)") : "");
    if (all_are(r, VERDICT_NOT_IMPLEMENTED) && !o->anyway)
        return err_set(
            e, ERR_USAGE,
            "'%s' is still the stub; nothing was packed. Is it the file you wrote? If "
            "you mean it, say --anyway",
            p->file);
    if (all_are(r, VERDICT_COMPILE_ERROR) && !o->anyway)
        return err_set(
            e, ERR_USAGE,
            "%s does not compile ('lockstep grade %.2s' shows why); fix it, or use --anyway",
            p->x->id, p->x->id);
    return 1;
}

/* ---- the manifest -------------------------------------------------------------------- */

/* A tool's first line; "" when it is not there. */
static json_t *answer(char *const argv[])
{
    struct buf b = {0};
    struct err ignored = {0};
    json_t *j = NULL;

    if (tool_run(argv, NULL, TOOL_DROPPED, &b, &ignored) == 0 && b.data)
        j = json_stringn(b.data, strcspn(b.data, "\n"));
    buf_release(&b);
    return j ? j : json_string("");
}

static json_t *entry_of(const struct packed *p, struct err *e)
{
    char hash[KEY_HEX], version[KEY_HEX];
    json_t *tests = json_object();

    if (manifest_version(p->x, version, e) < 0) {
        json_decref(tests);
        return NULL;
    }
    key_hash(p->text, p->len, hash);
    for (int i = 0; i < p->result.test_count; i++)
        json_object_set_new(tests, p->result.tests[i].test->id,
                            json_string(verdict_name(p->result.tests[i].verdict)));
    return json_pack("{s:s, s:o, s:s, s:s, s:i, s:i, s:o}", "id", p->x->id, "file",
                     json_sprintf("%s/%s", p->x->id, p->x->rubric.edit), "sha256", hash,
                     "version", version, "score", p->result.score, "max", p->result.max,
                     "tests", tests);
}

static int make_manifest(const struct packed *list, int count, time_t now, struct buf *ret,
                         struct err *e)
{
    char *gcc[] = {"gcc", "-dumpfullversion", NULL},
         *valgrind[] = {"valgrind", "--version", NULL};
    json_t *entries = json_array(), *j;
    auto_free char *text = NULL;
    struct tm utc;
    char when[32];

    for (int i = 0; i < count; i++) {
        json_t *entry = entry_of(&list[i], e);

        if (!entry) {
            json_decref(entries);
            return -1;
        }
        json_array_append_new(entries, entry);
    }
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    j = json_pack("{s:s, s:s, s:s, s:s, s:{s:o, s:s, s:o}, s:o}", "format", MANIFEST_FORMAT,
                  "created", when, "grader", LOCKSTEP_VERSION, "tier",
                  tier_name(list[0].result.tier), "toolchain", "gcc", answer(gcc), "libc",
                  gnu_get_libc_version(), "valgrind", answer(valgrind), "exercises", entries);
    text = j ? json_dumps(j, JSON_INDENT(2)) : NULL;
    json_decref(j);
    if (!text)
        return err_oom(e);
    buf_puts(ret, text);
    buf_puts(ret, "\n");
    return 0;
}

/* ssh-keygen asks for a passphrase by itself, on the terminal. */
static int sign(const char *key, const struct buf *manifest, struct buf *ret, struct arena *a,
                struct err *e)
{
    const char *work = NULL, *path, *made;
    auto_free char *text = NULL;
    struct err ignored = {0};
    size_t len;
    int rc = unit_open_work(a, &work, e);

    path = work ? arena_printf(a, "%s/" MANIFEST_NAME, work) : NULL;
    made = work ? arena_printf(a, "%s/" MANIFEST_SIGNATURE, work) : NULL;
    if (rc == 0 && path && made) {
        char *argv[] = {"ssh-keygen",       "-q", "-Y",        "sign",       "-n",
                        MANIFEST_NAMESPACE, "-f", (char *)key, (char *)path, NULL};

        rc = write_plain(path, manifest->data, manifest->len, e);
        if (rc == 0)
            rc = tool_run(argv, NULL, TOOL_SHOWN, NULL, e);
        if (rc > 0)
            rc = err_set(e, ERR_USAGE,
                         rc == 127 ? "'--sign' needs ssh-keygen (package openssh-client)"
                                   : "ssh-keygen could not sign with '%s'",
                         key);
        if (rc == 0)
            rc = slurp(made, FILE_BYTES, &text, &len, e);
        if (rc == 0)
            buf_add(ret, text, len);
    }
    if (work)
        remove_tree(work, &ignored);
    return rc;
}

/* ---- the archive --------------------------------------------------------------------- */

static int write_archive(const char *out, const struct packed *list, int count,
                         const struct buf *manifest, const struct buf *signature, time_t now,
                         struct err *e)
{
    struct pack p;
    int rc = pack_open(&p, out, 0644, now, e);

    if (rc == 0)
        rc = pack_put(&p, MANIFEST_NAME, manifest->data, manifest->len, 0644, e);
    if (rc == 0 && signature->len)
        rc = pack_put(&p, MANIFEST_SIGNATURE, signature->data, signature->len, 0644, e);
    for (int i = 0; rc == 0 && i < count; i++) {
        auto_free char *name = NULL;

        if (asprintf(&name, "%s/%s", list[i].x->id, list[i].x->rubric.edit) < 0) {
            name = NULL;
            rc = err_oom(e);
        } else {
            rc = pack_put(&p, name, list[i].text, list[i].len, 0644, e);
        }
    }
    return pack_close(&p, rc, e);
}

/* ---- the command --------------------------------------------------------------------- */

static int pack(const struct submit_options *o, const struct packed *list, int count,
                struct arena *a, struct err *e)
{
    struct buf manifest = {0}, signature = {0};
    const time_t now = time(NULL);
    const bool replaces = access(o->out, F_OK) == 0;
    int rc = make_manifest(list, count, now, &manifest, e);

    if (rc == 0 && o->key)
        rc = sign(o->key, &manifest, &signature, a, e);
    if (rc == 0)
        rc = write_archive(o->out, list, count, &manifest, &signature, now, e);
    if (rc == 0)
        printf(replaces ? tr(o->lang,
                             "Packed into %s, which was there and is replaced. Hand in this "
                             "one file.\n")
                        : tr(o->lang, "Packed into %s. Hand in this one file.\n"),
               o->out);
    buf_release(&manifest);
    buf_release(&signature);
    return rc;
}

static int submit(const struct submit_options *o, char *const words[], struct arena *a,
                  struct err *e)
{
    const struct exercise **list;
    struct packed *packed;
    struct course c;
    int n, count = 0, rc = 0;
    bool named;

    if (course_load(a, &c, e) < 0 || (n = own_pick(&c, words, a, &list, e)) < 0)
        return -1;
    named = words[0] || own_exercise(&c);
    packed = arena_zalloc(a, (size_t)(n + 1) * sizeof *packed);
    for (int i = 0; packed && rc >= 0 && i < n; i++) {
        packed[count] = (struct packed){.x = list[i]};
        rc = own_file(list[i], o->submission, a, &packed[count].file, e);
        if (rc == 0)
            rc = check_one(o, &c, named, &packed[count], a, e);
        if (rc == 1)
            count++;
        else
            free(packed[count].text);
    }
    if (rc >= 0 && !count)
        rc = err_set(e, ERR_USAGE, "nothing to submit: all that is there is still the stub");
    else if (rc >= 0)
        rc = pack(o, packed, count, a, e);
    for (int i = 0; i < count; i++)
        free(packed[i].text);
    return rc;
}

static int run(int argc, char *argv[], struct err *e)
{
    struct submit_options o = {.out = "lockstep-submission.zip", .lang = user_language()};
    int first = options_parse(&cmd_submit, argc, argv, use, &o, e), rc;
    struct arena a = {0};

    if (first < 0)
        return first;
    if (!pack_knows(o.out))
        return err_set(e, ERR_USAGE, "'-o %s': expected a name ending in .zip or .tar.gz",
                       o.out);
    if (o.key && access(o.key, R_OK) < 0)
        return err_set(e, ERR_USAGE, "'--sign %s': %s", o.key, strerror(errno));
    catch_interrupts();
    unit_sweep();
    rc = submit(&o, argv + first, &a, e);
    arena_release(&a);
    return rc < 0 ? -1 : EXIT_ALL_PASS;
}

const struct cmd cmd_submit = {
    .name = "submit",
    .args = "[EXERCISE...] [OPTIONS]",
    .rows = rows,
    .summary = "check, then pack what is to be handed in into one archive",
    .run = run,
};

/* manifest.c - reads what a student's archive says of itself, and believes none of it. */
#include "batch/manifest.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "core/utf8.h"
#include "sandbox/keeper.h"
#include "sandbox/tier.h"

enum { FILE_BYTES = 1 << 20, SAID = 8, NAME_SHOWN = 100 };

const char manifest_tool[] = "/usr/bin/ssh-keygen";

int manifest_version(const struct exercise *x, char ret[static KEY_HEX], struct err *e)
{
    struct buf all = {0};
    int rc = 0;

    for (int i = 0; rc == 0 && i < 3; i++) {
        auto_free char *path = NULL, *text = NULL;
        size_t len;
        const int n = i == 0   ? asprintf(&path, "%s/%s.h", x->dir, x->cname)
                      : i == 1 ? asprintf(&path, "%s/check_%s.c", x->dir, x->cname)
                               : asprintf(&path, "%s/exercise.yml", x->dir);

        if (n < 0) {
            path = NULL;
            rc = err_oom(e);
        } else if ((rc = slurp(path, FILE_BYTES, &text, &len, e)) == 0) {
            buf_printf(&all, "%zu\n", len);
            buf_add(&all, text, len);
        }
    }
    if (rc == 0)
        rc = all.failed ? err_oom(e) : 0;
    if (rc == 0)
        key_hash(all.data, all.len, ret);
    buf_release(&all);
    return rc;
}

static const char *string_of(const json_t *j, const char *key)
{
    const char *s = json_string_value(json_object_get(j, key));

    return s ? s : "";
}

/* At most SAID lines: an archive could list millions. The name is the student's: one line of
 * whole characters, cut where it is long. */
static void complain(struct buf *b, int *said, const char *fmt, const char *name)
{
    struct buf clean = {0};
    size_t n;

    if ((*said)++ >= SAID)
        return;
    utf8_clean(&clean, name, strlen(name), UTF8_TERMINAL);
    for (n = 0; n < clean.len && n < NAME_SHOWN; n++)
        if (clean.data[n] == '\n')
            clean.data[n] = ' ';
    while (n > 0 && n < clean.len && (clean.data[n] & 0xc0) == 0x80)
        n--;
    if (clean.data)
        clean.data[n] = '\0';
    buf_printf(b, fmt, clean.data ? clean.data : "");
    buf_release(&clean);
}

static int check_entry(const json_t *entry, const struct course *c, manifest_lookup *where,
                       void *ctx, struct buf *ret, int *said, struct err *e)
{
    const char *file = string_of(entry, "file"), *path = *file ? where(ctx, file) : NULL;
    const struct exercise *x = course_find(c, string_of(entry, "id"));
    auto_free char *text = NULL;
    char hash[KEY_HEX] = "";
    struct err unreadable = {0};
    size_t len;

    if (!path) {
        complain(ret, said, "'%s' was submitted and is not there\n", file);
        return 0;
    }
    if (slurp(path, FILE_BYTES, &text, &len, &unreadable) == 0)
        key_hash(text, len, hash);
    if (strcmp(hash, string_of(entry, "sha256")) != 0)
        complain(ret, said, "'%s' is not what was submitted\n", file);
    if (x && x->broken.kind == ERR_NONE) {
        if (manifest_version(x, hash, e) < 0)
            return -1;
        if (strcmp(hash, string_of(entry, "version")) != 0)
            complain(ret, said, "it was made for another version of %s\n", x->id);
    }
    return 0;
}

int manifest_check(const char *path, const struct course *c, manifest_lookup *where, void *ctx,
                   struct buf *ret, struct err *e)
{
    auto_free char *text = NULL;
    struct err unreadable = {0};
    const json_t *entries, *entry;
    json_t *j = NULL;
    int rc = 0, said = 0;
    size_t len, i;

    if (slurp(path, MANIFEST_MAX, &text, &len, &unreadable) == 0)
        j = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    entries = json_object_get(j, "exercises");
    if (strcmp(string_of(j, "format"), MANIFEST_FORMAT) != 0 || !json_is_array(entries)) {
        buf_puts(ret, "its manifest cannot be read\n");
    } else if (json_array_size(entries) > (size_t)c->count) {
        buf_puts(ret, "its manifest lists more than there are exercises\n");
    } else {
        json_array_foreach((json_t *)entries, i, entry) if (rc == 0) rc =
            check_entry(entry, c, where, ctx, ret, &said, e);
        if (said > SAID)
            buf_printf(ret, "and %d things more\n", said - SAID);
    }
    json_decref(j);
    if (rc == 0 && ret->failed)
        rc = err_oom(e);
    return rc;
}

/* "Good "lockstep" signature with ED25519 key SHA256:..." */
static const char *fingerprint(const char *said, struct arena *a)
{
    const char *p = said && strncmp(said, "Good ", 5) == 0 ? strstr(said, "SHA256:") : NULL;

    return p ? arena_strndup(a, p, strcspn(p, " \r\n")) : NULL;
}

int manifest_signer(const char *path, const char *signature, const char *work, struct arena *a,
                    const char **ret, struct err *e)
{
    char *argv[] = {(char *)manifest_tool, "-Y", "check-novalidate", "-n",
                    MANIFEST_NAMESPACE,    "-s", "signature",        NULL};
    char *envp[] = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", NULL};
    const char *files[] = {"signature", NULL};
    const char *copy = arena_printf(a, "%s/signature", work);
    struct keeper_job job = {
        .argv = argv, .envp = envp, .cwd = work, .files = files, .limits = LIMITS_DEFAULT};
    auto_close int in = -1;
    auto_free char *text = NULL;
    struct keeper_result r = {0};
    struct err unreadable = {0};
    size_t len;

    *ret = NULL;
    if (!copy)
        return err_oom(e);
    in = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (in < 0 || slurp(signature, MANIFEST_MAX, &text, &len, &unreadable) < 0)
        return 0;
    if (write_plain(copy, text, len, e) < 0)
        return -1;
    job.in = in;
    if (keeper_run(&job, &r, e) < 0)
        return -1;
    if (r.end == KEEPER_EXITED && r.code == 0)
        *ret = fingerprint(r.output.data, a);
    keeper_release(&r);
    unlink(copy);
    return 0;
}

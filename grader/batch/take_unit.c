/* take_unit.c - one exercise of one student, into the store. Nobody's work becomes a zero by
 * its name: what is not clear is a question, with the file that looks like it.
 */
#include "batch/taker.h"

#include <string.h>
#include <strings.h>

static const char *why_likely(struct taker *t, const struct exercise *x, const char *name,
                              enum likeness like)
{
    static const char *const words[] = {[LIKE_ANY_C] = "and no file is called so",
                                        [LIKE_NAME] = "whose name looks like it",
                                        [LIKE_SOME] = "which defines some of its functions",
                                        [LIKE_ALL] = "which defines its functions"};

    return arena_printf(&t->a, "'%s' is there, %s, where '%s' is expected", name, words[like],
                        x->rubric.edit);
}

/* Nobody's zero: whoever handed in some C, but no file of the right name, is asked about. */
static int take_candidate(struct taker *t, int owner, const struct exercise *x,
                          struct choice *c, const char **ret_refused, struct err *e)
{
    enum likeness like;
    bool clear;
    const int i = taker_find_likely(t, owner, x, false, &like, &clear);

    if (i < 0)
        return 0;
    if (t->in->accept_names && clear) {
        t->used[i] = true;
        c->file = i;
        if (taker_read(t, t->c.files[i].file->content, &c->source, e) < 0)
            return -1;
        return taker_note(t, owner + 1, "named",
                          arena_printf(&t->a, "%s: '%s' is taken for '%s'", x->id,
                                       t->c.files[i].rest, x->rubric.edit),
                          e);
    }
    t->told[i] = true;
    *ret_refused = why_likely(t, x, t->c.files[i].rest, like);
    return taker_note(t, owner + 1, "ambiguous",
                      *ret_refused ? arena_printf(&t->a, "%s: %s (--map%s takes it)", x->id,
                                                  *ret_refused,
                                                  like == LIKE_ALL ? " or --accept-names" : "")
                                   : NULL,
                      e);
}

/* Did somebody hand in what is not clear yet: a name nearly right, an archive not opened? */
static bool is_unclear(struct taker *t, int owner, const struct exercise *x)
{
    enum likeness like;
    bool clear;

    return t->closed[owner] || taker_find_likely(t, owner, x, true, &like, &clear) >= 0;
}

/* Nobody of the group has a file of the right name: one with another name may be everybody's.
 */
static const char *unclear_group(struct taker *t, int owner, const struct exercise *x)
{
    const struct roster_row *mine = t->rows ? t->rows[owner] : NULL;

    for (int p = 0; mine && *mine->group && p < t->c.people_count; p++)
        if (p != owner && t->rows[p] && strcasecmp(t->rows[p]->group, mine->group) == 0 &&
            is_unclear(t, p, x))
            return arena_printf(&t->a,
                                "what %s of the same group handed in is not clear: see there",
                                t->c.people[p].name);
    return NULL;
}

/* What a member of the same group handed in; the latest when several did, and they differ. */
static int choose_group(struct taker *t, int owner, const struct exercise *x,
                        struct choice *ret, struct err *e)
{
    const struct roster_row *mine = t->rows ? t->rows[owner] : NULL;
    int rc = 0;

    for (int p = 0; rc == 0 && mine && *mine->group && p < t->c.people_count; p++) {
        const struct roster_row *theirs = t->rows[p];
        struct choice c;

        if (p == owner || !theirs || strcasecmp(theirs->group, mine->group) != 0)
            continue;
        if ((rc = taker_choose(t, p, x, &c, e)) < 0)
            break;
        if (c.file < 0)
            continue;
        if (ret->file >= 0 && strcmp(ret->source.hash, c.source.hash) != 0 &&
            t->c.files[c.file].file->when == t->c.files[ret->file].file->when)
            ret->ambiguous = "members of the group handed in different files";
        if (ret->file < 0 || t->c.files[c.file].file->when > t->c.files[ret->file].file->when) {
            free(ret->source.text);
            *ret = c;
        } else {
            free(c.source.text);
        }
    }
    if (rc == 0 && ret->file >= 0)
        rc = taker_note(t, owner + 1, "group",
                        arena_printf(&t->a, "%s: handed in by %s", x->id,
                                     t->c.people[t->c.files[ret->file].owner].name),
                        e);
    return rc;
}

/* Has this file other bytes than what was chosen? 1, 0, -1. */
static int differs(struct taker *t, const struct owned_file *o, const struct choice *c,
                   struct err *e)
{
    struct source s = {0};
    int rc = taker_read(t, o->file->content, &s, e);

    if (rc == 0)
        rc = strcmp(s.hash, c->source.hash) != 0;
    free(s.text);
    return rc;
}

/* What else was there for the exercise, and is not used. */
static int note_others(struct taker *t, int owner, const struct exercise *x,
                       const struct choice *c, struct err *e)
{
    const struct owned_file *chosen = &t->c.files[c->file];
    int rc = 0;

    for (int i = 0; rc >= 0 && i < t->c.file_count; i++) {
        const struct owned_file *o = &t->c.files[i];

        if (i == c->file || o->owner != owner || o->version < chosen->version ||
            taker_fits(t, o, x) == 0 || (rc = differs(t, o, c, e)) <= 0)
            continue;
        rc = taker_note(t, owner + 1, "unmatched",
                        arena_printf(&t->a, "'%s', since '%s' is used", o->rest, chosen->rest),
                        e);
    }
    return rc < 0 ? -1 : 0;
}

static int note_versions(struct taker *t, int owner, const struct exercise *x,
                         const struct choice *c, struct err *e)
{
    for (int i = 0; c->file >= 0 && i < t->c.file_count; i++) {
        const struct owned_file *o = &t->c.files[i];

        if (i != c->file && o->owner == owner && taker_fits(t, o, x) > 0 &&
            o->version < t->c.files[c->file].version &&
            taker_note(t, owner + 1, "resubmitted",
                       arena_printf(&t->a, "'%s' is replaced by '%s'", o->file->name,
                                    t->c.files[c->file].file->name),
                       e) < 0)
            return -1;
    }
    return c->file >= 0 ? note_others(t, owner, x, c, e) : 0;
}

/* The stub as it was handed out, beside a file that may be the work: which one was meant? */
static int doubt_stub(struct taker *t, int owner, const struct exercise *x, struct choice *c,
                      struct err *e)
{
    const char *path = arena_printf(&t->a, "%s/%s", x->dir, x->rubric.edit);
    auto_free char *stub = NULL;
    struct err ignored = {0};
    enum likeness like;
    bool clear;
    size_t len;
    int other = -1;

    if (!path)
        return err_oom(e);
    if (!c->source.text || slurp(path, HANDED_FILE_MAX, &stub, &len, &ignored) < 0 ||
        len != c->source.len || memcmp(stub, c->source.text, len) != 0)
        return 0;
    for (int i = 0; i < t->c.file_count && other < 0; i++) {
        struct source s = {0};

        if (i == c->file || t->c.files[i].owner != owner ||
            taker_fits(t, &t->c.files[i], x) == 0)
            continue;
        if (taker_read(t, t->c.files[i].file->content, &s, e) < 0)
            return -1;
        if (strcmp(s.hash, c->source.hash) != 0)
            other = i;
        free(s.text);
    }
    if (other < 0 && (other = taker_find_likely(t, owner, x, false, &like, &clear)) >= 0 &&
        like < LIKE_SOME)
        other = -1;
    if (other >= 0)
        c->ambiguous =
            arena_printf(&t->a, "'%s' is the stub as it was handed out, and '%s' is there",
                         t->c.files[c->file].rest, t->c.files[other].rest);
    return 0;
}

int taker_unit(struct taker *t, int owner, const struct exercise *x, struct err *e)
{
    struct stored_unit u = {.student = owner + 1, .exercise = x->id};
    const char *candidate = NULL;
    struct choice c;
    int rc = taker_choose(t, owner, x, &c, e);

    if (rc == 0 && c.file >= 0 && !c.ambiguous)
        rc = doubt_stub(t, owner, x, &c, e);
    if (rc == 0 && c.file < 0 && !t->in->accept_names)
        u.refused = taker_nearly(t, owner, x);
    if (rc == 0 && c.file < 0 && !u.refused)
        rc = take_candidate(t, owner, x, &c, &candidate, e);
    if (rc == 0 && c.file < 0 && !u.refused && !candidate)
        u.refused = taker_nearly(t, owner, x);
    if (rc == 0 && c.file < 0 && !u.refused && !candidate && !t->closed[owner])
        rc = choose_group(t, owner, x, &c, e);
    if (rc == 0 && c.file < 0 && !u.refused && !candidate && !t->closed[owner])
        candidate = unclear_group(t, owner, x);
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
        rc = taker_note(t, owner + 1, "ambiguous",
                        arena_printf(&t->a, "%s: %s", x->id, c.ambiguous), e);
    } else if (c.file >= 0) {
        u.source = c.source.hash;
        rc = store_add_source(t->s, c.source.hash, c.source.text, c.source.len, e);
        if (rc == 0)
            rc = note_versions(t, owner, x, &c, e);
    } else if (u.refused) {
        rc = taker_note(t, owner + 1, "ambiguous",
                        arena_printf(&t->a, "%s: %s", x->id, u.refused), e);
    } else if (candidate) {
        u.refused = candidate;
    } else if (t->refused) {
        u.refused = t->refused; /* it may have been in there: no zero */
    }
    if (rc == 0)
        rc = store_add_unit(t->s, &u, e);
    free(c.source.text);
    return rc;
}

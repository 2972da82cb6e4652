/* scores.c - what a student's machine remembers, in one small JSON file. */
#include "cli/scores.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>

#define SCORES_FORMAT "lockstep/scores/1"

enum { SCORES_MAX = 1 << 20 };

/* The folder, without its last slash; false when there is no home to keep it in. */
static bool folder(char path[static PATH_MAX])
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int n;

    if (state && *state == '/')
        n = snprintf(path, PATH_MAX, "%s/lockstep", state);
    else if (home && *home == '/')
        n = snprintf(path, PATH_MAX, "%s/.local/state/lockstep", home);
    else
        return false;
    return n > 0 && n < PATH_MAX - 32;
}

static json_t *new_scores(void)
{
    return json_pack("{s:s, s:{}}", "format", SCORES_FORMAT, "best");
}

static int load(const char *file, json_t **ret, struct err *e)
{
    auto_free char *text = NULL;
    const char *format = NULL;
    json_t *scores, *best = NULL;
    size_t len;

    if (access(file, F_OK) < 0 && errno == ENOENT) {
        *ret = new_scores();
        return *ret ? 0 : err_oom(e);
    }
    if (slurp(file, SCORES_MAX, &text, &len, e) < 0)
        return -1;
    scores = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    if (json_unpack(scores, "{s:s, s:o}", "format", &format, "best", &best) < 0 ||
        strcmp(format, SCORES_FORMAT) != 0 || !json_is_object(best)) {
        json_decref(scores);
        return err_set(e, ERR_SYSTEM, "'%s' is not a file of scores; move it away", file);
    }
    *ret = scores;
    return 0;
}

int scores_load(json_t **ret, struct err *e)
{
    char path[PATH_MAX];

    if (!folder(path)) {
        *ret = new_scores();
        return *ret ? 0 : err_oom(e);
    }
    strcat(path, "/scores.json");
    return load(path, ret, e);
}

int scores_best(const json_t *scores, const char *id)
{
    const json_t *score = json_object_get(json_object_get(scores, "best"), id);

    return json_is_integer(score) ? (int)json_integer_value(score) : -1;
}

const char *scores_last(const json_t *scores)
{
    return json_string_value(json_object_get(scores, "last"));
}

const json_t *scores_failed(const json_t *scores, const char *id)
{
    const json_t *failed = json_object_get(json_object_get(scores, "failed"), id);

    return json_is_array(failed) ? failed : NULL;
}

int scores_hints(const json_t *scores, const char *id, const char *test)
{
    const json_t *hints = json_object_get(json_object_get(scores, "hints"), id);

    return (int)json_integer_value(json_object_get(hints, test));
}

const char *scores_folder(struct arena *a)
{
    char path[PATH_MAX];

    return folder(path) ? arena_strdup(a, path) : NULL;
}

/* ---- changing it --------------------------------------------------------------------- */

/* The object under `key`, made when missing. */
static json_t *part(json_t *of, const char *key)
{
    json_t *j = json_object_get(of, key);

    if (json_is_object(j))
        return j;
    json_object_set_new(of, key, json_object());
    return json_object_get(of, key);
}

static json_t *failed_tests(const struct unit_result *u)
{
    json_t *all = json_array();

    for (int i = 0; i < u->test_count; i++)
        if (u->tests[i].verdict != VERDICT_PASS)
            json_array_append_new(all, json_string(u->tests[i].test->id));
    return all;
}

struct change {
    const struct unit_result *units;
    int count;
    const char *id, *test; /* without units: hints */
};

static void apply(json_t *scores, const struct change *c)
{
    json_t *best = json_object_get(scores, "best");

    for (int i = 0; i < c->count && c->units; i++) {
        const struct unit_result *u = &c->units[i];
        const char *id = u->exercise->id;

        if (u->not_graded)
            continue;
        if (u->score > scores_best(scores, id))
            json_object_set_new(best, id, json_integer(u->score));
        json_object_set_new(part(scores, "failed"), id, failed_tests(u));
        json_object_set_new(scores, "last", json_string(id));
    }
    if (!c->units && c->test)
        json_object_set_new(part(part(scores, "hints"), c->id), c->test,
                            json_integer(c->count));
    else if (!c->units)
        json_object_del(part(scores, "hints"), c->id);
}

static int update(const char *file, const struct change *c, struct err *e)
{
    json_t *scores = NULL, *before;
    auto_free char *text = NULL;
    int rc = 0;

    if (load(file, &scores, e) < 0)
        return -1;
    before = json_deep_copy(scores);
    apply(scores, c);
    if (!json_equal(before, scores)) {
        text = json_dumps(scores, JSON_INDENT(1) | JSON_SORT_KEYS);
        rc = text ? write_whole(file, text, strlen(text), e) : err_oom(e);
    }
    json_decref(before);
    json_decref(scores);
    return rc;
}

static int change(const struct change *c, struct err *e)
{
    char path[PATH_MAX];
    auto_close int lock = -1;

    if (!folder(path))
        return 0;
    if (make_dirs(path, e) < 0)
        return -1;
    lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0 || flock(lock, LOCK_EX) < 0)
        return err_errno(e, "cannot lock '%s'", path);
    strcat(path, "/scores.json");
    return update(path, c, e);
}

int scores_record(const struct unit_result *units, int count, struct err *e)
{
    const struct change c = {.units = units, .count = count};

    return count ? change(&c, e) : 0;
}

int scores_set_hints(const char *id, const char *test, int count, struct err *e)
{
    const struct change c = {.id = id, .test = test, .count = count};

    return change(&c, e);
}

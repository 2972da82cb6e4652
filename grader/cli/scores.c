/* scores.c - the best scores of one user, in one small JSON file. */
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

/* Is any of them new? Then it is in `scores` afterwards. */
static bool raise_scores(json_t *scores, const struct unit_result *units, int count)
{
    json_t *best = json_object_get(scores, "best");
    bool changed = false;

    for (int i = 0; i < count; i++) {
        const char *id = units[i].exercise->id;

        if (units[i].not_graded || units[i].score <= scores_best(scores, id))
            continue;
        json_object_set_new(best, id, json_integer(units[i].score));
        changed = true;
    }
    return changed;
}

static int update(const char *file, const struct unit_result *units, int count, struct err *e)
{
    json_t *scores = NULL;
    auto_free char *text = NULL;
    int rc = 0;

    if (load(file, &scores, e) < 0)
        return -1;
    if (raise_scores(scores, units, count)) {
        text = json_dumps(scores, JSON_INDENT(1) | JSON_SORT_KEYS);
        rc = text ? write_whole(file, text, strlen(text), e) : err_oom(e);
    }
    json_decref(scores);
    return rc;
}

int scores_record(const struct unit_result *units, int count, struct err *e)
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
    return update(path, units, count, e);
}

/* engine.c - attempts, and looking for results. */
#include "batch/engine.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "sandbox/keeper.h"

enum { SILENT_LOOKS = 1200, LATE_LOOKS = 10 };

static const long LOOK_NS = 250000000; /* between two looks */
static const int ASK_EVERY = 4;        /* looks between two questions to the engine */

static const struct engine *const engines[ENGINE_COUNT] = {
    [ENGINE_SLURM] = &engine_slurm, [ENGINE_PARALLEL] = &engine_parallel};

bool engine_parse(const char *name, enum engine_kind *ret)
{
    static const char *const names[] = {
#define X(constant, name) name,
        ENGINES(X)
#undef X
    };

    for (int i = 0; i < ENGINE_COUNT; i++)
        if (strcmp(names[i], name) == 0) {
            *ret = (enum engine_kind)i;
            return true;
        }
    return false;
}

/* Reading the folder makes a network file system look again (nfs(5), DATA AND METADATA
 * COHERENCE); looking for each name would ask its cache. */
static int collect(struct engine_job *j, int *left, struct err *e)
{
    auto_free char *folder = NULL; /* not the arena's: a batch looks for days */
    DIR *d = asprintf(&folder, "%s/results", j->share->folder) < 0 ? NULL : opendir(folder);
    struct dirent *entry;
    int rc = 0;

    while (d && rc == 0 && (entry = readdir(d))) {
        char name[32];
        long unit;

        snprintf(name, sizeof name, "%.*s", (int)strcspn(entry->d_name, "."), entry->d_name);
        if (!parse_long(name, 0, j->count - 1, &unit) || j->done[unit] ||
            strcmp(entry->d_name + strlen(name), ".json") != 0)
            continue;
        rc = j->collect(j->ctx, (int)unit, share_result(j->share, (int)unit), e);
        j->done[unit] = rc == 0;
        *left -= rc == 0;
    }
    if (d)
        closedir(d);
    return rc;
}

static void rest(void)
{
    const struct timespec t = {0, LOOK_NS};

    nanosleep(&t, NULL);
}

/* Until the engine says that nothing runs any more, and what it wrote last has come over. */
static int wait_for(struct engine_job *j, const struct engine *en, int *left, struct err *e)
{
    int silent = 0, late = 0;

    for (long look = 0; *left > 0 && late < LATE_LOOKS; look++) {
        int n;

        if (keeper_interrupted)
            return err_set(e, ERR_STOPPED, "interrupted");
        if (collect(j, left, e) < 0)
            return -1;
        if (late) {
            late++;
        } else if (look % ASK_EVERY == 0) {
            n = en->running(j);
            silent = n < 0 ? silent + 1 : 0;
            late = n == 0;
            if (silent * ASK_EVERY > SILENT_LOOKS)
                return err_set(e, ERR_SYSTEM, "%s has not answered for minutes", en->name);
            j->look(j->ctx, n > 0 ? n : 0);
        }
        if (*left > 0)
            rest();
    }
    return 0;
}

static int keep_handle(struct engine_job *j, const struct engine *en, struct err *e)
{
    const char *path = arena_printf(j->share->a, "%s/handle", j->share->folder);
    char text[64];

    snprintf(text, sizeof text, "%s %ld\n", en->name, j->id);
    return path ? write_whole(path, text, strlen(text), e) : err_oom(e);
}

static int attempt(struct engine_job *j, const struct engine *en, int number, int *units,
                   int *left, struct err *e)
{
    const char *list;
    int n = 0, rc;

    for (int i = 0; i < j->count; i++)
        if (!j->done[i])
            units[n++] = i;
    list = share_list(j->share, number, units, n, e);
    if (!list || en->start(j, list, n, e) < 0)
        return -1;
    rc = keep_handle(j, en, e);
    if (rc == 0)
        rc = wait_for(j, en, left, e);
    if (rc < 0 || *left > 0)
        en->stop(j->id);
    return rc;
}

int engine_run(struct engine_job *j, struct err *e)
{
    const struct engine *en = engines[j->o->kind];
    int *units = calloc((size_t)j->count + 1, sizeof *units);
    int left = j->count, rc;

    if (!units)
        return err_oom(e);
    rc = en->check(j, e);
    for (int k = 1; rc == 0 && left > 0 && k <= ENGINE_ATTEMPTS; k++)
        rc = attempt(j, en, k, units, &left, e);
    free(units);
    return rc;
}

void engine_stop_handle(void *ctx, const char *handle)
{
    (void)ctx;
    for (size_t i = 0; i < ENGINE_COUNT; i++) {
        const size_t n = engines[i] ? strlen(engines[i]->name) : 0;
        char digits[32];
        long id;

        if (!n || strncmp(handle, engines[i]->name, n) != 0 || handle[n] != ' ')
            continue;
        snprintf(digits, sizeof digits, "%.*s", (int)strcspn(handle + n + 1, "\n"),
                 handle + n + 1);
        if (parse_long(digits, 2, 0x7fffffff, &id))
            engines[i]->stop(id);
    }
}

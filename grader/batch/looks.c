/* looks.c - writes each distinct source of an exercise as N.c, asks sim_c for percentages, and
 * for the pairs that are kept once more for the lines. In the sandbox: it reads strangers'
 * files.
 */
#include "batch/looks.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>

#include "batch/filelist.h"
#include "sandbox/keeper.h"

enum {
    LEAST_LINE = 4, /* shorter ones ("}", "{") are everybody's */
    PAIRS_EACH = 6, /* kept of an exercise */
    SOURCES_MAX = 3000,
};

#define SIM "/usr/bin/sim_c"

struct finder {
    struct store *s;
    const struct table *t;
    struct arena *a;
    const char *work; /* of this exercise */
    const char **sources;
    int source_count;
    struct look *list;
    int count, room;
};

/* ---- sources
 * --------------------------------------------------------------------------------- */

static int collect(struct finder *f, int x, struct err *e)
{
    f->source_count = 0;
    f->sources = arena_zalloc(f->a, ((size_t)f->t->row_count + 1) * sizeof *f->sources);
    if (!f->sources)
        return err_oom(e);
    for (int i = 0; i < f->t->row_count && f->source_count < SOURCES_MAX; i++) {
        const char *source = f->t->rows[i].cells[x].source;
        bool known = !source;

        for (int k = 0; k < f->source_count && !known; k++)
            known = strcmp(f->sources[k], source) == 0;
        if (!known)
            f->sources[f->source_count++] = source;
    }
    return 0;
}

static bool has_line(const char *text, const char *line, size_t n)
{
    for (const char *p = text; p && *p; p = strchr(p, '\n'), p += p != NULL) {
        const char *q = p + strspn(p, " \t\n");
        size_t k = strcspn(q, "\r\n");

        while (k > 0 && isblank((unsigned char)q[k - 1]))
            k--;
        if (k == n && strncmp(q, line, n) == 0)
            return true;
    }
    return false;
}

/* Line numbers stay: a line of the starter becomes an empty one. */
static void blank_starter(char *text, const char *stub, const char *contract)
{
    for (char *p = text; *p;) {
        char *q = p + strspn(p, " \t");
        const size_t whole = strcspn(p, "\n");
        size_t n = strcspn(q, "\r\n");

        while (n > 0 && isblank((unsigned char)q[n - 1]))
            n--;
        if (n >= LEAST_LINE && (has_line(stub, q, n) || has_line(contract, q, n)))
            memset(p, ' ', whole);
        p += whole + (p[whole] != '\0');
    }
}

static int write_source(struct finder *f, int index, const char *stub, const char *contract,
                        struct err *e)
{
    const char *path = arena_printf(f->a, "%s/%d.c", f->work, index);
    auto_free char *text = NULL;
    size_t len = 0;

    if (!path)
        return err_oom(e);
    if (store_source(f->s, f->sources[index], &text, &len, e) < 0)
        return -1;
    if (text)
        blank_starter(text, stub, contract);
    return write_plain(path, text ? text : "", text ? strlen(text) : 0, e);
}

static int write_sources(struct finder *f, const struct exercise *x, struct err *e)
{
    auto_free char *stub = NULL, *contract = NULL;
    const char *stub_path = arena_printf(f->a, "%s/%s", x->dir, x->rubric.edit);
    const char *header_path = arena_printf(f->a, "%s/%s.h", x->dir, x->cname);

    if (!stub_path || !header_path)
        return err_oom(e);
    if (slurp(stub_path, HANDED_FILE_MAX, &stub, NULL, e) < 0 ||
        slurp(header_path, HANDED_FILE_MAX, &contract, NULL, e) < 0)
        return -1;
    for (int i = 0; i < f->source_count; i++)
        if (write_source(f, i, stub, contract, e) < 0)
            return -1;
    return 0;
}

/* ---- sim_c
 * ------------------------------------------------------------------------------------ */

static int sim(struct finder *f, char *const argv[], int names, struct buf *ret, struct err *e)
{
    char *envp[] = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", NULL};
    struct keeper_job job = {
        .argv = argv, .envp = envp, .cwd = f->work, .in = names, .limits = LIMITS_DEFAULT};
    struct keeper_result r = {0};

    job.limits.cpu_s = 120;
    job.limits.wall_s = 600;
    job.limits.output_kb = 16384;
    if (keeper_run(&job, &r, e) < 0)
        return -1;
    *ret = r.output; /* what it could not finish says less, and is no error */
    r.output = (struct buf){0};
    keeper_release(&r);
    return 0;
}

static struct look *keep(struct finder *f, int x, int a, int b, int percent)
{
    struct look *l;

    for (int i = 0; i < f->count; i++) {
        l = &f->list[i];
        if (l->exercise == x && l->source[0] == f->sources[a < b ? a : b] &&
            l->source[1] == f->sources[a < b ? b : a]) {
            l->percent = percent > l->percent ? percent : l->percent;
            return l;
        }
    }
    if (f->count == f->room) {
        const int room = f->room ? 2 * f->room : 64;
        struct look *more = arena_zalloc(f->a, (size_t)room * sizeof *more);

        if (!more)
            return NULL;
        if (f->count)
            memcpy(more, f->list, (size_t)f->count * sizeof *more);
        f->list = more;
        f->room = room;
    }
    l = &f->list[f->count++];
    *l = (struct look){.exercise = x, .percent = percent};
    l->source[0] = f->sources[a < b ? a : b];
    l->source[1] = f->sources[a < b ? b : a];
    return l;
}

/* "2.c consists for 100 % of 1.c material". */
static int read_percentages(struct finder *f, int x, struct buf *out, struct err *e)
{
    char *save = NULL;

    for (char *l = out->data ? strtok_r(out->data, "\n", &save) : NULL; l;
         l = strtok_r(NULL, "\n", &save)) {
        int a, b, percent;

        if (sscanf(l, "%d.c consists for %d %% of %d.c material", &a, &percent, &b) != 3 ||
            a < 0 || b < 0 || a >= f->source_count || b >= f->source_count || a == b)
            continue;
        if (!keep(f, x, a, b, percent > 100 ? 100 : percent))
            return err_oom(e);
    }
    return 0;
}

static int by_percent(const void *a, const void *b)
{
    const struct look *x = a, *y = b;
    int c = y->percent - x->percent;

    c = c ? c : strcmp(x->source[0], y->source[0]);
    return c ? c : strcmp(x->source[1], y->source[1]);
}

/* "1.c: line 66-117    |2.c: line 65-116   [264]". */
static int find_runs(struct finder *f, struct look *l, struct err *e)
{
    char names[2][24];
    char *argv[] = {SIM, "-e", "-s", "-n", "-T", "-r", "16", names[0], names[1], NULL};
    struct buf out = {0};
    char *save = NULL;

    for (int side = 0; side < 2; side++)
        for (int i = 0; i < f->source_count; i++)
            if (f->sources[i] == l->source[side])
                snprintf(names[side], sizeof names[side], "%d.c", i);
    if (sim(f, argv, 0, &out, e) < 0)
        return -1;
    for (char *line = out.data ? strtok_r(out.data, "\n", &save) : NULL;
         line && l->run_count < LOOK_RUNS; line = strtok_r(NULL, "\n", &save)) {
        struct look_run r;
        char name[24];
        bool turned;

        if (sscanf(line, "%23[^:]: line %d-%d |%*[^:]: line %d-%d", name, &r.from[0], &r.to[0],
                   &r.from[1], &r.to[1]) != 5)
            continue;
        turned = strcmp(name, names[0]) != 0;
        if (turned)
            r = (struct look_run){.from = {r.from[1], r.from[0]}, .to = {r.to[1], r.to[0]}};
        l->runs[l->run_count++] = r;
    }
    buf_release(&out);
    return 0;
}

static int compare(struct finder *f, int x, struct err *e)
{
    char *argv[] = {SIM, "-e", "-p", "-T", "-t", "60", "-r", "16", "-i", NULL};
    const int first = f->count;
    struct buf names = {0}, out = {0};
    const char *list = arena_printf(f->a, "%s/list", f->work);
    auto_close int fd = -1;
    int rc;

    for (int i = 0; i < f->source_count; i++)
        buf_printf(&names, "%d.c\n", i);
    rc = list && !names.failed ? write_plain(list, names.data, names.len, e) : err_oom(e);
    buf_release(&names);
    if (rc < 0)
        return -1;
    fd = open(list, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(e, "cannot open '%s'", list);
    if (sim(f, argv, fd, &out, e) < 0)
        return -1;
    rc = read_percentages(f, x, &out, e);
    buf_release(&out);
    if (rc < 0)
        return -1;
    if (f->count > first)
        qsort(f->list + first, (size_t)(f->count - first), sizeof *f->list, by_percent);
    if (f->count > first + PAIRS_EACH)
        f->count = first + PAIRS_EACH;
    for (int i = first; i < f->count; i++)
        if (find_runs(f, &f->list[i], e) < 0)
            return -1;
    return 0;
}

int looks_find(struct store *s, const struct table *t, const char *work, struct arena *a,
               struct looks *ret, struct err *e)
{
    struct finder f = {.s = s, .t = t, .a = a};

    *ret = (struct looks){0};
    if (access(SIM, X_OK) < 0) {
        ret->why = "similarity-tester is not installed (apt-get install similarity-tester)";
        return 0;
    }
    for (int x = 0; x < t->exercise_count; x++) {
        f.work = arena_printf(a, "%s/looks-%d", work, x);
        if (!f.work)
            return err_oom(e);
        if (collect(&f, x, e) < 0)
            return -1;
        if (f.source_count < 2)
            continue;
        if (make_dirs(f.work, e) < 0 || write_sources(&f, t->exercises[x], e) < 0 ||
            compare(&f, x, e) < 0)
            return -1;
    }
    if (f.count)
        qsort(f.list, (size_t)f.count, sizeof *f.list, by_percent);
    ret->list = f.list;
    ret->count = f.count;
    return a->failed ? err_oom(e) : 0;
}

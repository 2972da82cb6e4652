/* unit.c - the order of the stages, the work folder, and what the stages share. */
#include "stages/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <nettle/hmac.h>
#include <nettle/sha2.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "core/text.h"
#include "sandbox/cgroup.h"
#include "sandbox/hide.h"
#include "sandbox/tier.h"
#include "stages/blind.h"

enum { SUBMISSION_MAX = 1 << 20 };

/* Nothing of the user's own environment: a grade must not depend on it. */
char *const unit_env[] = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/nonexistent",
                          "TERM=dumb", NULL};

int unit_tool(const struct unit *u, char *const argv[], const struct limits *l,
              struct keeper_result *ret, struct err *e)
{
    struct keeper_job job = {.argv = argv, .envp = unit_env, .cwd = u->work, .limits = *l};

    return keeper_run(&job, ret, e);
}

void unit_busy(const struct unit *u, bool begins)
{
    if (u->o->busy)
        u->o->busy(u->o->cores, begins);
}

static double children_cpu_s(void)
{
    struct rusage r;

    getrusage(RUSAGE_CHILDREN, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
           1e-6 * (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

bool unit_exhausted(struct unit *u, struct test_grade *t, enum mode mode)
{
    const long all_s = u->x->rubric.limits.all_s;
    struct evidence *ev;

    if (!all_s || children_cpu_s() - u->began_cpu_s < (double)all_s)
        return false;
    for (ev = t->evidence; ev; ev = ev->next)
        if (!ev->advice)
            return true;
    ev = result_prove(u->a, t, mode, VERDICT_RESOURCE_LIMIT, "resource-limit: all together");
    if (ev)
        ev->text = arena_printf(u->a,
                                "Not run: the earlier tests used up the %ld s of processor "
                                "time that a submission has in total.",
                                all_s);
    return true;
}

bool unit_wants(const struct unit *u, const struct rubric_test *t)
{
    return (!u->x->hidden || t->hidden == u->hidden) &&
           (!u->o->only || strcmp(u->o->only, t->id) == 0);
}

void unit_spend(struct unit *u, enum mode mode, double wall_s, double cpu_s, long rss_kb)
{
    struct spent *s = &u->r->stages[mode];

    s->wall_s += wall_s;
    s->cpu_s += cpu_s;
    if (rss_kb > s->rss_kb)
        s->rss_kb = rss_kb;
}

bool unit_owns(const struct unit *u, const char *file)
{
    return file && strcmp(file, u->x->rubric.edit) == 0;
}

bool unit_is_suite(const struct unit *u, const char *file)
{
    const size_t n = file ? strlen(file) : 0, k = strlen(u->x->cname);

    return n > k + 7 &&
           ((n == k + 8 && strncmp(file, "check_", 6) == 0 &&
             strncmp(file + 6, u->x->cname, k) == 0) ||
            (n == k + 9 && strncmp(file, "hidden_", 7) == 0 &&
             strncmp(file + 7, u->x->cname, k) == 0)) &&
           strcmp(file + n - 2, ".c") == 0;
}

bool unit_is_harness(const char *file)
{
    static const char *const files[] = {"harness.c", "settle.c",   "terminal.c", "alongside.c",
                                        "gate.c",    "helgrind.c", "measure.c",  "inputs.c"};

    for (size_t i = 0; file && i < ARRAY_SIZE(files); i++)
        if (strcmp(files[i], file) == 0)
            return true;
    return false;
}

const char *unit_line(const struct unit *u, int no)
{
    const char *p = u->source;

    for (int i = 1; p && i < no; i++) {
        p = strchr(p, '\n');
        if (p)
            p++;
    }
    if (!p || no < 1)
        return NULL;
    p += strspn(p, " \t");
    return arena_strndup(u->a, p, strcspn(p, "\r\n"));
}

void unit_frame(const struct unit *u, struct stack *s, const char *function, const char *file,
                int line)
{
    struct frame *f = &s->frames[s->count++];

    f->function = function && *function ? arena_strdup(u->a, function) : NULL;
    f->file = file && *file ? arena_strdup(u->a, file) : NULL;
    f->line = f->file ? line : 0;
    f->source = unit_owns(u, file) ? unit_line(u, line) : NULL;
}

static const char practice_secret[] = "lockstep practice secret";

void unit_seed(const struct unit *u, const struct rubric_test *t, char ret[static SEED_HEX])
{
    const char *secret = u->o->secret ? u->o->secret : practice_secret;
    struct hmac_sha256_ctx h;
    uint8_t d[8];

    hmac_sha256_set_key(&h, strlen(secret), (const uint8_t *)secret);
    hmac_sha256_update(&h, strlen(u->r->submission_hash),
                       (const uint8_t *)u->r->submission_hash);
    hmac_sha256_update(&h, 1, (const uint8_t *)":");
    hmac_sha256_update(&h, strlen(t->id), (const uint8_t *)t->id);
    hmac_sha256_digest(&h, sizeof d, d);
    for (int i = 0; i < 8; i++)
        snprintf(ret + 2 * i, 3, "%02x", d[i]);
}

static const char *hash_hex(struct arena *a, const char *text, size_t len)
{
    struct sha256_ctx h;
    uint8_t d[SHA256_DIGEST_SIZE];
    char *hex = arena_zalloc(a, 2 * sizeof d + 1);

    sha256_init(&h);
    sha256_update(&h, len, (const uint8_t *)text);
    sha256_digest(&h, sizeof d, d);
    for (size_t i = 0; hex && i < sizeof d; i++)
        snprintf(hex + 2 * i, 3, "%02x", d[i]);
    return hex;
}

/* A folder NN-slug that is a link would hand in somebody else's file. */
static bool folder_is_link(const struct unit *u)
{
    const char *slash = strrchr(u->file, '/');
    char *dir = slash ? arena_strndup(u->a, u->file, (size_t)(slash - u->file)) : NULL;
    const char *name = dir ? strrchr(dir, '/') : NULL;
    struct stat st;

    return name && strcmp(name + 1, u->x->id) == 0 && lstat(dir, &st) == 0 &&
           S_ISLNK(st.st_mode);
}

/* The bytes as UTF-8. A compiler would say a thousand times what one sentence says. */
static int read_text(struct unit *u)
{
    char *text = NULL;
    size_t len;

    switch (text_decode(u->source, u->source_len, &text, &len)) {
    case TEXT_BINARY:
        result_all(u->a, u->r, VERDICT_COMPILE_ERROR, "compile-error: no text",
                   "The file holds NUL bytes, so it is no C source. Is it the file that was "
                   "meant, and whole? Save it as UTF-8.");
        return 0;
    case TEXT_AS_IT_IS:
        return 1;
    default:
        free(u->source);
        u->source = text;
        u->source_len = len;
        return 1;
    }
}

/* What the student handed in: missing and unreadable are different things. */
static int read_submission(struct unit *u, struct err *e)
{
    struct stat st;
    size_t len;
    bool failed;

    failed = lstat(u->file, &st) < 0;
    if (failed && (errno == ENOENT || errno == ENOTDIR)) {
        u->r->missing = true;
        result_all(u->a, u->r, VERDICT_NOT_IMPLEMENTED, "not-implemented: nothing submitted",
                   arena_printf(u->a, "The submission holds neither %s/%s nor %s.", u->x->id,
                                u->x->rubric.edit, u->x->rubric.edit));
        return 0;
    }
    if (failed)
        return err_errno(e, "cannot look at '%s'", u->file);
    if (S_ISREG(st.st_mode) && st.st_size <= SUBMISSION_MAX && !folder_is_link(u))
        goto read;
    result_all(u->a, u->r, VERDICT_FORBIDDEN, "forbidden: not a plain file",
               "The submission must be a regular file of at most 1 MiB, not a link, a device "
               "or a folder.");
    return 0;
read:
    if (slurp(u->file, SUBMISSION_MAX, &u->source, &len, e) < 0)
        return -1;
    u->source_len = len;
    u->r->submission_hash =
        hash_hex(u->a, u->source, len); /* of the bytes that were handed in */
    return u->r->submission_hash ? read_text(u) : err_oom(e);
}

/* In the fallback tier a program may write below /tmp, so our own folders are elsewhere. */
static const char *temp_folder(void)
{
    const char *tmp = getenv("TMPDIR");

    return tmp && *tmp ? tmp : sandbox_tier() == TIER_FALLBACK ? "/var/tmp" : "/tmp";
}

/* Marks a folder as ours and says whose, so that sweeping never takes what only looks like it,
 * or what lives: where /tmp or TMPDIR is shared by machines or containers, a process number
 * that is nobody's here may be somebody's there. */
#define WORK_MARK ".lockstep-work"

enum { OWNER = 256 };

/* This machine, since it was started, and the process numbers that are valid with us. */
static void owner(char ret[static OWNER])
{
    char host[65] = "", boot[64] = "", pids[64] = "";
    auto_close int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, boot, sizeof boot - 1) : 0;

    boot[n > 0 ? n : 0] = '\0';
    boot[strcspn(boot, "\n")] = '\0';
    gethostname(host, sizeof host - 1);
    n = readlink("/proc/self/ns/pid", pids, sizeof pids - 1);
    pids[n > 0 ? n : 0] = '\0';
    snprintf(ret, OWNER, "%s %s %s\n", host, boot, pids);
}

static bool is_work_folder(const char *path)
{
    auto_free char *mark = NULL;
    char ours[OWNER], text[OWNER] = "";
    auto_close int fd = -1;
    ssize_t n;

    owner(ours);
    if (asprintf(&mark, "%s/" WORK_MARK, path) < 0)
        mark = NULL;
    fd = mark ? open(mark, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
    text[n > 0 ? n : 0] = '\0';
    return strcmp(text, ours) == 0;
}

void unit_sweep(void)
{
    DIR *d = opendir(temp_folder());

    if (!d)
        return;
    for (struct dirent *de; (de = readdir(d));) {
        auto_free char *path = NULL;
        struct err ignored;
        struct stat st;
        int pid, used = 0;

        if (sscanf(de->d_name, "lockstep-%d-%n", &pid, &used) != 1 || !used ||
            strlen(de->d_name + used) != 6 || kill(pid, 0) == 0 || errno != ESRCH)
            continue;
        if (fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
            !sandbox_owns(st.st_uid))
            continue;
        if (asprintf(&path, "%s/%s", temp_folder(), de->d_name) < 0)
            path = NULL;
        if (path && S_ISDIR(st.st_mode) && is_work_folder(path))
            remove_tree(path, &ignored);
    }
    closedir(d);
}

/* Without namespaces all runs share one /dev/shm: what one leaves must not be blamed on
 * another, so units take turns, machine-wide: also with those of another TMPDIR. Closing gives
 * the turn back. */
static const char *turn_folder(void)
{
    return access("/var/tmp", W_OK) == 0 ? "/var/tmp" : temp_folder();
}

static int take_turn(struct err *e)
{
    auto_free char *path = NULL;
    int fd;

    if (sandbox_tier() == TIER_FULL)
        return -1;
    if (asprintf(&path, "%s/lockstep-turn-%u", turn_folder(), geteuid()) < 0) {
        path = NULL;
        err_oom(e);
        return -2;
    }
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    while (fd >= 0 && flock(fd, LOCK_EX) < 0) {
        if (errno == EINTR && !keeper_interrupted)
            continue;
        util_close(&fd);
        fd = -1;
    }
    if (fd >= 0)
        return fd;
    err_errno(e, "cannot take the turn '%s'", path);
    return -2;
}

int unit_open_work(struct arena *a, const char **ret, struct err *e)
{
    char *path = arena_printf(a, "%s/lockstep-%d-XXXXXX", temp_folder(), (int)getpid());
    char ours[OWNER];

    if (!path)
        return err_oom(e);
    if (*path != '/' || strchr(path, '%'))
        return err_set(e, ERR_SYSTEM, "TMPDIR '%s' must be absolute and without '%%'",
                       temp_folder());
    if (sandbox_tier() == TIER_FALLBACK &&
        (strncmp(path, "/tmp/", 5) == 0 || strncmp(path, "/dev/shm/", 9) == 0))
        return err_set(
            e, ERR_SYSTEM,
            "without user namespaces programs may write below /tmp and /dev/shm: set "
            "TMPDIR to a folder elsewhere, not '%s'",
            temp_folder());
    if (!mkdtemp(path))
        return err_errno(e, "cannot make a work folder '%s'; is TMPDIR writable", path);
    *ret = path;
    owner(ours);
    return write_plain(arena_printf(a, "%s/" WORK_MARK, path), ours, strlen(ours), e);
}

static void tell(const struct unit *u, const char *what)
{
    if (u->o->progress)
        u->o->progress(u->o->ctx, what);
}

static int run_tools(struct unit *u, struct err *e)
{
    for (int m = MODE_HELGRIND; m <= MODE_MEMCHECK; m++) {
        if (!(u->o->modes & 1u << m))
            continue;
        tell(u, mode_name((enum mode)m));
        if (stage_valgrind(u, (enum mode)m, e) < 0)
            return -1;
    }
    if (!(u->o->modes & 1u << MODE_EXPLORE))
        return 0;
    tell(u, mode_name(MODE_EXPLORE));
    return stage_explore(u, e);
}

/* 1 = all of them; 0 = the submission could not be built; or -1. */
static int run_stages(struct unit *u, struct err *e)
{
    int rc;

    tell(u, "compiling");
    unit_busy(u, true);
    rc = stage_compile(u, e);
    unit_busy(u, false);
    if (rc <= 0)
        return rc;
    tell(u, "native");
    if (stage_native(u, e) < 0)
        return -1;
    unit_busy(u, true);
    rc = run_tools(u, e);
    unit_busy(u, false);
    return rc < 0 ? -1 : 1;
}

/* A work folder, all stages in it, and it is gone. As run_stages(). */
static int run_round(struct unit *u, struct err *e)
{
    struct err ignored = {0};
    int rc = unit_open_work(u->a, &u->work, e);

    if (rc == 0)
        rc = run_stages(u, e);
    if (u->work)
        remove_tree(u->work, &ignored);
    u->work = NULL;
    return rc;
}

/* A program that holds hidden tests runs nothing else: a submission reads the memory that it
 * runs in, and tells of it in the report of a test that students see. */
static int run_rounds(struct unit *u, struct err *e)
{
    auto_close int turn = take_turn(e);
    int rc = 1;

    if (!hide_folder(u->o->course ? u->o->course->home : NULL))
        return err_oom(e);
    if (turn == -2)
        return -1;
    for (int round = 0; round < 2 && rc > 0; round++) {
        bool any = false;

        u->hidden = round == 1;
        for (int i = 0; i < u->x->rubric.test_count; i++)
            any |= u->x->rubric.tests[i].hidden == u->hidden &&
                   unit_wants(u, &u->x->rubric.tests[i]);
        if (!any)
            continue;
        free(u->text);
        u->text = NULL;
        u->suite = NULL;
        u->reference_built = false;
        rc = run_round(u, e);
    }
    return rc;
}

/* A pass is the absence of proofs: it needs that somebody has looked. */
static int check_all_ran(const struct unit *u, struct err *e)
{
    for (int i = 0; i < u->r->test_count; i++) {
        const struct test_grade *t = &u->r->tests[i];

        if (!t->evidence && !(t->ran & 1u << MODE_NATIVE) &&
            (!u->o->only || strcmp(u->o->only, t->test->id) == 0))
            return err_set(e, ERR_SYSTEM, "the test '%s' was not run", t->test->id);
    }
    return 0;
}

int unit_grade(const struct unit_options *o, const struct exercise *x, const char *file,
               struct arena *a, struct unit_result *ret, struct err *e)
{
    struct unit_result r;
    struct unit u = {.o = o, .x = x, .a = a, .file = file, .r = &r};
    int rc;

    if (x->broken.kind != ERR_NONE) {
        *e = x->broken;
        return -1;
    }
    if (result_init(a, x, &r, e) < 0)
        return -1;
    r.tier = sandbox_tier();
    r.whole = cgroup_works();
    r.no_oracle = o->no_oracle;
    u.began_cpu_s = children_cpu_s();
    rc = read_submission(&u, e);
    if (rc > 0)
        rc = run_rounds(&u, e);
    if (rc > 0)
        rc = check_all_ran(&u, e);
    free(u.source);
    free(u.text);
    if (rc < 0)
        return -1;
    if (a->failed)
        return err_oom(e);
    result_score(&r);
    *ret = r;
    return 0;
}

int unit_suite_ids(const struct unit_options *o, const struct exercise *x, struct arena *a,
                   struct buf *ret, struct err *e)
{
    struct unit_result r;
    struct unit u = {.o = o, .x = x, .a = a, .r = &r, .hidden = true};
    char *argv[] = {"./program", "--list", NULL};
    struct keeper_result kr = {0};
    struct err ignored = {0};
    int rc;

    u.file = course_solution(o->course, x, a);
    if (!u.file || result_init(a, x, &r, e) < 0)
        return err_set(e, ERR_EXERCISE, "%s: no reference solution", x->id);
    rc = read_submission(&u, e);
    if (rc > 0)
        rc = unit_open_work(a, &u.work, e);
    if (rc == 0)
        rc = stage_compile(&u, e);
    if (rc > 0)
        rc = unit_tool(&u, argv, &x->rubric.limits, &kr, e);
    else if (rc == 0)
        rc = err_set(e, ERR_EXERCISE, "%s: the reference solution does not compile", x->id);
    if (rc == 0)
        buf_add(ret, kr.output.data, kr.output.len);
    keeper_release(&kr);
    if (u.work)
        remove_tree(u.work, &ignored);
    free(u.source);
    free(u.text);
    return rc;
}

static int built_only(struct unit *u, struct err *e)
{
    if (u->r->compiler_output)
        return err_set(e, ERR_USAGE, "'%s' does not compile; 'lockstep grade' shows why",
                       u->x->rubric.edit);
    return err_set(e, ERR_USAGE, "'%s' cannot be run; 'lockstep grade' shows why",
                   u->x->rubric.edit);
}

int unit_replay(const struct unit_options *o, const struct exercise *x, const char *file,
                const struct rubric_test *t, const char *token,
                int (*debug)(void *ctx, const char *work, const char *program,
                             char *const more[], struct err *e),
                void *ctx, struct arena *a, struct exploration *ret, struct err *e)
{
    struct unit_result r;
    struct unit u = {.o = o, .x = x, .a = a, .file = file, .r = &r, .hidden = t->hidden};
    struct err ignored = {0};
    bool pure = false;
    int rc = result_init(a, x, &r, e) < 0 ? -1 : read_submission(&u, e);

    if (rc == 0)
        rc = err_set(e, ERR_USAGE, "there is no submission at '%s'", file);
    if (rc > 0 && (rc = unit_open_work(a, &u.work, e)) == 0 && (rc = stage_compile(&u, e)) == 0)
        rc = built_only(&u, e);
    if (rc > 0)
        rc = explore_build(&u, &pure, e);
    if (rc == 0 && debug) {
        char seed[SEED_HEX];
        char *more[] = {"--test", (char *)t->id, "--inputs", seed, NULL};

        unit_seed(&u, t, seed);
        rc = debug(ctx, arena_printf(a, "%s/" BLIND_FULL, explore_folder(&u)), explore_program,
                   more, e);
    } else if (rc == 0) {
        rc = explore_run(&u, t, token, pure, ret, e);
    }
    if (u.work)
        remove_tree(u.work, &ignored);
    free(u.source);
    free(u.text);
    return rc;
}

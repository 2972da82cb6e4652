/* compile.c - from a student's file to a program, without trusting the file.
 *
 * The compiler runs in the work folder on ./SLUG.c with the contract beside it, so its
 * messages read the same everywhere and are shown unaltered. Before and after, screen.c looks
 * for what no exercise needs.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "stages/shelf.h"
#include "stages/symbols.h"
#include "stages/unit.h"

/* Compile-time attacks end here: endless macros, arrays of a terabyte, floods of errors. */
const struct limits unit_compiler_limits = {.cpu_s = 10,
                                            .wall_s = 30,
                                            .memory_mb = 1536,
                                            .processes = 16,
                                            .output_kb = 128,
                                            .file_mb = 64};

enum { ERROR_LINE_MAX = 400 };

static int copy_file(struct unit *u, const char *from, const char *name, struct err *e)
{
    auto_free char *text = NULL;
    const char *to = arena_printf(u->a, "%s/%s", u->work, name);
    size_t len;

    if (slurp(from, 16 << 20, &text, &len, e) < 0)
        return -1;
    return to ? write_plain(to, text, len, e) : err_oom(e);
}

/* The submission, then the exercise's headers over it: the contract always wins. */
static int lay_out(struct unit *u, struct err *e)
{
    const char *to = arena_printf(u->a, "%s/%s", u->work, u->x->rubric.edit);
    DIR *d;
    int rc = 0;

    if (!to || write_plain(to, u->source, u->source_len, e) < 0)
        return to ? -1 : err_oom(e);
    d = opendir(u->x->dir);
    if (!d)
        return err_errno(e, "cannot open '%s'", u->x->dir);
    for (struct dirent *de; rc == 0 && (de = readdir(d));) {
        size_t n = strlen(de->d_name);

        if (n > 2 && strcmp(de->d_name + n - 2, ".h") == 0)
            rc =
                copy_file(u, arena_printf(u->a, "%s/%s", u->x->dir, de->d_name), de->d_name, e);
    }
    closedir(d);
    return rc;
}

/* One endless line of an error message helps nobody and breaks terminals. */
static const char *readable(struct unit *u, const struct buf *out)
{
    struct buf b = {0};
    const char *p = out->data, *end;
    char *text;

    if (!out->len)
        return NULL;
    for (; p && *p; p = end) {
        size_t n = strcspn(p, "\n");

        end = p + n + (p[n] == '\n');
        if (n > ERROR_LINE_MAX) {
            buf_add(&b, p, ERROR_LINE_MAX);
            buf_printf(&b, " [... %zu more bytes]\n", n - ERROR_LINE_MAX);
        } else {
            buf_add(&b, p, (size_t)(end - p));
        }
    }
    text = b.data ? arena_strdup(u->a, b.data) : NULL;
    buf_release(&b);
    return text;
}

static const char *why_not(const struct keeper_result *r)
{
    switch (r->end) {
    case KEEPER_EXITED:
        return "The compiler found errors; its own words are above.";
    case KEEPER_CPU:
    case KEEPER_WALL:
        return "The compiler did not finish within its time limit.";
    case KEEPER_OUTPUT:
        return "The compiler printed more than the limit allows.";
    default:
        return "The compiler was stopped by its limits on memory or file size.";
    }
}

/* gcc's words for a compiler that something outside has ended: nothing that the source did,
 * unless it took most of its time. */
static bool was_killed(const struct keeper_result *r)
{
    static const char words[] = "gcc: fatal error: Killed signal terminated program";
    const char *at = r->output.data ? strstr(r->output.data, words) : NULL;

    return r->end == KEEPER_EXITED && r->code != 0 && at &&
           (at == r->output.data || at[-1] == '\n') &&
           r->cpu_s < (double)unit_compiler_limits.cpu_s / 2;
}

/* Words of the kernel: a full disk, no process left. A source can print them as well (#error),
 * so they are a reason to look, not a proof. */
static const char *looks_short(const struct keeper_result *r)
{
    static const int errors[] = {ENOSPC, EDQUOT, EAGAIN, ENOMEM, EMFILE, ENFILE, EIO, EROFS};
    const bool failed = r->end == KEEPER_EXITED && r->code != 0 && r->output.data;

    for (size_t i = 0; failed && i < ARRAY_SIZE(errors); i++)
        if (strstr(r->output.data, strerrordesc_np(errors[i])))
            return strerrordesc_np(errors[i]);
    return NULL;
}

/* Can the compiler do its work here with a file that is beyond doubt? */
static bool compiler_works(struct unit *u)
{
    static const char text[] = "char x[65536] = {1};\nint main(void) { return 0; }\n";
    char *argv[] = {"/usr/bin/gcc", "./lockstep_probe.c", "-o", "lockstep_probe", NULL};
    const char *path = arena_printf(u->a, "%s/lockstep_probe.c", u->work);
    struct keeper_result r = {0};
    struct err ignored;
    bool ok;

    if (!path || write_plain(path, text, sizeof text - 1, &ignored) < 0 ||
        unit_tool(u, argv, &unit_compiler_limits, &r, &ignored) < 0)
        return false;
    ok = r.end == KEEPER_EXITED && r.code == 0;
    keeper_release(&r);
    unlink(path);
    unlink(arena_printf(u->a, "%s/lockstep_probe", u->work));
    return ok;
}

/* Once more, when the machine seems to have been short of something: it may have passed. */
static int run_step(struct unit *u, char *const argv[], struct keeper_result *r, struct err *e)
{
    for (int k = 0;; k++) {
        if (unit_tool(u, argv, &unit_compiler_limits, r, e) < 0)
            return -1;
        if (was_killed(r))
            err_set(e, ERR_SYSTEM,
                    "the compiler was killed from outside; is this machine short of memory");
        else if (!looks_short(r) || k == 1)
            return 0;
        else if (!compiler_works(u))
            err_set(e, ERR_SYSTEM, "the compiler cannot work on this machine: %s",
                    looks_short(r));
        keeper_release(r);
        *r = (struct keeper_result){0};
        if (e->kind != ERR_NONE)
            return -1;
    }
}

int unit_step(struct unit *u, char *const argv[], bool students, struct err *e)
{
    struct keeper_result r = {0};
    bool ok;

    if (run_step(u, argv, &r, e) < 0)
        return -1;
    u->r->compile.wall_s += r.wall_s;
    u->r->compile.cpu_s += r.cpu_s;
    if (r.rss_kb > u->r->compile.rss_kb)
        u->r->compile.rss_kb = r.rss_kb;
    ok = r.end == KEEPER_EXITED && r.code == 0;
    if (r.end == KEEPER_STARVED) {
        keeper_release(&r);
        return err_set(e, ERR_SYSTEM, "the machine is too busy to run the compiler");
    }
    if (students && r.output.len)
        u->r->compiler_output = readable(u, &r.output);
    if (!ok && !students) {
        err_set(e, ERR_EXERCISE, "%s: '%s' failed: %.300s", u->x->id, argv[0],
                r.output.data ? r.output.data : "no message");
        keeper_release(&r);
        return -1;
    }
    if (!ok)
        result_all(u->a, u->r, VERDICT_COMPILE_ERROR, "compile-error", why_not(&r));
    keeper_release(&r);
    return ok;
}

static int compile_submission(struct unit *u, struct err *e)
{
    char *file = arena_printf(u->a, "./%s", u->x->rubric.edit);
    char *argv[] = {"/usr/bin/gcc",
                    "-std=gnu11",
                    "-D_GNU_SOURCE=",
                    "-O0",
                    "-g",
                    "-Wall",
                    "-Wextra",
                    "-pthread",
                    "-fno-omit-frame-pointer",
                    "-fmax-include-depth=20",
                    "-fmax-errors=20",
                    "-fdiagnostics-color=never",
                    "-c",
                    file,
                    "-o",
                    "submission.o",
                    NULL};

    return file ? unit_step(u, argv, true, e) : err_oom(e);
}

/* ---- the program ------------------------------------------------------------------ */

int unit_bring(struct unit *u, const char *folder, const char *name, struct err *e)
{
    return copy_file(u, arena_printf(u->a, "%s/%s", folder, name), name, e);
}

static int compile_suite(struct unit *u, struct err *e)
{
    char *name = arena_printf(u->a, "check_%s.c", u->x->cname);
    char *source = arena_printf(u->a, "./%s", name);
    char *argv[] = {"/usr/bin/gcc",
                    "-std=gnu11",
                    "-D_GNU_SOURCE=",
                    "-O0",
                    "-g",
                    "-Wall",
                    "-Wextra",
                    "-pthread",
                    "-fno-omit-frame-pointer",
                    "-fdiagnostics-color=never",
                    "-I",
                    ".",
                    "-c",
                    source,
                    "-o",
                    "suite.o",
                    NULL};
    int rc;

    if (!name || !source)
        return err_oom(e);
    if (unit_bring(u, u->x->dir, name, e) < 0 ||
        unit_bring(u, u->o->course->runtime, "lockstep.h", e) < 0)
        return -1;
    if (shelf_take(u, "suite.o"))
        return 1;
    rc = unit_step(u, argv, false, e);
    if (rc > 0)
        shelf_put(u, "suite.o");
    return rc;
}

static int link_program(struct unit *u, struct err *e)
{
    char *argv[] = {"/usr/bin/gcc",
                    "-pthread",
                    "-fno-lto",
                    "-o",
                    "program",
                    "submission.o",
                    "suite.o",
                    "-Wl,--wrap=tcase_create",
                    "-Wl,--wrap=suite_add_tcase",
                    "-Wl,--wrap=_ck_assert_failed",
                    "-Wl,--wrap=_mark_point",
                    "-Wl,--wrap=pthread_tryjoin_np",
                    "-Wl,--wrap=pthread_timedjoin_np",
                    "-Wl,--wrap=pthread_clockjoin_np",
                    "-Wl,--wrap=pthread_mutex_clocklock",
                    "-Wl,--wrap=sem_post",
                    "-Wl,--wrap=sem_trywait",
                    "-Wl,--wrap=sem_timedwait",
                    "-Wl,--wrap=sem_clockwait",
                    "liblockstep_native.a",
                    "-lcheck_pic",
                    "-lsubunit",
                    "-lrt",
                    "-lm",
                    NULL};

    if (unit_bring(u, u->o->course->runtime, "liblockstep_native.a", e) < 0)
        return -1;
    return unit_step(u, argv, true, e);
}

/* A program whose segments alone exceed its limit would die in execve(2), looking like a
 * crash of the student's code. 1 = fits, 0 = the submission's fault. */
static int fits(struct unit *u, struct err *e)
{
    const char *path = arena_printf(u->a, "%s/program", u->work);
    const long long bytes = path ? symbols_load_size(path, e) : err_oom(e);

    if (bytes < 0)
        return -1;
    if (bytes >> 20 < u->x->rubric.limits.memory_mb)
        return 1;
    result_all(u->a, u->r, VERDICT_RESOURCE_LIMIT, "resource-limit: static data",
               "The program's static data alone needs more memory than the limit allows.");
    return 0;
}

int stage_compile(struct unit *u, struct err *e)
{
    int rc;

    if (lay_out(u, e) < 0)
        return -1;
    if ((rc = screen_source(u, e)) <= 0 || (rc = compile_submission(u, e)) <= 0 ||
        (rc = screen_object(u, e)) <= 0)
        return rc;
    if ((rc = compile_suite(u, e)) <= 0)
        return rc;
    /* A link error of ours would be blamed on the student: the suite is linked with the
     * reference by lint, so what fails here fails because of the submission. */
    if (u->r->compiler_output) {
        const char *keep = u->r->compiler_output;

        if ((rc = link_program(u, e)) > 0)
            u->r->compiler_output = keep;
    } else {
        rc = link_program(u, e);
    }
    u->program = "./program";
    return rc > 0 ? fits(u, e) : rc;
}

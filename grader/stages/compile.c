/* compile.c - from a student's file to a program, without trusting the file.
 *
 * The compiler runs in the work folder on ./SLUG.c with the contract beside it, so its
 * messages read the same everywhere and are shown unaltered. Before and after, screen.c looks
 * for what no exercise needs.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "stages/blind.h"
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
        return "The compiler reported errors; see its output above.";
    case KEEPER_CPU:
    case KEEPER_WALL:
        return "The compiler did not finish within its time limit.";
    case KEEPER_OUTPUT:
        return "The compiler printed more than the limit allows.";
    default:
        return "The compiler was stopped by its limits on memory or file size.";
    }
}

/* Runs each part of the compiler (gcc's -wrapper) and notes down if a signal ended it: shells
 * say 128 + signal. No comma, which parts the words of -wrapper. */
#define NOTE ".lockstep-killed"
static char wrapper[] = "/bin/sh,-c,\"$@\"; s=$?; [ $s = 137 ] && : >" NOTE "; exit $s,-";

/* May something outside have ended the compiler? Its driver by a signal that no source sends
 * it; or a part of it, of which only the driver's words tell. A source can print these as well
 * (#error), so they are a reason to look, not a proof. */
static bool looks_killed(const struct keeper_result *r)
{
    const char *said = r->output.data ? r->output.data : "";

    if (r->end == KEEPER_SIGNALED)
        return r->code == SIGKILL;
    return r->end == KEEPER_EXITED && r->code != 0 &&
           (strstr(said, "Killed signal terminated program") ||
            strstr(said, "terminated with signal 9"));
}

/* The wait status of the part, noted by the wrapper, is the proof. ld, which collect2 runs,
 * passes no wrapper: what is printed when objects are linked are names without blanks, so there
 * the words are nobody's but collect2's. */
static bool was_killed(const struct unit *u, const struct keeper_result *r, bool links)
{
    const char *note = arena_printf(u->a, "%s/" NOTE, u->work);

    return (r->end == KEEPER_SIGNALED && r->code == SIGKILL) || (links && looks_killed(r)) ||
           (note && access(note, F_OK) == 0);
}

/* The same command behind the wrapper; itself, when it is no compiler. */
static char *const *wrapped(struct unit *u, char *const argv[])
{
    char **all;
    int n = 0;

    if (strcmp(argv[0], "/usr/bin/gcc") != 0)
        return argv;
    while (argv[n])
        n++;
    all = arena_zalloc(u->a, ((size_t)n + 3) * sizeof *all);
    if (!all)
        return argv;
    all[0] = argv[0];
    all[1] = (char *)"-wrapper";
    all[2] = wrapper;
    memcpy(all + 3, argv + 1, ((size_t)n - 1) * sizeof *all);
    return all;
}

static bool links(char *const argv[])
{
    for (int i = 0; argv[i]; i++)
        if (strcmp(argv[i], "-c") == 0 || strcmp(argv[i], "-E") == 0 ||
            strcmp(argv[i], "-fsyntax-only") == 0)
            return false;
    return true;
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

/* Can the compiler do its work here with a file that is beyond doubt, and larger than what an
 * exercise links? */
static bool compiler_works(struct unit *u)
{
    static const char text[] = "char x[1 << 20] = {1};"
                               "\nint main(void) { return 0; }\n";
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

/* Once more, when the machine seems to have been short of something: it may have passed; and by
 * then behind the wrapper, when a part of the compiler seems to have been killed. */
static int run_step(struct unit *u, char *const argv[], struct keeper_result *r, struct err *e)
{
    char *const *now = argv;

    for (int k = 0;; k++) {
        if (unit_tool(u, now, &unit_compiler_limits, r, e) < 0)
            return -1;
        if (k == 1 && was_killed(u, r, links(argv)))
            err_set(e, ERR_SYSTEM,
                    "the compiler was killed from outside; is this machine short of memory");
        else if (k == 1 || (!looks_short(r) && !looks_killed(r)))
            return 0;
        else if (looks_killed(r))
            now = wrapped(u, argv);
        else if (!compiler_works(u))
            err_set(e, ERR_SYSTEM, "the compiler cannot work on this machine: %s",
                    looks_short(r));
        keeper_release(r);
        *r = (struct keeper_result){0};
        if (e->kind != ERR_NONE)
            return -1;
    }
}

/* What a step of the submission came to. 1, 0: its fault, said, or -1. */
static int judge_step(struct unit *u, const struct keeper_result *r, struct err *e)
{
    const bool ok = r->end == KEEPER_EXITED && r->code == 0;

    if (r->end == KEEPER_STARVED)
        return err_set(e, ERR_SYSTEM, "the machine is too busy to run the compiler");
    if (r->output.len)
        u->r->compiler_output = readable(u, &r->output);
    if (!ok)
        result_all(u->a, u->r, VERDICT_COMPILE_ERROR, "compile-error", why_not(r));
    return ok;
}

int unit_words(struct unit *u, char *const argv[], struct keeper_result *ret, struct err *e)
{
    return run_step(u, argv, ret, e) < 0 ? -1 : judge_step(u, ret, e);
}

int unit_text_folder(struct unit *u, const char **ret, struct err *e)
{
    char *dir = arena_printf(u->a, "%s/text-XXXXXX", u->work);
    const char *file;

    if (!dir)
        return err_oom(e);
    if (!mkdtemp(dir))
        return err_errno(e, "cannot make a folder in '%s'", u->work);
    chmod(dir, 0711);
    file = arena_printf(u->a, "%s/submission.i", dir);
    *ret = dir;
    return file ? write_plain(file, u->text, u->text_len, e) : err_oom(e);
}

int unit_compile_text(struct unit *u, char **argv, const char *object, struct err *e)
{
    struct unit alone = *u;
    const char *dir, *from, *to = arena_printf(u->a, "%s/%s", u->work, object);
    struct keeper_result r = {0};
    struct err ignored;
    int n = 0, rc;

    while (argv[n])
        n++;
    argv[n++] = (char *)"-c";
    argv[n++] = (char *)"./submission.i";
    argv[n++] = (char *)"-o";
    argv[n++] = (char *)"out.o";
    argv[n] = NULL;
    if (unit_text_folder(u, &dir, e) < 0)
        return -1;
    alone.work = dir;
    from = arena_printf(u->a, "%s/out.o", dir);
    if (!from || !to)
        return err_oom(e);
    rc = run_step(&alone, argv, &r, e);
    if (rc == 0)
        rc = judge_step(u, &r, e);
    keeper_release(&r);
    if (rc > 0 && rename(from, to) < 0)
        rc = err_errno(e, "cannot move '%s'", from);
    remove_tree(dir, &ignored);
    return rc;
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

char *unit_dialect(const struct unit *u)
{
    return u->dialect == DIALECT_GNU ? "-D_GNU_SOURCE=" : "-std=gnu11";
}

/* How many things gcc has to say that the dialect could be the reason of; -1: no verdict. */
static int complaints(struct unit *u, enum dialect d, struct err *e)
{
    char *file = arena_printf(u->a, "./%s", u->x->rubric.edit);
    char *argv[] = {"/usr/bin/gcc",
                    "-std=gnu11",
                    d == DIALECT_GNU ? "-D_GNU_SOURCE=" : "-std=gnu11",
                    "-Werror=implicit-function-declaration",
                    "-fsyntax-only",
                    "-pthread",
                    "-fmax-include-depth=20",
                    "-fmax-errors=20",
                    "-fdiagnostics-color=never",
                    file,
                    NULL};
    struct keeper_result r = {0};
    int n = 0;

    if (!file)
        return err_oom(e);
    if (run_step(u, argv, &r, e) < 0)
        return -1;
    if (r.end == KEEPER_STARVED)
        n = err_set(e, ERR_SYSTEM, "the machine is too busy to run the compiler");
    else if (r.end != KEEPER_EXITED || r.code != 0)
        n = 1;
    for (const char *p = r.output.data; n > 0 && p && (p = strstr(p, "error:")); p++)
        n++;
    keeper_release(&r);
    return n;
}

/* dialect.h has the rule. Where both complain, the one that does less. */
static int decide_dialect(struct unit *u, struct err *e)
{
    const int plain = complaints(u, DIALECT_PLAIN, e);
    const int gnu = plain > 0 ? complaints(u, DIALECT_GNU, e) : plain;

    if (plain < 0 || gnu < 0)
        return -1;
    u->dialect = gnu < plain ? DIALECT_GNU : DIALECT_PLAIN;
    return 0;
}

/* The compiler's words are about the source as it was written: in the preprocessed text
 * comments that it knows ("fall through") are gone. */
static int diagnose(struct unit *u, struct err *e)
{
    char *file = arena_printf(u->a, "./%s", u->x->rubric.edit);
    char *argv[] = {"/usr/bin/gcc",
                    "-std=gnu11",
                    unit_dialect(u),
                    "-O0",
                    "-Wall",
                    "-Wextra",
                    "-fsyntax-only",
                    "-pthread",
                    "-fmax-include-depth=20",
                    "-fmax-errors=20",
                    "-fdiagnostics-color=never",
                    file,
                    NULL};

    return file ? unit_step(u, argv, true, e) : err_oom(e);
}

/* Both builds fold the same calls (explorer_build.c), or __builtin_constant_p(strlen("x"))
 * would tell one from the other. */
static int compile_submission(struct unit *u, struct err *e)
{
    char *argv[32] = {"/usr/bin/gcc",
                      "-std=gnu11",
                      "-O0",
                      "-g",
                      "-w",
                      "-pthread",
                      "-fno-omit-frame-pointer",
                      "-fmax-errors=20",
                      "-fdiagnostics-color=never"};
    const char *said;
    int rc, n = 9;

    for (int i = 0; unit_no_builtin[i]; i++)
        argv[n++] = unit_no_builtin[i];
    if ((rc = diagnose(u, e)) <= 0)
        return rc;
    said = u->r->compiler_output;
    rc = unit_compile_text(u, argv, "submission.o", e);
    if (rc > 0)
        u->r->compiler_output = said;
    return rc;
}

/* ---- the program ------------------------------------------------------------------ */

int unit_bring(struct unit *u, const char *folder, const char *name, struct err *e)
{
    return copy_file(u, arena_printf(u->a, "%s/%s", folder, name), name, e);
}

/* The visible suite, and behind it the hidden one: one text, so that hidden tests can use the
 * visible ones' helpers. hidden_slug.c defines lockstep_hidden(). */
static int bring_suite(struct unit *u, const char *name, struct err *e)
{
    auto_free char *visible = NULL, *hidden = NULL;
    const char *from = arena_printf(u->a, "%s/%s", u->x->dir, name);
    const char *to = arena_printf(u->a, "%s/%s", u->work, name);
    struct buf b = {0};
    int rc;

    if (!u->x->hidden || !u->hidden)
        return unit_bring(u, u->x->dir, name, e);
    if (!from || !to)
        return err_oom(e);
    if (slurp(from, 1 << 20, &visible, NULL, e) < 0 ||
        slurp(u->x->hidden, 1 << 20, &hidden, NULL, e) < 0) {
        e->kind = ERR_EXERCISE;
        return -1;
    }
    buf_printf(
        &b,
        "#define lockstep_suite lockstep_visible_suite\n#line 1 \"./%s\"\n%s\n"
        "#undef lockstep_suite\nvoid lockstep_hidden(Suite *suite);\n"
        "Suite *lockstep_suite(void);\n#line 1 \"./hidden_%s.c\"\n%s\n"
        "Suite *lockstep_suite(void)\n{\n    Suite *suite = lockstep_visible_suite();\n\n"
        "    lockstep_hidden(suite);\n    return suite;\n}\n",
        name, visible, u->x->cname, hidden);
    rc = b.failed ? err_oom(e) : write_plain(to, b.data, b.len, e);
    buf_release(&b);
    return rc;
}

static int compile_suite(struct unit *u, struct err *e)
{
    char *name = arena_printf(u->a, "check_%s.c", u->x->cname);
    char *source = arena_printf(u->a, "./%s", name);
    char *argv[] = {"/usr/bin/gcc",
                    "-std=gnu11",
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
    if (bring_suite(u, name, e) < 0 ||
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
    const bool first = blind_suite_first(u);
    char *argv[] = {"/usr/bin/gcc",
                    "-pthread",
                    "-fno-lto",
                    "-o",
                    "program",
                    first ? "suite.o" : "submission.o",
                    "lockstep-room0.o",
                    first ? "submission.o" : "suite.o",
                    "lockstep-room1.o",
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

    if (unit_bring(u, u->o->course->runtime, "liblockstep_native.a", e) < 0 ||
        blind_room(u, e) < 0)
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

    if (lay_out(u, e) < 0 || decide_dialect(u, e) < 0)
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
    if (rc > 0)
        rc = fits(u, e);
    if (rc > 0 && blind_program(u, u->work, e) < 0)
        rc = -1;
    return rc;
}

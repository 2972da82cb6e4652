/* screen.c - what no exercise needs and no test could judge: found before it runs, shown with
 * its line and the reason. Not a wall (SANDBOX 4.2): it deters and explains; the sandbox
 * confines, and the oracle decides.
 *
 * The preprocessed source is scanned (scan.c), the object for sections,
 * kinds of symbols and names. Whether the contract's functions are there is seen on the way,
 * and everything else the object defines is made local, so that a helper called `read` or a
 * left-over `main` hurts nobody.
 */
#include <dlfcn.h>
#include <fnmatch.h>
#include <string.h>

#include "sandbox/tier.h"
#include "stages/scan.h"
#include "stages/symbols.h"
#include "stages/unit.h"

enum { PREPROCESSED_MAX = 16 << 20, FORBIDDEN_MAX = 16 };

struct audit {
    struct unit *u;
    bool *defined; /* by index in rubric.api */
    bool extra;    /* defines more than the contract */
    struct {
        const char *name, *why;
    } forbidden[FORBIDDEN_MAX];
    int forbidden_count;
};

/* ---- names ------------------------------------------------------------------------- */

static const char why_program[] = "It starts another program, which the tests cannot observe.";
static const char why_behind[] = "It bypasses the library functions that the tests watch.";
static const char why_memory[] =
    "It looks into or changes memory that is not the program's data.";
static const char why_machine[] =
    "It changes the setup of the machine or of the test environment.";
static const char why_unseen[] =
    "It cannot be tested under chosen schedules, and the exercise does not need it.";
static const char why_tests[] = "It belongs to the tests and the grader, not to a solution.";

/* A name that no library of ours has is a helper that was forgotten: the linker will say so. */
static bool exists(const char *symbol, const char *why)
{
    return why == why_tests || dlsym(RTLD_DEFAULT, symbol) != NULL;
}

/* What no exercise needs; a rubric may allow some of it all the same (`allowed`). fnmatch(3).
 */
static const struct {
    const char *pattern, *why;
} general[] = {
    {"exec[lv]*", why_program},
    {"fexecve", why_program},
    {"posix_spawn*", why_program},
    {"system", why_program},
    {"popen", why_program},
    {"wordexp", why_program},
    {"syscall", why_behind},
    {"clone", why_behind},
    {"__clone", why_behind},
    {"_Fork", why_behind},
    {"dlopen", why_behind},
    {"dlmopen", why_behind},
    {"dlsym", why_behind},
    {"dlvsym", why_behind},
    {"dladdr*", why_behind},
    {"dlinfo", why_behind},
    {"dl_iterate_phdr", why_behind},
    {"__longjmp_chk", why_behind},
    {"setcontext", why_behind},
    {"swapcontext", why_behind},
    {"makecontext", why_behind},
    {"error_jmp_buffer", why_tests},
    {"getauxval", why_behind},
    {"__getauxval", why_behind},
    {"timerfd_create", why_unseen},
    {"signalfd", why_unseen},
    {"splice", why_unseen},
    {"vmsplice", why_unseen},
    {"tee", why_unseen},
    {"sendfile*", why_unseen},
    {"mq_notify", why_unseen},
    {"io_setup", why_unseen},
    {"inotify_init*", why_unseen},
    {"ptrace", why_memory},
    {"process_vm_*", why_memory},
    {"process_madvise", why_memory},
    {"pidfd_getfd", why_memory},
    {"mprotect", why_memory},
    {"pkey_*", why_memory},
    {"prctl", why_machine},
    {"personality", why_machine},
    {"setns", why_machine},
    {"unshare", why_machine},
    {"chroot", why_machine},
    {"pivot_root", why_machine},
    {"mount", why_machine},
    {"umount*", why_machine},
    {"reboot", why_machine},
    {"*et_mempolicy", why_machine},
    {"userfaultfd", why_machine},
    {"open_by_handle_at", why_machine},
    {"_ck_assert_failed", why_tests},
    {"_mark_point", why_tests},
    {"tcase_create", why_tests},
    {"_tcase_add_test", why_tests},
    {"suite_create", why_tests},
    {"suite_add_tcase", why_tests},
    {"srunner_*", why_tests},
    {"lockstep_*", why_tests},
    {"main", why_tests},
    {"tcase_add_checked_fixture", why_tests},
    {"tcase_add_unchecked_fixture", why_tests},
    {"tcase_fn_start", why_tests},
    {"tcase_matching_tag", why_tests},
    {"tcase_name", why_tests},
    {"tcase_set_tags", why_tests},
    {"tcase_set_timeout", why_tests},
    {"suite_tcase", why_tests},
    {"check_fork", why_tests},
    {"check_get_clockid", why_tests},
    {"check_list_*", why_tests},
    {"check_major_version", why_tests},
    {"check_micro_version", why_tests},
    {"check_minor_version", why_tests},
    {"check_set_max_msg_size", why_tests},
    {"check_waitpid_and_exit", why_tests},
    {"ck_do_nothing", why_tests},
    {"ck_strdup_printf", why_tests},
    {"cur_fork_status", why_tests},
    {"current_test_name", why_tests},
    {"set_fork_status", why_tests},
    {"error_jmp_buffer", why_tests},
    {"send_ctx_info", why_tests},
    {"send_duration_info", why_tests},
    {"send_failure_info", why_tests},
    {"send_loc_info", why_tests},
    {"setup_messaging", why_tests},
    {"teardown_messaging", why_tests},
    {"receive_test_result", why_tests},
    {"sr_stat_str", why_tests},
    {"log_srunner_*", why_tests},
    {"log_suite_*", why_tests},
    {"log_test_*", why_tests},
    {"lfile_lfun", why_tests},
    {"stdout_lfun", why_tests},
    {"subunit_lfun", why_tests},
    {"tap_lfun", why_tests},
    {"xml_lfun", why_tests},
    {"tr_create", why_tests},
    {"tr_ctx", why_tests},
    {"tr_fprint", why_tests},
    {"tr_free", why_tests},
    {"tr_lfile", why_tests},
    {"tr_lno", why_tests},
    {"tr_msg", why_tests},
    {"tr_rtype", why_tests},
    {"tr_short_str", why_tests},
    {"tr_str", why_tests},
    {"tr_tcname", why_tests},
    {"tr_xmlprint", why_tests},
    {"ls_observe", why_tests},
    {"ls_touch*", why_tests},
    {"ls_realigned_*", why_tests},
    {"ls_input", why_tests},
    {"ls_settle*", why_tests},
    {"ls_gate_*", why_tests},
    {"ls_terminal*", why_tests},
    {"ls_alongside*", why_tests},
    {"harness_*", why_tests},
    {"ls_test", why_tests},
    {"ls_reap", why_tests},
    {"ls_spawn", why_tests},
    {"ls_now_ns", why_tests},
    {"ls_children", why_tests},
    {"ls_first_child", why_tests},
    {"ls_stopped", why_tests},
    {"ls_stay_on", why_tests},
    {"ls_polite", why_tests},
    {"ls_kill_self", why_tests},
    {"ls_mappings", why_tests},
    {"ls_descriptors", why_tests},
    {"ls_enter", why_tests},
    {"ls_leave", why_tests},
    {"ls_past_next_second", why_tests},
    {"inputs_value", why_tests},

    {"__wrap_*", why_tests},
    {"__real_*", why_tests},
    {"__sanitizer_*", why_tests},
    {"__asan_*", why_tests},
    {"__tsan_*", why_tests},
    {"__lsan_*", why_tests},
    {"__ubsan_*", why_tests},
};

/* Of these also a definition is a hook. */
static bool is_hook(const char *symbol)
{
    return fnmatch("__[alt]san_*", symbol, 0) == 0 || fnmatch("__ubsan_*", symbol, 0) == 0 ||
           fnmatch("__sanitizer_*", symbol, 0) == 0;
}

static bool is_fork(const char *symbol)
{
    return strcmp(symbol, "forkpty") == 0 || strcmp(symbol, "daemon") == 0 ||
           strcmp(symbol, "vfork") == 0;
}

static const char *why_forbidden(const struct rubric *r, const char *symbol)
{
    for (size_t i = 0; i < ARRAY_SIZE(general); i++)
        if (fnmatch(general[i].pattern, symbol, 0) == 0 && !rubric_allows(r, symbol))
            return exists(symbol, general[i].why) ? general[i].why : NULL;
    if (is_fork(symbol) && rubric_forbids(r, "fork"))
        return "It forks, and the exercise asks for a solution without fork().";
    return rubric_forbids(r, symbol) && exists(symbol, NULL)
               ? "The exercise asks for a solution without it."
               : NULL;
}

static int api_index(const struct unit *u, const char *symbol)
{
    for (int i = 0; u->x->rubric.api[i]; i++)
        if (strcmp(u->x->rubric.api[i], symbol) == 0)
            return i;
    return -1;
}

static bool is_timer(const char *symbol)
{
    static const char *const timers[] = {"alarm",        "ualarm",        "setitimer",
                                         "timer_create", "timer_settime", "timerfd_settime"};

    for (size_t i = 0; i < ARRAY_SIZE(timers); i++)
        if (strcmp(timers[i], symbol) == 0)
            return true;
    return false;
}

static void audit_symbol(void *ctx, const struct symbol *s)
{
    struct audit *au = ctx;
    struct unit *u = au->u;
    int i;

    if (!s->defined || is_hook(s->name)) {
        const char *why = why_forbidden(&u->x->rubric, s->name);

        if (why && au->forbidden_count < FORBIDDEN_MAX) {
            au->forbidden[au->forbidden_count].name = arena_strdup(u->a, s->name);
            au->forbidden[au->forbidden_count++].why = why;
        }
        u->uses_timers |= !s->defined && is_timer(s->name);
        return;
    }
    if (!s->global)
        return;
    i = api_index(u, s->name);
    if (i >= 0)
        au->defined[i] = true;
    else
        au->extra = true;
}

/* The line of the first use, as `nm -l` finds it through the relocations. 0: unknown. */
static int line_of_use(struct unit *u, const char *symbol, struct err *e)
{
    char *argv[] = {"/usr/bin/nm", "-u", "-l", "submission.o", NULL};
    struct limits l = unit_compiler_limits;
    struct keeper_result r = {0};
    char *save = NULL;
    int line = 0;

    l.output_kb = 4096;
    if (unit_tool(u, argv, &l, &r, e) < 0)
        return -1;
    for (char *s = r.output.data ? strtok_r(r.output.data, "\n", &save) : NULL; s;
         s = strtok_r(NULL, "\n", &save)) {
        char *tab = strchr(s, '\t'), *name, *colon;

        if (!tab)
            continue;
        *tab = '\0';
        name = strrchr(s, ' ');
        colon = strrchr(tab + 1, ':');
        if (name && colon && strcmp(name + 1, symbol) == 0)
            line = atoi(colon + 1);
    }
    keeper_release(&r);
    return line;
}

/* Proves it for every test. `line` 0: not known. */
static int forbid(struct unit *u, const char *what, const char *text, int line, struct err *e)
{
    const char *title = arena_printf(u->a, "forbidden: %s", what);

    for (int i = 0; i < u->r->test_count; i++) {
        struct evidence *ev =
            result_prove(u->a, &u->r->tests[i], MODE_NATIVE, VERDICT_FORBIDDEN, title);
        struct stack *s = ev ? evidence_stack(u->a, ev, "used here", 1) : NULL;

        if (!s || !text)
            return err_oom(e);
        ev->text = text;
        unit_frame(u, s, NULL, line ? u->x->rubric.edit : NULL, line);
    }
    return 0;
}

static int forbid_symbol(struct unit *u, const char *symbol, const char *why, struct err *e)
{
    const int line = line_of_use(u, symbol, e);

    return line < 0 ? -1
                    : forbid(u, symbol,
                             arena_printf(u->a, "This exercise does not allow '%s'. %s", symbol,
                                          why),
                             line, e);
}

static int missing_functions(struct unit *u, const struct audit *au)
{
    struct buf b = {0};
    bool all;

    for (int i = 0; u->x->rubric.api[i]; i++)
        if (!au->defined[i])
            buf_printf(&b, "%s%s", b.len ? ", " : "", u->x->rubric.api[i]);
    if (b.len)
        result_all(u->a, u->r, VERDICT_COMPILE_ERROR, "compile-error: missing functions",
                   arena_printf(u->a,
                                "The contract asks for functions that are not defined: %s.",
                                b.data));
    all = b.len == 0;
    buf_release(&b);
    return all;
}

int unit_localise(struct unit *u, const char *object, struct err *e)
{
    char *argv[RUBRIC_API_MAX + 8] = {"/usr/bin/objcopy"};
    int n = 1;

    for (int i = 0; i < RUBRIC_API_MAX && u->x->rubric.api[i]; i++)
        argv[n++] = arena_printf(u->a, "--keep-global-symbol=%s", u->x->rubric.api[i]);
    argv[n++] = (char *)object;
    return u->a->failed ? err_oom(e) : unit_step(u, argv, false, e);
}

static int audit(struct unit *u, const char *path, struct err *e)
{
    struct audit au = {.u = u};
    size_t n = 0;
    int rc;

    while (u->x->rubric.api[n])
        n++;
    au.defined = arena_zalloc(u->a, n + 1);
    if (!au.defined)
        return err_oom(e);
    if (symbols_each(path, audit_symbol, &au, e) < 0)
        return -1;
    for (int i = 0; i < au.forbidden_count && !sandbox_without("screen"); i++)
        if (forbid_symbol(u, au.forbidden[i].name, au.forbidden[i].why, e) < 0)
            return -1;
    if (au.forbidden_count && !sandbox_without("screen"))
        return 0;
    rc = missing_functions(u, &au);
    return rc > 0 && au.extra ? unit_localise(u, "submission.o", e) : rc;
}

int screen_object(struct unit *u, struct err *e)
{
    const char *path = arena_printf(u->a, "%s/submission.o", u->work);
    char what[64];
    int rc;

    if (!path)
        return err_oom(e);
    rc = symbols_strange(path, what, e);
    if (rc > 0 && !sandbox_without("screen"))
        return forbid(
            u, arena_strdup(u->a, what),
            "Plain C never produces this: it runs by itself, controls the linker, or talks "
            "to the tools that look for races.",
            0, e);
    return rc < 0 ? -1 : audit(u, path, e);
}

/* ---- the source ----------------------------------------------------------------------- */

static bool own_header(void *ctx, const char *name)
{
    const struct unit *u = ctx;
    const size_t n = strlen(name);
    auto_free char *path = NULL;

    if (n < 3 || strcmp(name + n - 2, ".h") != 0 ||
        asprintf(&path, "%s/%s", u->x->dir, name) < 0) {
        return false;
    }
    return access(path, F_OK) == 0;
}

static int forbid_hit(struct unit *u, const struct scan_hit *hit, struct err *e)
{
    return forbid(u, arena_strdup(u->a, hit->what),
                  arena_printf(u->a, "This exercise does not allow '%s': %s. %s", hit->name,
                               hit->what, hit->why),
                  hit->line, e);
}

/* gcc says where it obeyed a line marker ("# 3 "file" 1"), which only its own output should
 * hold: the rest of the source could pass for a system header. What it skips it does not name.
 */
static bool has_markers(const char *said, struct scan_hit *ret)
{
    const char *p = said ? strstr(said, "style of line directive is a GCC extension") : NULL;
    const char *line = p;

    if (!p)
        return false;
    while (line > said && line[-1] != '\n')
        line--;
    line += strcspn(line, ":");
    *ret = (struct scan_hit){
        .line = *line == ':' ? atoi(line + 1) : 0,
        .what = "a line marker",
        .name = "# LINE \"FILE\"",
        .why = "It makes the compiler believe that the code is another file's."};
    return true;
}

/* Makes u->work/submission.i. 1 = made, 0 = the submission's fault. *ret_marker: where gcc
 * obeyed a line marker. */
static int preprocess(struct unit *u, struct scan_hit *ret_marker, bool *ret_marked,
                      struct err *e)
{
    char *file = arena_printf(u->a, "./%s", u->x->rubric.edit);
    char *argv[] = {"/usr/bin/gcc",
                    "-std=gnu11",
                    unit_dialect(u),
                    "-E",
                    "-Wpedantic", /* names line markers, see has_markers() */
                    "-pthread",
                    "-fmax-include-depth=20",
                    "-fmax-errors=20",
                    "-fdiagnostics-color=never",
                    file,
                    "-o",
                    "submission.i",
                    NULL};
    struct keeper_result r = {0};
    int rc = file ? unit_words(u, argv, &r, e) : err_oom(e);

    *ret_marked = rc >= 0 && has_markers(r.output.data, ret_marker);
    keeper_release(&r);
    return rc;
}

int screen_source(struct unit *u, struct err *e)
{
    const char *path = arena_printf(u->a, "%s/submission.i", u->work);
    const bool screened = !sandbox_without("screen");
    struct scan_hit hit;
    bool marked;
    int rc;

    if (!path)
        return err_oom(e);
    if (screened && scan_source(u->source, u->source_len, own_header, u, &hit))
        return forbid_hit(u, &hit, e);
    if ((rc = preprocess(u, &hit, &marked, e)) < 0)
        return rc;
    if (marked && screened)
        return forbid_hit(u, &hit, e);
    if (rc == 0)
        return 0;
    u->r->compiler_output = NULL; /* the compiler says it again */
    if (slurp(path, PREPROCESSED_MAX, &u->text, &u->text_len, e) < 0) {
        result_all(u->a, u->r, VERDICT_RESOURCE_LIMIT, "resource-limit: preprocessed source",
                   "The source is larger than 16 MiB when its macros are expanded.");
        return 0;
    }
    unlink(path);
    if (screened && scan_preprocessed(u->text, u->text_len, own_header, u, &hit))
        return forbid_hit(u, &hit, e);
    scan_drop_pragmas(u->text, u->text_len);
    return 1;
}

/* explorer_build.c - gcc, objcopy and the linker, with the flags the explorer needs.
 *
 * Each flag has a reason (measured with gcc 12): -O0, because from -O1 on constant-size memcpy
 * and memset are expanded without a hook and repeated accesses are merged; -fno-builtin-... for
 * the same functions at -O0; -fno-optimize-sibling-calls, so that every frame is on the stack;
 * -ffixed-..., so that nothing of the program is in a register at a hook
 * (runtime/explore/loop.c); trace-pc, to tell which way a function went (path.c);
 * -U__SANITIZE_THREAD__, so that what is explored is what was run;
 * -Wno-tsan, because fences, which gcc's own runtime does not know, are known to ours.
 *
 * A program may have functions of its own with names of libc's (send, wait, remove): gcc builds
 * it, so these keep out of the redirection, and get a name that the runtime does not use.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stages/explorer.h"
#include "stages/symbols.h"
#include "stages/uncovered.h"
#include "stages/unit.h"

enum { ARGS_MAX = 96, OBJECTS_MAX = 64 };

static const struct limits build_limits = {.cpu_s = 20,
                                           .wall_s = 60,
                                           .memory_mb = 1536,
                                           .processes = 16,
                                           .output_kb = 128,
                                           .file_mb = 64};

char *const unit_no_builtin[] = {"-fno-builtin-memcpy",   "-fno-builtin-memset",
                                 "-fno-builtin-memmove",  "-fno-builtin-memcmp",
                                 "-fno-builtin-strlen",   "-fno-builtin-strcpy",
                                 "-fno-builtin-strcmp",   "-fno-builtin-strchr",
                                 "-fno-builtin-sprintf",  "-fno-builtin-snprintf",
                                 "-fno-builtin-printf", /* else gcc makes puts of some */
                                 "-fno-builtin-fprintf",  "-fno-builtin-vprintf",
                                 "-fno-builtin-vfprintf", NULL};

static char *const compile_flags[] = {"/usr/bin/gcc",
                                      "-std=gnu11",
                                      "-O0",
                                      "-g",
                                      "-pthread",
                                      "-fsanitize=thread",
                                      "-U__SANITIZE_THREAD__",
                                      "--param=tsan-distinguish-volatile=1",
                                      "-Wno-tsan",
                                      "-ffixed-rbx",
                                      "-ffixed-r12",
                                      "-ffixed-r13",
                                      "-ffixed-r14",
                                      "-ffixed-r15",
                                      "-fno-omit-frame-pointer",
                                      "-fno-optimize-sibling-calls",
                                      "-fmax-include-depth=20",
                                      "-fmax-errors=20",
                                      "-fdiagnostics-color=never"};

static int run_tool(const struct explorer_build *b, const char *cwd, char *const argv[],
                    struct buf *output, struct err *e)
{
    struct keeper_job job = {.argv = argv,
                             .envp = unit_env,
                             .cwd = cwd,
                             .trusted = b->runtime != NULL,
                             .limits = build_limits};
    struct keeper_result r = {0};
    int ok;

    if (keeper_run(&job, &r, e) < 0)
        return -1;
    ok = r.end == KEEPER_EXITED && r.code == 0;
    if (r.output.len)
        buf_add(output, r.output.data, r.output.len);
    if (r.end == KEEPER_STARVED)
        ok = err_set(e, ERR_SYSTEM, "the machine is too busy to run '%s'", argv[0]);
    keeper_release(&r);
    return ok;
}

/* ---- compiling ----------------------------------------------------------------------------
 */

static bool is_for_linker(const char *flag)
{
    const size_t n = strlen(flag);

    return strncmp(flag, "-l", 2) == 0 || strncmp(flag, "-L", 2) == 0 ||
           strncmp(flag, "-Wl,", 4) == 0 || (n > 2 && strcmp(flag + n - 2, ".a") == 0) ||
           (n > 3 && strcmp(flag + n - 3, ".so") == 0);
}

static bool is_optimised(char *const *flags)
{
    bool yes = false;

    for (int i = 0; flags && flags[i]; i++)
        if (strncmp(flags[i], "-O", 2) == 0)
            yes = strcmp(flags[i], "-O0") != 0;
    return yes;
}

static int to_assembly(const struct explorer_build *b, const char *source, const char *text,
                       bool gnu, bool strict, struct buf *output, struct err *e)
{
    char *argv[ARGS_MAX];
    int n = 0;

    for (; n < (int)ARRAY_SIZE(compile_flags); n++)
        argv[n] = compile_flags[n];
    for (int i = 0; unit_no_builtin[i]; i++)
        argv[n++] = unit_no_builtin[i];
    if (gnu)
        argv[n++] = "-D_GNU_SOURCE=";
    if (strict)
        argv[n++] = "-Werror=implicit-function-declaration";
    if (!is_optimised(b->flags)) /* else lines of merged code would be told as if they ran */
        argv[n++] = "-fsanitize-coverage=trace-pc";
    for (int i = 0; b->flags && b->flags[i]; i++) {
        if (n > ARGS_MAX - 6)
            return err_set(e, ERR_USAGE, "more than %d compiler flags", ARGS_MAX - 48);
        if (!is_for_linker(b->flags[i]))
            argv[n++] = b->flags[i];
    }
    argv[n++] = "-S";
    argv[n++] = (char *)source;
    argv[n++] = "-o";
    argv[n++] = (char *)text;
    argv[n] = NULL;
    return run_tool(b, b->cwd ? b->cwd : b->work, argv, output, e);
}

/* As gcc -std=gnu11 does it; with _GNU_SOURCE when only so everything is declared. */
static int compile(const struct explorer_build *b, const char *source, const char *text,
                   struct buf *output, struct err *e)
{
    struct buf plain = {0}, gnu = {0};
    int rc;

    if (b->dialect != DIALECT_EITHER)
        return to_assembly(b, source, text, b->dialect == DIALECT_GNU, false, output, e);
    rc = to_assembly(b, source, text, false, true, &plain, e);
    if (rc > 0) {
        buf_add(output, plain.data ? plain.data : "", plain.len);
    } else if (rc == 0) {
        rc = to_assembly(b, source, text, true, true, &gnu, e);
        if (rc > 0)
            buf_add(output, gnu.data ? gnu.data : "", gnu.len);
        else if (rc == 0)
            rc = to_assembly(b, source, text, false, false, output, e);
    }
    buf_release(&plain);
    buf_release(&gnu);
    return rc;
}

/* Instructions that touch no memory, in all spellings of spin loops. */
static bool is_harmless(const char *line, size_t n)
{
    static const char *const words[] = {"nop", "pause", "rep nop", "rep; nop", "rep;nop", ""};
    const size_t lead = strspn(line, " \t");
    size_t end = n;

    while (end > lead &&
           (line[end - 1] == ' ' || line[end - 1] == '\t' || line[end - 1] == ';'))
        end--;
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (end - (lead < end ? lead : end) == strlen(words[i]) &&
            strncmp(line + (lead < end ? lead : end), words[i], strlen(words[i])) == 0)
            return true;
    return line[lead] == '#';
}

/* What stands between #APP and #NO_APP is the program's own: # LINE "FILE" says where. */
static void find_assembly(const char *text, struct explorer_asm *ret)
{
    bool inside = false;
    int line = 0;
    char file[sizeof ret->file] = "";

    for (const char *p = text; *p && !ret->line;) {
        const size_t n = strcspn(p, "\n");

        if (strncmp(p, "#APP", 4) == 0)
            inside = true;
        else if (strncmp(p, "#NO_APP", 7) == 0)
            inside = false;
        else if (inside && strncmp(p, "# ", 2) == 0 && p[2] != '0')
            sscanf(p, "# %d \"%199[^\"]\"", &line, file);
        else if (inside && !is_harmless(p, n)) {
            ret->line = line ? line : 1;
            memcpy(ret->file, file, sizeof ret->file);
        }
        p += n + (p[n] == '\n');
    }
}

/* Accesses of which the compiler says nothing get their hooks, too. */
static int announce_all(const char *path, const char *text, struct err *e)
{
    struct buf all = {0};
    int rc = 0;

    if (uncovered_add_hooks(text, &all) > 0)
        rc = all.failed ? err_oom(e) : write_plain(path, all.data, all.len, e);
    buf_release(&all);
    return rc;
}

static int compile_in(const struct explorer_build *b, const char *source, const char *object,
                      struct explorer_asm *found, struct buf *output, struct arena *a,
                      struct err *e)
{
    const char *in = b->cwd ? b->work : ".";
    char *from = arena_printf(a, "%s/%s.s", in, object),
         *to = arena_printf(a, "%s/%s", in, object);
    char *assemble[] = {"/usr/bin/gcc", "-c", from, "-o", to, NULL};
    const char *path = arena_printf(a, "%s/%s.s", b->work, object);
    char *text = NULL;
    int rc;

    if (a->failed)
        return err_oom(e);
    if ((rc = compile(b, source, from, output, e)) <= 0)
        return rc;
    if (slurp(path, 256 << 20, &text, NULL, e) < 0)
        return -1;
    if (found && !found->line)
        find_assembly(text, found);
    rc = announce_all(path, text, e);
    free(text);
    if (rc < 0)
        return -1;
    rc = run_tool(b, b->cwd ? b->cwd : b->work, assemble, output, e);
    unlink(path);
    return rc;
}

int explorer_compile(const struct explorer_build *b, const char *source, const char *object,
                     struct explorer_asm *found, struct buf *output, struct err *e)
{
    struct arena a = {0};
    const int rc = compile_in(b, source, object, found, output, &a, e);

    arena_release(&a);
    return rc;
}

/* ---- redirecting ----------------------------------------------------------------------------
 */

struct names {
    struct arena *a;
    const char *list; /* one name a line */
    struct name {
        struct name *next;
        const char *text;
    } * own;
};

/* Functions and variables that the program defines under a name of the list. */
static void note_own(void *ctx, const struct symbol *s)
{
    struct names *n = ctx;
    struct name *one;
    const size_t len = strlen(s->name);

    if (!s->defined || !s->global || strcmp(s->name, "main") == 0)
        return;
    for (const char *p = n->list; *p;) {
        const size_t to = strcspn(p, " \n");

        if (to == len && memcmp(p, s->name, len) == 0) {
            one = arena_zalloc(n->a, sizeof *one);
            if (one && (one->text = arena_strdup(n->a, s->name))) {
                one->next = n->own;
                n->own = one;
            }
            return;
        }
        p += strcspn(p, "\n");
        p += *p == '\n';
    }
}

static bool is_own(const struct names *n, const char *name, size_t len)
{
    for (const struct name *o = n->own; o; o = o->next)
        if (strlen(o->text) == len && memcmp(o->text, name, len) == 0)
            return true;
    return false;
}

/* The list of redirections without what the program has itself. */
static int write_list(const struct explorer_build *b, const struct names *n,
                      const char *redirect, bool is_main, struct err *e)
{
    const char *path = arena_printf(n->a, "%s/program.syms", b->work);
    struct buf out = {0};
    int rc;

    for (const char *p = redirect; *p;) {
        const size_t line = strcspn(p, "\n"), len = strcspn(p, " \n");

        if (!is_own(n, p, len) && !(len == 4 && strncmp(p, "main", 4) == 0))
            buf_add(&out, p, line + (p[line] == '\n'));
        p += line + (p[line] == '\n');
    }
    for (const struct name *o = n->own; o; o = o->next)
        buf_printf(&out, "%s ls_own_%s\n", o->text, o->text);
    if (is_main)
        buf_puts(&out, "main ls_x_main\n");
    if (!path || out.failed) {
        buf_release(&out);
        return err_oom(e);
    }
    rc = write_plain(path, out.data ? out.data : "", out.len, e);
    buf_release(&out);
    return rc;
}

int explorer_redirect(const struct explorer_build *b, char *const objects[], bool is_main,
                      struct buf *output, struct err *e)
{
    static const char code[] = ".text";
    struct arena a = {0};
    struct names n = {.a = &a};
    char *redirect = NULL, *runtime = NULL;
    const char *folder = b->runtime ? b->runtime : b->work;
    char *copy[] = {"/usr/bin/objcopy",
                    "--redefine-syms=program.syms",
                    "--rename-section",
                    arena_printf(&a, "%s=%s", code, b->text ? b->text : code),
                    NULL,
                    NULL};
    char *list = NULL;
    int rc = 1;

    if (slurp(arena_printf(&a, "%s/redirect.syms", folder), 1 << 20, &redirect, NULL, e) < 0 ||
        slurp(arena_printf(&a, "%s/runtime.syms", folder), 1 << 20, &runtime, NULL, e) < 0)
        rc = -1;
    if (rc > 0 && !(list = arena_printf(&a, "%s%s", redirect, runtime)))
        rc = err_oom(e);
    n.list = list;
    for (int i = 0; objects[i] && rc > 0; i++)
        if (symbols_each(arena_printf(&a, "%s/%s", b->work, objects[i]), note_own, &n, e) < 0)
            rc = -1;
    if (rc > 0 && write_list(b, &n, redirect, is_main, e) < 0)
        rc = -1;
    for (int i = 0; objects[i] && rc > 0; i++) {
        copy[4] = objects[i];
        rc = run_tool(b, b->work, copy, output, e);
    }
    free(redirect);
    free(runtime);
    arena_release(&a);
    return rc;
}

/* ---- linking --------------------------------------------------------------------------------
 */

int explorer_link(const struct explorer_build *b, char *const objects[], const char *program,
                  bool suite, struct buf *output, struct err *e)
{
    struct arena a = {0};
    char *argv[ARGS_MAX] = {"/usr/bin/gcc", "-pthread", "-fno-lto", "-Wl,-z,now", "-o"};
    const char *in = b->cwd ? b->work : ".";
    int n = 5, rc;

    argv[n++] = arena_printf(&a, "%s/%s", in, program);
    for (int i = 0; objects[i] && n < ARGS_MAX - 40; i++)
        argv[n++] = arena_printf(&a, "%s/%s", in, objects[i]);
    argv[n++] = "-Wl,--whole-archive";
    argv[n++] = arena_printf(&a, "%s/liblockstep_%s.a", b->runtime ? b->runtime : ".",
                             suite ? "suite" : "explore");
    argv[n++] = "-Wl,--no-whole-archive";
    if (suite) {
        argv[n++] = "-Wl,--wrap=_mark_point";
        argv[n++] = "-lcheck_pic";
        argv[n++] = "-lsubunit";
        argv[n++] = "-lrt";
    }
    for (int i = 0; b->flags && b->flags[i] && n < ARGS_MAX - 2; i++)
        if (is_for_linker(b->flags[i]))
            argv[n++] = b->flags[i];
    argv[n++] = "-lm";
    argv[n] = NULL;
    rc = a.failed ? err_oom(e) : run_tool(b, b->cwd ? b->cwd : b->work, argv, output, e);
    arena_release(&a);
    return rc;
}

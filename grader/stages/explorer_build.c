/* explorer_build.c - gcc, objcopy and the linker, with the flags the explorer needs.
 *
 * Each flag has a reason (measured with gcc 12): -O0, because from -O1 on constant-size memcpy
 * and memset are expanded without a hook and repeated accesses are merged; -fno-builtin-... for
 * the same functions at -O0; -fno-optimize-sibling-calls, so that every frame is on the stack;
 * -U__SANITIZE_THREAD__, so that what is explored is what was run; -Wno-tsan, because fences,
 * which gcc's own runtime does not know, are known to ours.
 */
#include <string.h>

#include "stages/explorer.h"
#include "stages/symbols.h"
#include "stages/unit.h"

enum { ARGS_MAX = 96 };

static const struct limits build_limits = {.cpu_s = 20,
                                           .wall_s = 60,
                                           .memory_mb = 1536,
                                           .processes = 16,
                                           .output_kb = 128,
                                           .file_mb = 64};

static char *const compile_flags[] = {"/usr/bin/gcc",
                                      "-std=gnu11",
                                      "-D_GNU_SOURCE=",
                                      "-O0",
                                      "-g",
                                      "-pthread",
                                      "-fsanitize=thread",
                                      "-U__SANITIZE_THREAD__",
                                      "--param=tsan-distinguish-volatile=1",
                                      "-Wno-tsan",
                                      "-fno-omit-frame-pointer",
                                      "-fno-optimize-sibling-calls",
                                      "-fno-builtin-memcpy",
                                      "-fno-builtin-memset",
                                      "-fno-builtin-memmove",
                                      "-fno-builtin-memcmp",
                                      "-fno-builtin-strlen",
                                      "-fno-builtin-strcpy",
                                      "-fno-builtin-strcmp",
                                      "-fno-builtin-strchr",
                                      "-fno-builtin-sprintf",
                                      "-fno-builtin-snprintf",
                                      "-fmax-include-depth=20",
                                      "-fmax-errors=20",
                                      "-fdiagnostics-color=never"};

static int run_tool(const char *work, bool trusted, char *const argv[], struct buf *output,
                    struct err *e)
{
    struct keeper_job job = {.argv = argv,
                             .envp = unit_env,
                             .cwd = work,
                             .trusted = trusted,
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

int explorer_compile(const char *runtime, const char *work, const char *source,
                     const char *object, char *const flags[], bool is_main, struct buf *output,
                     struct err *e)
{
    char *argv[ARGS_MAX];
    auto_free char *syms = NULL;
    char *copy[] = {"/usr/bin/objcopy", NULL, (char *)object, NULL, NULL, NULL};
    int n = 0, rc;

    if (asprintf(&syms, "--redefine-syms=%s/redirect.syms", runtime ? runtime : ".") < 0) {
        syms = NULL;
        return err_oom(e);
    }
    copy[1] = syms;
    for (; n < (int)ARRAY_SIZE(compile_flags); n++)
        argv[n] = compile_flags[n];
    for (int i = 0; flags && flags[i]; i++) {
        if (n > ARGS_MAX - 6)
            return err_set(e, ERR_USAGE, "more than %d compiler flags", ARGS_MAX - 40);
        argv[n++] = flags[i];
    }
    argv[n++] = "-c";
    argv[n++] = (char *)source;
    argv[n++] = "-o";
    argv[n++] = (char *)object;
    argv[n] = NULL;
    if ((rc = run_tool(work, runtime, argv, output, e)) <= 0)
        return rc;
    if (is_main) {
        copy[2] = "--redefine-sym";
        copy[3] = "main=ls_x_main";
        copy[4] = (char *)object;
    }
    return run_tool(work, runtime, copy, output, e);
}

int explorer_link(const char *runtime, const char *work, char *const objects[],
                  const char *program, bool suite, struct buf *output, struct err *e)
{
    char *argv[ARGS_MAX] = {"/usr/bin/gcc", "-pthread", "-fno-lto",
                            "-Wl,-z,now",   "-o",       (char *)program};
    auto_free char *archive = NULL;
    int n = 6;

    if (asprintf(&archive, "%s/liblockstep_%s.a", runtime ? runtime : ".",
                 suite ? "suite" : "explore") < 0) {
        archive = NULL;
        return err_oom(e);
    }
    for (int i = 0; objects[i] && n < ARGS_MAX - 12; i++)
        argv[n++] = objects[i];
    argv[n++] = "-Wl,--whole-archive";
    argv[n++] = archive;
    argv[n++] = "-Wl,--no-whole-archive";
    if (suite) {
        argv[n++] = "-Wl,--wrap=_mark_point";
        argv[n++] = "-lcheck_pic";
        argv[n++] = "-lsubunit";
        argv[n++] = "-lrt";
    }
    argv[n++] = "-lm";
    argv[n] = NULL;
    return run_tool(work, runtime, argv, output, e);
}

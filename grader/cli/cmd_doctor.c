/* cmd_doctor.c - `lockstep doctor`: what is missing on this machine, and the remedy.
 *
 * Each check does the thing it speaks of; none looks at version numbers or names.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "cli/options.h"
#include "sandbox/cgroup.h"
#include "sandbox/keeper.h"
#include "sandbox/tier.h"

struct check {
    const char *what, *remedy;
    bool needed;
    bool (*works)(void);
};

/* Runs a command of ours as a stage would; true when it exits 0. */
static bool runs(char *const argv[])
{
    char *envp[] = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", NULL};
    struct keeper_job job = {.argv = argv, .envp = envp, .limits = LIMITS_DEFAULT};
    struct keeper_result r = {0};
    struct err e = {0};
    bool ok;

    job.limits.cpu_s = 20;
    job.limits.memory_mb = 0;
    ok = keeper_run(&job, &r, &e) == 0 && r.end == KEEPER_EXITED && r.code == 0;
    keeper_release(&r);
    return ok;
}

static bool has_gcc(void)
{
    char *argv[] = {"/usr/bin/gcc", "-x", "c", "-fsyntax-only", "/dev/null", NULL};

    return runs(argv);
}

static bool has_check(void)
{
    char *argv[] = {"/usr/bin/gcc", "-x", "c",         "-include",  "check.h",
                    "-E",           "-o", "/dev/null", "/dev/null", NULL};

    return runs(argv);
}

static bool has_binutils(void)
{
    char *nm[] = {"/usr/bin/nm", "--version", NULL};
    char *objcopy[] = {"/usr/bin/objcopy", "--version", NULL};

    return runs(nm) && runs(objcopy);
}

static bool has_helgrind(void)
{
    char *argv[] = {"/usr/bin/valgrind", "--tool=helgrind", "--quiet", "/bin/true", NULL};

    return runs(argv);
}

static bool has_memcheck(void)
{
    char *argv[] = {"/usr/bin/valgrind", "--tool=memcheck", "--quiet", "/bin/true", NULL};

    return runs(argv);
}

static bool has_terminal(void)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY);
    bool ok = fd >= 0 && grantpt(fd) == 0 && unlockpt(fd) == 0;

    if (fd >= 0)
        close(fd);
    return ok;
}

static bool has_children_lists(void)
{
    return access("/proc/self/task", R_OK) == 0 &&
           access("/proc/thread-self/children", R_OK) == 0;
}

static const struct check checks[] = {
    {"gcc compiles", "apt-get install gcc libc6-dev", true, has_gcc},
    {"libcheck is there", "apt-get install check", true, has_check},
    {"nm and objcopy run", "apt-get install binutils", true, has_binutils},
    {"Helgrind runs", "apt-get install valgrind libc6-dbg", true, has_helgrind},
    {"memcheck runs", "apt-get install valgrind libc6-dbg", true, has_memcheck},
    {"pseudo-terminals can be opened", "mount devpts on /dev/pts", true, has_terminal},
    {"/proc lists children", "a kernel with CONFIG_PROC_CHILDREN, /proc mounted", true,
     has_children_lists},
};

static const struct option_row rows[] = {{0, NULL, NULL, NULL}};

static int use(void *ctx, int key, const char *value, struct err *e)
{
    (void)ctx, (void)key, (void)value, (void)e;
    return 0;
}

static int run(int argc, char *argv[], struct err *e)
{
    struct arena a = {0};
    struct err why = {0};
    struct course c;
    int first = options_parse(&cmd_doctor, argc, argv, use, NULL, e);
    int status = EXIT_ALL_PASS;

    if (first < 0)
        return first;
    for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
        const bool ok = checks[i].works();

        printf("%-4s  %s\n", ok ? "ok" : checks[i].needed ? "FAIL" : "note", checks[i].what);
        if (!ok)
            printf("      remedy: %s\n", checks[i].remedy);
        if (!ok && checks[i].needed)
            status = EXIT_BROKEN;
    }
    if (course_load(&a, &c, &why) < 0) {
        printf("FAIL  exercises and runtime are found\n      %s\n", why.msg);
        status = EXIT_BROKEN;
    } else {
        printf("ok    exercises and runtime are found\n");
    }
    if (sandbox_tier() != TIER_FULL)
        printf("note  the full tier refuses: %s\n      remedy: %s\n", sandbox_refusal(),
               sandbox_remedy());
    printf("tier  %s: %s\n", tier_name(sandbox_tier()), tier_promise(sandbox_tier()));
    printf("note  memory is limited %s (%s)\n",
           cgroup_works() ? "for a run as a whole"
                          : "for each process, not for a run as a whole",
           cgroup_words());
    arena_release(&a);
    return status;
}

const struct cmd cmd_doctor = {
    .name = "doctor",
    .args = "",
    .rows = rows,
    .summary = "tell what is missing on this machine, and the remedy",
    .run = run,
};

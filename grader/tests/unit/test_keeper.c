/* test_keeper.c - real programs under the real keeper, each with its exact end. */
#include "sandbox/keeper.h"
#include "sandbox/tier.h"
#include "tests/unit/suites.h"

#include <stdio.h>
#include <string.h>
#include <sys/sem.h>
#include <sys/stat.h>

static struct keeper_result run(const char *script, bool confined, struct limits limits)
{
    char *argv[] = {"/bin/sh", "-c", (char *)script, NULL};
    char *envp[] = {"PATH=/usr/bin:/bin", NULL};
    struct keeper_job job = {
        .argv = argv, .envp = envp, .limits = limits, .trusted = !confined, .watch_left = true};
    struct keeper_result r = {0};
    struct err e = {0};

    ck_assert_msg(keeper_run(&job, &r, &e) == 0, "%s", e.msg);
    return r;
}

static const struct {
    const char *name, *script;
    enum keeper_end end;
    int code;
    const char *output, *left;
} runs[] = {
    {"exit", "echo hi; exit 3", KEEPER_EXITED, 3, "hi\n", NULL},
    {"signal", "kill -SEGV $$", KEEPER_SIGNALED, 11, NULL, NULL},
    {"flood", "exec yes", KEEPER_OUTPUT, 0, "y\ny\n", NULL},
    {"spin", "while :; do :; done", KEEPER_CPU, 0, NULL, NULL},
    {"hang", "kill -STOP $$", KEEPER_HUNG, 0, NULL, NULL},
    {"asleep", "exec sleep 1000", KEEPER_WALL, 0, NULL, NULL},
    {"deaf", "trap '' TERM INT HUP; kill -STOP $$", KEEPER_HUNG, 0, NULL, NULL},
    {"daemon", "setsid sleep 1000 </dev/null >/dev/null 2>&1 & exit 0", KEEPER_EXITED, 0, NULL,
     "process still running\n"},
};

static void check_one(int i, bool confined)
{
    struct limits l = {.cpu_s = 1,
                       .wall_s = 3,
                       .memory_mb = 256,
                       .processes = 16,
                       .output_kb = 4,
                       .file_mb = 1};
    struct keeper_result r = run(runs[i].script, confined, l);

    ck_assert_msg(r.end == runs[i].end, "%s: ended by %d", runs[i].name, (int)r.end);
    ck_assert_int_eq(r.code, runs[i].code);
    ck_assert_uint_le(r.output.len, 4096);
    if (runs[i].output)
        ck_assert_int_eq(strncmp(r.output.data, runs[i].output, strlen(runs[i].output)), 0);
    if (runs[i].left)
        ck_assert_str_eq(r.left.data, runs[i].left);
    else
        ck_assert_uint_eq(r.left.len, 0);
    keeper_release(&r);
}

START_TEST(ends_as_it_should_in_its_own_room)
{
    check_one(_i, true);
}
END_TEST

START_TEST(ends_as_it_should_unconfined)
{
    check_one(_i, false);
}
END_TEST

START_TEST(a_missing_program_is_the_graders_trouble)
{
    char *argv[] = {"/nonexistent", NULL}, *envp[] = {NULL};
    struct keeper_job job = {.argv = argv, .envp = envp, .limits = LIMITS_DEFAULT};
    struct keeper_result r = {.code = 77};
    struct err e = {0};

    ck_assert_int_eq(keeper_run(&job, &r, &e), -1);
    ck_assert_str_eq(e.msg, "cannot start '/nonexistent': No such file or directory");
    ck_assert_int_eq(r.code, 77);
}
END_TEST

/* Copies the probe, which is beside this program, into a work folder and runs it confined. */
START_TEST(the_filter_refuses)
{
    char dir[] = "/var/tmp/lockstep-probe-XXXXXX", from[4096], to[64];
    char *argv[] = {"./probe", NULL}, *envp[] = {NULL};
    const char *files[] = {"probe", NULL};
    struct keeper_job job = {
        .argv = argv, .envp = envp, .cwd = dir, .files = files, .limits = LIMITS_DEFAULT};
    struct keeper_result r = {0};
    struct err e = {0};
    auto_free char *text = NULL;
    size_t len;
    ssize_t n = readlink("/proc/self/exe", from, sizeof from - 8);
    char *slash;

    ck_assert_int_gt(n, 0);
    from[n] = '\0';
    slash = strrchr(from, '/');
    strcpy(slash, "/probe");
    ck_assert_msg(sandbox_tier() != TIER_NONE, "no tier works here: %s", sandbox_refusal());
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(to, sizeof to, "%s/probe", dir);
    ck_assert_msg(slurp(from, 8 << 20, &text, &len, &e) == 0 &&
                      write_plain(to, text, len, &e) == 0,
                  "%s", e.msg);
    chmod(to, 0755);
    ck_assert_msg(keeper_run(&job, &r, &e) == 0, "%s", e.msg);
    remove_tree(dir, &e);
    ck_assert_int_eq(r.end, KEEPER_EXITED);
    ck_assert_str_eq(r.output.data ? r.output.data : "", "done\n");
    keeper_release(&r);
}
END_TEST

/* Whose a new System V object is, nothing says: other programs of the user make them, too. */
START_TEST(what_ones_own_program_leaves_stays)
{
    struct keeper_result r = run("ipcmk -S 1", false, (struct limits)LIMITS_DEFAULT);
    int id = -1;

    ck_assert_int_eq(r.end, KEEPER_EXITED);
    ck_assert_int_eq(r.code, 0);
    ck_assert_int_eq(sscanf(r.output.data, "Semaphore id: %d", &id), 1);
    ck_assert_msg(semctl(id, 0, IPC_RMID) == 0, "it was removed");
    keeper_release(&r);
}
END_TEST

Suite *keeper_suite(void)
{
    Suite *s = suite_create("keeper");
    TCase *tc = tcase_create("ends");

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, ends_as_it_should_in_its_own_room, 0, ARRAY_SIZE(runs));
    tcase_add_loop_test(tc, ends_as_it_should_unconfined, 0, ARRAY_SIZE(runs));
    suite_add_tcase(s, tc);
    add_test(s, "left", what_ones_own_program_leaves_stays);
    add_test(s, "filter", the_filter_refuses);
    add_test(s, "missing", a_missing_program_is_the_graders_trouble);
    return s;
}

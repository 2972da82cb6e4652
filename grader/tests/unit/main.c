/* main.c - runs all unit suites; TAP goes to $UNIT_TAP for check.sh to count. */
#include "tests/unit/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/util.h"

void add_test(Suite *s, const char *name, const TTest *test)
{
    TCase *tc = tcase_create(name);

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, test);
    suite_add_tcase(s, tc);
}

/* A folder of this run's own, in TMPDIR, so that whoever gave one takes all of it away. */
static char folder[4000];

const char *temp_file(const char *text)
{
    static char path[4096];
    int fd;
    FILE *f;

    snprintf(path, sizeof path, "%s/XXXXXX", folder);
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    f = fdopen(fd, "w");
    fputs(text, f);
    fclose(f);
    return path;
}

int main(void)
{
    SRunner *sr = srunner_create(core_suite());
    const char *tap = getenv("UNIT_TAP");
    const char *tmp = getenv("TMPDIR");
    struct err e = {0};
    int failed;

    snprintf(folder, sizeof folder, "%s/lockstep-unit-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(folder)) {
        perror(folder);
        return 3;
    }
    srunner_add_suite(sr, escape_suite());
    srunner_add_suite(sr, rubric_suite());
    srunner_add_suite(sr, strategies_suite());
    srunner_add_suite(sr, tasks_suite());
    srunner_add_suite(sr, trail_suite());
    srunner_add_suite(sr, assertion_suite());
    srunner_add_suite(sr, keeper_suite());
    srunner_add_suite(sr, report_suite());
    srunner_add_suite(sr, uncovered_suite());
    srunner_add_suite(sr, text_suite());
    srunner_add_suite(sr, batch_suite());
    srunner_add_suite(sr, class_suite());
    srunner_add_suite(sr, scan_suite());
    srunner_add_suite(sr, words_suite());
    if (tap)
        srunner_set_tap(sr, tap);
    srunner_run_all(sr, CK_NORMAL);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    remove_tree(folder, &e);
    return failed != 0;
}

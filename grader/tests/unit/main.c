/* main.c - runs all unit suites; TAP goes to $UNIT_TAP for check.sh to count. */
#include "tests/unit/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void add_test(Suite *s, const char *name, const TTest *test)
{
    TCase *tc = tcase_create(name);

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, test);
    suite_add_tcase(s, tc);
}

static char temp_path[] = "/tmp/lockstep-unit-XXXXXX";

static void remove_temp(void)
{
    unlink(temp_path);
}

const char *temp_file(const char *text)
{
    int fd;
    FILE *f;

    strcpy(temp_path + sizeof temp_path - 7, "XXXXXX");
    fd = mkstemp(temp_path);
    ck_assert_int_ge(fd, 0);
    atexit(remove_temp);
    f = fdopen(fd, "w");
    fputs(text, f);
    fclose(f);
    return temp_path;
}

int main(void)
{
    SRunner *sr = srunner_create(core_suite());
    const char *tap = getenv("UNIT_TAP");
    int failed;

    srunner_add_suite(sr, escape_suite());
    srunner_add_suite(sr, rubric_suite());
    srunner_add_suite(sr, strategies_suite());
    srunner_add_suite(sr, tasks_suite());
    srunner_add_suite(sr, keeper_suite());
    srunner_add_suite(sr, report_suite());
    srunner_add_suite(sr, batch_suite());
    srunner_add_suite(sr, class_suite());
    srunner_add_suite(sr, scan_suite());
    srunner_add_suite(sr, words_suite());
    if (tap)
        srunner_set_tap(sr, tap);
    srunner_run_all(sr, CK_NORMAL);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed != 0;
}

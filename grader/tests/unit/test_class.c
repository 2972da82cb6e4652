/* test_class.c - names of platforms, times and rules, other people's CSV, the store, permits.
 */
#include "batch/cores.h"
#include "batch/csvfile.h"
#include "batch/late.h"
#include "batch/layout.h"
#include "batch/store.h"
#include "tests/unit/suites.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

/* ---- layouts ---------------------------------------------------------------------------- */

static const struct {
    enum layout layout;
    const char *name, *who, *number, *rest;
    bool late;
    int version;
} named[] = {
    {LAYOUT_MOODLE, "Ada Lovelace_17_assignsubmission_file_/event.c", "Ada Lovelace", "17",
     "event.c", false, 0},
    {LAYOUT_MOODLE, "A_B_C_17_assignsubmission_file/a/event.c", "A_B_C", "17", "a/event.c",
     false, 0},
    {LAYOUT_MOODLE, "Participant_5_assignsubmission_file_event.c", "Participant", "5",
     "event.c", false, 0},
    {LAYOUT_CANVAS, "lovelaceada_LATE_31_501_event.c", "lovelaceada", "31", "event.c", true, 0},
    {LAYOUT_CANVAS, "lovelaceada_31_501_event-2.c", "lovelaceada", "31", "event.c", false, 2},
    {LAYOUT_CANVAS, "smith2_31_501_12_34_event.c", "smith2", "31", "12_34_event.c", false, 0},
    {LAYOUT_CANVAS, "LATE_anon_xY9_501_event.c", "anon", "xY9", "event.c", true, 0},
    {LAYOUT_FOLDERS, "ada/08-event/event.c", "ada", "", "08-event/event.c", false, 0},
    {LAYOUT_FOLDERS, "bo.tar.gz", "bo", "", "bo.tar.gz", false, 0},
};

static struct owned_file sort_one(enum layout layout, const char *name, struct class_list *c,
                                  struct arena *a)
{
    static const char *const edits[] = {"event.c", NULL}, *const ids[] = {"08-event", NULL};
    struct handed_file f = {.name = name, .content = "x"};
    struct filelist l = {.files = &f, .count = 1, .a = a};
    struct err e = {0};

    *c = (struct class_list){.edits = edits, .ids = ids};
    ck_assert_int_eq(layout_sort(&l, layout, "class", false, c, &e), 0);
    ck_assert_int_eq(c->file_count, 1);
    return c->files[0];
}

START_TEST(a_name_says_whose_it_is)
{
    struct arena a = {0};
    struct class_list c;
    const struct owned_file o = sort_one(named[_i].layout, named[_i].name, &c, &a);

    ck_assert_int_eq(o.owner, 0);
    ck_assert_str_eq(c.people[0].name, named[_i].who);
    ck_assert_str_eq(c.people[0].number, named[_i].number);
    ck_assert_str_eq(o.rest, named[_i].rest);
    ck_assert_int_eq(o.late, named[_i].late);
    ck_assert_int_eq(o.version, named[_i].version);
    arena_release(&a);
}
END_TEST

static const struct {
    enum layout layout;
    const char *name;
} nobodys[] = {
    {LAYOUT_MOODLE, "_17_assignsubmission_file_/event.c"},
    {LAYOUT_MOODLE, "Ada_x_assignsubmission_file_/event.c"},
    {LAYOUT_MOODLE, "Ada_17_assignsubmission_other/event.c"},
    {LAYOUT_CANVAS, "ada_31_event.c"},
    {LAYOUT_CANVAS, "_31_501_event.c"},
    {LAYOUT_CANVAS, "ada_31_501_"},
    {LAYOUT_CLASSROOM, "event.c"},
    {LAYOUT_FOLDERS, "notes.txt"},
};

START_TEST(a_name_that_says_nothing_is_nobodys)
{
    struct arena a = {0};
    struct class_list c;

    ck_assert_int_eq(sort_one(nobodys[_i].layout, nobodys[_i].name, &c, &a).owner, -1);
    ck_assert_int_eq(c.people_count, 0);
    arena_release(&a);
}
END_TEST

/* ---- times ------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    long long want; /* -1: no time */
} times[] = {
    {"2026-03-01T12:00:00Z", 1772366400},
    {"2026-03-01 12:00:00.000000000 Z", 1772366400},
    {"2026-03-01 20:00 +08:00", 1772366400},
    {"2026-03-01 04:00:00 -0800", 1772366400},
    {"2026-03-01T12:00 UTC", 1772366400},
    {"2026-03-01 12:00 +25:00", -1},
    {"2026-03-01 12:00 yesterday", -1},
    {"12:00", -1},
    {"", -1},
};

START_TEST(times_are_read_with_their_zone)
{
    time_t got = 77;

    ck_assert_int_eq(time_parse(times[_i].text, &got), times[_i].want >= 0);
    ck_assert_int_eq(got, times[_i].want >= 0 ? times[_i].want : 77);
}
END_TEST

static const struct {
    const char *rule;
    int score, days, want;
} rules[] = {
    {"accept", 90, 3, 90}, {"refuse", 90, 1, 0},   {"refuse", 90, 0, 90},
    {"20%", 90, 3, 72},    {"10%/day", 90, 1, 81}, {"10%/day", 95, 3, 67},
    {"50%/day", 90, 2, 0}, {"0%", 90, 9, 90},      {"100%", 90, 1, 0},
};

START_TEST(a_late_rule_costs_what_it_says)
{
    struct late_rule rule;
    struct err e = {0};

    ck_assert_int_eq(late_parse(rules[_i].rule, &rule, &e), 0);
    ck_assert_int_eq(late_score(&rule, rules[_i].score, rules[_i].days), rules[_i].want);
}
END_TEST

START_TEST(a_begun_day_counts_and_nonsense_is_refused)
{
    static const char *const bad[] = {"", "%", "101%", "-1%", "10%/week", "10", "late"};
    struct late_rule rule;
    struct err e = {0};

    ck_assert_int_eq(late_days(1000, 1000), 0);
    ck_assert_int_eq(late_days(1000, 1001), 1);
    ck_assert_int_eq(late_days(1000, 1000 + 86400), 1);
    ck_assert_int_eq(late_days(1000, 1000 + 86401), 2);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        ck_assert_msg(late_parse(bad[i], &rule, &e) == -1, "'%s' was taken", bad[i]);
}
END_TEST

/* ---- other people's CSV -------------------------------------------------------------------
 */

static const char *const untouched[] = {
    "a,b\n1,2\n",      "\xef\xbb\xbf\"a\",b\r\n\"1,\"\"x\"\"\",\"two\nlines\"\r\n",
    "a;b;c\n1,5;2;\n", "a,b\r1,2\r3,4",
    "a\n\n\n",         "a,\"b\"c,d\n,,\n",
    "\"a\"",
};

START_TEST(what_is_not_changed_stays_to_the_byte)
{
    struct arena a = {0};
    struct csv_file f;
    struct buf b = {0};
    struct err e = {0};

    ck_assert_int_eq(csv_read(temp_file(untouched[_i]), &a, &f, &e), 0);
    csv_print(&f, &b);
    ck_assert_str_eq(b.data, untouched[_i]);
    buf_release(&b);
    csv_release(&f);
    arena_release(&a);
}
END_TEST

START_TEST(one_cell_changes_and_is_quoted_when_it_must_be)
{
    struct arena a = {0};
    struct csv_file f;
    struct buf b = {0};
    struct err e = {0};

    ck_assert_int_eq(
        csv_read(temp_file("Id,Grade,N\r\n1,,\"x\"\"\"\r\n2,old,y\r\n"), &a, &f, &e), 0);
    ck_assert_int_eq(csv_column(&f, (const char *const[]){"none", "grade", NULL}), 1);
    ck_assert_int_eq(csv_column(&f, (const char *const[]){"none", NULL}), -1);
    ck_assert_str_eq(csv_at(&f, 1, 2)->value, "x\"");
    ck_assert_ptr_null(csv_at(&f, 1, 3));
    csv_at(&f, 1, 1)->fresh = "12.5";
    csv_at(&f, 2, 1)->fresh = "a,\"b\"";
    csv_print(&f, &b);
    ck_assert_str_eq(b.data, "Id,Grade,N\r\n1,12.5,\"x\"\"\"\r\n2,\"a,\"\"b\"\"\",y\r\n");
    buf_release(&b);
    csv_release(&f);
    arena_release(&a);
}
END_TEST

/* ---- the store ----------------------------------------------------------------------------
 */

static const char *new_path(struct arena *a)
{
    const char *path = arena_printf(a, "%s.db", temp_file(""));

    ck_assert_ptr_nonnull(path);
    return path;
}

START_TEST(the_store_keeps_and_finds_again)
{
    struct arena a = {0};
    struct err e = {0};
    struct store *s;
    char *text = NULL;
    size_t len = 0;
    json_t *r =
        json_pack("{s:[{s:i, s:i, s:[{s:s, s:i, s:i, s:s}]}]}", "exercises", "score", 5, "max",
                  10, "tests", "id", "t", "points", 5, "max", 10, "verdict", "data-race");
    json_t *t = json_pack("{s:{s:{s:{s:f}}}}", "exercises", "08-event", "native", "cpu_s", 1.5);
    json_t *r2 = NULL, *t2 = NULL;
    struct typical took = {0};
    const char *path = new_path(&a);

    ck_assert_msg(store_open(path, &s, &e) == 0, "%s", e.msg);
    ck_assert_int_eq(store_source(s, "h", &text, &len, &e), 0);
    ck_assert_int_eq(store_add_source(s, "h", "a\0b", 3, &e), 0);
    ck_assert_int_eq(store_source(s, "h", &text, &len, &e), 1);
    ck_assert_uint_eq(len, 3);
    ck_assert_mem_eq(text, "a\0b", 4);
    free(text);
    ck_assert(!store_has(s, "k"));
    ck_assert_msg(store_put(s, "08-event", "k", r, t, &e) == 0, "%s", e.msg);
    store_close(s);
    ck_assert_msg(store_open(path, &s, &e) == 0, "%s", e.msg);
    ck_assert(store_has(s, "k"));
    ck_assert_int_eq(store_result(s, "k", &r2, &t2, &e), 1);
    ck_assert(json_equal(r, r2) && json_equal(t, t2));
    ck_assert_int_eq(store_result(s, "other", &r2, &t2, &e), 0);
    ck_assert(store_typical(s, "08-event", &took));
    ck_assert(took.cpu_s == 1.5);
    ck_assert(!store_typical(s, "09-lock", &took));
    ck_assert_ptr_null(store_get(s, "none", &a));
    store_close(s);
    json_decref(r), json_decref(t), json_decref(r2), json_decref(t2);
    arena_release(&a);
}
END_TEST

START_TEST(a_store_has_one_batch_and_is_no_other_file)
{
    struct arena a = {0};
    struct err e = {0};
    struct store *s, *other = (struct store *)1;
    const char *path = new_path(&a);

    ck_assert_int_eq(store_open(path, &s, &e), 0);
    ck_assert_int_eq(store_open(path, &other, &e), -1);
    ck_assert_msg(strstr(e.msg, "another batch is at work"), "%s", e.msg);
    ck_assert_ptr_eq(other, (struct store *)1);
    store_close(s);
    ck_assert_int_eq(store_open(temp_file("this is no database, whatever its name says, "
                                          "and it is longer than a header of one would be: "
                                          "a hundred bytes and some more"),
                                &s, &e),
                     -1);
    ck_assert_msg(strstr(e.msg, "damaged or no store of Lockstep"), "%s", e.msg);
    arena_release(&a);
}
END_TEST

/* ---- permits ------------------------------------------------------------------------------
 */

/* Takes a permit, says so, and then waits for its end. */
static pid_t holder(struct cores *c, int say)
{
    pid_t pid = fork();

    if (pid == 0) {
        cores_take(c);
        if (write(say, "t", 1) == 1)
            pause();
        _exit(0);
    }
    return pid;
}

/* ---- the order ---- */

/* Three exercises: nobody knows any of them; a unit of the third may sleep for minutes. */
START_TEST(one_of_each_begins_then_the_longest)
{
    static const struct typical took[] = {{1, 2}, {1, 9}, {1, 1}};
    struct arena a = {0};
    struct err e = {0};
    struct order o;

    ck_assert_int_eq(order_init(&o, 3, &a, &e), 0);
    o.lines[0].patience = o.lines[1].patience = 20;
    o.lines[2].patience = 120;
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(order_add(&o, i / 2, i, &e), 0);
    ck_assert_int_eq(order_next(&o), 4);
    ck_assert_int_eq(order_next(&o), 5);
    ck_assert_int_eq(order_next(&o), 0);
    ck_assert_int_eq(order_next(&o), 2); /* not 1: exercise 2 has not been asked yet */
    ck_assert(order_expect(&o, 1).wall_s > 0);
    for (int i = 0; i < 3; i++)
        order_learn(&o, i, &took[i]);
    ck_assert(order_expect(&o, 1).wall_s == 9);
    ck_assert_int_eq(order_next(&o), 3);
    ck_assert_int_eq(order_next(&o), 1);
    ck_assert_int_eq(order_next(&o), -1);
    order_release(&o);
    arena_release(&a);
}
END_TEST

START_TEST(a_killed_holder_does_not_keep_its_permit)
{
    struct cores *c;
    struct err e = {0};
    int say[2];
    char got;
    pid_t first, second;

    ck_assert_int_eq(pipe(say), 0);
    ck_assert_int_eq(cores_new(1, &c, &e), 0);
    first = holder(c, say[1]);
    ck_assert_int_eq(read(say[0], &got, 1), 1);
    second = holder(c, say[1]);
    kill(first, SIGKILL);
    ck_assert_int_eq(waitpid(first, NULL, 0), first);
    cores_bury(c, first);
    ck_assert_int_eq(read(say[0], &got, 1), 1); /* the second has it now */
    kill(second, SIGKILL);
    waitpid(second, NULL, 0);
    cores_bury(c, second);
    cores_take(c);
    cores_take(c); /* twice is once */
    cores_give(c);
    cores_give(c);
    cores_free(c);
    close(say[0]);
    close(say[1]);
}
END_TEST

Suite *class_suite(void)
{
    Suite *s = suite_create("class");
    TCase *tc = tcase_create("tables");

    tcase_add_loop_test(tc, a_name_says_whose_it_is, 0, ARRAY_SIZE(named));
    tcase_add_loop_test(tc, a_name_that_says_nothing_is_nobodys, 0, ARRAY_SIZE(nobodys));
    tcase_add_loop_test(tc, times_are_read_with_their_zone, 0, ARRAY_SIZE(times));
    tcase_add_loop_test(tc, a_late_rule_costs_what_it_says, 0, ARRAY_SIZE(rules));
    tcase_add_loop_test(tc, what_is_not_changed_stays_to_the_byte, 0, ARRAY_SIZE(untouched));
    suite_add_tcase(s, tc);
    add_test(s, "days", a_begun_day_counts_and_nonsense_is_refused);
    add_test(s, "cells", one_cell_changes_and_is_quoted_when_it_must_be);
    add_test(s, "store", the_store_keeps_and_finds_again);
    add_test(s, "locked", a_store_has_one_batch_and_is_no_other_file);
    add_test(s, "order", one_of_each_begins_then_the_longest);
    add_test(s, "permits", a_killed_holder_does_not_keep_its_permit);
    return s;
}

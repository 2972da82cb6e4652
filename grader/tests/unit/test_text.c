/* test_text.c - the terminal's report: a cause is told once, a cycle once, lines fit. */
#include <string.h>

#include "report/graph.h"
#include "report/interleaving.h"
#include "report/lanes.h"
#include "report/pen.h"
#include "report/report.h"
#include "report/rows.h"
#include "tests/unit/suites.h"

/* A step of `task` in line `line` of the submission. */
static json_t *step(int task, int line, const char *what)
{
    return json_pack("{s:i, s:s, s:s, s:{s:s, s:i, s:s}}", "task", task, "who",
                     task ? "thread 1" : "main", "what", what, "at", "file", "x.c", "line",
                     line, "source", "counter++;");
}

static json_t *steps(int turns)
{
    json_t *all = json_array();

    json_array_append_new(all, step(0, 3, "creates thread 1"));
    for (int i = 0; i < turns; i++) {
        json_array_append_new(all, step(0, 7, "tries to lock"));
        json_array_append_new(all, step(1, 8, "sleeps"));
    }
    return all;
}

static json_t *access_at(const char *label, int line)
{
    return json_pack("{s:s, s:[{s:s, s:s, s:i, s:s}, {s:s, s:s, s:i, s:n}]}", "label", label,
                     "frames", "function", "add", "file", "x.c", "line", line, "source",
                     "counter++;", "function", "body", "file", "check_x.c", "line", 90,
                     "source");
}

static json_t *race(const char *mode, int first, int second, int turns)
{
    return json_pack("{s:s, s:s, s:b, s:s, s:s, s:[o, o], s:{s:i, s:s, s:o}}", "mode", mode,
                     "verdict", "data-race", "advice", 0, "title", "data-race: add / add",
                     "text", "Two tasks touch the same memory.", "stacks",
                     access_at("thread 1 reads here", first),
                     access_at("main wrote here, holding no lock", second), "schedule",
                     "found_in", 1, "token", "1-2.3", "steps", steps(turns));
}

static json_t *test(const char *id, json_t *evidence)
{
    return json_pack("{s:s, s:{s:s, s:s}, s:i, s:i, s:s, s:s, s:{s:s}, s:{s:s, s:s}, s:o}",
                     "id", id, "title", "en", "t", "zh", "t", "points", 0, "max", 10, "verdict",
                     "data-race", "headline", "two tasks access the same memory", "modes",
                     "explore", "data-race", "hint", "en", "Who else writes it?", "zh", "谁？",
                     "evidence", evidence);
}

static json_t *result(json_t *tests)
{
    return json_pack(
        "{s:s, s:s, s:s, s:i, s:i, s:[{s:s, s:{s:s, s:s}, s:s, s:i, s:i, s:n, s:o}]}", "tier",
        "full", "memory", "whole", "trust", "t", "score", 0, "max", 100, "exercises", "id",
        "99-x", "title", "en", "X", "zh", "X", "status", "graded", "score", 0, "max", 100,
        "compiler_output", "tests", tests);
}

static char *text_of(json_t *j, struct text_options o)
{
    struct buf b = {0};
    struct err e = {0};

    ck_assert_int_eq(report_text(j, &o, &b, &e), 0);
    json_decref(j);
    return b.data;
}

static int count(const char *text, const char *what)
{
    int n = 0;

    for (; (text = strstr(text, what)); text += strlen(what))
        n++;
    return n;
}

START_TEST(one_cause_of_two_tests_is_told_once)
{
    /* the same two lines, the other way round; and lines of their own */
    json_t *tests =
        json_pack("[o, o, o]", test("far", json_pack("[o]", race("explore", 20, 31, 9))),
                  test("near", json_pack("[o, o]", race("explore", 31, 20, 1),
                                         race("helgrind", 5, 6, 0))),
                  test("other", json_pack("[o]", race("explore", 40, 41, 1))));
    char *text = text_of(result(tests), (struct text_options){0});

    ck_assert_ptr_nonnull(strstr(text, "2 tests fail for this reason: far, near\n"));
    ck_assert_int_eq(count(text, "(explore, fails other)"), 1);
    ck_assert_int_eq(count(text, "the interleaving"), 1);
    ck_assert_ptr_nonnull(strstr(text, "replay 99-x near --token")); /* the shorter one */
    ck_assert_ptr_nonnull(strstr(text, "  [1]\n"));
    ck_assert_ptr_nonnull(strstr(text, "  [2]\n"));
    ck_assert_ptr_null(strstr(text, "[3]"));
    ck_assert_ptr_null(strstr(text, "helgrind")); /* the explorer tells it better */
    ck_assert_ptr_nonnull(strstr(text, "Shortened: -v"));
    free(text);
}
END_TEST

START_TEST(the_write_of_a_race_comes_first)
{
    char *text = text_of(
        result(json_pack("[o]", test("a", json_pack("[o]", race("explore", 20, 31, 1))))),
        (struct text_options){0});
    const char *write = strstr(text, "main wrote here"), *read = strstr(text, "thread 1 reads");

    ck_assert(write && read && write < read);
    ck_assert_ptr_null(strstr(text, "check_x.c")); /* the submission's line is enough */
    free(text);
}
END_TEST

START_TEST(everything_is_there_with_v)
{
    json_t *tests =
        json_pack("[o]", test("near", json_pack("[o, o]", race("explore", 31, 20, 1),
                                                race("helgrind", 5, 6, 0))));
    char *text = text_of(result(tests), (struct text_options){.verbose = true});

    ck_assert_ptr_nonnull(strstr(text, "(explore)"));
    ck_assert_ptr_nonnull(strstr(text, "(helgrind)"));
    ck_assert_ptr_nonnull(strstr(text, "check_x.c:90"));
    ck_assert_ptr_null(strstr(text, "Shortened"));
    free(text);
}
END_TEST

START_TEST(a_cycle_is_shown_once_with_its_count)
{
    struct row rows[32];
    json_t *all = steps(9);
    int n = rows_make(all, LANG_EN, rows, 32);

    ck_assert_int_eq(n, 19);
    n = rows_fold(rows, n, LANG_EN);
    ck_assert_int_eq(n, 4);
    ck_assert_str_eq(rows[1].line, "7");
    ck_assert_str_eq(rows[2].line, "8");
    ck_assert_str_eq(rows[3].what, "the last 2 rows repeat 8 times");
    json_decref(all);
    all = steps(1);
    n = rows_make(all, LANG_EN, rows, 32);
    ck_assert_int_eq(rows_fold(rows, n, LANG_EN), 3); /* nothing comes again */
    json_decref(all);
}
END_TEST

static void check_widths(const char *text, int width)
{
    while (*text) {
        const size_t n = strcspn(text, "\n");
        char *line = strndup(text, n);

        if (!strstr(line, "tier") && !strstr(line, "replay")) /* a command is not broken */
            ck_assert_msg(row_columns(line) <= width, "%d columns: %s", row_columns(line),
                          line);
        free(line);
        text += n + (text[n] == '\n');
    }
}

START_TEST(lines_fit_the_terminal)
{
    for (int width = 60; width <= 140; width += 20)
        for (int lang = LANG_EN; lang <= LANG_ZH; lang++) {
            char *text =
                text_of(result(json_pack(
                            "[o, o]", test("a", json_pack("[o]", race("explore", 2, 3, 5))),
                            test("b", json_pack("[o]", race("explore", 2, 3, 5))))),
                        (struct text_options){.width = width, .lang = (enum lang)lang});

            check_widths(text, width);
            ck_assert_ptr_nonnull(strstr(text, "counter++;"));
            free(text);
        }
}
END_TEST

START_TEST(a_schedule_is_drawn_with_a_lane_for_each_task)
{
    struct row rows[8];
    struct buf b = {0};
    json_t *all = json_array();
    int n;

    json_array_append_new(all, step(0, 20, "locks <m>"));
    n = rows_make(all, LANG_EN, rows, 8);
    lanes_picture(&b, rows, n, LANG_EN);
    ck_assert_int_eq(b.len, 0); /* one task alone has no interleaving */
    json_array_append_new(all, step(1, 31, "waits forever for the lock"));
    json_array_append_new(all, step(0, 22, "unlocks m"));
    n = rows_make(all, LANG_EN, rows, 8);
    lanes_picture(&b, rows, n, LANG_EN);
    ck_assert_int_eq(count(b.data, "<rect class=\"lock\" x="), 1);
    ck_assert_int_eq(count(b.data, "<rect class=\"stuck\" x="), 1);
    ck_assert_int_eq(count(b.data, "<rect class=\"unlock\" x="), 1);
    ck_assert_int_eq(count(b.data, "class=\"lane\""), 2);
    ck_assert_ptr_nonnull(strstr(b.data, "main: 20: counter++;  (locks &lt;m&gt;)"));
    ck_assert_ptr_null(strstr(b.data, "<m>")); /* foreign text */
    json_decref(all);
    buf_release(&b);
}
END_TEST

/* Fifty rows behind it: the first access of the race is shown all the same, and how much is
 * not. */
START_TEST(the_rows_of_a_race_are_both_shown)
{
    struct buf b = {0};
    json_t *finding = race("explore", 31, 20, 0), *many = json_array();
    const char *first, *gap, *last;

    json_array_append_new(many, step(0, 20, "writes"));
    for (int i = 0; i < 50; i++)
        json_array_append_new(many, step(0, 100 + i, "locks"));
    json_array_append_new(many, step(1, 31, "reads"));
    json_object_set_new(json_object_get(finding, "schedule"), "steps", many);
    interleaving_table(&b, json_object_get(finding, "schedule"),
                       &(struct interleaving){.indent = "",
                                              .rows = 5,
                                              .places = json_object_get(finding, "stacks")});
    first = strstr(b.data, "20: counter++;  (writes)");
    gap = strstr(b.data, "(46 rows are not shown)");
    last = strstr(b.data, "31: counter++;  (reads)");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_nonnull(gap);
    ck_assert_ptr_nonnull(last);
    ck_assert(first < gap && gap < last);
    ck_assert_int_eq(count(b.data, "rows are not shown"), 1);
    json_decref(finding);
    buf_release(&b);
}
END_TEST

START_TEST(a_screen_of_24_rows_is_enough_for_the_first)
{
    json_t *tests = json_array();
    struct buf lines = {0};
    char *text;

    for (int i = 0; i < 12; i++)
        json_array_append_new(tests, test(i ? "some-other-test" : "the-first",
                                          json_pack("[o]", race("explore", 9 + i, 31, 30))));
    text =
        text_of(result(tests), (struct text_options){.first = true, .width = 80, .height = 16});
    buf_puts(&lines, text);
    ck_assert_int_le(pen_lines(&lines), 24 - 5); /* head, bar and keys are five */
    ck_assert_ptr_nonnull(strstr(text, "fails the-first"));
    ck_assert_ptr_nonnull(strstr(text, "the interleaving"));
    buf_release(&lines);
    free(text);
}
END_TEST

/* Triples: who waits, who holds, what. */
static const struct {
    const char *waits[4][3], *line;
} graphs[] = {
    {{{"main", "thread 1", "b"}, {"thread 1", "main", "a"}},
     "main --waits for b--> thread 1 --waits for a--> main"},
    {{{"main", "thread 1", NULL},
      {"thread 1", "thread 2", "m"},
      {"thread 2", "thread 1", NULL}},
     "thread 1 --waits for m--> thread 2 --> thread 1"}, /* main is not on the cycle */
    {{{"main", "thread 1", NULL}, {"thread 1", "thread 2", "m"}},
     "main --> thread 1 --waits for m--> thread 2"},
    {{{"thread 1", "main", "m"}, {"main", "main", "m"}},
     "thread 1 --waits for m--> main --waits for m--> main"},
    {{{"main", "main", "m"}, {"thread 1", "thread 1", NULL}}, NULL},
    {{{NULL}}, NULL},
};

START_TEST(a_deadlock_is_one_line)
{
    json_t *waits = json_array(), *finding = json_pack("{s:o}", "waits", waits);
    struct buf line = {0}, picture = {0};
    int arrows = 0;

    for (; arrows < 4 && graphs[_i].waits[arrows][0]; arrows++)
        json_array_append_new(waits,
                              json_pack("{s:s, s:s, s:s?}", "who", graphs[_i].waits[arrows][0],
                                        "holder", graphs[_i].waits[arrows][1], "object",
                                        graphs[_i].waits[arrows][2]));
    ck_assert_int_eq(graph_line(finding, LANG_EN, &line), graphs[_i].line != NULL);
    if (graphs[_i].line)
        ck_assert_str_eq(line.data, graphs[_i].line);
    graph_picture(&picture, finding, LANG_EN);
    for (const char *p = picture.data; p && (p = strstr(p, "marker-end")); p++)
        arrows--;
    ck_assert_int_eq(graphs[_i].line ? arrows : 0, 0); /* as many as there are waits */
    buf_release(&line);
    buf_release(&picture);
    json_decref(finding);
}
END_TEST

START_TEST(no_name_in_a_deadlock_steers_the_terminal)
{
    json_t *finding = race("explore", 9, 31, 1), *tests = json_array();
    char *text;

    json_object_set_new(finding, "waits",
                        json_pack("[{s:s, s:s, s:s}]", "who", "main\033[2J", "holder",
                                  "thread 1", "object", "a\033]0;x\007"));
    json_array_append_new(tests, test("the-first", json_pack("[o]", finding)));
    text = text_of(result(tests), (struct text_options){.width = 80});
    ck_assert_ptr_nonnull(strstr(text, "--> thread 1"));
    ck_assert_ptr_null(strchr(text, '\033'));
    ck_assert_ptr_null(strchr(text, '\007'));
    free(text);
}
END_TEST

Suite *text_suite(void)
{
    Suite *s = suite_create("text");
    TCase *tc = tcase_create("graph");

    tcase_add_loop_test(tc, a_deadlock_is_one_line, 0, (int)ARRAY_SIZE(graphs));
    suite_add_tcase(s, tc);

    add_test(s, "once", one_cause_of_two_tests_is_told_once);
    add_test(s, "write-first", the_write_of_a_race_comes_first);
    add_test(s, "verbose", everything_is_there_with_v);
    add_test(s, "cycle", a_cycle_is_shown_once_with_its_count);
    add_test(s, "width", lines_fit_the_terminal);
    add_test(s, "escapes", no_name_in_a_deadlock_steers_the_terminal);
    add_test(s, "lanes", a_schedule_is_drawn_with_a_lane_for_each_task);
    add_test(s, "race-rows", the_rows_of_a_race_are_both_shown);
    add_test(s, "screen", a_screen_of_24_rows_is_enough_for_the_first);
    return s;
}

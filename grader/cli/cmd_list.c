/* cmd_list.c - `lockstep list`: the exercises, in the user's language, with a bar of the best
 * score of each. */
#include <string.h>

#include "cli/list.h"
#include "cli/options.h"
#include "cli/scores.h"
#include "report/words.h"

enum { BAR = 10 };

enum { OPT_LANG = 256 };

static const struct option_row rows[] = {
    {OPT_LANG, "lang", "L", "en or zh (default: the terminal's)"},
    {0, NULL, NULL, NULL},
};

static const char *const heads[LANG_COUNT] = {
    [LANG_EN] = "exercise                best                tests  title",
    [LANG_ZH] = "练习                    最好                 测试  题目",
};

static int use(void *ctx, int key, const char *value, struct err *e)
{
    (void)key;
    return parse_lang(value, ctx, e);
}

/* Blocks where the terminal can show them. */
static bool has_blocks(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const char *v = getenv(names[i]);

        if (v && *v) /* whether or not the system has that locale */
            return strcasestr(v, "utf-8") || strcasestr(v, "utf8");
    }
    return false;
}

const char *score_bar(int best, char ret[static SCORE_BAR])
{
    const bool blocks = has_blocks();
    const int full = best > 0 ? best * BAR / RUBRIC_POINTS : 0;
    char *p = ret;

    for (int i = 0; i < BAR; i++)
        p = stpcpy(p, i < full ? (blocks ? "█" : "#") : blocks ? "░" : ".");
    return ret;
}

static void print_exercise(const struct exercise *x, int best, enum lang lang)
{
    char score[16] = "-", bar[SCORE_BAR];

    if (best >= 0)
        snprintf(score, sizeof score, "%d", best);
    if (x->broken.kind != ERR_NONE)
        printf("%-22s broken: %s\n", x->id, x->broken.msg);
    else
        printf("%-22s  %4s  %s  %7d  %s%s\n", x->id, score, score_bar(best, bar),
               x->rubric.test_count, x->rubric.title[lang], x->rubric.draft ? "  (draft)" : "");
}

void list_print(const struct course *c, const json_t *scores, enum lang lang)
{
    int sum = 0, max = 0, next = -1;
    bool any = false;

    printf("%s\n", heads[lang]);
    for (int i = 0; i < c->count; i++) {
        const struct exercise *x = &c->exercises[i];
        const int best = scores_best(scores, x->id);

        print_exercise(x, best, lang);
        if (x->broken.kind != ERR_NONE || x->rubric.draft)
            continue;
        sum += best > 0 ? best : 0;
        max += rubric_max(&x->rubric);
        any |= best >= 0;
        if (next < 0 && best < rubric_max(&x->rubric))
            next = i;
    }
    printf("%-22s  %4d  ", "", sum);
    printf(tr(lang, "of %d points\n"), max);
    if (next >= 0 && !any)
        printf(tr(lang,
                  "\nNothing is graded yet. 'lockstep watch %.2s' opens the first one: it "
                  "grades whenever you save.\n"),
               c->exercises[next].id);
    else if (next >= 0)
        printf(tr(lang, "\nNext: lockstep watch %.2s\n"), c->exercises[next].id);
    else if (max)
        printf("%s", tr(lang, "\nAll tests pass. Well done.\n"));
}

static int list_tests(const struct course *c, const char *word, enum lang lang, struct err *e)
{
    const struct exercise *x = course_find(c, word);

    if (!x)
        return course_unknown(c, word, e);
    if (x->broken.kind != ERR_NONE) {
        *e = x->broken;
        return -1;
    }
    printf("%s  %s\n", x->id, x->rubric.title[lang]);
    for (int i = 0; i < x->rubric.test_count; i++) {
        const struct rubric_test *t = &x->rubric.tests[i];

        printf("  %-26s  %3d  %s\n", t->id, t->points, t->title[lang]);
    }
    return EXIT_ALL_PASS;
}

static int run(int argc, char *argv[], struct err *e)
{
    struct arena a = {0};
    struct course c;
    struct err why = {0};
    json_t *scores = NULL;
    enum lang lang = user_language();
    int first = options_parse(&cmd_list, argc, argv, use, &lang, e), status;

    if (first < 0)
        return first;
    if (argv[first] && argv[first + 1])
        return err_set(e, ERR_USAGE, "'%s' is not expected", argv[first + 1]);
    status = course_load(&a, &c, e) < 0 ? -1 : EXIT_ALL_PASS;
    if (status == EXIT_ALL_PASS && argv[first]) {
        status = list_tests(&c, argv[first], lang, e);
        arena_release(&a);
        return status;
    }
    if (status == EXIT_ALL_PASS) {
        if (scores_load(&scores, &why) < 0)
            fprintf(stderr, "lockstep list: the best scores are not known: %s\n", why.msg);
        list_print(&c, scores, lang);
    }
    json_decref(scores);
    arena_release(&a);
    return status;
}

const struct cmd cmd_list = {
    .name = "list",
    .args = "[EXERCISE] [OPTIONS]",
    .rows = rows,
    .summary = "list the exercises with the best score so far, or the tests of one",
    .run = run,
};

/* cmd_hint.c - `lockstep hint`: what to think about next, in three steps, remembered.
 *
 * A question, a direction, almost the answer: the rubric's hints of a test (core/RUBRIC.md).
 * Each call goes one step further; --again stays. Without a test it is the first one that
 * failed last.
 */
#include <string.h>

#include "cli/hints.h"
#include "cli/options.h"
#include "cli/scores.h"
#include "report/words.h"

enum { OPT_AGAIN = 256, OPT_LANG };

struct hint_options {
    bool again;
    enum lang lang;
};

static const struct option_row rows[] = {
    {OPT_AGAIN, "again", NULL, "the one shown last, and no further"},
    {OPT_LANG, "lang", "L", "en or zh (default: the terminal's)"},
    {0, NULL, NULL, NULL},
};

static int use(void *ctx, int key, const char *value, struct err *e)
{
    struct hint_options *o = ctx;

    if (key == OPT_LANG)
        return parse_lang(value, &o->lang, e);
    o->again = true;
    return 0;
}

const char *hint_target(const json_t *scores, const struct exercise *x)
{
    const json_t *failed = scores_failed(scores, x->id), *id;
    size_t i;

    json_array_foreach((json_t *)failed, i, id)
    {
        const char *name = json_string_value(id);

        if (name && rubric_find(&x->rubric, name))
            return name;
    }
    return failed || !x->rubric.test_count ? NULL : x->rubric.tests[0].id;
}

int hint_show(const struct exercise *x, const char *test, bool again, enum lang lang,
              struct err *e)
{
    const struct rubric_test *t = rubric_find(&x->rubric, test);
    json_t *scores = NULL;
    int last = 0, had, now;

    if (scores_load(&scores, e) < 0)
        return -1;
    while (last < RUBRIC_HINTS && t->hints[lang][last])
        last++;
    had = scores_hints(scores, x->id, t->id);
    json_decref(scores);
    if (!last)
        return err_set(e, ERR_EXERCISE, "%s %s has no hints", x->id, t->id);
    now = again ? had : had + 1;
    now = now < 1 ? 1 : now > last ? last : now;
    if (now != had && scores_set_hints(x->id, t->id, now, e) < 0)
        return -1;
    printf("%s %s%s", x->id, t->id, lang == LANG_ZH ? "，" : ", ");
    printf(tr(lang, "hint %d of %d"), now, last);
    printf(": %s\n  %s\n", t->title[lang], t->hints[lang][now - 1]);
    if (had >= last && !again)
        printf("  %s\n",
               tr(lang, "(that was the last one; the header and README of the exercise "
                        "say what is promised)"));
    else if (now < last)
        printf("  %s\n", tr(lang, "(again for the next one)"));
    return 0;
}

static int choose(const struct course *c, const json_t *scores, const char *word,
                  const struct exercise **ret, struct err *e)
{
    const char *last = word ? word : scores_last(scores);

    if (!last)
        return err_set(e, ERR_USAGE,
                       "nothing has been graded yet; 'lockstep grade 01' does, or name an "
                       "exercise");
    *ret = course_find(c, last);
    if (!*ret)
        return course_unknown(c, last, e);
    if ((*ret)->broken.kind != ERR_NONE) {
        *e = (*ret)->broken;
        return -1;
    }
    return 0;
}

static int give(const struct hint_options *o, const struct exercise *x, const char *word,
                const json_t *scores, struct err *e)
{
    const char *test = word ? word : hint_target(scores, x);

    if (!test) {
        printf(tr(o->lang, "%s: every test passed when it was graded last.\n"), x->id);
        return 0;
    }
    if (!rubric_find(&x->rubric, test))
        return exercise_no_test(x, test, e);
    return hint_show(x, test, o->again, o->lang, e);
}

static int hint(const struct hint_options *o, char *const words[], struct err *e)
{
    const struct exercise *x = NULL;
    struct arena a = {0};
    json_t *scores = NULL;
    struct course c;
    int rc = course_load(&a, &c, e);

    if (rc == 0)
        rc = scores_load(&scores, e);
    if (rc == 0)
        rc = choose(&c, scores, words[0], &x, e);
    if (rc == 0 && x)
        rc = give(o, x, words[0] ? words[1] : NULL, scores, e);
    json_decref(scores);
    arena_release(&a);
    return rc < 0 ? -1 : EXIT_ALL_PASS;
}

static int run(int argc, char *argv[], struct err *e)
{
    struct hint_options o = {.lang = user_language()};
    int first = options_parse(&cmd_hint, argc, argv, use, &o, e);

    if (first < 0)
        return first;
    if (argc - first > 2)
        return err_set(e, ERR_USAGE, "'%s' is not expected", argv[first + 2]);
    return hint(&o, argv + first, e);
}

const struct cmd cmd_hint = {
    .name = "hint",
    .args = "[EXERCISE [TEST]] [OPTIONS]",
    .rows = rows,
    .summary = "a hint for the test that failed first; again: the next of three",
    .run = run,
};

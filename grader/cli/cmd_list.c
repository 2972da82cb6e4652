/* cmd_list.c - `lockstep list`: the exercises, in the user's language, with the best scores. */
#include <string.h>

#include "cli/options.h"
#include "cli/scores.h"

static const struct option_row rows[] = {{0, NULL, NULL, NULL}};

static const char *const heads[LANG_COUNT] = {
    [LANG_EN] = "exercise                best  points  tests  title",
    [LANG_ZH] = "练习                    最好    分数   测试  题目",
};

static int use(void *ctx, int key, const char *value, struct err *e)
{
    (void)ctx, (void)key, (void)value, (void)e;
    return 0;
}

static void print_exercise(const struct exercise *x, int best, enum lang lang)
{
    char score[16] = "-";

    if (best >= 0)
        snprintf(score, sizeof score, "%d", best);
    if (x->broken.kind != ERR_NONE)
        printf("%-22s broken: %s\n", x->id, x->broken.msg);
    else
        printf("%-22s  %4s  %6d  %5d  %s%s\n", x->id, score, RUBRIC_POINTS,
               x->rubric.test_count, x->rubric.title[lang], x->rubric.draft ? "  (draft)" : "");
}

static void print_course(const struct course *c, const json_t *scores)
{
    const enum lang lang = user_language();
    int sum = 0, max = 0;

    printf("%s\n", heads[lang]);
    for (int i = 0; i < c->count; i++) {
        const struct exercise *x = &c->exercises[i];
        const int best = scores_best(scores, x->id);

        print_exercise(x, best, lang);
        if (x->broken.kind != ERR_NONE || x->rubric.draft)
            continue;
        sum += best > 0 ? best : 0;
        max += RUBRIC_POINTS;
    }
    printf("%-22s  %4d  %6d\n", "", sum, max);
}

static int run(int argc, char *argv[], struct err *e)
{
    struct arena a = {0};
    struct course c;
    struct err why = {0};
    json_t *scores = NULL;
    int first = options_parse(&cmd_list, rows, argc, argv, use, NULL, e), status;

    if (first < 0)
        return first;
    if (argv[first])
        return err_set(e, ERR_USAGE, "'%s' is not expected", argv[first]);
    status = course_load(&a, &c, e) < 0 ? -1 : EXIT_ALL_PASS;
    if (status == EXIT_ALL_PASS) {
        if (scores_load(&scores, &why) < 0)
            fprintf(stderr, "lockstep list: the best scores are not known: %s\n", why.msg);
        print_course(&c, scores);
    }
    json_decref(scores);
    arena_release(&a);
    return status;
}

const struct cmd cmd_list = {
    .name = "list",
    .args = "",
    .summary = "list the exercises, with the best score so far",
    .run = run,
};

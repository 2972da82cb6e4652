/* cmd_list.c - `lockstep list`: the exercises, in the user's language. */
#include <string.h>

#include "cli/options.h"

static const struct option_row rows[] = {{0, NULL, NULL, NULL}};

static int use(void *ctx, int key, const char *value, struct err *e)
{
    (void)ctx, (void)key, (void)value, (void)e;
    return 0;
}

static int run(int argc, char *argv[], struct err *e)
{
    struct arena a = {0};
    struct course c;
    const enum lang lang = user_language();
    int first = options_parse(&cmd_list, rows, argc, argv, use, NULL, e),
        status = EXIT_ALL_PASS;

    if (first < 0)
        return first;
    if (argv[first])
        return err_set(e, ERR_USAGE, "'%s' is not expected", argv[first]);
    if (course_load(&a, &c, e) < 0)
        status = -1;
    for (int i = 0; status == EXIT_ALL_PASS && i < c.count; i++) {
        const struct exercise *x = &c.exercises[i];

        if (x->broken.kind != ERR_NONE)
            printf("%-22s broken: %s\n", x->id, x->broken.msg);
        else
            printf("%-22s %3d points, %2d tests   %s\n", x->id, RUBRIC_POINTS,
                   x->rubric.test_count, x->rubric.title[lang]);
    }
    arena_release(&a);
    return status;
}

const struct cmd cmd_list = {
    .name = "list",
    .args = "",
    .summary = "list the exercises",
    .run = run,
};

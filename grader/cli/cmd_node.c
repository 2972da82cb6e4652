/* cmd_node.c - `lockstep node`: what an engine starts on a machine, to grade a share of a batch
 * there (batch/share.h). Nobody types it.
 */
#include "batch/share.h"
#include "cli/options.h"

static const struct option_row rows[] = {{0, NULL, NULL, NULL}};

static int use(void *ctx, int key, const char *value, struct err *e)
{
    (void)ctx, (void)key, (void)value, (void)e;
    return 0;
}

static int run(int argc, char *argv[], struct err *e)
{
    int at = options_parse(&cmd_node, argc, argv, use, NULL, e), rc;
    struct arena a = {0};
    struct course c;
    long first, step;

    if (at < 0)
        return at;
    if (argc - at != 4 || !parse_long(argv[at + 3], 1, 100000000, &step) ||
        !parse_long(argv[at + 2], 0, step - 1, &first))
        return err_set(e, ERR_USAGE, "expected SHARE LIST K STEP; batch --engine calls this");
    catch_interrupts();
    unit_sweep();
    rc = course_load(&a, &c, e);
    if (rc == 0)
        rc = share_work(argv[at], argv[at + 1], (int)first, (int)step, &c, e);
    arena_release(&a);
    return rc < 0 ? -1 : EXIT_ALL_PASS;
}

const struct cmd cmd_node = {
    .name = "node",
    .args = "SHARE LIST K STEP",
    .rows = rows,
    .summary = "grade a share of a batch on this machine; batch --engine calls it",
    .run = run,
};

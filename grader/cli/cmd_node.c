/* cmd_node.c - `lockstep node`: what an engine starts on a machine, to grade a share of a batch
 * there (batch/node.h). Nobody types it.
 */
#include "batch/node.h"
#include "cli/options.h"
#include "stages/unit.h"

static const struct option_row rows[] = {{0, NULL, NULL, NULL}};

static int use(void *ctx, int key, const char *value, struct err *e)
{
    (void)ctx, (void)key, (void)value, (void)e;
    return 0;
}

static int run(int argc, char *argv[], struct err *e)
{
    int at = options_parse(&cmd_node, argc, argv, use, NULL, e), rc;
    long attempt, task;

    if (at < 0)
        return at;
    if (argc - at != 3 || !parse_long(argv[at + 1], 1, 1000, &attempt) ||
        !parse_long(argv[at + 2], 0, 100000000, &task))
        return err_set(e, ERR_USAGE, "expected SHARE ATTEMPT TASK; batch --engine calls this");
    catch_interrupts();
    unit_sweep();
    rc = node_work(argv[at], (int)attempt, task, e);
    return rc < 0 ? -1 : EXIT_ALL_PASS;
}

const struct cmd cmd_node = {
    .name = "node",
    .args = "SHARE ATTEMPT TASK",
    .rows = rows,
    .summary = "grade a share of a batch on this machine; batch --engine calls it",
    .run = run,
};

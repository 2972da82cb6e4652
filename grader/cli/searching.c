/* searching.c - schedules, their rate, what was found; see searching.h. */
#include "cli/searching.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/screen.h"
#include "core/escape.h"
#include "core/util.h"

/* The page lies in the program's memory: any bytes may stand there, and change meanwhile. */
static void show_first(const struct ls_progress *p)
{
    const struct ls_progress at = *p;
    struct buf line = {0};

    escape_terminal(&line, at.verdict, strnlen(at.verdict, sizeof at.verdict));
    buf_puts(&line, ": ");
    escape_terminal(&line, at.message, strnlen(at.message, sizeof at.message));
    progress_clear();
    fprintf(stderr, "found in schedule %llu: %s\n", (unsigned long long)at.found_in,
            line.data ? line.data : "");
    buf_release(&line);
}

/* A line that is written over on a terminal, and the first finding as soon as there is one. */
void searching_show(void *ctx, const struct ls_progress *p)
{
    enum { EVERY_MS = 200 };
    struct searching *w = ctx;
    const int width = screen_width();
    char line[160];
    const double now = now_s(), seconds = now - w->started;

    if (!isatty(STDERR_FILENO))
        return;
    if (p->found_in && !w->told) {
        w->told = true;
        show_first(p);
    }
    if (now < w->shown + EVERY_MS / 1000.0)
        return;
    w->shown = now;
    snprintf(
        line, sizeof line,
        "%llu schedules, %.0f per second, %u findings, %llu cut  (Ctrl-C: what was found so "
        "far)",
        (unsigned long long)p->schedules, seconds > 0 ? (double)p->schedules / seconds : 0,
        p->bugs, (unsigned long long)p->cut);
    progress_line("%.*s", width > 1 ? width - 1 : (int)sizeof line, line);
}

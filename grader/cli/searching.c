/* searching.c - schedules, their rate, what was found; see searching.h. */
#include "cli/searching.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/screen.h"
#include "core/util.h"

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
        struct ls_progress at = *p; /* the program may write there */

        w->told = true;
        at.verdict[sizeof at.verdict - 1] = at.message[sizeof at.message - 1] = '\0';
        progress_clear();
        fprintf(stderr, "found in schedule %llu: %s: %s\n", (unsigned long long)at.found_in,
                at.verdict, at.message);
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
